"""Files of two models are not pooled in silence, and files of different rows are not suspected."""

from __future__ import annotations

import random
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import complaints, run_ce, score_json, strict

ROWS = 60
RANDOM = random.Random(12)
LABELS = [RANDOM.randrange(2) for _ in range(ROWS)]
OTHERS = [RANDOM.randrange(2) for _ in range(ROWS)]


def written(
    folder: Path, name: str, labels: Sequence[object], ids: Sequence[object] | None = None
) -> str:
    """A file with these labels and random predictions."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    lines = ["label,prob" + (",id" if ids else "")]
    for row, label in enumerate(labels):
        own = f",{ids[row]}" if ids else ""
        lines.append(f"{label},{RANDOM.uniform(0.2, 0.8):.3f}{own}")
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def codes(*files: str) -> list[str]:
    return [note["code"] for note in score_json(*files)["warnings"]]


def test_the_command_in_the_warning_compares_the_models(tmp_path: Path) -> None:
    files = [written(tmp_path, name, LABELS) for name in ("old.csv", "new.csv")]
    (note,) = (one for one in score_json(*files)["warnings"] if one["code"] == "same_rows")
    command = note["message"].partition("ce compare ")[2].rstrip(".")
    done = run_ce("compare", *shlex.split(command), "--json")
    assert strict(done.stdout)["rows"]["compared"] == ROWS


def test_the_command_repeats_the_columns_that_were_typed(tmp_path: Path) -> None:
    files = [written(tmp_path, name, LABELS) for name in ("old.csv", "new.csv")]
    document = score_json(*files, "--label", "label", "--pred", "prob")
    (note,) = (one for one in document["warnings"] if one["code"] == "same_rows")
    assert "--label label --pred prob" in note["message"]


@pytest.mark.parametrize("command", ["gate", "inspect"])
def test_other_commands_warn_too(command: str, tmp_path: Path) -> None:
    files = [written(tmp_path, name, LABELS) for name in ("old.csv", "new.csv")]
    done = run_ce(command, *files, *(["--max", "9"] if command == "gate" else []))
    assert done.returncode == 0
    assert "ce compare" in done.stdout


def test_directories_of_parts_are_compared_as_directories(tmp_path: Path) -> None:
    for model in ("old", "new"):
        for part, labels in (("a.csv", LABELS), ("b.csv", OTHERS)):
            written(tmp_path / model, part, labels)
    old, new = str(tmp_path / "old"), str(tmp_path / "new")
    (note,) = (one for one in score_json(old, new)["warnings"] if one["code"] == "same_rows")
    assert note["message"].endswith(f"ce compare {old} {new}.")


def test_the_same_ids_are_the_same_rows_whatever_their_order(tmp_path: Path) -> None:
    ids = [f"case {row}" for row in range(6)]
    first = written(tmp_path, "old.csv", [0, 1, 0, 1, 1, 1], ids)
    assert "same_rows" in codes(first, written(tmp_path, "new.csv", [1, 0, 1, 0, 1], ids[1:][::-1]))
    assert "same_rows" not in codes(
        first, written(tmp_path, "more.csv", [0, 1, 0, 1, 1, 1], [f"new {row}" for row in range(6)])
    )


def test_a_file_given_twice_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", LABELS)
    assert codes(path, path).count("file_twice") == 1
    assert "same_rows" not in codes(path, path)
    assert "file_twice" in codes(path, str(tmp_path))
    assert "file_twice" in codes(path, str(tmp_path / "." / ".." / tmp_path.name / "a.csv"))


DIFFERENT: dict[str, tuple[Sequence[object], Sequence[object]]] = {
    "other labels": (LABELS, OTHERS),
    "a few rows": (LABELS[:8], LABELS[:8]),
    "one class": ([1] * ROWS, [1] * ROWS),
    "sorted": (sorted(LABELS), sorted(LABELS)),
    "in turns": ([0, 1] * 30, [0, 1] * 30),
    "in cycles": ([0, 0, 1, 0, 1] * 12, [0, 0, 1, 0, 1] * 12),
    "one longer": (LABELS, LABELS[:50]),
    "one row differs": (LABELS, [*LABELS[:-1], 1 - LABELS[-1]]),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_labels_that_may_agree_by_chance_are_no_alarm(case: str, tmp_path: Path) -> None:
    files = [written(tmp_path, f"{n}.csv", labels) for n, labels in enumerate(DIFFERENT[case])]
    assert "same_rows" not in codes(*files)


def test_ids_that_count_the_rows_of_each_part_are_no_alarm(tmp_path: Path) -> None:
    ids = range(ROWS)
    files = [written(tmp_path, "a.csv", LABELS, ids), written(tmp_path, "b.csv", OTHERS, ids)]
    assert "same_rows" not in codes(*files)
    assert "same_rows" in codes(files[0], written(tmp_path, "c.csv", LABELS, ids))


def test_parts_of_one_data_set_are_no_alarm(tmp_path: Path) -> None:
    labels = [RANDOM.randrange(2) for _ in range(2000)]
    files = [
        written(tmp_path, f"part-{n}.csv", labels[n : n + 50]) for n in range(0, len(labels), 50)
    ]
    assert "same_rows" not in codes(*files)


def test_labels_in_a_file_of_their_own_are_not_compared_with_themselves(tmp_path: Path) -> None:
    parts = []
    for n in range(2):
        path = tmp_path / f"{n}.csv"
        path.write_text("prob\n" + "".join(f"{RANDOM.uniform(0.2, 0.8):.3f}\n" for _ in range(30)))
        parts.append(str(path))
    truth = tmp_path / "truth.csv"
    truth.write_text("label\n" + "".join(f"{label}\n" for label in LABELS))
    assert codes(*parts, "--labels", str(truth)) == []


def test_the_command_quotes_classes_that_contain_a_comma(tmp_path: Path) -> None:
    labels = [('"yes, indeed"', "no")[one] for one in LABELS]
    files = [written(tmp_path, name, labels) for name in ("old.csv", "new.csv")]
    document = score_json(*files, "--classes", 'no,"yes, indeed"')
    (note,) = (one for one in document["warnings"] if one["code"] == "same_rows")
    command = note["message"].partition("ce compare ")[2].rstrip(".")
    done = run_ce("compare", *shlex.split(command), "--json")
    assert strict(done.stdout)["models"][0]["classes"] == ["no", "yes, indeed"]


def test_ids_in_another_order_do_not_count_rows(tmp_path: Path) -> None:
    ids = [*range(1, ROWS + 1)]
    order = RANDOM.sample(range(ROWS), ROWS)
    old = written(tmp_path, "old.csv", LABELS, ids)
    new = written(tmp_path, "new.csv", [LABELS[n] for n in order], [ids[n] for n in order])
    assert "same_rows" in codes(old, new)


def test_a_part_of_the_rows_beside_all_of_them(tmp_path: Path) -> None:
    ids = [*range(1, ROWS + 1)]
    whole = written(tmp_path, "all.csv", LABELS, ids)
    folds = [
        written(tmp_path, "fold0.csv", LABELS[:30], ids[:30]),
        written(tmp_path, "fold1.csv", LABELS[30:], ids[30:]),
    ]
    assert "same_rows" in codes(whole, *folds)
    assert "same_rows" not in codes(*folds)


def note_of(*files: str) -> str:
    (note,) = (one for one in score_json(*files)["warnings"] if one["code"] == "same_rows")
    message: str = note["message"]
    return message


def test_four_files_of_the_same_rows_are_one_group(tmp_path: Path) -> None:
    message = note_of(*(written(tmp_path, f"{n}.csv", LABELS) for n in range(4)))
    assert "(and 2 more files so)" in message
    assert len(shlex.split(message.partition("ce compare ")[2])) == 4


def test_models_in_several_folders_are_not_guessed(tmp_path: Path) -> None:
    names = {"a/1.csv": LABELS, "b/1.csv": LABELS, "a/2.csv": OTHERS, "c/2.csv": OTHERS}
    message = note_of(*(written(tmp_path, name, labels) for name, labels in names.items()))
    assert message.endswith("compare these with ce compare.")


def test_ids_of_other_names_do_not_hide_the_same_labels(tmp_path: Path) -> None:
    files = [written(tmp_path, f"{n}.csv", LABELS, range(7, 7 + ROWS)) for n in range(2)]
    path = Path(files[1])
    path.write_text(path.read_text().replace("id\n", "other_id\n", 1))
    assert "the same labels row by row" in note_of(*files)


def test_files_with_rows_that_cannot_be_read_are_reported_for_these(tmp_path: Path) -> None:
    files = [written(tmp_path, f"{n}.csv", LABELS) for n in range(2)]
    for name in files:
        with Path(name).open("a") as file:
            file.write("1,.5,3\n")
    (message,) = complaints(run_ce("score", *files), 3)
    assert "row 61 has 3 fields instead of 2 (and 1 more row" in message


def test_a_column_that_cannot_be_read_is_not_compared(tmp_path: Path) -> None:
    """Nor searched for ids that repeat."""
    table: dict[str, list[Any]] = {
        "label": LABELS,
        "prob": [0.3] * ROWS,
        "id": [f"r{n // 2}" for n in range(ROWS)],
    }
    files = [unreadable_id(tmp_path / f"{n}.parquet", table) for n in range(2)]
    found = score_json(*files)
    assert found["rows"]["scored"] == 2 * ROWS
    assert not {"same_rows", "repeated_id"} & set(codes(*files))
    assert "repeated_id" not in codes(files[0])


def unreadable_id(path: Path, table: dict[str, list[Any]]) -> str:
    """A Parquet file in which the pages of the id are overwritten."""
    pq.write_table(pa.table(table), path, compression="none", use_dictionary=False)
    start = pq.ParquetFile(path).metadata.row_group(0).column(2).data_page_offset
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xff" * 16)
    return str(path)
