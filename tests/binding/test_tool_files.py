"""Files as other tools write them are scored by the shortest command, as by scikit-learn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss

from tests.conftest import ABOUT_FEW, run_ce, strict, write_parquet

CLOSE = 1e-12

CLASSES = [0, 2, 1, 0]
OF_THREE = [[0.7, 0.2, 0.1], [0.25, 0.25, 0.5], [0.1, 0.3, 0.6], [0.5, 0.125, 0.375]]
THREE = float(log_loss(CLASSES, OF_THREE))

HAPPENED = [1, 0, 1, 0]
POSITIVE = [0.8, 0.3, 0.4, 0.05]
TWO = float(log_loss(HAPPENED, POSITIVE))

# One file each. The last label of three, and that of two, is not the likeliest class.
TABLES: dict[str, tuple[str, str, float]] = {
    "pandas: predict_proba with its labels, columns named by number": (
        "p.csv",
        "0,1,2,target\n0.7,0.2,0.1,0\n0.25,0.25,0.5,2\n0.1,0.3,0.6,1\n0.5,0.125,0.375,0\n",
        THREE,
    ),
    "pandas: predict and predict_proba side by side, with the index": (
        "p.csv",
        ",y_test,y_pred,y_proba\n7,1,1,0.8\n3,0,0,0.3\n9,1,0,0.4\n2,0,0,0.05\n",
        TWO,
    ),
    "pandas: a prefix before each class, and the decision beside": (
        "p.csv",
        "actual,proba_ham,proba_spam,predicted\nspam,0.2,0.8,spam\nham,0.7,0.3,ham\n"
        "spam,0.6,0.4,ham\nham,0.95,0.05,ham\n",
        TWO,
    ),
    "catboost calc: a name with the class after an equals sign": (
        "output.tsv",
        "SampleId\tProbability:Class=ham\tProbability:Class=spam\tLabel\n0\t0.2\t0.8\tspam\n"
        "1\t0.7\t0.3\tham\n2\t0.6\t0.4\tspam\n3\t0.95\t0.05\tham\n",
        TWO,
    ),
    "datasets to_csv: numpy arrays in cells": (
        "test.csv",
        "text,label,probs\nred,0,[0.7 0.2 0.1]\ngreen,2,[0.25 0.25 0.5 ]\n"
        "blue,1,[0.1 0.3 0.6]\nwhite,0,[0.5   0.125 0.375]\n",
        THREE,
    ),
    "Spark ML: dense and sparse vectors in JSON": (
        "part-00000.json",
        '{"label":1.0,"rawPrediction":{"type":1,"values":[-1,1]},'
        '"probability":{"type":1,"values":[0.2,0.8]},"prediction":1.0}\n'
        '{"label":0.0,"rawPrediction":{"type":1,"values":[1,-1]},'
        '"probability":{"type":1,"values":[0.7,0.3]},"prediction":0.0}\n'
        '{"label":1.0,"rawPrediction":{"type":1,"values":[1,-1]},'
        '"probability":{"type":1,"values":[0.6,0.4]},"prediction":0.0}\n'
        '{"label":0.0,"rawPrediction":{"type":0,"size":2,"indices":[0],"values":[9]},'
        '"probability":{"type":0,"size":2,"indices":[1,0],"values":[0.05,0.95]},'
        '"prediction":0.0}\n',
        TWO,
    ),
    "datasets to_json: a list in each line": (
        "test.jsonl",
        "".join(
            json.dumps({"text": "words", "label": label, "probs": row}) + "\n"
            for label, row in zip(CLASSES, OF_THREE, strict=True)
        ),
        THREE,
    ),
    "caret: savePredictions": (
        "pred.csv",
        '"","pred","obs","ham","spam","rowIndex","C","Resample"\n'
        '"1","spam","spam",0.2,0.8,1,0.05,"Fold1"\n"2","ham","ham",0.7,0.3,2,0.05,"Fold2"\n'
        '"3","ham","spam",0.6,0.4,3,0.05,"Fold1"\n"4","ham","ham",0.95,0.05,4,0.05,"Fold2"\n',
        TWO,
    ),
    "mlr3: as.data.table of a prediction": (
        "pred.csv",
        '"row_ids","truth","response","prob.spam","prob.ham"\n1,"spam","spam",0.8,0.2\n'
        '2,"ham","ham",0.3,0.7\n3,"spam","ham",0.4,0.6\n4,"ham","ham",0.05,0.95\n',
        TWO,
    ),
    "AMLB: the classes, then predictions and truth": (
        "predictions.csv",
        "ham,spam,predictions,truth\n0.2,0.8,spam,spam\n0.7,0.3,ham,ham\n0.6,0.4,ham,spam\n"
        "0.95,0.05,ham,ham\n",
        TWO,
    ),
    "Weights & Biases: a table exported as CSV": (
        "wandb_export.csv",
        '"id","guess","truth","score_ham","score_spam"\n"0","spam","spam","0.2","0.8"\n'
        '"1","ham","ham","0.7","0.3"\n"2","ham","spam","0.6","0.4"\n'
        '"3","ham","ham","0.95","0.05"\n',
        TWO,
    ),
    "PyCaret: predict_model(raw_score=True)": (
        "p.csv",
        "radius,target,prediction_label,prediction_score_0,prediction_score_1\n"
        "1.5,1,1,0.2,0.8\n2.5,0,0,0.7,0.3\n3.5,1,0,0.6,0.4\n1.25,0,0,0.95,0.05\n",
        TWO,
    ),
    "a trainer: logits in a list": (
        "p.jsonl",
        "".join(
            json.dumps({"idx": row, "label": label, "logits": np.log(OF_THREE[row]).tolist()})
            + "\n"
            for row, label in enumerate(CLASSES)
        ),
        THREE,
    ),
    "scikit-learn: predict_log_proba": (
        "p.csv",
        "log_proba_0,log_proba_1,log_proba_2,y\n"
        + "".join(
            ",".join(map(repr, [*np.log(row).tolist(), label])) + "\n"
            for label, row in zip(CLASSES, OF_THREE, strict=True)
        ),
        THREE,
    ),
}

# Predictions, and labels in a file of their own.
PAIRS: dict[str, tuple[str, str, str, float]] = {
    "H2O: predict, p0 and p1": (
        "predict,p0,p1\n1,0.2,0.8\n0,0.7,0.3\n0,0.6,0.4\n0,0.95,0.05\n",
        "diagnosis\n1\n0\n1\n0\n",
        "",
        TWO,
    ),
    "AutoGluon: predict_proba beside the test data, both with the index": (
        ",0,1,2\n12,0.7,0.2,0.1\n74,0.25,0.25,0.5\n9,0.1,0.3,0.6\n3,0.5,0.125,0.375\n",
        ",alcohol,target\n12,13.75,0\n74,11.5,2\n9,12.25,1\n3,14,0\n",
        "",
        THREE,
    ),
    "LightGBM: a series beside another, both with the index": (
        ",prediction\n7,0.8\n3,0.3\n9,0.4\n2,0.05\n",
        ",target\n7,1\n3,0\n9,1\n2,0\n",
        "",
        TWO,
    ),
    "Kaggle: a submission and the solution, in another order": (
        "id,Class_1,Class_2,Class_3\na,0.7,0.2,0.1\nb,0.25,0.25,0.5\nc,0.1,0.3,0.6\n"
        "d,0.5,0.125,0.375\n",
        "id,target\nd,Class_1\nc,Class_2\nb,Class_3\na,Class_1\n",
        "--id id",
        THREE,
    ),
    "Kaggle: one probability, and the part of the leaderboard": (
        "id,target\na,0.8\nb,0.3\nc,0.4\nd,0.05\n",
        "id,target,Usage\nd,0,Private\na,1,Public\nb,0,Public\nc,1,Private\n",
        "--id id",
        TWO,
    ),
    "numpy: savetxt without a header, as the message advises": (
        "7.000000000000000e-01,2.0e-01,1.0e-01\n2.5e-01,2.5e-01,5.0e-01\n"
        "1.0e-01,3.0e-01,6.0e-01\n5.0e-01,1.25e-01,3.75e-01\n",
        "0\n2\n1\n0\n",
        "--no-header",
        THREE,
    ),
}


def loss_of(*args: str | Path) -> float:
    """The cross-entropy that ``ce score ARGS`` reports, with no doubt about the columns."""
    done = run_ce("score", *args, "--json", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    document = strict(done.stdout)
    assert {one["code"] for one in document["warnings"]} <= ABOUT_FEW
    value = document["metrics"]["cross_entropy"]
    assert isinstance(value, float)
    return value


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_a_tool_needs_no_option(name: str, tmp_path: Path) -> None:
    file, text, expected = TABLES[name]
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert loss_of(tmp_path / file) == pytest.approx(expected, rel=CLOSE)


@pytest.mark.parametrize("name", PAIRS)
def test_predictions_of_a_tool_find_their_labels(name: str, tmp_path: Path) -> None:
    predictions, labels, options, expected = PAIRS[name]
    (tmp_path / "predictions.csv").write_text(predictions, encoding="utf-8")
    (tmp_path / "labels.csv").write_text(labels, encoding="utf-8")
    files = tmp_path / "predictions.csv", "--labels", tmp_path / "labels.csv"
    assert loss_of(*files, *options.split()) == pytest.approx(expected, rel=CLOSE)


def test_keras_writes_a_column_of_one_for_two_classes(tmp_path: Path) -> None:
    np.save(tmp_path / "pred.npy", np.array(POSITIVE)[:, np.newaxis])
    np.save(tmp_path / "y.npy", np.array(HAPPENED))
    found = loss_of(tmp_path / "pred.npy", "--labels", tmp_path / "y.npy")
    assert found == pytest.approx(TWO, rel=CLOSE)


def test_keras_writes_labels_as_indicators(tmp_path: Path) -> None:
    np.savez(tmp_path / "out.npz", y_true=np.eye(3)[CLASSES], y_pred=np.array(OF_THREE))
    assert loss_of(tmp_path / "out.npz") == pytest.approx(THREE, rel=CLOSE)


def test_spark_writes_a_folder_of_parts_beside_files_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "pred"
    folder.mkdir()
    header = "label,prediction,probability_0,probability_1\n"
    (folder / "_SUCCESS").write_text("")
    (folder / ".part-00000-f8-c000.csv.crc").write_bytes(b"crc\0\0\0\2\0")
    (folder / "part-00000-f8-c000.csv").write_text(f"{header}1.0,1.0,0.2,0.8\n0.0,0.0,0.7,0.3\n")
    (folder / "part-00001-f8-c000.csv").write_text(f"{header}1.0,0.0,0.6,0.4\n0.0,0.0,0.95,0.05\n")
    assert loss_of(folder) == pytest.approx(TWO, rel=CLOSE)


def test_pandas_writes_its_index_into_parquet(tmp_path: Path) -> None:
    columns = {str(code): [row[code] for row in OF_THREE] for code in range(3)}
    data = {**columns, "y": CLASSES, "__index_level_0__": [12, 74, 9, 3]}
    path = write_parquet(tmp_path / "p.parquet", data)
    assert loss_of(path) == pytest.approx(THREE, rel=CLOSE)
