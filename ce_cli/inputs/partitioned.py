"""Columns in the path, as Hive writes them: ``run/segment=eu/part-0.parquet``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.source import Column, Frame, Projection, Source, SourceWrapper, Split
from ce_cli.record import Record
from ce_cli.text import STDIN

_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


def partitioned(source: Source, path: str) -> Source:
    """Add the columns in the directories of `path`; those of the file itself take precedence."""
    own = {column.name for column in source.columns()} if "=" in path else set()
    constants = {name: text for name, text in constants_of(path).items() if name not in own}
    return PartitionedSource(source, constants) if constants else source


def constants_of(path: str) -> dict[str, str | None]:
    """Name and text of each directory ``name=text`` in `path`; None is a missing value."""
    if path == STDIN or "=" not in path:
        return {}
    from urllib.parse import unquote

    from ce_cli.inputs.anywhere import as_typed

    path = as_typed(path)
    directories = path.split("/")[3:] if "://" in path else path.split("/")
    pairs = [directory.partition("=") for directory in directories[:-1]]
    named = {unquote(name): unquote(text) for name, equals, text in pairs if name and equals}
    return {name: None if text == _NO_VALUE else text for name, text in named.items()}


class PartitionedSource(SourceWrapper):
    """A file with additional columns, each with one text for all rows.

    Parameters
    ----------
    source : Source
        The file itself.
    constants : mapping of str to str or None
        The text of each additional column.
    """

    def __init__(self, source: Source, constants: Mapping[str, str | None]) -> None:
        super().__init__(source)
        self._constants = dict(constants)

    def columns(self) -> Sequence[Column]:
        """The columns of the file, then those of the path."""
        own = self._source.columns()
        added = (Column(name, "text", "text in the path") for name in self._constants)
        return (*own, *added) if own else ()

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return _with_constants(
            self._source.sample(self._inner(projection)), self._added(projection)
        )

    def splits(self, projection: Projection) -> Iterator[PartitionedSplit]:
        """The splits of the file."""
        added = self._added(projection)
        for split in self._source.splits(self._inner(projection)):
            yield PartitionedSplit(split, added)

    def _added(self, projection: Projection) -> dict[str, str | None]:
        return {name: text for name, text in self._constants.items() if name in projection.names}

    def _inner(self, projection: Projection) -> Projection:
        """The columns to read from the file: at least one, which shows how many rows it has."""
        inner = projection.only(lambda name: name not in self._constants)
        columns = self._source.columns()
        if inner.names or not columns:
            return inner
        plain = [column.name for column in columns if column.kind in ("number", "boolean", "text")]
        return inner.replace(texts=(plain or [columns[0].name])[:1])


class PartitionedSplit(Record):
    """A part of the file, and the columns to add."""

    split: Split
    constants: dict[str, str | None]

    @property
    def size(self) -> int:
        """That of the part."""
        return self.split.size

    def frames(self) -> Iterator[Frame]:
        """The rows with the additional columns."""
        for frame in self.split.frames():
            yield _with_constants(frame, self.constants)


def _with_constants(frame: Frame, constants: Mapping[str, str | None]) -> Frame:
    count = frame.rows - len(frame.left_out)
    added = {name: arrays.constant(text, count) for name, text in constants.items()}
    return frame.replace(columns=frame.columns | added)
