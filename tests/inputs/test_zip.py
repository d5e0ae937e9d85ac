"""Zip archives with one table, as pandas, Kaggle and desktops write them."""

from __future__ import annotations

import io
import math
import struct
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import complaints, run_ce, score_json
from tests.writing import as_zip

USAGE, BAD_DATA = 2, 3
TEXT = b"label,prob\n1,0.5\n0,0.75\n"  # losses of 1 and 2 bits
MEAN = 1.5


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def bits(*args: str | Path) -> float:
    mean: float = score_json(*args, "--base", "2")["metrics"]["cross_entropy"]
    return mean


def refused(path: Path, *options: str, code: int = BAD_DATA) -> str:
    (line,) = complaints(run_ce("score", path, *options), code)
    return line


def test_a_zip_of_pandas(tmp_path: Path) -> None:
    frame = pd.DataFrame({"label": [1, 0], "prob": [0.5, 0.75]})
    frame.to_csv(tmp_path / "preds.csv.zip", index=False)
    frame.to_json(tmp_path / "preds.jsonl.zip", orient="records", lines=True)
    assert bits(tmp_path / "preds.csv.zip") == MEAN
    assert bits(tmp_path / "preds.jsonl.zip") == MEAN


def test_documents_beside_the_table_are_left_out(tmp_path: Path) -> None:
    members = {"data/preds.csv": TEXT, "README.md": b"# Data", "licence.txt": b"MIT"}
    assert bits(zipped(tmp_path / "a.zip", members)) == MEAN


def test_the_only_file_needs_no_suffix(tmp_path: Path) -> None:
    assert bits(zipped(tmp_path / "a.zip", {"predictions": TEXT})) == MEAN


def test_several_tables_are_named_and_one_can_be_chosen(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"my train.csv": b"label,prob\n1,0.25\n", "test.csv": TEXT})
    line = refused(path)
    assert "'my train.csv', 'test.csv'" in line
    assert line.endswith("--table 'my train.csv'")
    assert bits(path, "--table", "my train.csv") == 2
    assert bits(path, "--table", "test.csv") == MEAN
    assert "did you mean 'test.csv'" in refused(path, "--table", "tst.csv", code=USAGE)


def test_the_format_inside_can_be_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.csv.zip", {"a.csv": b'{"},label,prob\nx,1,0.5\nx,0,0.5\n'})
    assert bits(path, "--input-format", "csv") == 1
    assert bits(zipped(tmp_path / "b.zip", {"b": TEXT}), "--input-format", "zip") == MEAN
    line = refused(path, "--input-format", "npz")
    assert "zip archive of other files" in line


def test_a_directory_takes_packed_tables_but_not_every_zip(tmp_path: Path) -> None:
    zipped(tmp_path / "a.csv.zip", {"a.csv": TEXT})
    zipped(tmp_path / "pictures.zip", {"a.png": b"\x89PNG"})
    assert bits(tmp_path) == MEAN


def test_an_archive_without_a_table(tmp_path: Path) -> None:
    assert "'a.png', 'b.png'" in refused(zipped(tmp_path / "a.zip", {"a.png": b"", "b.png": b""}))
    assert "it holds no file" in refused(zipped(tmp_path / "b.zip", {"folder/": b""}))
    inner = as_zip(TEXT, "a.csv")
    assert "another zip" in refused(zipped(tmp_path / "c.zip", {"a.zip": inner}))


def test_an_encrypted_zip(tmp_path: Path) -> None:
    """The flag that the content is encrypted, in both headers of the only file."""
    content = bytearray(as_plain_zip())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    path = tmp_path / "a.csv.zip"
    path.write_bytes(content)
    assert "is encrypted" in refused(path)


def as_plain_zip() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("a.csv", TEXT)
    return sink.getvalue()


@pytest.mark.parametrize("cut", [10, 60, 100])
def test_a_truncated_zip(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "a.csv.zip"
    path.write_bytes(as_plain_zip()[:-cut])
    assert "is truncated or not a zip" in refused(path)


def test_a_changed_byte_is_found_by_the_checksum(tmp_path: Path) -> None:
    path = tmp_path / "a.csv.zip"
    path.write_bytes(as_plain_zip().replace(b"0.75", b"0.74"))
    assert "CRC" in refused(path)


def test_a_false_size_is_found(tmp_path: Path) -> None:
    """A member that claims to be longer than it is."""
    content = bytearray(as_plain_zip())
    place = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, place + 20, len(TEXT) + 40)
    struct.pack_into("<I", content, place + 24, len(TEXT) + 40)
    path = tmp_path / "a.csv.zip"
    path.write_bytes(content)
    assert run_ce("score", path).returncode == BAD_DATA


def test_a_long_table_is_streamed(tmp_path: Path) -> None:
    """A million rows are a few kilobytes of zip, and are never in memory at once."""
    rows = 1_000_000
    path = zipped(tmp_path / "a.csv.zip", {"a.csv": b"label,prob\n" + b"1,0.5\n" * rows})
    assert path.stat().st_size < 50_000
    document = score_json(path)
    assert document["rows"]["read"] == rows
    assert document["metrics"]["cross_entropy"] == math.log(2)
