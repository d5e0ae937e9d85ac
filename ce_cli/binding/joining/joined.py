"""Labels and predictions in two files, joined by an id or by the order of their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from ce_cli.binding.joining.label_file import LabelFile
from ce_cli.binding.naming.label_names import names_label
from ce_cli.binding.naming.names import no_column
from ce_cli.errors import UsageError
from ce_cli.inputs.source import Column, Frame, Projection, Source, SourceWrapper, Split
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.spec import Spec


class JoinedSource(SourceWrapper):
    """A file of predictions, joined with the columns of a file of labels.

    A column in both files is taken from the predictions, unless it is the label.
    """

    def __init__(self, source: Source, file: LabelFile, labels: Sequence[str]) -> None:
        super().__init__(source)
        self._labels = file
        own = [column.name for column in source.columns()]
        if file.key is not None and file.key not in own:
            raise UsageError(f"{self.name}: {no_column(file.key, own)}")
        self._theirs = file.added_columns(own, labels)

    def columns(self) -> Sequence[Column]:
        """The columns of the predictions, then those of the labels."""
        own = [column for column in self._source.columns() if column.name not in self._theirs]
        theirs = (c for name, c in self._labels.columns.items() if name in self._theirs)
        return (*own, *(column.replace(from_labels=True) for column in theirs))

    def sample(self, projection: Projection) -> Frame:
        """The first rows of the file that has these columns."""
        if self._theirs.issuperset(projection.names):
            return self._labels.sample(projection)
        return self._source.sample(projection)

    def splits(self, projection: Projection) -> Iterator[Split]:
        """The rows of the predictions, joined one after another, since their order may matter."""
        own, theirs = self.loaded(projection)
        for split in self._source.splits(own):
            size = split.size
            for frame in split.frames():
                yield JoinedSplit(self._labels.join(frame, theirs), size)
                size = 0

    def loaded(self, projection: Projection) -> tuple[Projection, list[str]]:
        """Read the columns of the labels; return those to read here, and those to join."""
        theirs = [name for name in projection.names if name in self._theirs]
        keys = self._labels.join_columns(self._source)
        self._labels.load(projection.only(lambda name: name in self._theirs))
        own = projection.only(lambda name: name not in self._theirs)
        for key in keys:
            own = own if key in own.names else own.with_text(key)
        return own, theirs


class JoinedSplit(Record):
    """Rows that have already been read."""

    frame: Frame
    size: int = 0

    def frames(self) -> Iterator[Frame]:
        """All of them."""
        yield self.frame


def reading_of_labels(reading: Reading, spec: Spec) -> Reading:
    """How to read a file of labels, which may have a header when the predictions have none.

    It may also have none when they do: if its only column is named like one of its values. A name
    of 0 is that of a column without a name in pandas.
    """

    def is_value(name: str, cells: Sequence[str]) -> bool:
        return not names_label([name], spec) and name.strip() not in ("", "0") and name in cells

    own = reading.replace(query=None, table=None)  # those are of the predictions
    return own.replace(names_columns=lambda names: names_label(names, spec), is_value=is_value)


def joined(sources: Iterator[Source], file: LabelFile, spec: Spec) -> tuple[Iterator[Source], Spec]:
    """Join every file of predictions; the first one decides the roles of columns.

    Raises
    ------
    UsageError
        ``--label`` matches no column.
    DataError
        No name shows the label.
    """
    first = next(sources)
    spec = file.pair(first, spec)
    return _all_joined(chain([first], sources), file, spec.label), spec


def _all_joined(
    sources: Iterator[Source], file: LabelFile, labels: Sequence[str]
) -> Iterator[Source]:
    """Join one file after another."""
    for source in sources:
        file.predictions.append(source.name)
        yield JoinedSource(source, file, labels)
