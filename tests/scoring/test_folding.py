"""Tasks that say only where the rows are, folded in any grouping, give the result of threads."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_cli.binding.data_set import data_set
from ce_cli.errors import CeError, UsageError
from ce_cli.inputs.locate import located
from ce_cli.reading import Reading
from ce_cli.scoring.pipeline import score
from ce_cli.scoring.run import Run, run_on
from ce_cli.spec import Spec
from tests.scoring.serial import Serial, serial_run

unhurried = settings(deadline=None, max_examples=40)


def document(paths: Sequence[Path], run: Run, options: dict[str, Any]) -> str:
    """The document of ``ce score --json``, or the error."""
    names, reading = [str(path) for path in paths], Reading.from_options({"threads": 1, **options})
    spec = Spec.from_options(options)
    labels = str(options["labels"]) if "labels" in options else None
    try:
        files = data_set(located(names), reading, spec, labels)
        return json.dumps(score(files, spec, run).to_dict())
    except CeError as error:
        return f"{type(error).__name__}: {error}"


def same_document(paths: Sequence[Path], sizes: Sequence[int], **options: Any) -> str:
    """The document, which is that of threads for tasks of every size."""
    expected = document(paths, run_on("threads", 1), options)
    for size in sizes:
        assert document(paths, serial_run(size, seed=size), options) == expected
    return expected


def write(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows_of(count: int, seed: int = 0) -> list[dict[str, Any]]:
    random = np.random.default_rng(seed)
    return [
        {
            "label": str(random.integers(2)),
            "prob": round(float(random.uniform(0.01, 0.99)), 4),
            "segment": "eu" if row % 3 else "us",
            "user": f"u{row % 17}",
            "w": float(row % 5 + 1),
            "id": f"r{row}",
        }
        for row in range(count)
    ]


def as_csv(rows: Sequence[dict[str, Any]], end: str = "\n") -> str:
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    return end.join(lines) + end


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "every metric": {"metric": ["all"]},
    "groups": {"by": ["segment", "user"]},
    "clusters": {"cluster": "user", "metric": ["all"]},
    "worst": {"worst": 7, "id": "id"},
    "decomposition": {"decompose": True},
    "conventions": {"conventions": True},
    "weights": {"weight": "w", "label_smoothing": 0.1},
    "balanced": {"class_weight": ["balanced"]},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=list(OPTIONS))
def test_every_option_gives_the_document_of_threads(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    rows = rows_of(900)
    parts = [rows[:300], rows[300:301], rows[301:]]
    files = [write(tmp_path / f"{n}.csv", as_csv(part)) for n, part in enumerate(parts)]
    found = same_document(files, [1300, 1 << 20], **options)
    assert json.loads(found)["rows"]["read"] == 900
    table = pa.Table.from_pylist(rows)
    pq.write_table(table, tmp_path / "all.parquet", row_group_size=100)
    same_document([tmp_path / "all.parquet"], [2500, 1 << 20], **options)


def test_a_task_and_a_result_are_small(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{n}.csv", as_csv(rows_of(200, n))) for n in range(3)]
    run = serial_run(2000)
    document(files, run, {"metric": ["all"], "by": ["segment"]})
    assert isinstance(run.elsewhere, Serial)
    assert len(run.elsewhere.task_sizes) > 6
    assert max(run.elsewhere.task_sizes) < 400
    assert max(run.elsewhere.result_sizes) < 1 << 20


def test_small_files_share_tasks(tmp_path: Path) -> None:
    files = [write(tmp_path / f"part-{n:05d}.csv", as_csv(rows_of(9, n))) for n in range(100)]
    run = serial_run()
    assert document(files, run, {}) == document(files, run_on("threads", 2), {})
    assert isinstance(run.elsewhere, Serial)
    assert len(run.elsewhere.task_sizes) <= 5
    assert max(run.elsewhere.task_sizes) < 1000


CELLS = st.sampled_from(['"a\nb"', '"a""b"', '"', "x", "", 'y"z', '"\n\n"', '"",', '5" or 6"', "é"])
LINES = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 9), CELLS, CELLS), max_size=30)
HEADERS = st.sampled_from(["label,prob,t,u", 'label,"prob",t,"u\nv"', "\n\nlabel,prob,t,u"])


@unhurried
@given(
    LINES,
    HEADERS,
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from([b"", b"\xef\xbb\xbf"]),
    st.booleans(),
    st.integers(7, 300),
)
def test_hostile_text_gives_the_document_of_threads(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[tuple[int, int, str, str]],
    header: str,
    end: str,
    mark: bytes,
    ended: bool,
    size: int,
) -> None:
    rows = [f"{label},0.{share},{t},{u}" for label, share, t, u in [(0, 1, "", ""), *lines]]
    text = end.join([header, *rows, "1,0.5,x,y"]) + (end if ended else "")
    path = write(tmp_path_factory.mktemp("hostile") / "a.csv", mark + text.encode())
    same_document([path], [size], label=["label"], pred=["prob"])


@pytest.mark.parametrize("size", range(5, 16))
def test_a_piece_that_seemed_to_have_an_open_quote_hides_nothing(tmp_path: Path, size: int) -> None:
    rows = "0,0.1,,\r\n" + '0,0.1,"a\nb","a\nb"\r\n' * 3 + '0,0.1,"\n\n",x\r\n1,0.5,x,y'
    path = write(tmp_path / "a.csv", "label,prob,t,u\r\n" + rows)
    found = same_document([path], [size], label=["label"], pred=["prob"])
    assert json.loads(found)["rows"]["read"] == 6


def test_a_long_text_with_quotes_is_read_again_only_in_part(tmp_path: Path) -> None:
    rows = (f'{n % 2},0.{n % 9 + 1},"said ""{n}"",\nthen {n},\n"\n' for n in range(500))
    path = write(tmp_path / "a.csv", "label,prob,text\n" + "".join(rows))
    run = serial_run(1000)
    assert document([path], run, {}) == document([path], run_on("threads", 1), {})
    assert isinstance(run.elsewhere, Serial)
    pieces = -(-path.stat().st_size // 1000)
    assert pieces < len(run.elsewhere.task_sizes) < 2.5 * pieces


TEXTS: dict[str, bytes] = {
    "repeated headers": b"".join(b"label,prob\n%d,0.%d\n" % (n % 2, n % 9 + 1) for n in range(60)),
    "blank lines": b"label,prob\n\n" + b"1,0.5\n\n\n0,0.25\n\r\n" * 40,
    "a line that is too long": b"label,prob\n" + b"1,0.5\n" * 40 + b"1,0.5,7\n" + b"0,0.25\n" * 40,
    "bad numbers": b"label,prob\nx,0.5\n" + b"1,0.5\n" * 40 + b"0,1.5\n" + b"1,a\n",
    "an open quote": b"label,prob,t\n" + b"1,0.5,x\n" * 40 + b'0,0.5,"y\n' + b"0,0.25,z\n" * 40,
    "comments": b"label,prob\n" + b"# said\n1,0.5\n0,0.25\n" * 40,
    "numbers above": b"1,0.5\n0,0.25\n" * 40,
    "Excel's first line": b"sep=;\nlabel;prob\n" + b"1;0.5\n0;0.25\n" * 40,
    "spaces": b"label   prob\n" + b"    1   0.50\n    0   0.25\n" * 40,
    "UTF-16": ("label,prob\n" + "1,0.5\n0,0.25\n" * 40).encode("utf-16"),
    "only a header": b"label,prob\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_a_text_in_pieces_gives_the_document_or_error_of_threads(
    tmp_path: Path, text: bytes
) -> None:
    options = {"comment": "#"} if b"#" in text else {}
    same_document([write(tmp_path / "a.csv", text)], [20, 101, 10**6], **options)


def test_latin_1_and_packed_text_are_read_whole(tmp_path: Path) -> None:
    text = "label,prob,é\n" + "1,0.5,ü\n0,0.25,ß\n" * 40
    same_document([write(tmp_path / "a.csv", text.encode("latin-1"))], [50], encoding="latin-1")
    same_document([write(tmp_path / "b.csv", gzip.compress(text.encode()))], [50])
    same_document([write(tmp_path / "c.csv.gz", gzip.compress(text.encode()))], [50])


@pytest.mark.parametrize("size", [90, 1000])
def test_json_in_pieces(tmp_path: Path, size: int) -> None:
    rows = [{"label": row["label"], "prob": row["prob"], "t": "x\n"} for row in rows_of(80)]
    lines = [json.dumps(row) for row in rows]
    same_document([write(tmp_path / "a.jsonl", "\n".join(lines))], [size])
    same_document([write(tmp_path / "b.json", "\n\n".join(lines) + "\n")], [size])
    same_document([write(tmp_path / "c.json", json.dumps(rows))], [size])
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    same_document([write(tmp_path / "d.json", json.dumps(columns))], [size])
    broken = [*lines[:50], '{"label": 1, "prob": ', *lines[50:]]
    assert "row 51" in same_document([write(tmp_path / "e.jsonl", "\n".join(broken))], [size])


def test_the_first_error_in_the_order_of_the_files_is_that_of_threads(tmp_path: Path) -> None:
    good = write(tmp_path / "a.csv", as_csv(rows_of(50)))
    bad = write(tmp_path / "b.csv", as_csv(rows_of(50)).replace("0.", "7."))
    other = write(tmp_path / "c.csv", "label,score\n1,0.5\n")
    empty = write(tmp_path / "d.csv", "")
    assert "b.csv: row" in same_document([good, bad, good], [300, 10**6])
    assert "d.csv" in same_document([empty, good, empty, good], [300, 10**6])
    assert "'prob'" in same_document([good, other, bad], [300, 10**6])
    broken = write(tmp_path / "e.parquet", b"PAR1" + b"x" * 500)
    assert "e.parquet" in same_document([good, broken, other], [300, 10**6])


def test_the_same_rows_in_several_files_are_noticed(tmp_path: Path) -> None:
    files = [write(tmp_path / f"{n}.csv", as_csv(rows_of(200))) for n in range(3)]
    assert "same_rows" in same_document(files, [900, 10**6])


def test_a_file_that_changes_after_the_plan_is_no_result(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", as_csv(rows_of(300)))

    class Changing(Serial):
        def folded(self, fold: Any, tasks: Any) -> Any:
            status = path.stat()
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
            return super().folded(fold, tasks)

    run = serial_run(1000).replace(elsewhere=Changing())
    assert "a.csv: was written to while it was read" in document([path], run, {})


def test_what_only_this_process_can_read_is_refused_at_once(tmp_path: Path) -> None:
    good = write(tmp_path / "a.csv", as_csv(rows_of(9)))
    run = serial_run()
    for names, what in (
        (["-"], "standard input"),
        (["runs.sqlite"], "a database or a workbook"),
        (["postgres://host/runs"], "a database or a workbook"),
    ):
        with pytest.raises(
            UsageError, match=f"Reading {what} is not possible with --engine serial"
        ):
            score(data_set([str(good), *names], Reading(), Spec()), Spec(), run)
    labels = write(tmp_path / "labels.csv", "label\n" + "1\n" * 9)
    by_order = data_set([str(good)], Reading(), Spec(), str(labels))
    with pytest.raises(UsageError, match="matched by order to --labels"):
        score(by_order, Spec(), run, rows_in=str(tmp_path / "rows"))
    with pytest.raises(UsageError, match="Reading standard input"):
        score(data_set([str(good)], Reading(), Spec(), "-"), Spec(), run)
    with pytest.raises(UsageError, match="--per-row"):
        score(data_set([str(good)], Reading(), Spec()), Spec(), run, every_row=print)
    assert isinstance(run.elsewhere, Serial)
    assert not run.elsewhere.task_sizes


def test_labels_by_the_order_of_rows_are_joined_by_one_worker(tmp_path: Path) -> None:
    rows = rows_of(300)
    labels = write(tmp_path / "labels.csv", as_csv([{"label": row["label"]} for row in rows]))
    found = [{"prob": row["prob"], "segment": row["segment"]} for row in rows]
    first = write(tmp_path / "a.csv", as_csv(found[:200]))
    second = write(tmp_path / "b.csv", as_csv(found[200:]))
    for options in OPTIONS["worst"], OPTIONS["balanced"], {"by": ["segment"]}:
        own = {name: value for name, value in options.items() if name != "id"}
        document = same_document([first, second], [900], labels=labels, **own)
        assert json.loads(document)["rows"]["read"] == 300
    assert "has 300 rows" in same_document([first], [900], labels=labels)


def test_labels_in_another_file_are_sent_with_the_fold(tmp_path: Path) -> None:
    rows = rows_of(300)
    labels = [{"id": row["id"], "label": row["label"]} for row in reversed(rows)]
    found = [{"id": row["id"], "prob": row["prob"], "segment": row["segment"]} for row in rows]
    truth = write(tmp_path / "truth.csv", as_csv(labels))
    other = write(tmp_path / "other.csv", as_csv(rows[:200]))
    first = write(tmp_path / "a.csv", as_csv(found[:200]))
    second = write(tmp_path / "b.csv", as_csv(found[200:]))
    first_of_second = write(tmp_path / "e.csv", as_csv(found[200:201]))
    again = write(tmp_path / "c.csv", as_csv(found[150:]))
    extra = write(tmp_path / "d.csv", as_csv([*found[200:], {**found[0], "id": "z"}]))
    options: dict[str, Any] = {"labels": truth, "id": "id"}

    def same(paths: Sequence[Path], **more: Any) -> str:
        return same_document(paths, [900, 10**6], **options, **more)

    assert json.loads(same([first, second], by=["segment"]))["rows"]["read"] == 300
    same([other, second], metric=["accuracy"])  # which has labels of its own, too
    assert "have no prediction" in same([first])
    assert "have no prediction in the predictions" in same([first, first_of_second])
    assert json.loads(same([first], missing="skip"))["rows"]["read"] == 200
    assert "c.csv: row 1" in same([first, again])
    assert "d.csv: row 101" in same([first, extra])
    assert json.loads(same([first, extra], missing="skip"))["rows"]["scored"] == 300
