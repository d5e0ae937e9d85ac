"""Labels in another file, where parts of the predictions or cells lack what could be compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli import score
from ce_cli.binding.joining import reordered
from ce_cli.binding.joining.renamed import RenamedSource
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.locate import opened
from ce_cli.inputs.source import Projection
from ce_cli.reading import Reading

ROWS = 20
LABELS = [row % 2 for row in range(ROWS)]
PROBS = [0.1 + 0.04 * row for row in range(ROWS)]


def written(folder: Path, name: str, delimiter: str = ",", **columns: Sequence[object]) -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [delimiter.join(map(str, row)) for row in (columns, *rows)]
    (folder / name).write_text("\n".join(lines) + "\n")
    return str(folder / name)


def turned(values: Sequence[object]) -> list[object]:
    """The first value comes last."""
    return [*values[1:], values[0]]


def loss(folder: Path) -> float:
    """That of all rows, from one file."""
    whole = score(written(folder, "whole.csv", label=LABELS, prob=PROBS))
    return whole.metrics["cross_entropy"]


# Parts of the predictions without a column that the first has


@pytest.mark.parametrize("name", ["label", "id", "amount", "town", "index"])
def test_a_part_without_a_shared_column_shows_nothing(name: str, tmp_path: Path) -> None:
    values: dict[str, Sequence[object]] = {
        "label": LABELS,
        "id": [f"row {row}" for row in range(ROWS)],
        "amount": [1.5 * row + 0.25 for row in range(ROWS)],
        "town": [f"town {row}" for row in range(ROWS)],
        "index": range(ROWS),
    }
    first = written(tmp_path, "1.csv", ",", **{name: values[name][:10]}, prob=PROBS[:10])
    second = written(tmp_path, "2.csv", prob=PROBS[10:])
    truth = written(tmp_path, "truth.csv", ",", **({name: values[name]} | {"label": LABELS}))
    found = score([first, second], labels=truth)
    assert found.metrics["cross_entropy"] == pytest.approx(loss(tmp_path), rel=1e-12)


@pytest.mark.parametrize("second", [range(10, 20), range(10), [f"row {row}" for row in range(10)]])
def test_rows_that_merely_count_are_not_compared(second: Sequence[object], tmp_path: Path) -> None:
    parts = [
        written(tmp_path, "1.csv", index=[2 * row for row in range(10)], prob=PROBS[:10]),
        written(tmp_path, "2.csv", index=[20 + 2 * row for row in range(10)], prob=PROBS[10:]),
    ]
    truth = written(tmp_path, "t.csv", index=[2 * row for row in range(ROWS)], label=LABELS)
    found = score(parts, labels=truth)
    assert found.metrics["cross_entropy"] == pytest.approx(loss(tmp_path), rel=1e-12)


def test_a_prediction_that_is_no_number_is_reported_although_both_files_have_it(
    tmp_path: Path,
) -> None:
    first = written(tmp_path, "1.csv", prob=PROBS[:10])
    second = written(tmp_path, "2.csv", prob=[*PROBS[10:19], "oops"])
    truth = written(tmp_path, "t.csv", label=LABELS, prob=PROBS)
    with pytest.raises(DataError, match=r"2\.csv: row 10, column 'prob': 'oops'"):
        score([first, second], labels=truth)


def test_a_part_without_the_column_proves_no_other_order(tmp_path: Path) -> None:
    """As the values of all rows would have to be the same."""
    values = [1.5 * row + 0.25 for row in range(ROWS)]
    parts = [
        written(tmp_path, "1.csv", amount=turned(values[:10]), prob=PROBS[:10]),
        written(tmp_path, "2.csv", prob=PROBS[10:]),
    ]
    found = score(parts, labels=written(tmp_path, "t.csv", amount=values, label=LABELS))
    assert found.metrics["cross_entropy"] == pytest.approx(loss(tmp_path), rel=1e-12)


# Rows in another order


@pytest.mark.parametrize(
    "value",
    [lambda row: 1.5 * row + 0.25, lambda row: 2**60 + 3 * row],
    ids=["fractions", "beyond the whole numbers of floats"],
)
def test_numbers_in_another_order_are_noticed(
    value: Callable[[int], float], tmp_path: Path
) -> None:
    values = [value(row) for row in range(ROWS)]
    ours = written(tmp_path, "p.csv", amount=values, prob=PROBS)
    theirs = written(tmp_path, "t.csv", amount=turned(values), label=LABELS)
    with pytest.raises(DataError, match=r"'amount' has the same values .* in another order"):
        score(ours, labels=theirs)


def test_numbers_that_are_not_read_as_such_show_no_order(tmp_path: Path) -> None:
    values = [f"{row},5" for row in range(ROWS)]
    probs = [str(prob).replace(".", ",") for prob in PROBS]
    ours = written(tmp_path, "p.csv", ";", amount=values, prob=probs)
    theirs = written(tmp_path, "t.csv", ";", amount=turned(values), label=LABELS)
    found = score(ours, labels=theirs, decimal=",")
    assert found.metrics["cross_entropy"] == pytest.approx(loss(tmp_path), rel=1e-9)


def test_ids_of_other_names_that_repeat_show_no_order(tmp_path: Path) -> None:
    ours = written(tmp_path, "p.csv", user_id=LABELS, prob=PROBS)
    theirs = written(tmp_path, "t.csv", row_nr=[row // 3 % 2 for row in range(ROWS)], label=LABELS)
    found = score(ours, labels=theirs)
    assert found.metrics["cross_entropy"] == pytest.approx(loss(tmp_path), rel=1e-12)


def test_texts_that_repeat_cannot_join_the_rows(tmp_path: Path) -> None:
    towns = ["abc"[row % 3] for row in range(ROWS)]
    ours = written(tmp_path, "p.csv", town=towns, prob=PROBS)
    theirs = written(tmp_path, "t.csv", town=turned(towns), label=LABELS)
    with pytest.raises(DataError, match="the rows are not the same, or not in the same order"):
        score(ours, labels=theirs)


def test_of_very_many_rows_it_is_not_known_whether_values_are_unique(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So the advice is no longer to join the rows by these."""
    values, labels = [1.5 * row + 0.25 for row in range(60)], [*LABELS, *LABELS, *LABELS]
    parts = [
        written(tmp_path, "1.csv", amount=values[:30], prob=[0.5] * 30),
        written(tmp_path, "2.csv", amount=values[30:], prob=[0.5] * 30),
    ]
    truth = written(tmp_path, "t.csv", amount=turned(values), label=labels)
    with pytest.raises(DataError, match='join them with id="amount"'):
        score(parts, labels=truth)
    monkeypatch.setattr(reordered, "_KEPT", 20)
    with pytest.raises(DataError, match="sort both files alike"):
        score(parts, labels=truth)


