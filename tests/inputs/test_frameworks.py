"""Files as other tools write them, each scored by the shortest command, which a document gives."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from scipy.special import log_softmax, logit
from sklearn.metrics import log_loss

from tests.conftest import SAMPLES, complaints, run_ce, run_pasted, score_json, strict
from tests.documents import text_of

Floats = NDArray[np.float64]
Write = Callable[[Path], object]

_BINARY = pd.read_csv(SAMPLES / "breast_cancer.csv").query("0 < prob < 1").head(150)
LABELS = _BINARY["label"].to_numpy()
PROB = _BINARY["prob"].to_numpy().clip(1e-6, 1 - 1e-6)  # VW and XGBoost round to six digits

_WINE = pd.read_csv(SAMPLES / "wine.csv")
NAMES = ["class_0", "class_1", "class_2"]
WORDS = _WINE["label"].to_numpy()
CODES = np.array([NAMES.index(word) for word in WORDS])
PROBS = np.clip(_WINE[[f"p_{name}" for name in NAMES]].to_numpy(), 1e-4, 1)
PROBS /= PROBS.sum(axis=1, keepdims=True)

_DIGITS = pq.read_table(SAMPLES / "digits_logits.parquet").slice(0, 120).to_pydict()
DIGITS = np.array(_DIGITS["label"])
LOGITS = np.array([_DIGITS[f"logit_{digit}"] for digit in range(10)], np.float32).T

BINARY = log_loss(LABELS, PROB)
WINE = log_loss(CODES, PROBS, labels=[0, 1, 2])
DIGIT = -log_softmax(LOGITS.astype(np.float64), axis=1)[np.arange(len(DIGITS)), DIGITS].mean()

BY_CLASS = pd.DataFrame(PROBS, columns=NAMES)
FEATURES = pd.DataFrame({"alcohol": CODES * 1.5, "score": CODES, "p": CODES + 7.0})


def lines(rows: Any, form: str) -> str:
    return "".join(form % tuple(np.atleast_1d(row)) + "\n" for row in rows)


def labels(values: Any, file: str = "y.csv") -> Write:
    return lambda folder: pd.DataFrame({"y": values}).to_csv(folder / file, index=False)


def text(file: str, content: str) -> Write:
    return lambda folder: (folder / file).write_text(content, encoding="utf-8")


def scikit_learn(folder: Path) -> None:
    frame = pd.DataFrame(PROBS, columns=np.array(NAMES))
    frame.assign(label=WORDS).to_csv(folder / "proba.csv")


def scikit_learn_index(folder: Path) -> None:
    pd.DataFrame(PROBS).assign(label=CODES).to_csv(folder / "proba.csv")


def pytorch(folder: Path) -> None:
    frame = pd.DataFrame({"label": DIGITS, "logits": list(LOGITS)})
    frame.to_parquet(folder / "logits.parquet")


def pytorch_columns(folder: Path) -> None:
    frame = pd.DataFrame(LOGITS).add_prefix("logit_").assign(label=DIGITS)
    frame.to_parquet(folder / "logits.parquet")


def keras(predicted: Floats, labels: Any) -> Write:
    def write(folder: Path) -> None:
        np.save(folder / "proba.npy", predicted.astype(np.float32))  # (n, 1) from a sigmoid
        np.save(folder / "y.npy", labels)

    return write


def np_savetxt(file: str, predicted: Floats, delimiter: str = " ") -> Write:
    return lambda folder: np.savetxt(folder / file, predicted, delimiter=delimiter)


def catboost(kind: str, values: Floats, labels: Any) -> Write:
    """``SampleId``, the prediction, or one for each class, and ``Label``, between tabs."""
    columns = dict(zip([f"{kind}:Class={name}" for name in NAMES], values.T, strict=False))
    frame = pd.DataFrame(columns if values.ndim > 1 else {kind: values})
    frame.insert(0, "SampleId", range(len(frame)))
    frame["Label"] = labels
    return lambda folder: frame.to_csv(folder / "eval.tsv", sep="\t", index=False)


def autogluon(folder: Path) -> None:
    BY_CLASS.to_csv(folder / "proba.csv")  # with the index, which has no name
    FEATURES.assign(**{"class": WORDS}).to_csv(folder / "test.csv", index=False)


def h2o(folder: Path) -> None:
    """Quoted names; the class with the largest probability, then ``p0`` and ``p1``."""
    rows = np.column_stack([PROB > 0.5, 1 - PROB, PROB])
    (folder / "proba.csv").write_text('"predict","p0","p1"\n' + lines(rows, "%d,%.17g,%.17g"))
    pd.DataFrame({"prob": LABELS * 3.0, "y": LABELS}).to_csv(folder / "test.csv", index=False)


def h2o_classes(folder: Path) -> None:
    form = '"%s",%s,%s,%s'
    rows = np.column_stack([np.array(NAMES)[PROBS.argmax(axis=1)], PROBS.astype(str)])
    header = '"predict","class_0","class_1","class_2"\n'
    (folder / "proba.csv").write_text(header + lines(rows, form))
    FEATURES.assign(label=WORDS).to_csv(folder / "test.csv", index=False)


def hugging_face(folder: Path) -> None:
    frame = pd.DataFrame({"text": WORDS, "label": CODES, "probabilities": list(PROBS)})
    frame.to_parquet(folder / "train.parquet")


def hugging_face_json(folder: Path) -> None:
    frame = pd.DataFrame({"text": WORDS, "label": CODES, "probabilities": PROBS.tolist()})
    frame.to_json(folder / "train.parquet", orient="records", lines=True, double_precision=15)


def harness(folder: Path) -> None:
    """One line a document: all that is in a response is text, and so is the target."""
    with (folder / "samples_arc_easy.jsonl").open("w") as file:
        for number, (code, row) in enumerate(zip(CODES, np.log(PROBS), strict=True)):
            answers = [[str(logprob), str(logprob == row.max())] for logprob in row]
            document = {
                "doc_id": number,
                "doc": {"question": "Which wine?", "choices": NAMES},
                "target": str(code),
                "arguments": {"gen_args_0": {"arg_0": "Which wine?", "arg_1": " class_0"}},
                "resps": [[answer] for answer in answers],
                "filtered_resps": answers,
                "filter": "none",
                "metrics": ["acc"],
                "acc": float(row.argmax() == code),
            }
            file.write(json.dumps(document) + "\n")


def harness_texts(folder: Path) -> None:
    """A task whose responses are texts."""
    row = {"doc_id": 0, "target": "4", "resps": [["2 + 2 = 4"]], "filtered_resps": ["four"]}
    text("samples_gsm8k.jsonl", json.dumps(row) + "\n")(folder)


def harness_log_likelihoods(folder: Path) -> None:
    """A task of log-likelihoods: one response a document."""
    happened = np.log(PROBS[np.arange(len(CODES)), CODES])
    with (folder / "samples_lambada.jsonl").open("w") as file:
        for number, logprob in enumerate(happened):
            answer = [str(logprob), "False"]
            document = {"doc_id": number, "target": " word", "filtered_resps": [answer]}
            file.write(json.dumps(document | {"resps": [[answer]]}) + "\n")


ORDER = np.random.default_rng(5).permutation(len(LABELS))


def kaggle(folder: Path, target: str = "target") -> None:
    """Both files have a column of the same name, and an order of their own."""
    usage = np.where(np.arange(len(LABELS)) % 3 == 0, "Public", "Private")
    ids = [f"row-{place}" for place in range(len(LABELS))]
    solution = pd.DataFrame({"id": ids, target: LABELS, "Usage": usage})
    submission = pd.DataFrame({"id": ids, target: PROB}).iloc[ORDER]
    solution.to_csv(folder / "solution.csv", index=False)
    submission.to_csv(folder / "submission.csv", index=False)


def kaggle_classes(folder: Path) -> None:
    """The solution is one-hot."""
    ids = pd.Series(range(len(CODES)), name="id")
    names = [f"Status_{letter}" for letter in "CDX"]
    hot = pd.DataFrame(np.eye(3, dtype=int)[CODES], columns=names).assign(Usage="Public")
    pd.concat([ids, hot], axis=1).to_csv(folder / "solution.csv", index=False)
    submission = pd.concat([ids, pd.DataFrame(PROBS, columns=names)], axis=1).iloc[::-1]
    submission.to_csv(folder / "submission.csv", index=False)


HEADERLESS = "ce score {} --no-header --labels y.csv"
VW_SED = "sed 's/[0-9]*://g' pred.txt | ce score --no-header --labels y.csv"
LIGHTGBM = "LightGBM_predict_result.txt"
VW = "".join(f"{row:.6f}\n" for row in PROB)
VW_TAGS = "".join(f"{row:.6f} case{place}\n" for place, row in enumerate(PROB))
VW_RAW = "".join(f"{row:.6f}\n" for row in logit(PROB))
VW_OAA = "".join(
    " ".join(f"{place + 1}:{value:g}" for place, value in enumerate(row)) + "{}\n" for row in PROBS
)

# name: (command, what writes the files, cross-entropy)
CASES: dict[str, tuple[str, list[Write], float]] = {
    "scikit-learn": ("ce score proba.csv", [scikit_learn], WINE),
    "scikit-learn, index and numbers": ("ce score proba.csv", [scikit_learn_index], WINE),
    "scikit-learn without a header": (
        HEADERLESS.format("proba.csv"),
        [np_savetxt("proba.csv", PROBS, ","), labels(CODES)],
        WINE,
    ),
    "scikit-learn without a header, names": (
        HEADERLESS.format("proba.csv") + " --classes class_0,class_1,class_2",
        [np_savetxt("proba.csv", PROBS, ","), labels(WORDS)],
        WINE,
    ),
    "Keras": ("ce score proba.npy --labels y.npy", [keras(PROBS, CODES)], WINE),
    "Keras, sigmoid": ("ce score proba.npy --labels y.npy", [keras(PROB[:, None], LABELS)], BINARY),
    "PyTorch": ("ce score logits.parquet", [pytorch], DIGIT),
    "PyTorch, columns": ("ce score logits.parquet", [pytorch_columns], DIGIT),
    "XGBoost": (
        HEADERLESS.format("pred.txt"),
        [np_savetxt("pred.txt", PROB), labels(LABELS)],
        BINARY,
    ),
    "XGBoost, classes": (
        HEADERLESS.format("pred.txt"),
        [np_savetxt("pred.txt", PROBS), labels(CODES)],
        WINE,
    ),
    "XGBoost, margins": (
        HEADERLESS.format("pred.txt") + " --as logits",
        [np_savetxt("pred.txt", logit(PROB)), labels(LABELS)],
        BINARY,
    ),
    "LightGBM": (
        HEADERLESS.format(LIGHTGBM),
        [text(LIGHTGBM, lines(PROB, "%.17g")), labels(LABELS)],
        BINARY,
    ),
    "LightGBM, classes": (
        HEADERLESS.format(LIGHTGBM),
        [text(LIGHTGBM, lines(PROBS, "%.17g\t%.17g\t%.17g")), labels(CODES)],
        WINE,
    ),
    "CatBoost": ("ce score eval.tsv", [catboost("Probability", PROB, LABELS)], BINARY),
    "CatBoost, raw": (
        "ce score eval.tsv",
        [catboost("RawFormulaVal", logit(PROB), LABELS)],
        BINARY,
    ),
    "CatBoost, classes": ("ce score eval.tsv", [catboost("Probability", PROBS, WORDS)], WINE),
    "CatBoost, raw classes": (
        "ce score eval.tsv",
        [catboost("RawFormulaVal", np.log(PROBS) + 3, WORDS)],
        WINE,
    ),
    "CatBoost, logarithms": (
        "ce score eval.tsv",
        [catboost("LogProbability", np.log(PROBS), WORDS)],
        WINE,
    ),
    "Vowpal Wabbit": (
        HEADERLESS.format("pred.txt"),
        [text("pred.txt", VW), labels(2 * LABELS - 1)],
        BINARY,
    ),
    "Vowpal Wabbit, tags": (
        HEADERLESS.format("pred.txt"),
        [text("pred.txt", VW_TAGS), labels(2 * LABELS - 1)],
        BINARY,
    ),
    "Vowpal Wabbit, raw": (
        HEADERLESS.format("pred.txt") + " --as logits",
        [text("pred.txt", VW_RAW), labels(2 * LABELS - 1)],
        BINARY,
    ),
    "Vowpal Wabbit, classes": (
        VW_SED,
        [text("pred.txt", VW_OAA.replace("{}", "")), labels(CODES + 1)],
        WINE,
    ),
    "Vowpal Wabbit, classes and tags": (
        VW_SED,
        [text("pred.txt", VW_OAA.replace("{}", " case")), labels(CODES + 1)],
        WINE,
    ),
    "AutoGluon": ("ce score proba.csv --labels test.csv", [autogluon], WINE),
    "H2O": ("ce score proba.csv --labels test.csv", [h2o], BINARY),
    "H2O, classes": ("ce score proba.csv --labels test.csv", [h2o_classes], WINE),
    "Hugging Face": ("ce score train.parquet", [hugging_face], WINE),
    "Hugging Face, JSON": ("ce score train.parquet", [hugging_face_json], WINE),
    "lm-evaluation-harness": ("ce score samples_arc_easy.jsonl", [harness], WINE),
    "lm-evaluation-harness, one": (
        "ce score samples_lambada.jsonl",
        [harness_log_likelihoods],
        WINE,
    ),
    "Kaggle": ("ce score submission.csv --labels solution.csv --id id", [kaggle], BINARY),
    "Kaggle, a target of any name": (
        "ce score submission.csv --labels solution.csv --id id",
        [lambda folder: kaggle(folder, "Exited")],
        BINARY,
    ),
    "Kaggle, one-hot": (
        "ce score submission.csv --labels solution.csv --id id",
        [kaggle_classes],
        WINE,
    ),
}


@pytest.mark.parametrize(("command", "writers", "expected"), CASES.values(), ids=CASES.keys())
def test_files_of_other_tools_score_at_the_first_try(
    command: str, writers: list[Write], expected: float, tmp_path: Path
) -> None:
    if shutil.which(tool := command.split(maxsplit=1)[0]) is None and tool != "ce":
        pytest.skip(f"{tool} is not installed")
    for write in writers:
        write(tmp_path)
    done = run_pasted(f"{command} --json", tmp_path)
    assert done.returncode == 0, done.stderr
    document = strict(done.stdout)
    rounded = "pred.txt" in command or "npy" in command  # six digits, or single precision
    rel = 2e-4 if rounded else 1e-6 if "logits.parquet" in command else 1e-12
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=rel)
    assert [note["code"] for note in document["warnings"] if note["code"] != "few_rows"] == []


@pytest.mark.parametrize("command", sorted({command for command, _, _ in CASES.values()}))
def test_the_readme_of_the_samples_gives_the_command(command: str) -> None:
    assert f"`{command}`" in text_of("sample_data/README.md").replace("\\|", "|")


def pair(folder: Path) -> tuple[Path, Path]:
    kaggle(folder)
    return folder / "submission.csv", folder / "solution.csv"


def test_a_kaggle_pair_shows_both_columns_by_their_names(tmp_path: Path) -> None:
    submission, solution = pair(tmp_path)
    columns = score_json(submission, "--labels", solution, "--id", "id")["columns"]
    assert (columns["label"], columns["predictions"]) == (["target"], ["target"])
    assert columns["labels_from"].endswith("solution.csv")
    page = run_ce("score", submission.name, "--labels", solution.name, "--id", "id", cwd=tmp_path)
    assert "label target from solution.csv   probabilities target → 1" in page.stdout


@pytest.mark.parametrize(
    "options", [[], ["--pred", "target"], ["--label", "target"], ["--label", "tar*"]]
)
def test_options_name_the_column_of_each_file(options: list[str], tmp_path: Path) -> None:
    submission, solution = pair(tmp_path)
    document = score_json(submission, "--labels", solution, "--id", "id", *options)
    assert document["metrics"]["cross_entropy"] == pytest.approx(BINARY, rel=1e-12)


def test_a_kaggle_pair_by_usage(tmp_path: Path) -> None:
    submission, solution = pair(tmp_path)
    groups = score_json(submission, "--labels", solution, "--id", "id", "--by", "Usage")["groups"]
    public = np.arange(len(LABELS)) % 3 == 0
    found = {group["by"]["Usage"]: group["metrics"]["cross_entropy"] for group in groups}
    assert found == pytest.approx(
        {
            "Public": log_loss(LABELS[public], PROB[public]),
            "Private": log_loss(LABELS[~public], PROB[~public]),
        }
    )


def test_a_pair_in_two_orders_needs_the_id(tmp_path: Path) -> None:
    submission, solution = pair(tmp_path)
    reported = complaints(run_ce("score", submission, "--labels", solution), 3)
    assert "--id id" in reported[0]


@pytest.mark.parametrize("shorter", ["submission.csv", "solution.csv"])
def test_rows_in_one_file_only_are_reported_or_left_out(shorter: str, tmp_path: Path) -> None:
    submission, solution = pair(tmp_path)
    kept = pd.read_csv(tmp_path / shorter).set_index("id", drop=False).drop(["row-3", "row-8"])
    kept.to_csv(tmp_path / shorter, index=False)
    pairing = (submission, "--labels", solution, "--id", "id")
    reported = complaints(run_ce("score", *pairing), 3)
    assert "row-3" in reported[0] or "row-8" in reported[0]
    assert "--missing skip" in reported[0]
    document = score_json(*pairing, "--missing", "skip")
    both = np.delete(np.arange(len(LABELS)), [3, 8])
    assert document["metrics"]["cross_entropy"] == pytest.approx(log_loss(LABELS[both], PROB[both]))


def test_a_label_beside_named_predictions_gives_way_to_the_file_of_labels(tmp_path: Path) -> None:
    frame = pd.DataFrame({"label": 1 - LABELS, "prob": PROB})
    frame.to_csv(tmp_path / "preds.csv", index=False)
    pd.DataFrame({"label": LABELS}).to_csv(tmp_path / "truth.csv", index=False)
    document = score_json(tmp_path / "preds.csv", "--labels", tmp_path / "truth.csv")
    assert document["columns"]["predictions"] == ["prob"]
    assert document["metrics"]["cross_entropy"] == pytest.approx(BINARY, rel=1e-12)


@pytest.mark.parametrize("header", ["", "y", "label", "Exited --label Exited"])
def test_labels_may_have_a_header_where_predictions_have_none(header: str, tmp_path: Path) -> None:
    name, _, options = header.partition(" ")
    np.savetxt(tmp_path / "pred.txt", PROB)
    (tmp_path / "y.txt").write_text(f"{name}\n" * bool(name) + lines(LABELS, "%d"))
    pairing = (tmp_path / "pred.txt", "--no-header", "--labels", tmp_path / "y.txt")
    document = score_json(*pairing, *options.split())
    assert document["metrics"]["cross_entropy"] == pytest.approx(BINARY, rel=1e-12)


MISTAKES: dict[str, tuple[list[Write], str, int, list[str]]] = {
    "names of classes are missing": (
        [np_savetxt("proba.csv", PROBS, ","), labels(WORDS)],
        "proba.csv --no-header --labels y.csv",
        3,
        ["'class_0'", "--classes"],
    ),
    "classes before colons": (
        [text("pred.txt", VW_OAA.replace("{}", "")), labels(CODES + 1)],
        "pred.txt --no-header --labels y.csv",
        3,
        ["row 1", "sed 's/[0-9]*://g'"],
    ),
    "a header of another name": (
        [np_savetxt("pred.txt", PROB), text("y.csv", "Exited\n" + lines(LABELS, "%d"))],
        "pred.txt --no-header --labels y.csv",
        3,
        ["y.csv", "--label"],
    ),
    "responses without numbers": (
        [harness_texts],
        "samples_gsm8k.jsonl",
        3,
        ["no column is named like a prediction"],
    ),
    "margins": (
        [np_savetxt("pred.txt", logit(PROB)), labels(LABELS)],
        "pred.txt --no-header --labels y.csv",
        3,
        ["--as logits"],
    ),
    "two kinds of numbers": (
        [
            lambda folder: pd.DataFrame(
                {"Probability": PROB, "RawFormulaVal": logit(PROB), "Label": LABELS}
            ).to_csv(folder / "eval.tsv", sep="\t", index=False)
        ],
        "eval.tsv",
        3,
        ["'Probability'", "'RawFormulaVal'", "--pred Probability"],
    ),
}


@pytest.mark.parametrize(
    ("writers", "arguments", "code", "message"), MISTAKES.values(), ids=MISTAKES.keys()
)
def test_what_cannot_be_read_leads_to_what_can(
    writers: list[Write], arguments: str, code: int, message: list[str], tmp_path: Path
) -> None:
    for write in writers:
        write(tmp_path)
    reported = "\n".join(complaints(run_ce("score", *arguments.split(), cwd=tmp_path), code))
    for word in message:
        assert word in reported
