"""Bytes that a thread reads ahead are the same bytes, and the thread ends with their use."""

from __future__ import annotations

import bz2
import gc
import gzip
import io
import lzma
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from ce_cli.errors import StorageError
from ce_cli.inputs.bytes_ahead import BytesAhead
from ce_cli.inputs.bytestream import ByteStream, open_bytes

TEXT = random.Random(13).randbytes(3_100_000).replace(b"\xef", b"")
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: gzip.compress(text, 1),
    "gzip of two members": lambda text: gzip.compress(text[:9], 1) + gzip.compress(text[9:], 1),
    "bz2": lambda text: bz2.compress(text, 1),
    "xz": lambda text: lzma.compress(text, preset=0),
    "zstd": lambda text: pa.compress(text, "zstd", asbytes=True),
}
DEADLINE = 10.0  # seconds


def threads_end(before: int) -> bool:
    """Whether there are soon as many threads as before."""
    last = time.monotonic() + DEADLINE
    while threading.active_count() > before and time.monotonic() < last:
        time.sleep(0.01)
    return threading.active_count() <= before


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_reads_of_any_size_join_to_the_file(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    text = TEXT[:3_000_000]
    path = tmp_path / "t"
    path.write_bytes(pack(text))
    sizes = random.Random(1)
    before = threading.active_count()
    stream = ByteStream(str(path), open_bytes(str(path)))
    pieces, covered = [], 0
    while piece := stream.read(sizes.choice((1, 1000, 1 << 18, 4 << 20))):
        pieces.append(piece)
        covered += stream.newly_read()
    assert b"".join(pieces) == text
    assert covered + stream.newly_read() == path.stat().st_size
    assert threads_end(before)


def test_an_error_comes_after_the_bytes_before_it(tmp_path: Path) -> None:
    path = tmp_path / "t.gz"
    path.write_bytes(gzip.compress(TEXT[:3_000_000], 1)[:2_500_000])
    stream = ByteStream(str(path), open_bytes(str(path)))
    held: list[bytes] = []
    with pytest.raises(StorageError, match="could not be read"):
        held.extend(iter(lambda: stream.read(1 << 20), b""))
    assert held
    assert TEXT.startswith(b"".join(held))


def test_few_bytes_are_read_before_they_are_used() -> None:
    raw = io.BytesIO(bytes(1 << 26))
    before = threading.active_count()
    ahead = BytesAhead(raw.read, raw.tell)
    ahead.read(1)
    time.sleep(0.2)
    assert raw.tell() <= 16 << 20
    assert ahead.position() == 1 << 20
    del ahead
    gc.collect()
    assert threads_end(before)
