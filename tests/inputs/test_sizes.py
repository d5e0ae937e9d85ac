"""The splits of a file cover all its bytes, once, which is what progress is measured by."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc
import pytest

from ce_cli.binding.data_set import data_set
from ce_cli.inputs.locate import opened
from ce_cli.inputs.sizes import file_size
from ce_cli.inputs.source import Projection, Source
from ce_cli.reading import Reading
from ce_cli.scoring.prepared import prepared
from ce_cli.spec import Spec
from tests.conftest import SAMPLES
from tests.writing import WRITERS, as_text

SMALL = Reading(block_bytes=1024)
_END = 64  # bytes of the mark at the end of an Arrow stream, at most
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
}


def table() -> pa.Table:
    return pc.read_csv(SAMPLES / "breast_cancer_logits.csv")


def sizes(source: Source) -> list[int]:
    numbers = tuple(column.name for column in source.columns())
    return [split.size for split in source.splits(Projection(numbers, ()))]


NOT_BYTES = {"excel", "sqlite", "duckdb", "zip of Parquet"}  # whose rows are not at a place in them


@pytest.mark.parametrize("writer", [one for one in WRITERS if one not in NOT_BYTES])
def test_splits_cover_every_byte(writer: str, tmp_path: Path) -> None:
    suffix, write = WRITERS[writer]
    path = tmp_path / f"preds.{suffix}"
    path.write_bytes(write(table()))
    found = sizes(opened(str(path), SMALL))
    assert all(size >= 0 for size in found)
    assert path.stat().st_size - len(found) - _END <= sum(found) <= path.stat().st_size


@pytest.mark.parametrize("suffix", PACKED)
def test_packed_bytes_are_counted(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"preds.csv.{suffix}"
    path.write_bytes(PACKED[suffix](as_text(table())))
    assert sum(sizes(opened(str(path), SMALL))) == path.stat().st_size


def test_comments_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_bytes(b"# made by hand\n" + as_text(table()).replace(b"\n", b"\n# one more\n"))
    source = opened(str(path), SMALL.replace(comment="#"))
    assert sum(sizes(source)) == path.stat().st_size


def test_sources_around_a_file_keep_its_sizes(tmp_path: Path) -> None:
    """A column of the path, and labels of another file."""
    folder = tmp_path / "part=1"
    folder.mkdir()
    predictions, labels = folder / "preds.csv", tmp_path / "labels.csv"
    predictions.write_bytes(as_text(table().select(["logit"])))
    labels.write_bytes(as_text(table().select(["label"])))
    data = data_set([str(predictions)], SMALL, Spec(), str(labels))
    found = [split.size for _, split in prepared(data, Spec()).splits()]
    assert sum(found) == predictions.stat().st_size


def test_a_pipe_has_no_size(tmp_path: Path) -> None:
    path = tmp_path / "pipe.csv"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(as_text(table()),))
    writer.start()
    assert set(sizes(opened(str(path), SMALL))) == {0}
    writer.join()
    assert file_size(str(path)) is None


def test_only_local_files_have_a_size(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_bytes(b"12345")
    assert file_size(str(path)) == 5
    for other in (tmp_path, tmp_path / "missing.csv", "s3://bucket/preds.csv", f"file://{path}"):
        assert file_size(str(other)) is None
