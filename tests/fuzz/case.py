"""One run of ce that is tried: its command line and the files that it finds."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

from ce_cli.record import Record

T = TypeVar("T")


class Case(Record):
    """A command line of ce, in a folder of its own.

    Attributes
    ----------
    arguments : tuple of str
        What follows ``ce``.
    files : dict of bytes
        The files in the folder, by their relative paths.
    stdin : bytes or None
        What is piped in, if anything.
    environment : dict of str
        Variables beside those of every run.
    twin : Case or None
        Another way to give the same rows, which must give the same numbers.
    """

    arguments: tuple[str, ...]
    files: Mapping[str, bytes]
    stdin: bytes | None = None
    environment: Mapping[str, str] = {}
    twin: Case | None = None

    @property
    def command(self) -> str:
        """The command of ce."""
        return self.arguments[0]


class Dice(random.Random):
    """Random choices that a target, a seed and a number of a case fix for all time."""

    def __init__(self, *of: object) -> None:
        super().__init__(":".join(map(str, of)))

    def sometimes(self, share: float) -> bool:
        """True in this share of all throws."""
        return self.random() < share

    def some(self, things: Sequence[T], most: int) -> list[T]:
        """Up to `most` of some things, each at most once."""
        return self.sample(things, min(len(things), self.randint(0, most)))
