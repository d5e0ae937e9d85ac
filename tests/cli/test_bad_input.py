"""Messages and exit codes of `ce score` when something is wrong, and the files it leaves alone."""

from __future__ import annotations

import contextlib
import decimal
import gzip
import lzma
import os
import random
import re
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ce_cli.errors import pasteable
from tests.conftest import (
    COMMAND,
    complaints,
    environment,
    run_ce,
    score_json,
    write_csv,
    write_parquet,
)

USAGE, BAD_DATA, STORAGE, INTERRUPTED = 2, 3, 4, 130
GOOD = "label,prob\n1,0.5\n0,0.25\n"
TWO_CLASSES = "label,p_a,p_b\na,0.5,0.5\n"
LONGEST = 1 << 20


def check(done: subprocess.CompletedProcess[str], code: int, *problems: Sequence[str]) -> None:
    """One sentence for each of `problems`, with each of its parts."""
    lines = complaints(done, code)
    assert len(lines) == len(problems), lines
    for line, parts in zip(lines, problems, strict=True):
        ends = line.endswith(".") or pasteable(f"{line}.") == line
        assert ends or ", for example: ce " in line, line
        for part in parts:
            assert part in line


BAD_TEXTS: dict[str, tuple[str | bytes, str, list[tuple[str, ...]]]] = {
    "empty": ("", "", [("bad.csv", "empty")]),
    "white space": ("\n  \n", "", [("bad.csv", "empty")]),
    "header only": ("label,prob\n", "", [("bad.csv", "no data row")]),
    "header without newline": ("label,prob", "", [("bad.csv", "no data row")]),
    "header and blank lines": ("label,prob\n\n\n", "", [("bad.csv", "no data row")]),
    "no label": ("when,prob\n1,0.5\n", "", [("bad.csv", "label", "'when', 'prob'", "--label")]),
    "no prediction": ("label,x\n1,7\n", "", [("bad.csv", "'x'", "--pred")]),
    "two labels": (
        "label,target,prob\n1,1,0.5\n",
        "",
        [("bad.csv", "'label', 'target'", "--label")],
    ),
    "two predictions": (
        "label,prob,p\n1,0.5,0.5\n",
        "",
        [("bad.csv", "'prob'", "'p'", "--pred")],
    ),
    "one column twice": ("label,prob,prob\n1,0.5,0.4\n", "", [("bad.csv", "'prob'", "more than")]),
    "a word for a number": (
        "label,prob\n1,0.5\n0,abc\n1,0.5\n1,x\n",
        "",
        [("bad.csv", "row 2", "'prob'", "'abc'", "1 more row: 4", "--na-value")],
    ),
    "a word for the only number": ("label,prob\n1,abc\n", "", [("bad.csv", "'prob'", "'abc'")]),
    "decimal commas": ("label;prob\n1;0,9\n0;0,2\n", "", [("bad.csv", "'prob'", "'0,9'")]),
    "empty and NaN cells": (
        "label,prob\n1,\n0,0.5\n,0.5\n1,NaN\n",
        "",
        [
            ("bad.csv", "row 1", "'prob'", "missing", "1 more row: 4", "--missing skip"),
            ("bad.csv", "row 3", "'label'", "missing", "--missing skip"),
        ],
    ),
    "nothing but missing": (
        "label,prob\n1,\n,0.5\n",
        "--missing skip",
        [("bad.csv", "no row", "--missing skip")],
    ),
    "below 0 and above 1": (
        "label,prob\n1,-0.1\n0,3.2\n1,0.5\n1,3.2\n",
        "",
        [("bad.csv", "row 1", "'prob'", "-0.1", "2 more rows: 2, 4", "--as logits")],
    ),
    "infinite probability": (
        "label,prob\n1,inf\n",
        "",
        [("bad.csv", "row 1", "'prob'", "inf", "correct or remove")],
    ),
    "positive log-probability": (
        "label,logprob\n1,-0.1\n1,2.5\n",
        "",
        [("bad.csv", "row 2", "'logprob'", "2.5", "--as logits")],
    ),
    "two infinite logits": (
        "label,logit_a,logit_b\na,1,2\na,inf,inf\n",
        "",
        [("bad.csv", "row 2", "inf, inf")],
    ),
    "sum of a row": (
        TWO_CLASSES + "a,0.5,0.7\n",
        "--on-bad-sum error",
        [("bad.csv", "row 2", "1.2", "--sum-tolerance", "--on-bad-sum")],
    ),
    "unknown label": (
        TWO_CLASSES + "b,0.5,0.5\nc,0.5,0.5\n",
        "",
        [("bad.csv", "row 3", "'label'", "'c'", "'a', 'b'", "--classes")],
    ),
    "no known label": ("label,p_a,p_b\n7,1,0\n", "", [("bad.csv", "'7'", "'a', 'b'", "--classes")]),
    "two unknown words": (
        "label,prob\nham,0.5\nspam,0.5\n",
        "",
        [("bad.csv", "'ham', 'spam'", "--positive")],
    ),
    "three classes for one number": (
        "label,prob\na,0.5\nb,0.5\nc,0.5\n",
        "--positive a",
        [("bad.csv", "'b', 'c'", "two classes")],
    ),
    "too many fields": (
        "label,prob\n1,0.5\n1,0.5,7\n1,0.5,7,8\n",
        "",
        [("bad.csv", "row 2", "3 fields instead of 2", "1 more row: 3", "--delimiter")],
    ),
    "too few fields": (
        "label,prob,x\n1,0.5,1\n1\n",
        "",
        [("bad.csv", "row 2", "1 field instead of 3", "--delimiter")],
    ),
    "a quote that never closes": ('x,label,prob\nx,1,0.5\n"x,0,0.5\n', "", [("bad.csv", "row 2")]),
    "negative weight": (
        "label,prob,w\n1,0.5,1\n0,0.5,-2\n",
        "--weight w",
        [("bad.csv", "row 2", "'w'", "-2")],
    ),
    "missing weight": (
        "label,prob,w\n1,0.5,1\n0,0.5,\n",
        "--weight w",
        [("bad.csv", "row 2", "'w'", "missing", "--missing skip")],
    ),
    "no weight at all": ("label,prob,w\n1,0.5,0\n", "--weight w", [("bad.csv", "'w'", "are 0")]),
    "binary junk": (
        random.Random(0).randbytes(5000),
        "",
        [("bad.csv", "not a text table")],
    ),
    "junk without NUL": (
        random.Random(1).randbytes(5000).replace(b"\0", b""),
        "",
        [("bad.csv",)],
    ),
    "latin-1 label": (
        "label,prob\n1,0.5\né,0.5\n".encode("latin-1"),
        "",
        [("bad.csv", "row 2", "'label'", "\\xe9", "UTF-8", "--encoding latin-1")],
    ),
    "latin-1 header": (
        "label,prob,é\n1,0.5,1\n".encode("latin-1"),
        "",
        [("bad.csv", "header", "UTF-8", "--encoding latin-1")],
    ),
    "UTF-16 without a mark": (
        GOOD.encode("utf-16-le"),
        "",
        [("bad.csv", "UTF-16", "--encoding utf-16-le")],
    ),
    "wrong encoding named": (GOOD, "--encoding utf-16", [("bad.csv", "utf-16", "--encoding")]),
    "corrupt gzip": (
        gzip.compress(GOOD.encode() * 9)[:-12],
        "",
        [("bad.csv", "could not be read")],
    ),
    "corrupt xz": (
        lzma.compress(random.Random(2).randbytes(4000)).replace(b"a", b"b"),
        "",
        [("bad.csv", "could not be read")],
    ),
    "one escape": (
        "label,prob\n\x1b[31mred\x07,0.5\n[red]b,0.4\n",
        "",
        [("\\x1b[31mred\\x07", "'[red]b'", "--positive")],
    ),
    "right to left": (
        TWO_CLASSES + "\u202e\u2066\x9b31mx,0.5,0.5\n",
        "",
        [("row 2", "\\u202e\\u2066\\x9b31mx", "--classes")],
    ),
    "a label of a megabyte": (TWO_CLASSES + "x" * LONGEST + ",0.5,0.5\n", "", [("row 2", "xxx…")]),
}


