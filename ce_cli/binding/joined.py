"""Labels and predictions in two files, joined by an id or by the order of their rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import PurePath
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.columns import tokens
from ce_cli.binding.names import is_id, names_label, no_column
from ce_cli.binding.paired import paired
from ce_cli.binding.renamed import RenamedSource
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import Column, Frame, Source, Split, Wanted
from ce_cli.ledger import Finding, Ledger
from ce_cli.messages import fatal, sentences
from ce_cli.places import Places
from ce_cli.spec import Reading, Spec
from ce_cli.text import counted, listed, quoted, shell_word
from ce_cli.value import Value

if TYPE_CHECKING:
    import pyarrow as pa

RowPlaces = NDArray[np.int64]

_MISSING = -1


class Truth:
    """The file of labels, held in memory once its columns are wanted.

    Parameters
    ----------
    source : Source
        The open file.
    key : str or None
        The column by which rows meet; None is by their order.
    skip : bool
        Whether rows that are in one of the files only are left out, and not an error.

    Attributes
    ----------
    predictions : list of str
        The files that were joined so far.
    """

    def __init__(self, source: Source, key: str | None, skip: bool) -> None:
        self.name = source.name
        self.key = key
        self.skip = skip
        self.columns = {column.name: column for column in source.columns()}
        if key is not None and key not in self.columns:
            raise UsageError(f"{self.name}: {no_column(key, list(self.columns))}")
        self.predictions: list[str] = []
        self._source = source
        self._names: dict[str, str] = {}
        self._rows: dict[str, pa.Array] = {}
        self._used = np.zeros(0, np.bool_)
        self._witness: str | None = None
        self._beside: frozenset[str] | None = None
        self._places: dict[str, int] = {}
        self._next = 0

    def pair(self, source: Source, spec: Spec) -> Spec:
        """Settle what the columns of this file and of `source`, that of the predictions, are.

        A label that is called like a prediction goes by a name with the file in it from here on.

        Raises
        ------
        UsageError
            ``--label`` names nothing.
        DataError
            No name tells the label.
        """
        pairing = paired(source, self._source, spec)
        self._names = {f"{name} ({PurePath(self.name).name})": name for name in pairing.shared}
        if self._names:
            new = {name: shown for shown, name in self._names.items()}
            self._source = RenamedSource(self._source, new)
            self.columns = {column.name: column for column in self._source.columns()}
            labels = tuple(new.get(name, name) for name in pairing.labels)
            return spec.replace(labels=labels, predictions=pairing.predictions)
        return spec.replace(labels=pairing.labels, predictions=pairing.predictions)

    def own_names(self, names: Sequence[str]) -> list[str]:
        """What columns are called in the file."""
        return [self._names.get(name, name) for name in names]

    def sample(self, wanted: Wanted) -> Frame:
        """The first rows."""
        return self._source.sample(wanted)

    def beside(self, columns: Sequence[str], labels: Sequence[str]) -> frozenset[str]:
        """The columns to take from here, beside those of the first file of predictions."""
        if self._beside is None:
            own = {*columns, self.key}
            self._beside = frozenset(n for n in self.columns if n in labels or n not in own)
        return self._beside

    def key_beside(self, columns: Sequence[str]) -> str | None:
        """The column of predictions to read for the join.

        Where rows meet by their order, a column that both files have, and that is called like an
        id, has to agree row by row.
        """
        if self.key is None and self._witness is None:
            shared = [name for name in columns if name in self.columns and is_id(name)]
            self._witness = shared[0] if shared else None
        return self.key or self._witness

    def load(self, wanted: Wanted) -> None:
        """Read the wanted columns, and the key, of all rows, unless that is done.

        Raises
        ------
        DataError
            Rows are broken, or a key occurs twice.
        """
        if self._rows or not wanted.names:
            return
        key = self.key or self._witness
        wanted = _with_text(wanted, key)
        frames: list[Frame] = []
        ledger = Ledger.of()
        for split in self._source.splits(wanted):
            for frame in split.frames():
                frames.append(frame)
                ledger = ledger.merge(Ledger.of(frame.findings, read=frame.rows))
        if bad := fatal(list(ledger.findings.values()), sums_must_fit=False):
            raise DataError(*sentences(bad, Places((self.name,), (0,)), None))
        if not ledger.read:
            raise DataError(f"{self.name}: there is no data row.")
        self._rows = {name: _appended([f.columns[name] for f in frames]) for name in wanted.names}
        self._used = np.zeros(ledger.read, np.bool_)
        if self.key is not None:
            self._index(self._rows[self.key])

    def join(self, frame: Frame, names: Sequence[str]) -> Frame:
        """Add the columns `names` to a frame of predictions, the rows of which come in order.

        Raises
        ------
        DataError
            There are no rows left.
        """
        places = self._in_order(frame) if self.key is None else self._by_key(frame)
        own = {name: column for name, column in frame.columns.items() if name not in names}
        lost = places == _MISSING
        repeated = self._repeated(places)
        found = [
            *self._findings("duplicate-id", frame, repeated),
            *self._findings("unmatched", frame, lost & (not self.skip)),
        ]
        keep = np.flatnonzero(~(repeated | (lost & (not self.skip))))
        frame = frame.replace(columns=own, findings=(*frame.findings, *found))
        if len(keep) < len(places):
            frame = frame.take(keep)
        added = {name: _taken(self._rows[name], places[keep]) for name in names}
        return frame.replace(columns=frame.columns | added)

    @property
    def unused(self) -> int:
        """How many rows have no prediction."""
        return int(len(self._used) - self._used.sum())

    def check_used(self) -> None:
        """Check that every row has a prediction, when all predictions were read.

        Raises
        ------
        DataError
            Some have none, and that is not allowed.
        """
        if not self.unused or (self.skip and self.key is not None):
            return
        predictions = self.predictions[0] if len(self.predictions) == 1 else "the predictions"
        if self.key is None:
            raise DataError(self._uneven(predictions, self._next))
        names = list(self._places)
        lost = [names[row] for row in np.flatnonzero(~self._used)[:5]]
        raise DataError(
            f"{self.name}: no prediction in {predictions} for {counted(self.unused, 'row')}: "
            f"{quoted(self.key)} {listed(lost)}{', …' if self.unused > len(lost) else ''}; leave "
            "them out with --missing skip."
        )

    def _index(self, keys: pa.Array) -> None:
        codes, texts = tokens(keys)
        if (codes == _MISSING).any():
            row = int(np.argmax(codes == _MISSING)) + 1
            raise DataError(f"{self.name}: row {row:,}, column {quoted(self.key or '')}: no id.")
        ids = [_id(text) for text in texts]
        names = [ids[code] for code in codes.tolist()]
        self._places = {name: row for row, name in enumerate(names)}
        if len(self._places) < len(names):
            first = next(row for row, name in enumerate(names) if self._places[name] != row)
            again = names.index(names[first], first + 1)
            raise DataError(
                f"{self.name}: rows {first + 1:,} and {again + 1:,} both have "
                f"{quoted(self.key or '')} {quoted(names[first])}: an id has to be of one row."
            )

    def _in_order(self, frame: Frame) -> RowPlaces:
        start, self._next = self._next, self._next + frame.rows
        if self._next > len(self._used):
            raise DataError(self._uneven("the predictions", self._next))
        places = start + _row_numbers(frame)
        if self._witness is not None:
            self._check_witness(frame, places, self._witness)
        return places

    def _check_witness(self, frame: Frame, places: RowPlaces, name: str) -> None:
        theirs = _texts(_taken(self._rows[name], places))
        for place, own, other in zip(
            places.tolist(), _texts(frame.columns[name]), theirs, strict=True
        ):
            if own != other:
                raise DataError(
                    f"{self.name}: row {place + 1:,} has {quoted(name)} {quoted(other)}, and that "
                    f"row of the predictions {quoted(own)}: the rows do not stand in one order; "
                    f"join them with --id {shell_word(name)}."
                )

    def _uneven(self, predictions: str, rows: int) -> str:
        theirs = "more" if rows > len(self._used) else f"{rows:,}"
        advice = "rows that do not stand in one order have to be joined with --id"
        if not any(column.named for column in self.columns.values()):
            advice = "if its first line names the columns, say which is the label with --label"
        count = counted(len(self._used), "row")
        return f"{self.name}: has {count}, {predictions} {theirs}: {advice}."

    def _by_key(self, frame: Frame) -> RowPlaces:
        codes, texts = tokens(frame.columns[self.key or ""])
        places = [self._places.get(_id(text), _MISSING) for text in texts]
        return np.array([*places, _MISSING], np.int64)[codes]

    def _repeated(self, places: RowPlaces) -> NDArray[np.bool_]:
        """Rows whose label has been taken before; marks the others as taken."""
        there = places != _MISSING
        _, first = np.unique(places, return_index=True)
        again = np.ones(len(places), np.bool_)
        again[first] = False
        again |= self._used[np.where(there, places, 0)]
        self._used[places[there]] = True
        repeated: NDArray[np.bool_] = again & there
        return repeated

    def _findings(self, code: str, frame: Frame, rows: NDArray[np.bool_]) -> Iterator[Finding]:
        at = np.flatnonzero(rows)
        if len(at):
            codes, texts = tokens(frame.columns[self.key or ""])
            shown = [texts[codes[row]] if codes[row] >= 0 else "" for row in at[:10]]
            yield Finding.of(code, self.key or "", _row_numbers(frame)[at], shown)


class JoinedSource:
    """A file of predictions with the columns of a file of labels beside its own.

    A column that both have is taken from the predictions, unless it is the label.
    """

    def __init__(self, source: Source, truth: Truth, labels: Sequence[str]) -> None:
        self.name = source.name
        self._source = source
        self._truth = truth
        own = [column.name for column in source.columns()]
        if truth.key is not None and truth.key not in own:
            raise UsageError(f"{self.name}: {no_column(truth.key, own)}")
        self._theirs = truth.beside(own, labels)

    @property
    def format(self) -> str:
        """That of the predictions."""
        return self._source.format

    @property
    def is_empty(self) -> bool:
        """Whether there is no prediction."""
        return self._source.is_empty

    def columns(self) -> Sequence[Column]:
        """Those of the predictions, then those of the labels."""
        own = [column for column in self._source.columns() if column.name not in self._theirs]
        theirs = (c for name, c in self._truth.columns.items() if name in self._theirs)
        return (*own, *(column.replace(beside=True) for column in theirs))

    def sample(self, wanted: Wanted) -> Frame:
        """The first rows of the file that has the wanted columns."""
        if self._theirs.issuperset(wanted.names):
            return self._truth.sample(wanted)
        return self._source.sample(wanted)

    def splits(self, wanted: Wanted) -> Iterator[Split]:
        """The rows of the predictions, joined one after another, since the order may decide."""
        theirs = [name for name in wanted.names if name in self._theirs]
        key = self._truth.key_beside([column.name for column in self._source.columns()])
        self._truth.load(_part(wanted, self._theirs, inside=True))
        own = _with_text(_part(wanted, self._theirs, inside=False), key)
        for split in self._source.splits(own):
            for frame in split.frames():
                yield JoinedSplit(self._truth.join(frame, theirs))


class JoinedSplit(Value):
    """Rows that are already read."""

    frame: Frame

    def frames(self) -> Iterator[Frame]:
        """All of them."""
        yield self.frame


def reading_of_labels(reading: Reading, spec: Spec) -> Reading:
    """How to read a file of labels: it may have a header where the predictions have none."""
    return reading.replace(names_columns=lambda names: names_label(names, spec))


def joined(sources: Iterator[Source], truth: Truth, spec: Spec) -> tuple[Iterator[Source], Spec]:
    """Join every file of predictions; the first one settles which columns are what.

    Raises
    ------
    UsageError
        ``--label`` names nothing.
    DataError
        No name tells the label.
    """
    first = next(sources)
    spec = truth.pair(first, spec)
    return _all_joined(chain([first], sources), truth, spec.labels), spec


def _all_joined(sources: Iterator[Source], truth: Truth, labels: Sequence[str]) -> Iterator[Source]:
    """Join one file after another."""
    for source in sources:
        truth.predictions.append(source.name)
        yield JoinedSource(source, truth, labels)


def _part(wanted: Wanted, names: frozenset[str], inside: bool) -> Wanted:
    """Those of the wanted columns that are among `names`, or those that are not."""

    def some(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for name in columns if (name in names) == inside)

    return Wanted(
        some(wanted.numbers),
        some(wanted.texts),
        some(wanted.lists),
        wanted.missing_texts,
        some(wanted.maps),
    )


def _id(text: str) -> str:
    """``17`` for ``17.0``, which is what pandas makes of whole numbers beside a missing one."""
    whole = text.removesuffix(".0")
    return whole if whole.isdecimal() else text


def _with_text(wanted: Wanted, name: str | None) -> Wanted:
    if name is None:
        return wanted
    return wanted.replace(texts=tuple(dict.fromkeys((*wanted.texts, name))))


def _texts(column: pa.Array) -> list[str]:
    codes, names = tokens(column)
    return [*np.array([*names, ""], object)[codes]]


def _row_numbers(frame: Frame) -> RowPlaces:
    """The number in the frame of each row that its columns have."""
    rows = np.arange(frame.rows, dtype=np.int64)
    return np.delete(rows, frame.left_out) if frame.left_out else rows


def _appended(parts: Sequence[pa.Array]) -> pa.Array:
    import pyarrow as pa

    if len(parts) == 1:
        return parts[0]
    whole = pa.chunked_array(parts).unify_dictionaries().combine_chunks()
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole


def _taken(column: pa.Array, places: NDArray[np.integer]) -> pa.Array:
    """Some of the rows, null where a place is missing."""
    import pyarrow as pa

    wanted = pa.array(np.where(places < 0, 0, places), pa.int64())
    if (places < 0).any():
        wanted = pa.Array.from_buffers(
            pa.int64(),
            len(places),
            [pa.py_buffer(np.packbits(places >= 0, bitorder="little")), wanted.buffers()[1]],
        )
    return column.take(wanted)
