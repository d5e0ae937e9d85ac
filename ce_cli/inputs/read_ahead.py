"""Splits whose frames are read while those before them are worked on."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.inputs.ahead import Ahead
from ce_cli.inputs.source import Frame, Split
from ce_cli.record import Record

_AHEAD = 2  # frames that wait at most


class ReadAhead(Record):
    """A split that a thread of its own reads, for when there are fewer splits than workers."""

    split: Split

    @property
    def size(self) -> int:
        """That of the split."""
        return self.split.size

    def frames(self) -> Iterator[Frame]:
        """Its frames, in order; an error comes after the frames before it."""
        ahead = Ahead(self.split.frames(), _AHEAD)
        try:
            yield from ahead
        finally:
            ahead.stop()
