"""Delimited text as Europe, Excel and frameworks write it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from ce_cli import score
from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import ByteStream
from ce_cli.inputs.json.nested import list_in, lists_of, map_in
from ce_cli.inputs.source import Projection
from ce_cli.inputs.text.comments import Uncommented
from ce_cli.inputs.text.delimited import open_delimited
from ce_cli.inputs.text.plain_lists import read_at_once
from ce_cli.reading import Reading
from tests.conftest import complaints, run_ce, score_json

USAGE, BAD_DATA = 2, 3
ROWS = 400
CLASSES = ["Müller", "Øre", "cat"]

Written = list[list[str]]


def table(seed: int = 0) -> Written:
    """Labels and probabilities that need all their digits, with the names of their columns."""
    rng = np.random.default_rng(seed)
    numbers = rng.dirichlet(np.ones(3), ROWS)
    labels = rng.integers(0, 3, ROWS)
    rows = [[CLASSES[k], *map(repr, row)] for k, row in zip(labels, numbers.tolist(), strict=True)]
    return [["label", *(f"p_{name}" for name in CLASSES)], *rows]


def joined(rows: Written, delimiter: str = ",", newline: str = "\n") -> str:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator=newline).writerows(rows)
    return text.getvalue()


def with_commas(rows: Written) -> Written:
    return [rows[0], *([row[0], *(cell.replace(".", ",") for cell in row[1:])] for row in rows[1:])]


def without_name(document: dict[str, Any]) -> dict[str, Any]:
    return document | {"inputs": None}


def scored(tmp_path: Path, text: str | bytes, *options: str, name: str = "f.csv") -> dict[str, Any]:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return without_name(score_json(path, *options))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The document of the same rows in a plain file, which scikit-learn agrees with."""
    document = scored(tmp_path_factory.mktemp("plain"), joined(table()))
    labels = [row[0] for row in table()[1:]]
    numbers = np.array([row[1:] for row in table()[1:]], np.float64)
    order = np.argsort(CLASSES)  # scikit-learn wants labels in the order in which they sort
    expected = log_loss(labels, numbers[:, order], labels=[CLASSES[k] for k in order])
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-12)
    assert document["rows"]["scored"] == ROWS
    return document


COMMAS = with_commas(table())
NO_HEADER = [
    "--no-header",
    "--label",
    "1",
    "--classes",
    ",".join(CLASSES),
    *"-p 2 -p 3 -p 4".split(),
]

