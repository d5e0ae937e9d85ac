"""A file that is fetched in pieces reads like one on a disk, and fetches nothing twice."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from ce_cli.inputs.arrow.parquet_remote import Fetched, joined, size_of
from ce_cli.inputs.remote.fetching import AT_ONCE, Fetchers, made_ahead
from ce_cli.inputs.remote.reader import BlockReader, RemoteReader
from ce_cli.inputs.remote.remote_file import END_BYTES, RemoteFile

CONTENT = random.Random(1).randbytes(21_000_000)


class Counted:
    """Ranges of bytes in memory, which are noted."""

    version: object = "1"

    def __init__(self, content: bytes) -> None:
        self.content, self.size = content, len(content)
        self.asked: list[tuple[int, int]] = []

    def fetch(self, start: int, count: int) -> bytes:
        assert 0 <= start < start + count <= self.size
        self.asked.append((start, count))
        return self.content[start : start + count]

    @property
    def count(self) -> int:
        """Bytes that were asked for."""
        return sum(count for _, count in self.asked)


def opened(content: bytes = CONTENT) -> tuple[RemoteFile, Counted]:
    ranges = Counted(content)
    return RemoteFile("s3://bucket/key", ranges), ranges


@pytest.mark.parametrize("size", [0, 1, 1 << 17, (1 << 17) + 1, 3 << 20, len(CONTENT)])
def test_bytes_in_order_are_fetched_once(size: int) -> None:
    file, ranges = opened(CONTENT[:size])
    raw: Any = RemoteReader(file)
    assert io.BufferedReader(raw, 1 << 20).read() == CONTENT[:size]
    assert ranges.count == size
    assert len(ranges.asked) <= 3 + size // (8 << 20)
    assert file.requests == len(ranges.asked)


@pytest.mark.parametrize("kind", [RemoteReader, BlockReader])
def test_any_order_is_that_of_a_file(kind: Callable[[RemoteFile], io.RawIOBase]) -> None:
    raw: Any = kind(opened()[0])
    own, other = io.BufferedReader(raw, 1 << 14), io.BytesIO(CONTENT)
    chance = random.Random(2)
    for _ in range(200):
        place, whence = chance.randrange(len(CONTENT)), chance.choice((io.SEEK_SET, io.SEEK_END))
        offset = place if whence == io.SEEK_SET else -place
        assert own.seek(offset, whence) == other.seek(offset, whence)
        for _ in range(chance.randrange(3)):
            count = chance.choice((0, 1, 10, 100_000, 5_000_000))
            assert own.read(count) == other.read(count)
            assert own.tell() == other.tell()


def test_readers_share_blocks() -> None:
    file, ranges = opened()
    for _ in range(3):
        reader = BlockReader(file)
        for place in (0, 20_999_000, 5_000_000):
            reader.seek(place)
            assert reader.read(100) == CONTENT[place : place + 100]
    assert len(ranges.asked) == 3


def test_blocks_are_released_when_the_last_split_has_been_read() -> None:
    file, ranges = opened()
    reader = BlockReader(file)
    assert file.count_splits(2) == 2
    for left in (1, 0):
        reader.seek(0)
        assert reader.read(100) == CONTENT[:100]
        assert len(ranges.asked) == 1
        assert file.count_splits(-1) == left
    reader.seek(0)
    assert reader.read(100) == CONTENT[:100]
    assert len(ranges.asked) == 2


def test_blocks_of_all_files_are_bounded() -> None:
    """However many files are open and half read."""
    both = [opened() for _ in range(60)]

    def read(file: RemoteFile) -> None:
        reader = BlockReader(file)
        for place in (0, 5_000_000, 10_000_000):
            reader.seek(place)
            assert reader.read(100) == CONTENT[place : place + 100]

    for file, _ in both:
        read(file)
    for file, _ in reversed(both):
        read(file)
    held = 2 * 3 * 60 - sum(len(ranges.asked) for _, ranges in both)
    assert 8 <= held <= 64  # blocks that were not fetched again


def test_a_long_footer_is_completed() -> None:
    file, ranges = opened()
    assert file.end() == CONTENT[-END_BYTES:]
    start = len(CONTENT) - 3 * END_BYTES
    assert bytes(file.read_at(start, 3 * END_BYTES)) == CONTENT[start:]
    assert ranges.count == 3 * END_BYTES
    assert bytes(file.read_at(len(CONTENT) - 8, 100)) == CONTENT[-8:]
    assert bytes(file.read_at(len(CONTENT), 1)) == b""
    assert ranges.count == 3 * END_BYTES


def test_spans_are_joined_within_a_tenth() -> None:
    chance = random.Random(3)
    for _ in range(300):
        starts = sorted(chance.sample(range(0, 4_000_000, 1_000), 12))
        spans = [
            (a, min(b, a + chance.randrange(1_000, 300_000)))
            for a, b in zip(starts, [*starts[1:], 1 << 30], strict=True)
        ]
        found = joined(chance.sample(spans, len(spans)))
        covered = {(a, b) for a, b in spans for c, d in found if c <= a and b <= d}
        assert covered == set(spans)
        assert all(a[1] < b[0] for a, b in pairwise(found))
        gaps = size_of(found) - size_of(spans)
        assert gaps <= 0.1 * size_of(spans) + (1 << 12) * (len(spans) - len(found))


def test_what_was_fetched_is_not_fetched_again() -> None:
    file, ranges = opened()
    fetched = Fetched(file)
    fetched.fetch([(100, 200), (500, 900)])
    fetched.fetch([(150, 600)])
    fetched.fetch([(0, 1_000), (120, 130)])
    assert bytes(fetched.read_at(0, 1_000) or b"") == CONTENT[:1_000]
    assert bytes(fetched.read_at(130, 400) or b"") == CONTENT[130:530]
    assert fetched.read_at(900, 101) is None
    assert ranges.count == 1_000


def test_items_are_made_ahead_in_order() -> None:
    both = threading.Barrier(AT_ONCE, timeout=20)

    def make(item: int) -> int:
        if 0 < item <= AT_ONCE:
            both.wait()  # all of them at once, or never
        if item in (40, 45):
            raise ValueError(str(item))
        return 2 * item

    made = made_ahead(make, range(50))
    assert [next(made) for _ in range(40)] == [2 * item for item in range(40)]
    with pytest.raises(ValueError, match="40"):
        next(made)


def test_the_first_item_is_made_alone() -> None:
    seen: list[int] = []
    made = made_ahead(seen.append, range(9))
    next(made)
    assert seen == [0]


def test_fetchers_are_few_and_make_every_call() -> None:
    fetchers = Fetchers(3)
    names = [fetchers.start(threading.get_ident) for _ in range(200)]
    assert len({one.result() for one in names}) <= 3
    failing = fetchers.start(lambda: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        failing.result()
    assert fetchers.start(lambda: 7).result() == 7
