"""Tables in JSON documents, as pandas and people write them, have the numbers of their rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sklearn.metrics import log_loss

from ce_cli import score
from ce_cli.errors import DataError
from ce_cli.inputs.json import elements, opening
from tests.conftest import complaints, run_ce, score_json

LABELS, PROBS = [1, 0, 1, 0], [0.8, 0.3, 0.6, 0.1]
TABLE = pd.DataFrame({"label": LABELS, "prob": PROBS})
EXPECTED = log_loss(LABELS, PROBS)
ROWS = TABLE.to_dict(orient="records")
ORIENTS = ("columns", "split", "records", "index", "table")


def saved(folder: Path, content: object) -> Path:
    path = folder / "preds.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def message(path: Path, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        score(path, **options)
    return str(caught.value)


@pytest.mark.parametrize("indent", [0, 2])
@pytest.mark.parametrize("orient", ORIENTS)
def test_every_orientation_of_pandas_is_read(orient: Any, indent: int, tmp_path: Path) -> None:
    document = score_json(saved(tmp_path, TABLE.to_json(orient=orient, indent=indent)))
    assert document["rows"]["read"] == len(LABELS)
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)


@pytest.mark.parametrize("orient", ["columns", "index", "split"])
def test_an_index_of_texts_is_a_column(orient: Any, tmp_path: Path) -> None:
    named = TABLE.set_axis(["w", "x", "y", "z"])
    document = score_json(saved(tmp_path, named.to_json(orient=orient)), "--id", "index")
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)


SHAPES: dict[str, Any] = {
    "lists": TABLE.to_dict(orient="list"),
    "tight": TABLE.to_dict(orient="tight"),
    "a list of results": {"results": ROWS},
    "a list beside other facts": {"model": "a", "loss": 0.3, "predictions": ROWS},
    "a list beside a name": {"label": "run 3", "data": ROWS},
    "a table within": {"dataframe_split": TABLE.to_dict(orient="split")},
    "columns by name": {"columns": [{"name": n, "values": list(TABLE[n])} for n in TABLE]},
    "names in the first row": [["label", "prob"], *TABLE.to_numpy().tolist()],
    "columns beside other facts": {"model": "a", **TABLE.to_dict(orient="list")},
    "objects over several lines": "\n".join(json.dumps(row, indent=1) for row in ROWS),
    "an array in one line": json.dumps(ROWS),
    "an array of lines": "[\n" + ",\n".join(map(json.dumps, ROWS)) + "\n]\n",
    "keys in another order": {
        "label": dict(zip("0123", LABELS, strict=True)),
        "prob": dict(reversed([*zip("0123", PROBS, strict=True)])),
    },
}


@pytest.mark.parametrize("content", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("as_file", [True, False])
def test_tables_of_every_shape_are_read(content: Any, as_file: bool, tmp_path: Path) -> None:
    path = saved(tmp_path, content)
    document = score_json(path) if as_file else score_json(stdin=path.read_bytes())
    assert document["rows"]["read"] == len(LABELS)
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)


def test_rows_without_names_are_columns_by_number(tmp_path: Path) -> None:
    path = saved(tmp_path, TABLE.to_json(orient="values"))
    document = score_json(path, "--label", "1", "--pred", "2")
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)


def test_a_matrix_of_probabilities_needs_only_labels(tmp_path: Path) -> None:
    path = saved(tmp_path, [[1 - prob, prob] for prob in PROBS])
    labels = tmp_path / "labels.csv"
    TABLE[["label"]].to_csv(labels, index=False)
    document = score_json(path, "--labels", labels)
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)


ROW = 0.2231435513142097  # -log(0.8)
ONE_ROW: dict[str, Any] = {
    "values": {"label": 1, "prob": 0.8},
    "a map": {"label": "a", "probs": {"a": 0.8, "b": 0.2}},
    "maps of classes": {"label": {"a": 1, "b": 0}, "probs": {"a": 0.8, "b": 0.2}},
    "a list": {"label": 0, "probs": [0.8, 0.2]},
    "other lists": {"label": 1, "prob": 0.8, "messages": [{"role": "user"}, {"role": "system"}]},
    "texts": {"label": 1, "prob": 0.8, "tags": ["a", "b"]},
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("content", ONE_ROW.values(), ids=ONE_ROW.keys())
def test_one_row_stays_one_row(content: Any, indent: int | None, tmp_path: Path) -> None:
    document = score_json(saved(tmp_path, json.dumps(content, indent=indent)))
    assert document["rows"]["read"] == 1
    assert document["metrics"]["cross_entropy"] == pytest.approx(ROW, rel=1e-12)


BOTH: dict[str, Any] = {
    "maps": {"label": {"0": 1, "1": 0}, "prob": {"0": 0.8, "1": 0.2}},
    "lists": {"label": [1, 0], "prob": [0.8, 0.2]},
    "logits": {"label": [1, 0], "logit": [2.5, -1.5]},
    "a list beside an id": {"id": "a", "label": [1, 0], "prob": [0.8, 0.2]},
}


@pytest.mark.parametrize("content", BOTH.values(), ids=BOTH.keys())
def test_what_may_be_one_row_or_a_table_is_refused(content: Any, tmp_path: Path) -> None:
    path = saved(tmp_path, content)
    done = run_ce("score", path)
    assert done.returncode == 3
    for part in ("lines=True", "--input-format json ", "--input-format jsonl"):
        assert part in done.stderr
    assert score_json(path, "--input-format", "json")["rows"]["read"] == 2
    assert score_json(path, "--input-format", "jsonl")["rows"]["read"] == 1


def test_an_array_that_may_be_one_prediction_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, [{"label": "a", "score": 0.8}, {"label": "b", "score": 0.2}])
    assert 'input_format="json"' in message(path)


BROKEN: dict[str, tuple[str, str]] = {
    "not closed": ('[{"label": 1, "prob": 0.8}', "cut off"),
    "cut in a row": ('[{"label": 1, "prob": 0.8}, {"label"', "row 2 is not valid JSON"),
    "no comma": ('[{"label": 1, "prob": 0.8} {"label": 1}]', "no comma after row 1"),
    "more": ('[{"label": 1, "prob": 0.8}] {"label": 1}', "more text after the JSON array"),
    "a key twice": ('[{"label": 1, "prob": 0.8, "prob": 0.9}]', "row 1, column 'prob'"),
    "no object": ('[{"label": 1, "prob": 0.8}, 7]', "row 2 is not a JSON object"),
    "lengths": ('{"label": [1, 0], "prob": [0.8, 0.3, 0.1]}', "'prob'"),
    "split": ('{"columns": ["label", "prob"], "data": [[1, 0.8], [0]]}', "row 2 of 'data'"),
    "values": ("[[1, 0.8], [0, 0.3, 0.1]]", "row 2 has 3 values"),
    "a name twice": ('{"columns": ["a", "a"], "data": [[1, 0.8]]}', "more than one column"),
    "deep": ('[{"label": ' + "[" * 100_000 + "]}", "row 1 is not valid JSON"),
    "not UTF-8": ('[{"label": "\udce9", "prob": 0.8}]', "not UTF-8"),
    "missing": ('{"label": {"0": 1, "1": 0}, "prob": {"0": null, "1": 0.3}}', "row 1"),
}


@pytest.mark.parametrize(("text", "part"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_documents_are_reported(text: str, part: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    line = message(path)
    assert "preds.json: " in line
    assert part in line


def test_a_long_array_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elements, "_PIECE", 37)
    content = json.dumps(ROWS * 500, indent=1).replace("prob", "\\u0070rob")
    document = score_json(saved(tmp_path, content), "--label", "label")
    assert document["rows"]["read"] == 500 * len(ROWS)
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)


@pytest.mark.parametrize("indent", [None, 1])
def test_a_document_that_is_too_large_is_refused(
    indent: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "LARGEST_DOCUMENT", 1 << 19)
    document = {"label": LABELS * 60_000, "prob": PROBS * 60_000}
    line = message(saved(tmp_path, json.dumps(document, indent=indent)))
    assert "JSON Lines" in line
    assert "lines=True" in line


def test_settings_beside_data_are_not_data(tmp_path: Path) -> None:
    TABLE.to_csv(tmp_path / "part.csv", index=False)
    saved(tmp_path, {"model": "a", "version": 3})
    assert score_json(tmp_path)["rows"]["read"] == len(LABELS)
    (tmp_path / "part.csv").unlink()
    saved(tmp_path, ROWS)
    assert score_json(tmp_path)["rows"]["read"] == len(LABELS)


def test_rows_that_are_wrong_in_different_columns(tmp_path: Path) -> None:
    """Each column by itself has other rows than all of them together."""
    names = ["label", "p_0", "p_1", "p_2", "p_3"]
    rows = [["2", 0.25, 0.25, 0.25, 256], ["2", 0.5, 0.25, 0, "[!a]"]]
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps([names, *rows]), encoding="utf-8")
    said = complaints(run_ce("score", path), 3)
    assert any("row 2, column 'p_3'" in line for line in said)
