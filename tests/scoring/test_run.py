"""A run reports the bytes and rows of each split when its result is out."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.record import Record
from ce_cli.scoring.run import run_on


class Part(Record):
    """A split of so many bytes."""

    size: int


class Seen:
    """Keeps what is reported."""

    def __init__(self) -> None:
        self.bytes: list[int] = []
        self.rows = 0

    def add_bytes(self, count: int) -> None:
        self.bytes.append(count)

    def add_rows(self, count: int) -> None:
        self.rows += count


def test_a_split_is_done_when_its_result_is_out() -> None:
    taken: list[int] = []

    def items() -> Iterator[tuple[int, Part]]:
        for number in range(100):
            taken.append(number)
            yield number, Part(number)

    for workers in (1, 2, 5):
        seen = Seen()
        results = run_on("threads", workers, seen).results(lambda item: item[0], items())
        for number, result in enumerate(results):
            assert result == number
            assert seen.bytes == list(range(number + 1))
        assert len(seen.bytes) == 100


def test_without_progress_nothing_is_reported() -> None:
    run = run_on("threads", 2)
    assert list(run.results(len, [(0,), (0, 1)])) == [1, 2]
    run.add_rows(3)