def test_a_column_that_cannot_be_read_is_not_compared(tmp_path: Path) -> None:
    """Only the rows that are scored have to be read."""
    table = pa.table({"amount": [1.5 * row for row in range(ROWS)], "prob": PROBS})
    path = tmp_path / "p.parquet"
    pq.write_table(table, path, compression="none", use_dictionary=False)
    start = pq.ParquetFile(path).metadata.row_group(0).column(0).data_page_offset
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * 16)
    truth = written(tmp_path, "t.csv", amount=[1.5 * row for row in range(ROWS)], label=LABELS)
    found = score(path, labels=truth)
    assert found.metrics["cross_entropy"] == pytest.approx(loss(tmp_path), rel=1e-12)


# Files that do not fit


def test_a_row_of_the_labels_with_more_fields_is_reported(tmp_path: Path) -> None:
    preds = written(tmp_path, "p.csv", id=range(ROWS), prob=PROBS)
    truth = Path(written(tmp_path, "t.csv", id=range(ROWS), label=LABELS))
    truth.write_text(truth.read_text() + "20,1,5,6\n")
    with pytest.raises(DataError, match=r"t\.csv: row 21 has 4 fields instead of 2"):
        score(preds, labels=truth, id="id")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "nope"}, r"t\.csv: there is no column 'nope'; the columns are 'label'"),
        ({"pred": "zz"}, r"p\.csv: there is no column 'zz'"),
        ({"pred": ["zz*"]}, r"p\.csv: there is no column 'zz\*'"),
    ],
)
def test_columns_that_are_not_there_are_reported_with_the_file(
    options: dict[str, Any], message: str, tmp_path: Path
) -> None:
    preds = written(tmp_path, "p.csv", prob=PROBS)
    truth = written(tmp_path, "t.csv", label=LABELS)
    with pytest.raises(UsageError, match=message):
        score(preds, labels=truth, **options)


def test_a_file_of_labels_has_to_have_labels(tmp_path: Path) -> None:
    preds = written(tmp_path, "p.csv", prob=[0.5, 0.6])
    truth = written(tmp_path, "t.csv", a=[0.5, 0.75], b=[1.25, 8.5])
    with pytest.raises(DataError, match=r"t\.csv: no column is named like a label"):
        score(preds, labels=truth)


def test_predictions_with_a_number_for_a_name_have_lost_their_header(tmp_path: Path) -> None:
    pq.write_table(pa.table({"0.31": [0.3, 0.6]}), tmp_path / "p.parquet")
    truth = written(tmp_path, "t.csv", label=[1, 0])
    with pytest.raises(DataError, match=r"the first line holds numbers \('0\.31'\) instead"):
        score(tmp_path / "p.parquet", labels=truth)


def test_lists_in_two_files_are_not_compared_by_their_first_rows(tmp_path: Path) -> None:
    """The predictions do not sum to 1, but the labels do."""
    pq.write_table(pa.table({"pred": [[1.0, 1.0, 0.0]] * 3}), tmp_path / "p.parquet")
    pq.write_table(pa.table({"label": [[0.2, 0.3, 0.5]] * 3}), tmp_path / "t.parquet")
    with pytest.raises(DataError) as caught:
        score(tmp_path / "p.parquet", labels=tmp_path / "t.parquet")
    assert "sum to 2" in str(caught.value)
    assert "'label'" not in str(caught.value)


def test_a_part_of_a_renamed_file_is_as_large_as_before(tmp_path: Path) -> None:
    path = written(tmp_path, "p.csv", label=LABELS, prob=PROBS)
    theirs = [part.size for part in opened(path, Reading()).splits(Projection((), ("prob",)))]
    renamed = RenamedSource(opened(path, Reading()), {"prob": "p"})
    assert [part.size for part in renamed.splits(Projection((), ("p",)))] == theirs
    assert [column.name for column in renamed.columns()] == ["label", "p"]
