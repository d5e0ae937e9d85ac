"""Texts that were made to break a reader: quotes, columns and numbers without end."""

from __future__ import annotations

import bz2
import math
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_cli.inputs.source import MOST_COLUMNS
from ce_cli.inputs.text import records
from ce_cli.inputs.text.delimited import LONGEST_HEADER
from tests.conftest import complaints, run_ce, strict

TEXTS = st.lists(st.sampled_from(list('""",a\n\r')), min_size=1, max_size=25).map("".join)
LONG = 8 << 20
ROWS = b"1,0.5,a\n0,0.5,b\n"
HUGE = "9" * 400


def record_ends(text: str) -> list[int]:
    """The offsets after the newlines outside quoted fields, character by character."""
    ends, inside, place = [], False, 0
    while place < len(text):
        if text[place] == '"' and not inside:
            inside = place == 0 or text[place - 1] in ",\r\n"
        elif text[place] == '"' and text[place + 1 : place + 2] == '"':
            place += 1
        elif text[place] == '"':
            inside = False
        elif text[place] == "\n" and not inside:
            ends.append(place + 1)
        place += 1
    return ends


@given(TEXTS)
def test_records_end_where_a_reader_of_characters_says(text: str) -> None:
    ends = record_ends(text)
    data = text.encode()
    assert records.last_record_end(data, b"\n", b",") == (ends[-1] if ends else 0)
    assert records.first_record_end(data, b"\n", b",") == (ends[0] if ends else 0)


