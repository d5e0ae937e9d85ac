"""A file with some columns renamed, so that they do not clash with those of another file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ce_cli.inputs.source import Column, Frame, Projection, Source, SourceWrapper, Split
from ce_cli.record import Record


class RenamedSource(SourceWrapper):
    """A file in which some columns have other names.

    Parameters
    ----------
    source : Source
        The file itself.
    names : mapping of str to str
        From the names in the file to the new ones.
    """

    def __init__(self, source: Source, names: Mapping[str, str]) -> None:
        super().__init__(source)
        self._new = dict(names)
        self._old = {new: old for old, new in names.items()}

    def columns(self) -> Sequence[Column]:
        """The columns of the file, under their new names."""
        return [
            column.replace(name=self._new.get(column.name, column.name))
            for column in self._source.columns()
        ]

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return _renamed(self._source.sample(self._inner(projection)), self._new)

    def splits(self, projection: Projection) -> Iterator[RenamedSplit]:
        """The splits of the file."""
        for split in self._source.splits(self._inner(projection)):
            yield RenamedSplit(split, self._new)

    def _inner(self, projection: Projection) -> Projection:
        return projection.renamed(lambda name: self._old.get(name, name))


class RenamedSplit(Record):
    """A part of the file, and the new names of its columns."""

    split: Split
    names: Mapping[str, str]

    @property
    def size(self) -> int:
        """That of the part."""
        return self.split.size

    def frames(self) -> Iterator[Frame]:
        """The rows under the new names."""
        for frame in self.split.frames():
            yield _renamed(frame, self.names)


def _renamed(frame: Frame, names: Mapping[str, str]) -> Frame:
    columns = {names.get(name, name): column for name, column in frame.columns.items()}
    return frame.replace(columns=columns)
