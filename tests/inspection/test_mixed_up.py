"""Classes under wrong names, labels of other rows and numbers of another kind are found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import logit
from sklearn.metrics import log_loss

from tests.conftest import write_csv, write_parquet
from tests.inspection.files import codes, finding, inspected, loss_by, loss_of, model, single, table

# Classes under the wrong names


def test_a_flipped_positive_class(tmp_path: Path) -> None:
    labels, predictions = model(2)
    path = single(tmp_path, labels, predictions[:, 0])
    document = inspected(path)
    assert codes(document, "error", "warning") == ["flipped_positive"]
    found = finding(document, "flipped_positive")
    assert found["options"] == "--positive 0"
    assert document["next"] == found["command"] == f"ce score {path} --positive 0"
    expected = log_loss(labels, predictions)
    assert loss_by(found["command"], tmp_path) == pytest.approx(expected)
    assert loss_of(path) > 2 * expected


def test_a_flipped_positive_class_that_is_named_by_its_column(tmp_path: Path) -> None:
    labels, predictions = model(2)
    names = np.array(["cat", "dog, big"])[labels]
    path = write_csv(tmp_path / "p.csv", {"label": names, "p_dog, big": predictions[:, 0]})
    found = finding(inspected(path), "flipped_positive")
    assert found["options"] == """--classes '"dog, big",cat'"""
    assert loss_by(found["command"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_two_columns_the_wrong_way_round(tmp_path: Path) -> None:
    labels, predictions = model(2)
    path = table(tmp_path, labels, predictions, [1, 0])
    found = finding(inspected(path), "flipped_positive")
    assert found["options"] == "--classes 0,1"
    assert loss_by(found["command"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_permuted_classes(tmp_path: Path) -> None:
    labels, predictions = model(4)
    names = np.array(["a", "b", "c d", "e"])
    path = table(tmp_path, names[labels], predictions, ["c d", "a", "b", "e"])
    document = inspected(path)
    assert codes(document, "error", "warning") == ["permuted_classes"]
    found = finding(document, "permuted_classes")
    assert found["options"] == "--classes 'a,b,c d,e'"
    assert "c d → a, a → b, b → c d" in found["message"]
    assert loss_by(found["command"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_permuted_classes_of_one_hot_labels(tmp_path: Path) -> None:
    labels, predictions = model(4)
    columns: dict[str, Any] = {f"y_{name}": labels == code for code, name in enumerate("abcd")}
    columns = {name: values.astype(int) for name, values in columns.items()}
    columns |= {f"p_{name}": predictions[:, code] for code, name in enumerate("cabd")}
    path = write_csv(tmp_path / "preds.csv", columns)
    found = finding(inspected(path), "permuted_classes")
    assert found["options"] == "--classes a,b,c,d"
    assert loss_by(found["command"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_permuted_logits_in_a_list_column(tmp_path: Path) -> None:
    labels, predictions = model(4)
    shuffled = np.log(predictions[:, [2, 0, 3, 1]]) + 1.0
    path = write_parquet(
        tmp_path / "p.parquet", {"label": labels, "logits": pa.array(shuffled.tolist())}
    )
    found = finding(inspected(path), "permuted_classes")
    assert found["options"] == "--classes 2,0,3,1"
    assert loss_by(found["command"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_classes_counted_from_1_where_the_last_never_happens(tmp_path: Path) -> None:
    labels, predictions = model(5)
    kept = labels < 4
    columns = {"label": labels[kept] + 1, "probs": pa.array(predictions[kept].tolist())}
    path = write_parquet(tmp_path / "p.parquet", columns)
    document = inspected(path)
    assert codes(document, "error", "warning") == ["shifted_classes"]
    found = finding(document, "shifted_classes")
    assert found["options"] == "--classes 1,2,3,4,0"
    expected = log_loss(labels[kept], predictions[kept], labels=range(5))
    assert loss_by(found["command"], tmp_path) == pytest.approx(expected)


def test_numbers_sorted_as_text(tmp_path: Path) -> None:
    labels, predictions = model(12)
    by_text = sorted(range(12), key=str)
    path = table(tmp_path, labels, predictions[:, by_text], range(12))
    document = inspected(path)
    assert codes(document, "error", "warning") == ["text_sorted_classes"]
    found = finding(document, "text_sorted_classes")
    assert found["options"] == f"--classes {','.join(map(str, by_text))}"
    assert loss_by(found["command"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_names_sorted_as_text_over_numbers_in_order(tmp_path: Path) -> None:
    labels, predictions = model(12)
    path = table(tmp_path, labels, predictions, sorted(range(12), key=str))
    found = finding(inspected(path), "text_sorted_classes")
    assert found["options"] == f"--classes {','.join(map(str, range(12)))}"


@pytest.mark.parametrize(("first", "start"), [(0, 1), (1, 0)])
def test_labels_counted_from_another_number_than_the_columns(
    first: int, start: int, tmp_path: Path
) -> None:
    labels, predictions = model(5)
    columns: dict[str, Any] = {"label": labels + start}
    columns |= {f"p_{code + first}": predictions[:, code] for code in range(5)}
    document = inspected(write_csv(tmp_path / "p.csv", columns))
    found = finding(document, "shifted_classes")
    assert found["options"] == f"--classes {','.join(str(code + start) for code in range(5))}"
    assert loss_by(document["next"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_a_fixed_copy_keeps_every_text(tmp_path: Path) -> None:
    labels, predictions = model(2)
    names = np.array(["None", "NA_"])
    columns: dict[str, Any] = {"id": [f"{row:05}" for row in range(len(labels))]}
    columns |= {"label": names[np.roll(labels, 1)]}
    columns |= {f"p_{name}": predictions[:, code] for code, name in enumerate(names)}
    document = inspected(write_csv(tmp_path / "p.csv", columns))
    found = finding(document, "shifted_rows")
    assert document["next"] == found["command"]
    assert loss_by(found["command"], tmp_path) == pytest.approx(
        log_loss(labels[:-1], predictions[:-1])
    )
    assert (tmp_path / "p-fixed.csv").read_text().splitlines()[1].startswith("00000,")


@pytest.mark.parametrize("step", [1, -1])
@pytest.mark.parametrize("name", ["p.csv", "p.parquet"])
def test_labels_one_row_off(name: str, step: int, tmp_path: Path) -> None:
    labels, predictions = model(3)
    columns: dict[str, Any] = {"label": np.roll(labels, step)}
    columns |= {f"p_{code}": predictions[:, code] for code in range(3)}
    path = (write_csv if name.endswith("csv") else write_parquet)(tmp_path / name, columns)
    document = inspected(path)
    assert codes(document, "error", "warning") == ["shifted_rows"]
    found = finding(document, "shifted_rows")
    kept = slice(None, -1) if step == 1 else slice(1, None)
    expected = log_loss(labels[kept], predictions[kept])
    assert loss_by(found["command"], tmp_path) == pytest.approx(expected)


def test_sorted_labels_are_not_one_row_off(tmp_path: Path) -> None:
    labels, predictions = model(3)
    order = np.argsort(labels, kind="stable")
    document = inspected(table(tmp_path, labels[order], predictions[order], range(3)))
    assert codes(document, "error", "warning") == []


# Numbers that are something else


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("name", ["p.csv", "p.tsv", "p.parquet"])
def test_percentages(name: str, several: bool, tmp_path: Path) -> None:
    labels, predictions = model(2)
    columns: dict[str, Any] = {"label": labels, "prob": 100.0 * predictions[:, 1]}
    if several:
        columns = {"label": labels, "p_0": 100 * predictions[:, 0], "p_1": 100 * predictions[:, 1]}
    path = tmp_path / name
    if name == "p.parquet":
        write_parquet(path, columns)
    else:
        write_csv(path, columns)
        if name == "p.tsv":
            path.write_text(path.read_text().replace(",", "\t"))
    document = inspected(path)
    assert codes(document, "error")[:2] == ["looks_like_percentages", "outside"]
    found = finding(document, "looks_like_percentages")
    assert found["rows"]
    assert loss_by(found["command"], tmp_path) == pytest.approx(log_loss(labels, predictions))


@pytest.mark.parametrize("classes", [2, 3])
def test_logits(classes: int, tmp_path: Path) -> None:
    labels, predictions = model(classes)
    if classes == 2:
        path = single(tmp_path, labels, logit(predictions[:, 1]))
    else:
        path = table(tmp_path, labels, np.log(predictions) + 2.0, range(3))
    document = inspected(path)
    found = finding(document, "looks_like_logits")
    assert document["findings"][0] == found
    assert (found["severity"], found["options"]) == ("error", "--as logits")
    assert found["command"] == document["next"]
    assert loss_by(document["next"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_log_probabilities(tmp_path: Path) -> None:
    labels, predictions = model(3)
    path = table(tmp_path, labels, np.log(predictions), range(3))
    document = inspected(path)
    assert document["findings"][0]["code"] == "looks_like_logprobs"
    assert document["findings"][0]["options"] == "--as logprobs"
    assert loss_by(document["next"], tmp_path) == pytest.approx(log_loss(labels, predictions))


@pytest.mark.parametrize(("classes", "code"), [(2, "looks_like_probabilities"), (3, "binding")])
def test_probabilities_that_are_called_logits(classes: int, code: str, tmp_path: Path) -> None:
    labels, predictions = model(classes)
    columns: dict[str, Any] = {f"logit_{k}": predictions[:, k] for k in range(classes)}
    if classes == 2:
        columns = {"logit": predictions[:, 1]}
    path = write_csv(tmp_path / "p.csv", {"label": labels, **columns})
    document = inspected(path)
    assert codes(document, "error", "warning") == [code]
    assert document["next"] == f"ce score {path} --as probabilities"
    assert loss_by(document["next"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_logits_that_are_called_log_probabilities(tmp_path: Path) -> None:
    labels, predictions = model(3)
    shifted = np.log(predictions) - 3.0
    columns = {f"logprob_{k}": shifted[:, k] for k in range(3)}
    path = write_csv(tmp_path / "p.csv", {"label": labels, **columns})
    document = inspected(path)
    assert codes(document, "warning") == ["looks_like_logits"]
    assert loss_by(document["next"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_sums_that_are_1_only_after_division(tmp_path: Path) -> None:
    labels, predictions = model(3)
    scale = np.random.default_rng(0).uniform(0.3, 1.0, (len(labels), 1))
    path = table(tmp_path, labels, predictions * scale, range(3))
    document = inspected(path)
    assert codes(document, "error", "warning") == ["sums_after_division"]
    assert document["next"] == f"ce score {path} --on-bad-sum renormalize"
    expected = log_loss(labels, predictions)
    assert loss_by(document["next"], tmp_path) == pytest.approx(expected, rel=1e-4)


def test_sums_that_are_1_only_after_softmax(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 300)
    scores = rng.uniform(0.0, 1.0, (300, 3))
    scores[np.arange(300), labels] *= rng.uniform(0.0, 0.2, 300)  # so that a ratio is misled
    path = table(tmp_path, labels, scores, range(3))
    document = inspected(path)
    assert "sums_after_softmax" in codes(document, "warning")
    found = finding(document, "sums_after_softmax")
    assert found["options"] == "--as logits"
    assert loss_by(found["command"], tmp_path) < loss_of(path, "--on-bad-sum", "renormalize")


def test_decisions_beside_probabilities(tmp_path: Path) -> None:
    labels, predictions = model(2)
    decided = (predictions[:, 1] > 0.5).astype(int)
    columns = {"label": labels, "y_pred": decided, "raw": predictions[:, 1]}
    path = write_csv(tmp_path / "p.csv", columns)
    document = inspected(path)
    assert codes(document, "error", "warning") == []
    assert document["columns"][2]["part"] == "prediction"
    assert loss_by(document["next"], tmp_path) == pytest.approx(log_loss(labels, predictions))


def test_a_constant_prediction(tmp_path: Path) -> None:
    labels, _ = model(2)
    document = inspected(single(tmp_path, labels, np.full(len(labels), 0.3)))
    assert codes(document, "error", "warning") == ["constant_prediction"]


def test_rounded_predictions_are_a_note(tmp_path: Path) -> None:
    labels, predictions = model(2)
    document = inspected(single(tmp_path, labels, predictions[:, 1].round(2)))
    assert codes(document, "note") == ["rounded"]
