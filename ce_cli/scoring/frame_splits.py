"""Splits of one frame each, for long ids: rows to be written are kept until their split is done."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.inputs.source import Frame, Projection, Source, Split
from ce_cli.record import Record

_LONG = 256  # bytes of an id, on average


class FrameSplit(Record):
    """One frame that has been read."""

    frame: Frame
    size: int = 0

    def frames(self) -> Iterator[Frame]:
        """The frame."""
        return iter((self.frame,))


def has_long_ids(source: Source, name: str | None) -> bool:
    """Whether the ids of the first rows are so long that those of a split take much memory."""
    if name is None:
        return False
    column = source.sample(Projection((), ()).with_id(name)).columns[name]
    return bool(column.nbytes > _LONG * len(column))


def frame_splits(splits: Iterator[tuple[int, Split]]) -> Iterator[tuple[int, Split]]:
    """The same rows, with a split for each frame."""
    for part, split in splits:
        size = split.size  # counts as done with the first frame
        for frame in split.frames():
            yield part, FrameSplit(frame, size)
            size = 0