@pytest.mark.parametrize(("text", "options", "problems"), BAD_TEXTS.values(), ids=BAD_TEXTS.keys())
def test_bad_text_is_reported_in_one_sentence(
    text: str | bytes, options: str, problems: list[tuple[str, ...]], tmp_path: Path
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    done = run_ce("score", path, *options.split())
    packed = problems[0][-1] == "could not be read"
    check(done, STORAGE if packed else BAD_DATA, *problems)


def arrow(values: object, type_: pa.DataType | None = None) -> pa.Array:
    return pa.array(values, type_)


BAD_COLUMNS: dict[str, tuple[dict[str, object], str, tuple[str, ...]]] = {
    "struct prediction": (
        {"label": [1], "prob": arrow([{"a": "0.5"}])},
        "",
        ("'prob'", "struct"),
    ),
    "list of lists": ({"label": [1], "prob": arrow([[[0.5]]])}, "", ("'prob'", "list")),
    "text prediction": ({"label": [1], "prob": ["high"]}, "", ("'prob'", "text")),
    "struct label": ({"label": arrow([{"a": "1"}]), "prob": [0.5]}, "", ("'label'", "struct")),
    "map for a single prediction": (
        {"label": arrow([{"a": 1}]), "prob": [0.5]},
        "",
        ("'label'", "'prob'", "--classes"),
    ),
    "list label": ({"label": arrow([[1]]), "prob": [0.5]}, "--label label", ("'label'", "list")),
    "struct weight": (
        {"label": [1], "prob": [0.5], "w": arrow([{"a": 1}])},
        "--weight w",
        ("'w'", "struct"),
    ),
    "struct group": (
        {"label": [1], "prob": [0.5], "g": arrow([{"a": 1}])},
        "--by g",
        ("'g'", "struct"),
    ),
    "list id": ({"label": [1], "prob": [0.5], "k": arrow([[1]])}, "--id k --pred prob", ("'k'",)),
    "uneven lists": (
        {"label": [0, 1], "prob": arrow([[0.5, 0.5], [1.0]])},
        "",
        ("row 2", "'prob'", "1 number", "2 classes"),
    ),
    "null cells": (
        {"label": ["a", None], "p_a": [0.5, 0.5], "p_b": [0.5, 0.5]},
        "",
        ("row 2", "'label'", "missing", "--missing skip"),
    ),
}


@pytest.mark.parametrize(
    ("columns", "options", "parts"), BAD_COLUMNS.values(), ids=BAD_COLUMNS.keys()
)
def test_bad_columns_are_reported_in_one_sentence(
    columns: dict[str, object], options: str, parts: tuple[str, ...], tmp_path: Path
) -> None:
    path = write_parquet(tmp_path / "bad.parquet", columns)
    check(run_ce("score", path, *options.split()), BAD_DATA, ("bad.parquet", *parts))


@pytest.mark.parametrize("option", ["--label", "--weight", "--by"])
def test_a_repeated_column_is_never_chosen_silently(option: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.parquet"
    names = ["y", "prob", "x", "x"]
    columns = [pa.array([1, 0]), pa.array([0.5, 0.5]), pa.array([1, 1]), pa.array([0, 1])]
    pq.write_table(pa.Table.from_arrays(columns, names=names), path)
    label = () if option == "--label" else ("--label", "y")
    check(run_ce("score", path, option, "x", *label), BAD_DATA, ("bad.parquet", "'x'", "more than"))


@pytest.mark.parametrize("command", ["score", "inspect", "compare", "calibrate fit"])
def test_a_column_of_groups_is_named_once(command: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text("label,prob,t\n0,0.1,x\n1,0.8,y\n" * 20)
    done = run_ce(*command.split(), path, "--by", "t", "--by", "t")
    assert (done.returncode, done.stderr) == (USAGE, "ce: --by names 't' twice.\n")


@pytest.mark.parametrize("kept", [4, 60, -9])
def test_truncated_parquet(kept: int, tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "bad.parquet", {"label": [1, 0], "prob": [0.5, 0.5]})
    path.write_bytes(path.read_bytes()[:kept])
    check(run_ce("score", path), BAD_DATA, ("bad.parquet", "truncated"))


def test_decimals_are_numbers(tmp_path: Path) -> None:
    probabilities = [decimal.Decimal("0.500"), decimal.Decimal("0.750")]
    path = write_parquet(tmp_path / "fine.parquet", {"label": [1, 0], "prob": probabilities})
    assert score_json(path, "--base", "2")["metrics"]["total"] == 1 + 2


def test_missing_skip_leaves_rows_out_and_counts_them(tmp_path: Path) -> None:
    path = tmp_path / "holes.csv"
    path.write_text("label,prob\n1,\n0,0.5\n,0.5\n1,NaN\n?,0.5\n1,0.25\n")
    document = score_json(path, "--missing", "skip", "--na-value", "?", "--base", "2")
    assert document["rows"] | {"read": 6, "scored": 2, "skipped": 4} == document["rows"]
    assert document["metrics"]["total"] == 1 + 2


def test_named_encoding_is_read(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("label,p_é,p_b\né,0.5,0.5\nb,0.5,0.5\n".encode("latin-1"))
    assert score_json(path, "--encoding", "latin-1")["classes"] == ["é", "b"]


@pytest.mark.parametrize(
    ("arguments", "code", "parts"),
    [
        ("nope.csv", STORAGE, ("nope.csv", "no such file")),
        ("good.csv nope.csv", STORAGE, ("nope.csv", "no such file")),
        ("file:///nope/x.csv", STORAGE, ("no such file",)),
        ("foo://nope/x.csv", STORAGE, ("foo://nope/x.csv",)),
        ("hollow", BAD_DATA, ("hollow", "no data file")),
        ("good.csv -o nowhere/out.txt", STORAGE, ("nowhere/out.txt", "written")),
        ("good.csv -o hollow", STORAGE, ("hollow", "directory")),
        ("good.csv -o /dev/full", STORAGE, ("/dev/full", "no space")),
        ("good.csv --per-row nowhere/out.csv", STORAGE, ("nowhere/out.csv", "written")),
        ("good.csv --per-row out.xyz", USAGE, ("out.xyz", ".parquet")),
        ("good.csv --per-row out.csv -o ./out.csv", USAGE, ("--per-row", "--output")),
        ("good.csv --per-row good.csv", USAGE, ("good.csv",)),
        ("good.csv --label lable", USAGE, ("'lable'", "did you mean 'label'", "'label', 'prob'")),
        ("good.csv --weight wait", USAGE, ("'wait'", "'label', 'prob'")),
        ("good.csv --pred q_*", USAGE, ("'q_*'", "'label', 'prob'")),
        ("good.csv --label label --pred label", USAGE, ("'label'", "label and prediction")),
        ("good.csv --metric acuracy", USAGE, ("'acuracy'", "did you mean 'accuracy'")),
        ("good.csv --format jsn", USAGE, ("'jsn'", "did you mean 'json'")),
        ("good.csv --clip nought", USAGE, ("--clip", "'nought'", "auto")),
        ("good.csv --clip 0.7", USAGE, ("--clip", "0.7")),
        ("good.csv --clip nan", USAGE, ("--clip", "nan")),
        ("good.csv --confidence 95", USAGE, ("--confidence", "95")),
        ("good.csv --sum-tolerance nan", USAGE, ("--sum-tolerance", "nan")),
        ("good.csv --threads 0", USAGE, ("--threads", "0")),
        ("good.csv --worst -1", USAGE, ("--worst", "-1")),
        ("good.csv --delimiter ab", USAGE, ("--delimiter",)),
        ("good.csv --delimiter \x0b\n", USAGE, ("--delimiter",)),
        ("good.csv --encoding klingon", USAGE, ("--encoding", "'klingon'")),
        ("good.csv --encoding rot13", USAGE, ("--encoding", "'rot13'")),
        ("good.csv --classes a,a", USAGE, ("--classes", "'a'")),
        ("good.csv --classes a,b,c", USAGE, ("--classes", "two")),
        ("good.csv --task multiclass", USAGE, ("--task",)),
        ("- -", USAGE, ("-", "once")),
        ("-", BAD_DATA, ("standard input", "empty")),
    ],
)
def test_wrong_use_is_reported_in_one_sentence(
    arguments: str, code: int, parts: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    (tmp_path / "hollow").mkdir()
    done = run_ce("score", *arguments.split(" "), cwd=tmp_path)
    check(done, code, parts)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.csv", "hollow"]
    assert (tmp_path / "good.csv").read_text() == GOOD


def test_an_empty_path_is_not_the_current_directory(tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    done = run_ce("score", "", cwd=tmp_path)
    assert done.returncode in (USAGE, STORAGE)


@pytest.mark.parametrize("arguments", ["--base 3", "--threads x", "--nope", "--as odds"])
def test_the_parser_exits_with_wrong_usage(arguments: str) -> None:
    done = run_ce("score", "x.csv", *arguments.split())
    assert (done.returncode, done.stdout) == (USAGE, "")
    assert arguments.split(maxsplit=1)[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_labels_are_shown_as_text(tmp_path: Path) -> None:
    labels = ["[red]a[/]", "\x1b[31mb\x07", "\u202ec|d"]
    columns: dict[str, list[Any]] = {f"p_{label}": [0.25, 0.25, 0.5] for label in labels}
    path = write_csv(tmp_path / "odd.csv", {"label": labels, **columns})
    assert score_json(path)["classes"] == labels
    for format_ in ("table", "markdown"):
        done = run_ce("score", path, "--worst", "3", "--format", format_)
        assert done.returncode == 0
        shown = done.stdout
        if format_ == "markdown":
            shown = re.sub(r"\\([^\w\s])", r"\1", shown)
        assert "[red]a[/]" in shown
        assert "\\x1b[31mb\\x07" in shown
        assert "\\u202ec" in shown
        assert done.stdout.replace("\n", "").isprintable()


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_failing_run_leaves_existing_files_alone(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("label,prob\n" + "1,0.5\n" * 200_000 + "1,7\n")
    for name in ("summary.json", f"rows.{suffix}"):
        (tmp_path / name).write_bytes(b"precious")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    done = run_ce(
        "score", "bad.csv", "-o", "summary.json", "--per-row", f"rows.{suffix}", cwd=tmp_path
    )
    check(done, BAD_DATA, ("bad.csv", "row 200,001", "'prob'", "7"))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("options", ["", "--json", "--per-row -"])
def test_a_full_disk_behind_stdout(options: str, tmp_path: Path) -> None:
    (tmp_path / "good.csv").write_text(GOOD)
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "score", tmp_path / "good.csv", *options.split()],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False, env=environment(),
        )  # fmt: skip
    assert done.returncode == STORAGE
    assert "bug" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "long.csv"
    path.write_text("label,prob\n" + "1,0.5\n" * 300_000)
    return path


@pytest.mark.parametrize("options", ["score FILE --per-row -", "score FILE", "--help"])
def test_a_reader_that_is_gone_is_not_a_failure(options: str, long_file: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    arguments = options.replace("FILE", str(long_file)).split()
    done = subprocess.run(
        [*COMMAND, *arguments],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False, env=environment(),
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_leaves_after_one_line_is_not_a_failure(long_file: Path) -> None:
    script = f"{' '.join(COMMAND)} score {long_file} --per-row - | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=False, env=environment()
    )
    assert done.returncode == 0
    assert done.stdout.startswith('"row"')
    assert done.stderr == ""


def interrupt(process: subprocess.Popen[bytes]) -> None:
    """Press Ctrl-C until it is heard: between two reads of a pipe Python does not listen."""
    for _ in range(100):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
            return
    process.kill()


@pytest.mark.parametrize("per_row", [False, True])
def test_interrupting_a_slow_pipe(per_row: bool, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    out.write_bytes(b"precious")
    options = ("--per-row", out) if per_row else ()
    with subprocess.Popen(
        [*COMMAND, "score", "-", *options],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(b"label,prob\n" + b"1,0.5\n" * 100_000)  # more than a pipe holds: it is
        process.stdin.flush()  # being read when this returns
        interrupt(process)
        assert process.stdout is not None
        assert process.stderr is not None
        shown, message = process.stdout.read(), process.stderr.read()
    assert process.returncode == INTERRUPTED
    assert shown == b""
    assert b"Traceback" not in message
    assert [path.name for path in tmp_path.iterdir()] == ["rows.csv"]
    assert out.read_bytes() == b"precious"
