"""The file of labels: read, and joined to the rows of the predictions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.joining.id_index import IdIndex, NumberIndex, id_index
from ce_cli.binding.joining.in_both import Disagreements, InBoth, columns_in_both
from ce_cli.binding.joining.lone_index import LoneIndex, lone_index
from ce_cli.binding.joining.paired import paired
from ce_cli.binding.joining.renamed import RenamedSource
from ce_cli.binding.joining.reordered import OrderOfValues, shared_columns
from ce_cli.binding.joining.row_columns import (
    RowCheck,
    RowColumn,
    are_partners,
    index_columns,
)
from ce_cli.binding.naming.label_names import names_label
from ce_cli.binding.naming.names import is_id, is_index, no_column
from ce_cli.binding.rows.columns import tokens
from ce_cli.errors import DataError, UsageError
from ce_cli.findings.messages import fatal, sentences
from ce_cli.findings.row_issues import RowIssue, RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.arrow.arrays import numbers
from ce_cli.inputs.source import Column, EmptySource, Frame, Projection, Source
from ce_cli.record import Record
from ce_cli.spec import Spec
from ce_cli.text import plural, quoted, quoted_list

if TYPE_CHECKING:
    import pyarrow as pa

Positions = NDArray[np.int64]

_MISSING = -1
_NUMBER_BYTES, _TEXT_BYTES = 21, 150  # of the index, for each row


class LabelUse(Record):
    """Which labels have been joined: a monoid.

    Attributes
    ----------
    rows : ndarray of uint8
        A bit for each label.
    is_twice : bool
        Whether a label has been joined in both of two parts of the predictions.
    disagreements : Disagreements
        Where the files disagree.
    """

    rows: NDArray[np.uint8]
    is_twice: bool
    disagreements: Disagreements

    def merge(self, later: Self) -> Self:
        """Add what was joined in other rows."""
        twice = self.is_twice or later.is_twice or bool((self.rows & later.rows).any())
        both = self.disagreements.merge(later.disagreements)
        return type(self)(self.rows | later.rows, twice, both)


class LabelFile:
    """The file of labels, held in memory once its columns are needed.

    Parameters
    ----------
    source : Source
        The open file.
    key : str or None
        The column to join rows by; None joins them in order.
    skip : bool
        Whether rows that only one of the files has are skipped instead of an error.

    Attributes
    ----------
    predictions : list of str
        The files joined so far.
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
        self._labels: tuple[str, ...] = ()
        self._pred: tuple[str, ...] = ()
        self._check: RowCheck | None = None
        self._order = OrderOfValues(())
        self._lone = LoneIndex()
        self._has_row_numbers = getattr(source, "has_row_numbers", False)
        self._both: list[InBoth] | None = None
        self._disagreements = Disagreements()
        self._others: tuple[str, ...] = ()
        self._added: frozenset[str] | None = None
        self._ids: IdIndex | None = None
        self._next = 0

    def pair(self, source: Source, spec: Spec) -> Spec:
        """Decide which columns of this file are labels, and which of `source` are predictions.

        A label with the name of a prediction gets a new name, which includes that of the file.

        Raises
        ------
        UsageError
            ``--label`` matches no column.
        DataError
            No name shows the label.
        """
        pairing = paired(source, self._source, spec)
        self._labels, self._pred = pairing.labels, pairing.predictions
        self._others = (*pairing.predictions, *spec.other_columns, spec.predicted_class or "")
        self._names = {f"{name} ({PurePath(self.name).name})": name for name in pairing.shared}
        if self._names:
            new = {name: shown for shown, name in self._names.items()}
            self._source = RenamedSource(self._source, new)
            self.columns = {column.name: column for column in self._source.columns()}
            self._labels = tuple(new.get(name, name) for name in pairing.labels)
        return spec.replace(label=self._labels, pred=pairing.predictions)

    def own_names(self, names: Sequence[str]) -> list[str]:
        """The names of columns in the file itself."""
        return [self._names.get(name, name) for name in names]

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return self._source.sample(projection)

    def added_columns(self, columns: Sequence[str], labels: Sequence[str]) -> frozenset[str]:
        """The columns to add to those of the first file of predictions."""
        if self._added is None:
            own = {*columns, self.key}
            self._added = frozenset(n for n in self.columns if n in labels or n not in own)
        return self._added

    def join_columns(self, source: Source) -> tuple[str, ...]:
        """The columns of predictions to read for the join.

        Where rows are joined in order, columns of both files that are named like an id or hold
        text, and their indices, have to agree row by row, and other columns may not have the same
        values in another order.
        """
        columns = source.columns()
        names = {column.name for column in columns}
        if self._both is None:
            theirs = [*self.columns.values()]
            self._both = columns_in_both(columns, theirs, self._labels, self._others)
            self._disagreements = Disagreements(self._both)
        both_have = [one.ours for one in self._both if one.ours in names]
        if self.key is not None:
            return (self.key, *both_have)
        if self._check is None:
            self._check = RowCheck(self._row_columns(columns))
            theirs = [one for name, one in self.columns.items() if name not in self._labels]
            self._order = OrderOfValues(shared_columns(source, self._source, columns, theirs))
            if not self._check.columns and not self._order.names(0):
                free = [one for one in columns if one.name not in self._pred]
                self._lone = LoneIndex(lone_index(source, free, theirs))
        compared = [*(one.ours for one in self._check.columns), *self._order.names(0)]
        compared += [self._lone.name] if self._lone.name is not None else []
        return (*(name for name in dict.fromkeys(compared) if name in names), *both_have)

    def _row_columns(self, columns: Sequence[Column]) -> list[RowColumn]:
        """The columns that have to agree, ids before indices."""
        free = [one for one in columns if not any(fnmatchcase(one.name, p) for p in self._pred)]
        theirs = [one for name, one in self.columns.items() if name not in self._labels]
        shared = [name for name in self.columns if name in {one.name for one in columns}]
        shared = [name for name in shared if name not in self._labels]
        texts = [name for name in shared if self.columns[name].kind == "text"]
        ids = [name for name in shared if is_id(name) and not is_index(name)] or texts
        return [*(RowColumn(name, name) for name in ids[:1]), *index_columns(free, theirs)]

    def load(self, projection: Projection) -> None:
        """Read the columns and the key of all rows, unless that has been done.

        Raises
        ------
        DataError
            Rows have issues, or a key occurs twice.
        """
        if self._rows or not projection.names:
            return
        compared = () if self._check is None else self._check.columns
        both = self._disagreements.columns
        others = [*(one.theirs for one in compared), *(one.theirs for one in both)]
        projection = projection.with_id(self.key)
        for name in (*others, *self._order.names(1)):
            projection = projection if name in projection.names else projection.with_text(name)
        frames: list[Frame] = []
        issues = RowIssues.of()
        for split in self._source.splits(projection):
            for frame in split.frames():
                frames.append(frame)
                issues = issues.merge(RowIssues.of(frame.issues, read=frame.rows))
        if bad := fatal(list(issues.by_kind.values()), sums_must_fit=False):
            raise DataError(*sentences(bad, RowLocations((self.name,), (0,)), None))
        if not issues.read:
            raise DataError(f"{self.name}: there are no data rows.")
        self._rows = {
            name: _appended([f.columns[name] for f in frames]) for name in projection.names
        }
        self._used = np.zeros(issues.read, np.bool_)
        if self.key is not None:
            self._index(self._rows[self.key])

    def without_use(self) -> LabelFile:
        """The same file, loaded, of which no row has been joined; picklable."""
        own = copy(self)
        own._source = EmptySource(self.name)  # its columns are known, and its rows are loaded
        own.predictions = []
        own._used = np.zeros_like(self._used)
        own._disagreements = Disagreements(self._disagreements.columns)
        return own

    def use(self) -> LabelUse:
        """Which rows have been joined, and where the files disagree."""
        return LabelUse(np.packbits(self._used), False, self._disagreements)

    def take_over(self, use: LabelUse, predictions: Iterable[str]) -> None:
        """Keep what was joined elsewhere, from files with these names."""
        self.predictions = list(predictions)
        self._used = np.unpackbits(use.rows, count=len(self._used)).astype(np.bool_)
        self._disagreements = use.disagreements

    @property
    def size(self) -> int:
        """About how many bytes the rows and their index take."""
        by_text = self._ids is not None and not isinstance(self._ids, NumberIndex)
        index = len(self._used) * (_TEXT_BYTES if by_text else _NUMBER_BYTES)
        return index + sum(int(column.nbytes) for column in self._rows.values())

    def join(self, frame: Frame, names: Sequence[str]) -> Frame:
        """Add the columns `names` to the next frame of predictions.

        Raises
        ------
        DataError
            There are no rows left.
        """
        places = self._in_order(frame) if self.key is None else self._by_key(frame, self.key)
        own = {name: column for name, column in frame.columns.items() if name not in names}
        lost = places == _MISSING
        repeated = self._repeated(places)
        found = [
            *self._issues("duplicate-id", frame, repeated),
            *self._issues("unmatched", frame, lost & (not self.skip)),
        ]
        self._disagreements.add(lambda a, b: (frame.columns[a], _taken(self._rows[b], places)))
        keep = np.flatnonzero(~(repeated | (lost & (not self.skip))))
        frame = frame.replace(columns=own, issues=(*frame.issues, *found))
        if len(keep) < len(places):
            frame = frame.take(keep)
        added = {name: _taken(self._rows[name], places[keep]) for name in names}
        return frame.replace(columns=frame.columns | added)

    @property
    def rows(self) -> int:
        """Number of rows, once they are loaded."""
        return len(self._used)

    @property
    def unused(self) -> int:
        """Number of rows without a prediction."""
        return int(len(self._used) - self._used.sum())

    def disagreements(self) -> Iterator[tuple[str, int]]:
        """How the predictions contradict this file, and in how many rows, once all were read."""
        yield from self._disagreements.messages(self.name, self.key is not None)
        lone = self._lone.message("the predictions", self.name)
        if lone is not None:
            yield f"{lone[0][0].upper()}{lone[0][1:]}", lone[1]

    def check_used(self) -> None:
        """Check that every row has a prediction, once all predictions were read.

        Raises
        ------
        DataError
            Some have none, and that is not allowed, or the rows are not in the same order.
        """
        found = self._order.reordered()
        if found is not None and not self.unused:
            raise DataError(found.message(self.name, "the predictions"))
        lone = self._lone.message("the predictions", self.name)
        if lone is not None and self._has_row_numbers and not self.unused:
            raise DataError(f"{self.name}: {lone[0]}")
        if not self.unused or (self.skip and self.key is not None):
            return
        predictions = self.predictions[0] if len(self.predictions) == 1 else "the predictions"
        if self.key is None:
            raise DataError(self._uneven(predictions, self._next))
        first = np.flatnonzero(~self._used)[:5].tolist()
        lost = [] if self._ids is None else self._ids.names(first)
        verb = "has" if self.unused == 1 else "have"
        raise DataError(
            f"{self.name}: {plural(self.unused, 'row')} {verb} no prediction in {predictions}: "
            f"{quoted(self.key)} {quoted_list(lost)}{', …' if self.unused > len(lost) else ''}; "
            "skip such rows with --missing skip."
        )

    def _index(self, keys: pa.Array) -> None:
        self._ids = id_index(keys)
        if self._ids.missing is not None:
            row = self._ids.missing + 1
            raise DataError(
                f"{self.name}: row {row:,}, column {quoted(self.key or '')}: the id is missing."
            )
        if self._ids.repeated is not None:
            first, again = self._ids.repeated
            raise DataError(
                f"{self.name}: rows {first + 1:,} and {again + 1:,} both have "
                f"{quoted(self.key or '')} {quoted(self._ids.names([first])[0])}: ids have to be "
                "unique."
            )

    def _in_order(self, frame: Frame) -> Positions:
        start, self._next = self._next, self._next + frame.rows
        if self._next > len(self._used):
            raise DataError(self._uneven("the predictions", self._next))
        places = start + frame.row_numbers
        if self._check is not None and self._check.columns:
            self._check_order(frame, places, self._check)
        if self._lone.name in frame.columns:
            self._lone.add(frame.columns[self._lone.name or ""], places)
        self._order.add(lambda a, b: (frame.columns[a], _taken(self._rows[b], places)))
        return places

    def _check_order(self, frame: Frame, places: Positions, check: RowCheck) -> None:
        def values(column: RowColumn) -> tuple[pa.Array, pa.Array]:
            return frame.columns[column.ours], _taken(self._rows[column.theirs], places)

        if not all(one.ours in frame.columns for one in check.columns):
            return  # a part without such a column, which shows nothing
        found = check.difference(places, values)
        if found is None:
            return
        column = found.column
        joins = are_partners(frame.columns[column.ours], self._rows[column.theirs])
        raise DataError(found.message(self.name, "the predictions", found.advice(joins)))

    def _uneven(self, predictions: str, rows: int) -> str:
        theirs = "more" if rows > len(self._used) else f"{rows:,}"
        advice = "join rows that are not in the same order with --id"
        if not any(column.named for column in self.columns.values()):
            advice = "if its first line names the columns, name the label with --label"
        elif len(self.columns) == 1 and not names_label(self.columns, Spec()):
            first = quoted(self.own_names([*self.columns])[0])
            advice = f"if its first line, {first}, is a label, add a line with a name before it"
        count = plural(len(self._used), "row")
        verb = "have" if predictions == "the predictions" else "has"
        return f"{self.name}: has {count}, but {predictions} {verb} {theirs}; {advice}."

    def _by_key(self, frame: Frame, key: str) -> Positions:
        ids = frame.columns[key]
        return np.full(len(ids), _MISSING) if self._ids is None else self._ids.places(ids)

    def _repeated(self, places: Positions) -> NDArray[np.bool_]:
        """Rows whose label has already been used; marks the others as used."""
        known = places != _MISSING
        _, first = np.unique(places, return_index=True)
        again = np.ones(len(places), np.bool_)
        again[first] = False
        again |= self._used[np.where(known, places, 0)]
        self._used[places[known]] = True
        repeated: NDArray[np.bool_] = again & known
        return repeated

    def _issues(self, code: str, frame: Frame, rows: NDArray[np.bool_]) -> Iterator[RowIssue]:
        at = np.flatnonzero(rows)
        if len(at):
            codes, texts = tokens(frame.columns[self.key or ""])
            shown = [texts[codes[row]] if codes[row] >= 0 else "" for row in at[:10]]
            yield RowIssue.of(code, self.key or "", frame.row_numbers[at], shown)


def _appended(parts: Sequence[pa.Array]) -> pa.Array:
    import pyarrow as pa

    if len(parts) == 1:
        return parts[0]
    whole = pa.chunked_array(parts).unify_dictionaries().combine_chunks()
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole


def _taken(column: pa.Array, places: NDArray[np.integer]) -> pa.Array:
    """Some of the rows, null where a position is missing."""
    missing = places < 0
    if not missing.any():
        return column.take(numbers(places))
    return column.take(numbers(np.where(missing, 0, places), missing))