@pytest.mark.parametrize("inner", [b'a ""b"", \n', b"hello, wor\n", b'""'])
def test_a_quoted_field_of_many_megabytes_is_read_in_linear_time(
    tmp_path: Path, inner: bytes
) -> None:
    field = inner * (LONG // len(inner))
    path = tmp_path / "long.csv"
    path.write_bytes(b"label,prob,note\n" + ROWS + b'1,0.5,"' + field + b'"\n' + ROWS)
    started = time.process_time()
    done = run_ce("score", str(path), "--json")
    assert time.process_time() - started < 15  # which took minutes when it was quadratic
    assert done.returncode == 0
    assert '"scored": 5' in done.stdout


def test_a_quote_that_is_not_closed_in_a_long_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "open.csv"
    path.write_bytes(b'"label,prob\n' + b"1,0.5\n" * (2 * LONGEST_HEADER // 6))
    (line,) = complaints(run_ce("score", str(path)), 3)
    assert "first record is longer than 8 MB" in line


@pytest.mark.parametrize("command", ["score", "inspect", "explain"])
def test_more_columns_than_the_limit_are_refused(tmp_path: Path, command: str) -> None:
    count = MOST_COLUMNS + 1
    header = ",".join(f"c{place}" for place in range(count))
    path = tmp_path / "wide.csv"
    path.write_text(f"{header}\n{'0,' * (count - 1)}0\n")
    (line,) = complaints(run_ce(command, str(path), "--row=1" if command == "explain" else "-q"), 3)
    assert "more than 32,768 columns" in line
    keys = ",".join(f'"c{place}":0' for place in range(count))
    path.write_text(f"{{{keys}}}\n")
    (line,) = complaints(run_ce(command, str(path), "--row=1" if command == "explain" else "-q"), 3)
    assert "more than 32,768 columns" in line


@pytest.mark.parametrize(
    "row",
    [
        f'{{"label": 1, "p": [0.5, {HUGE}]}}',
        f'{{"label": 1, "prob": -{HUGE}}}',
        f'{{"label": 1, "prob": 0.5, "scores": [{{"label": "a", "score": {HUGE}}}]}}',
        '{"label": "\\ud800", "prob": 0.5}',
        '{"label": "a", "p": {"\\ud800": 0.5, "b": 0.5}}',
        '{"label": 1, "prob": 1e999}',
    ],
)
@pytest.mark.parametrize("command", ["score", "inspect"])
def test_json_beyond_float64_and_unicode_is_never_a_bug(
    tmp_path: Path, command: str, row: str
) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_text(f"{row}\n{row}\n")
    done = run_ce(command, str(path))
    assert done.returncode in (0, 3)
    assert "bug" not in done.stderr


@pytest.mark.parametrize("command", ["score", "inspect", "explain"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\x85"])
def test_ebcdic_is_read_with_its_own_ends_of_lines(
    tmp_path: Path, line_end: str, command: str
) -> None:
    path = tmp_path / "mainframe.csv"
    path.write_bytes(
        ("label,prob\n" + "1,0.5\n0,0.25\n" * 5000).replace("\n", line_end).encode("cp037")
    )
    options = ["--row=2"] if command == "explain" else []
    done = run_ce(command, str(path), "--encoding=cp037", "--json", *options)
    assert done.returncode == 0, done.stderr
    assert "prob" in done.stdout


def test_a_wide_table_is_inspected_in_linear_time(tmp_path: Path) -> None:
    names = [f"f{place}" for place in range(4000)]
    rows = [f"{row % 2},0.5,{','.join(str(row + 0.5) for _ in names)}" for row in range(4)]
    (tmp_path / "a.csv").write_text("\n".join([f"label,prob,{','.join(names)}", *rows, ""]))
    began = time.process_time()
    seen = strict(run_ce("inspect", "a.csv", "--json", cwd=tmp_path).stdout)["columns"]
    assert time.process_time() - began < 15
    assert [one["name"] for one in seen] == ["label", "prob", *names]
    assert {(one["low"], one["high"]) for one in seen[2:]} == {(0.5, 3.5)}


@pytest.mark.parametrize("command", ["score", "inspect"])
def test_json_lines_with_keys_of_their_own_are_read_in_bounded_time(
    tmp_path: Path, command: str
) -> None:
    lines = [
        f'{{"label": {row % 2}, "prob": 0.5, "x": "v", ":{row % 600}": {row}}}'
        for row in range(1800)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    began = time.process_time()
    document = strict(run_ce(command, "a.jsonl", "--json", cwd=tmp_path).stdout)
    assert time.process_time() - began < 15
    assert document["rows"]["read"] == 1800
    for place, one in enumerate(document["columns"][3:] if command == "inspect" else ()):
        low, high = place, place + 1200
        assert (one["low"], one["high"], one["missing"]) == (low, high, 1800 - 3)


def test_a_name_of_some_megabytes_is_read_in_bounded_time(tmp_path: Path) -> None:
    name = "n" * (3 << 20)
    (tmp_path / "a.csv").write_text(f"label,{name},prob\n1,2,0.5\n0,1,0.5\n")
    began = time.process_time()
    scored = strict(run_ce("score", "a.csv", "--json", cwd=tmp_path).stdout)
    assert time.process_time() - began < 15
    assert scored["metrics"]["cross_entropy"] == pytest.approx(math.log(2))


def test_a_long_cell_in_single_quotes(tmp_path: Path) -> None:
    cell = "x" * 200_000
    path = tmp_path / "a.arff"
    path.write_text(
        "@relation r\n@attribute label {0,1}\n@attribute prob numeric\n@attribute t string\n@data\n"
        f"1,0.5,'{cell}'\n0,0.5,'y'\n",
        encoding="utf-8",
    )
    done = run_ce("score", path)
    assert done.returncode in (0, 3), done.stderr
    assert "bug in ce" not in done.stderr


def test_bzip2_whose_second_part_is_broken(tmp_path: Path) -> None:
    whole = bz2.compress(b"label,prob\n" + b"1,0.5\n" * 100)
    path = tmp_path / "a.csv.bz2"
    path.write_bytes(whole + whole[:4] + b"\x00" * 20)
    done = run_ce("score", path)
    assert done.returncode in (0, 3, 4), done.stderr
    assert "bug in ce" not in done.stderr