FORMS: dict[str, tuple[str | bytes, list[str]]] = {
    "semicolons and decimal commas": (joined(COMMAS, ";"), ["--decimal", ","]),
    "tabs and decimal commas": (joined(COMMAS, "\t"), ["--decimal", ","]),
    "bars and decimal commas": (joined(COMMAS, "|"), ["--decimal", ","]),
    "commas around quoted decimal commas": (joined(COMMAS), ["--decimal", ","]),
    "a European file in latin-1": (
        joined(COMMAS, ";", "\r\n").encode("latin-1"),
        ["--decimal", ",", "--encoding", "latin-1"],
    ),
    "a European file in cp1252": (
        joined(COMMAS, ";", "\r\n").encode("cp1252"),
        ["--decimal", ",", "--encoding", "cp1252", "--delimiter", ";"],
    ),
    "a European file in UTF-16": (
        joined(COMMAS, ";").encode("utf-16"),
        ["--decimal", ",", "--encoding", "utf-16"],
    ),
    "Excel's first line": ("sep=;\r\n" + joined(COMMAS, ";", "\r\n"), ["--decimal", ","]),
    "Excel's first line, with a mark": ("\ufeffsep=,\n" + joined(table()), []),
    "Excel's first line and an odd delimiter": ("sep=^\n" + joined(table(), "^"), []),
    "Excel's first line, overruled": ("sep=,\n" + joined(table(), ";"), ["--delimiter", ";"]),
    "comments": (
        '# it\'s "made", by "x\n'
        + re.sub(r"(?m)^(Øre.*)$", '\\1\n#,"a "" comment', joined(table()))
        + "# the last",
        ["--comment", "#"],
    ),
    "comments and CRLF": (
        "%\r\n%a\r\n" + joined(table(), newline="\r\n").replace("\r\ncat", "\r\n%,,\r\ncat"),
        ["--comment", "%"],
    ),
    "comments and CR": (
        joined(table(), newline="\r").replace("\rcat", "\r#,,\rcat"),
        ["--comment", "#"],
    ),
    "comments in a packed file": (
        gzip.compress(("# first\n" + joined(table())).encode()),
        ["--comment", "#"],
    ),
    "comments before Excel's first line": ("# x\nsep=;\n" + joined(table(), ";"), ["--comment=#"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "options"), FORMS.values(), ids=FORMS.keys())
def test_the_same_rows_in_another_form_give_the_same_bits(
    text: str | bytes, options: list[str], plain: dict[str, Any], tmp_path: Path
) -> None:
    assert scored(tmp_path, text, *options) == plain


@pytest.mark.parametrize(
    ("rows", "delimiter", "options"),
    [(table(), ",", []), (COMMAS, ";", ["--decimal", ","]), (COMMAS, "\t", ["--decimal", ","])],
)
def test_without_a_header_columns_are_counted(
    rows: Written, delimiter: str, options: list[str], plain: dict[str, Any], tmp_path: Path
) -> None:
    document = scored(tmp_path, joined(rows[1:], delimiter), *options, *NO_HEADER)
    assert document["columns"]["predictions"] == ["2", "3", "4"]
    columns = {"columns": None}
    assert document | columns == plain | columns


def test_dates_and_times_are_texts(tmp_path: Path) -> None:
    text = "day,when,label,prob\n2024-01-31,2024-01-31 12:00:00,1,0.5\n2024-02-01,,1,0.5\n"
    document = scored(tmp_path, text, "--by", "day", "--base", "2")
    assert [group["by"]["day"] for group in document["groups"]] == ["2024-01-31", "2024-02-01"]


def test_a_header_is_a_row_with_the_option(tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("1,0.5\n0,0.75\n")
    document = score_json(tmp_path / "f.csv", *"--no-header --label 1 --pred 2 --base 2".split())
    assert document["rows"]["read"] == 2
    assert document["metrics"]["total"] == 1 + 2
    lone = score_json(
        "-", *"--no-header --label 1 --pred 2 --base 2 --worst 1".split(), stdin=b"1,0.5"
    )
    assert [row["row"] for row in lone["worst"]] == [1]


def test_decimal_commas_and_commas_in_texts_are_no_delimiters(tmp_path: Path) -> None:
    text = "x, y, z;1;0,5\nx, y, z;0;0,75\n"  # commas would cut it into more fields
    options = "--no-header --label 2 --pred 3 --decimal , --base 2".split()
    assert scored(tmp_path, text, *options)["metrics"]["total"] == 1 + 2


def test_cells_that_are_parsed_one_by_one_know_decimal_commas(tmp_path: Path) -> None:
    text = "label;prob\n1;0,5\n1;+,25e0 \n0;\n0; 0,875\n"  # Arrow stops at the space behind
    document = scored(tmp_path, text, "--decimal", ",", "--missing", "skip", "--base", "2")
    assert document["metrics"]["total"] == 1 + 2 + 3


def test_rows_count_from_the_first_that_is_not_a_comment(tmp_path: Path) -> None:
    text = "#a\nlabel,prob\n#b\n#c\n1,0.5\n#d\n0,x\n"
    (tmp_path / "f.csv").write_text(text)
    message = complaints(run_ce("score", tmp_path / "f.csv", "--comment", "#"), BAD_DATA)
    assert len(message) == 1
    assert "f.csv: row 2, column 'prob': 'x'" in message[0]


def test_a_quoted_field_may_look_like_a_comment(tmp_path: Path) -> None:
    row = '1,0.5,"text\n# ""no"" comment\n#"\n# "a comment\n'
    count = 50_000  # several blocks
    text = "label,prob,text\n" + row * count
    document = scored(tmp_path, text, "--comment", "#", "--base", "2")
    assert document["rows"]["read"] == count
    assert document["metrics"]["total"] == count


def test_a_name_that_begins_like_a_comment_is_a_name(tmp_path: Path) -> None:
    assert scored(tmp_path, "#label,prob\n1,0.5\n", "--base", "2")["metrics"]["total"] == 1


def test_the_python_api_takes_the_same(plain: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("#x\n" + joined(COMMAS[1:], ";"), encoding="utf-8")
    pred = ["2", "3", "4"]
    found = score(
        path, label="1", pred=pred, classes=CLASSES, decimal=",", no_header=True, comment="#"
    )
    assert found.metrics == plain["metrics"]
    with pytest.raises(DataError, match="the columns '2', '3', '4' sum to 1"):
        score(path, label="1", decimal=",", no_header=True, comment="#")


def test_columns_without_names_bind_by_position(tmp_path: Path) -> None:
    text = "2,0.25,0.5,0.25\n0,0.25,0.5,0.25\n"
    options = [*"--no-header --label 1 --base 2".split(), "--pred", "[234]"]
    document = scored(tmp_path, text, *options)
    assert document["classes"] == ["0", "1", "2"]
    assert document["metrics"]["total"] == 2 + 2


def test_the_number_of_a_column_is_not_a_class(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("3,0.5\n2,0.5\n", encoding="utf-8")
    done = run_ce("score", path, *"--no-header --label 1 --pred 2".split())
    (line,) = complaints(done, BAD_DATA)
    assert "--positive" in line


# Comments, against Python's reader of CSV

LINE = st.lists(
    st.text('ab",#\n ', max_size=5).map(lambda text: '"' + text.replace('"', '""') + '"')
    | st.text("ab# ", max_size=4),
    min_size=2,
    max_size=3,
).map(",".join)
COMMENT = st.text('ab",# ', max_size=8).map(lambda text: "#" + text)


class Pieces(io.RawIOBase):
    """Bytes that come a few at a time."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = io.BytesIO(data)
        self._size = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._data.read(min(self._size, len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)


def uncommented(data: bytes, size: int) -> list[bytes]:
    raw: Any = io.BufferedReader(Pieces(data, size), size)
    stream = Uncommented(ByteStream("f.csv", raw), b"#", b",")
    return list(iter(lambda: stream.read(size), b""))


@settings(max_examples=300, deadline=None)
@given(
    lines=st.lists(st.tuples(st.booleans(), LINE, COMMENT), max_size=12),
    size=st.integers(1, 40),
    ended=st.booleans(),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_only_comments_are_cut(
    lines: list[tuple[bool, str, str]], size: int, ended: bool, newline: str
) -> None:
    lines = [line for line in lines if not line[1].startswith("#")]
    text = newline.join(comment if is_comment else line for is_comment, line, comment in lines)
    kept = newline.join(line for is_comment, line, _ in lines if not is_comment)
    pieces = uncommented((text + newline * ended).encode(), size)
    found, expected = (
        [record for record in csv.reader(io.StringIO(one, newline="")) if record]
        for one in (b"".join(pieces).decode(), kept)
    )
    assert found == expected


@pytest.mark.parametrize("size", [7, 64, 1000])
def test_comments_are_cut_in_long_streams_piece_by_piece(size: int) -> None:
    count = 6000
    text = '# a "\n1,"x\n# y"\n##\n' * count
    pieces = uncommented(text.encode(), size)
    assert len(pieces) > 1
    assert b"".join(pieces).decode() == '1,"x\n# y"\n' * count


# Lists


def as_json(numbers: list[float]) -> str:
    return json.dumps(numbers)


def as_tuple(numbers: list[float]) -> str:
    return str(tuple(numbers))


def as_numpy(numbers: list[float]) -> str:
    with np.printoptions(floatmode="unique", linewidth=40):
        return str(np.array(numbers))


def as_numpy_scalars(numbers: list[float]) -> str:
    return "[" + ", ".join(f"np.float64({number!r})" for number in numbers) + "]"


def as_array(numbers: list[float]) -> str:
    with np.printoptions(floatmode="unique"):
        return repr(np.array(numbers))


def as_padded(numbers: list[float]) -> str:
    return f"  [ {' , '.join(map(repr, numbers))} ] "


LISTS = [as_json, as_tuple, as_numpy, as_numpy_scalars, as_array, as_padded]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("written", LISTS, ids=lambda one: one.__name__)
def test_a_list_column_gives_the_bits_of_the_columns(
    written: Callable[[list[float]], str], delimiter: str, plain: dict[str, Any], tmp_path: Path
) -> None:
    rows = [[row[0], written([float(cell) for cell in row[1:]])] for row in table()[1:]]
    text = joined([["label", "probs"], *rows], delimiter)
    document = scored(tmp_path, text, "--classes", ",".join(CLASSES))
    assert document["columns"]["predictions"] == ["probs"]
    columns = {"columns": None}
    assert document | columns == plain | columns


@pytest.mark.parametrize("written", LISTS[:3], ids=lambda one: one.__name__)
def test_plain_lists_are_read_at_once_and_exactly(written: Callable[[list[float]], str]) -> None:
    rng = np.random.default_rng(3)
    rows = [(rng.normal(size=n) * 10.0 ** rng.integers(-300, 300)).tolist() for n in range(2, 40)]
    cells = pa.array([None, *(written(row) for row in rows), None])
    found = read_at_once(cells.slice(1))
    assert found is not None
    assert found.type == pa.list_(pa.float64())
    assert found.to_pylist() == [*rows, None]
    found.validate(full=True)


def test_missing_numbers_are_nan_however_they_are_read() -> None:
    cells = ["[NaN, 1]", "[null, 1]", "[None, 1]", "[nan, 1]"]
    for together in (cells, [*cells, " [nan 1]"]):
        found, bad = lists_of(pa.array(together))
        assert bad == []
        assert found.null_count == 0
        assert [list(map(math.isnan, row)) for row in found.to_pylist()] == (
            [[True, False]] * len(together)
        )
        assert found.flatten().null_count == 0


NO_LISTS = (
    "x|[1|1]|[1,,2]|[1 2,3]|[,1]|[1,]|[[1, 2]]|[1_0, 2]|['1', '2']|(1, 2]|[1; 2]|[0.1 ... 0.2]|{}"
    '|1|(1)|()|(1 2)|["1"]|[1] [2]|[0x1]|[true]|[1e]'
).split("|")


@pytest.mark.parametrize("cell", NO_LISTS)
@pytest.mark.parametrize("beside", ["[1, 2]", "[1 2]", "(1, 2)", "[]", " [1]"])
def test_text_that_is_not_a_list_is_never_read_as_one(cell: str, beside: str) -> None:
    assert list_in(cell) is None
    found, bad = lists_of(pa.array([beside, None, cell, beside]))
    assert bad == [2]
    expected = list_in(beside)
    assert expected is not None
    assert found.to_pylist() == [expected, None, None, expected]


@given(cell=st.text("[](),. 01e-\nnaN", max_size=12))
def test_reading_at_once_is_reading_one_by_one(cell: str) -> None:
    at_once = read_at_once(pa.array([cell, cell])) if cell else None
    if at_once is not None:
        np.testing.assert_equal(at_once.to_pylist(), [list_in(cell)] * 2)


# Maps


def framed(tmp_path: Path, text: str, chosen: Projection) -> tuple[list[Any], Any]:
    path = tmp_path / "f.tsv"
    path.write_text(text, encoding="utf-8")
    stream = ByteStream(str(path), io.BufferedReader(io.FileIO(path)))
    source = open_delimited(str(path), stream, Reading())
    (frame,) = (frame for split in source.splits(chosen) for frame in split.frames())
    return list(source.columns()), frame


def test_maps_are_found_and_read(tmp_path: Path) -> None:
    cells = [
        '{"Müller": 0.1, "dog": 9e-1}',
        "{'a \\'b\\'': 0.1, 'c': np.float64(0.25)}",
        "",
        '{"a": null, "b": NaN}',
        "{0: 1, 1: 0}",
        "{}",
    ]
    text = "".join(f"{n}\t{cell}\n" for n, cell in enumerate(cells))
    columns, frame = framed(tmp_path, "label\tprobs\n" + text, Projection((), (), maps=("probs",)))
    assert [(column.name, column.kind) for column in columns] == [
        ("label", "number"),
        ("probs", "map"),
    ]
    found = frame.columns["probs"]
    found.validate(full=True)
    assert found.type == pa.map_(pa.utf8(), pa.float64())
    rows = found.to_pylist()
    assert rows[:3] == [[("Müller", 0.1), ("dog", 0.9)], [("a 'b'", 0.1), ("c", 0.25)], None]
    assert [(key, math.isnan(value)) for key, value in rows[3]] == [("a", True), ("b", True)]
    assert rows[4:] == [[("0", 1.0), ("1", 0.0)], []]
    assert frame.issues == ()


@pytest.mark.parametrize(
    "cell",
    [
        "x",
        "[1]",
        '{"a": 1',
        '{"a"}',
        '{"a": "1"}',
        '{"a": true}',
        '{"a": [1]}',
        '{"a": 1, "a": 2}',
        "{'a': 1 'b': 2}",
        "{'a': 1_0}",
        "{'\\x': 1}",
        '{"a": ' * 30_000,
        '{"a": ' + "[" * 30_000 + "}",
    ],
)
def test_text_that_is_not_a_map_is_reported(cell: str, tmp_path: Path) -> None:
    assert map_in(cell) is None
    quoted = cell.replace('"', '""')
    text = f'label\tprobs\n0\t{{"a": 1}}\n1\t{{"a": 1}}\n1\t2\t3\n1\t"{quoted}"\n'
    columns, frame = framed(tmp_path, text, Projection((), (), maps=("probs",)))
    assert columns[1].kind == "map"
    assert frame.columns["probs"].to_pylist() == [[("a", 1.0)], [("a", 1.0)], None]
    found = {finding.code: finding for finding in frame.issues}
    assert found["not-a-map"].rows == (3,)
    assert found["not-a-map"].values == (cell,)
    assert found["malformed"].rows == (2,)


@pytest.mark.parametrize(
    ("first", "width"), [("[1, 2]", 2), ("(1, 2)", 2), ("[1 2 3]", None), ("[1]", None)]
)
def test_lists_of_one_number_are_reported_with_their_width(
    first: str, width: int | None, tmp_path: Path
) -> None:
    text = f"label\tprobs\n0\t{first}\n1\t[1, 2]\n1\t\n"
    columns, frame = framed(tmp_path, text, Projection((), (), lists=("probs",)))
    assert (columns[1].kind, columns[1].stored, columns[1].width) == ("list", "text", width)
    assert frame.columns["probs"].to_pylist() == [list_in(first), [1, 2], None]


# What goes wrong

BAD: dict[str, tuple[str | bytes, list[str], int, list[str]]] = {
    "decimal commas": ("label;prob\n1;0,5\n", [], BAD_DATA, ["row 1", "'0,5'", "--decimal ,"]),
    "decimal commas in a family": (
        "label\tp_a\tp_b\na\t0,5\t1\na\t0,5\t0\n",
        [],
        BAD_DATA,
        ["row 1", "'p_a'", "'0,5'", "--decimal ,"],
    ),
    "decimal points": (
        "label,prob\n1,0.5\n",
        ["--decimal", ","],
        BAD_DATA,
        ["row 1", "'0.5'", "--decimal ,", "remove"],
    ),
    "thousands": (
        "label;logit\n1;0,5\n0;1.234,5\n",
        ["--decimal", ","],
        BAD_DATA,
        ["row 2", "'1.234,5'", "thousands"],
    ),
    "another decimal mark": ("label\n", ["--decimal", ";"], USAGE, ["--decimal", "';'"]),
    "numbers for names": ("0,1\n0,7\n", [], BAD_DATA, ["'0', '1'", "--no-header"]),
    "no header and no label": (
        "1,0.5\n",
        ["--no-header", "--pred", "2"],
        BAD_DATA,
        ["'1', '2'", "--label"],
    ),
    "another delimiter": ("label^prob\n1^0.8\n0^0.3\n", [], BAD_DATA, ["--delimiter '^'"]),
    "a colon": ("y:p:w\n1:0.8:2\n0:0.3:1\n", [], BAD_DATA, ["--delimiter :"]),
    "no header and no prediction": ("1,7\n", ["--no-header"], BAD_DATA, ["'1', '2'", "--pred"]),
    "a column that is not there": (
        "1,0.5\n",
        ["--no-header", "--label", "1", "--pred", "3"],
        USAGE,
        ["'3'", "'1', '2'"],
    ),
    "a comment for a header": (
        "# by x\nlabel,prob\n1,0.5\n",
        [],
        BAD_DATA,
        ["'# by x'", "--comment '#'"],
    ),
    "two comments before tabs": (
        "# by x\n# 2024\nlabel\tprob\n1\t0.5\n",
        [],
        BAD_DATA,
        ["'# by x'", "--comment '#'"],
    ),
    "a comment and no header": (
        "# by x\n1,0.5\n0,0.25\n",
        ["--no-header", "--label", "1", "--pred", "2"],
        BAD_DATA,
        ["'# by x'", "--comment '#'"],
    ),
    "comments among the rows": (
        "label,prob\n1,0.5\n# x\n0,0.5\n# y\n",
        [],
        BAD_DATA,
        ["row 2", "1 field instead of 2", "1 more row: 4", "--comment '#'"],
    ),
    "nothing but comments": ("# x\n# y", ["--comment", "#"], BAD_DATA, ["empty"]),
    "two comment characters": ("label\n", ["--comment", "//"], USAGE, ["--comment"]),
    "a digit for comments": ("label\n", ["--comment", "1"], USAGE, ["--comment"]),
    "a delimiter for comments": (
        "label\n",
        ["--comment", ";", "--delimiter", ";"],
        USAGE,
        ["';'", "--comment", "--delimiter"],
    ),
    "nothing behind Excel's first line": ("sep=;\r\n", [], BAD_DATA, ["empty"]),
    "no list": (
        'label,probs\n0,"[0.5, 0.5]"\n1,"[0.25, 0.75]"\n1,high\n0,"[0.5, 0.5"\n',
        [],
        BAD_DATA,
        ["row 3", "'probs'", "'high'", "1 more row: 4", "[0.1, 0.9]"],
    ),
    "a shortened list": (
        'label,probs\n0,"[0.5 0.5]"\n1,"[0.25 ... 0.75]"\n',
        [],
        BAD_DATA,
        ["row 2", "'probs'", "'[0.25 ... 0.75]'"],
    ),
    "a list of another length": (
        'label,probs\n0,"[0.5, 0.5]"\n1,"[0.25, 0.5, 0.25]"\n',
        [],
        BAD_DATA,
        ["row 2", "'probs'", "3 numbers", "2 classes"],
    ),
    "a missing list": (
        'label,probs\n0,"[0.5, 0.5]"\n1,\n',
        [],
        BAD_DATA,
        ["row 2", "'probs'", "missing", "--missing skip"],
    ),
    "latin-1 and too many fields": (
        "label;prob\n1;0.5\né;0.5;7\n".encode("latin-1"),
        [],
        BAD_DATA,
        ["row 2", "3 fields instead of 2"],
    ),
    "latin-1 without a header": (
        "é,0.5\n".encode("latin-1"),
        ["--no-header", "--label", "1", "--pred", "2"],
        BAD_DATA,
        ["first line", "UTF-8", "--encoding latin-1"],
    ),
}


@pytest.mark.parametrize(("text", "options", "code", "parts"), BAD.values(), ids=BAD.keys())
def test_one_sentence_names_the_problem_and_the_fix(
    text: str | bytes, options: list[str], code: int, parts: Sequence[str], tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    message = complaints(run_ce("score", path, *options), code)
    assert len(message) == 1, message
    for part in parts if code == USAGE else ["bad.csv", *parts]:
        assert part in message[0]
