"""Join rows in different orders by id, some of the ids at a time.

The key of a row's id selects its part, so partners share one. Parts wait in temporary files if they
do not fit in memory, and are joined a few at a time, so memory is bounded by the size of a part, a
256th of the rows, times the number of workers.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.joining.row_keys import RowKeys, exact_keys
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.comparing.sorted_parts import PARTS, KeyedRows, SortedParts
from ce_cli.kernels.matching import NOWHERE, KeyTable
from ce_cli.kernels.outcomes import indicator
from ce_cli.metrics.groups import GroupKey
from ce_cli.process import temporary
from ce_cli.record import Record
from ce_cli.scoring.run import Run

Codes = NDArray[np.integer]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

Kind = Literal["unmatched", "repeated", "unnamed"]

IN_MEMORY = 1 << 25  # bytes that are kept before rows are written to files
_AT_ONCE = 1 << 19  # rows that are sorted together
_SMALL = 1 << 15  # parts that have fewer rows together are joined together
_EXAMPLES = 5
_MASS = re.compile(r"mass\d+_(\d+)")


class PartitionedJoin:
    """Joins the rows of several data sets by id.

    Parameters
    ----------
    data_sets : int
        How many data sets there are.

    Attributes
    ----------
    unmatched, repeated, unnamed : list of int
        For each data set, how many rows have no partner in another, how many repeat an earlier
        id, and how many have no id. The first row of each id is joined.
    """

    def __init__(self, data_sets: int) -> None:
        self.unmatched = [0] * data_sets
        self.repeated = [0] * data_sets
        self.unnamed = [0] * data_sets
        self._first: dict[Kind, list[list[tuple[int, str]]]] = {
            kind: [[] for _ in range(data_sets)] for kind in get_args(Kind)
        }
        self._parts = [SortedParts() for _ in range(data_sets + 1)]
        self._waiting: list[list[Sequence[ScoredRows]]] = [[] for _ in range(data_sets + 1)]
        self._folder: str | None = None
        self._keys: dict[GroupKey, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._folder is not None:
            temporary.remove(self._folder)

    def first(self, kind: Kind) -> list[list[tuple[int, str]]]:
        """The first few such rows of each data set: their numbers and ids."""
        return self._first[kind]

    def add_matched(self, scored: ScoredRows) -> None:
        """Record the ids of rows that are matched already."""
        self._add(-1, [scored])

    def add(self, place: int, some: Sequence[ScoredRows]) -> None:
        """Keep rows of data set `place`, scored for each of its models."""
        self._add(place, some)

    def joined(self, run: Run) -> Iterator[list[ScoredRows]]:
        """The rows that all data sets have, by part, numbered by the first data set."""
        for place in range(-1, len(self._parts) - 1):
            self._sort(place)
        for made in run.near(JoinParts(list(self._keys)), self._some_parts()):
            for kind, place, rows in made.found:
                self._record(kind, place, rows)
            if made.rows:
                yield made.rows

    def _some_parts(self) -> Iterator[list[KeyedRows]]:
        """The rows of some parts of every data set, those that are matched already at the end."""
        counts = [parts.counts for parts in self._parts]
        edge = 0
        while edge < PARTS:
            begin, size = edge, np.zeros(len(counts), np.int64)
            while edge < PARTS and (edge == begin or size.max() < _SMALL):
                size += [own[edge] for own in counts]
                edge += 1
            if size.any():
                yield [parts.between(begin, edge) for parts in self._parts]

    def _add(self, place: int, some: Sequence[ScoredRows]) -> None:
        self._waiting[place].append(some)
        if sum(one[0].read for one in self._waiting[place]) >= _AT_ONCE:
            self._sort(place)

    def _sort(self, place: int) -> None:
        """Sort the waiting rows into parts; those without an id have no partner."""
        waiting, self._waiting[place] = self._waiting[place], []
        if not waiting:
            return
        pieces = [self._keyed(some, matched=place < 0) for some in waiting]
        rows = KeyedRows.joined(pieces)
        if rows.keys.missing is not None:
            missing = rows.keys.missing
            self._record("unnamed", max(place, 0), _named(rows.taken(np.flatnonzero(missing))))
            rows = rows.taken(np.flatnonzero(~missing))
        self._parts[place].add(rows)
        if sum(parts.held for parts in self._parts) > IN_MEMORY:
            self._write()

    def _keyed(self, some: Sequence[ScoredRows], matched: bool) -> KeyedRows:
        first = some[0]
        numbers = np.arange(first.start, first.end, dtype=np.int64)
        columns = {"row": numbers.astype(np.uint32) if first.end < 1 << 32 else numbers}
        for model, one in enumerate(() if matched else some):
            columns |= {f"{name}_{model}": column for name, column in self._columns(one)}
        return KeyedRows(RowKeys.of(first.ids), columns)

    def _columns(self, one: ScoredRows) -> Iterator[tuple[str, NDArray[Any]]]:
        """The columns kept for one model; the loss is NaN where a row could not be scored."""
        places = one.rows - one.start
        whole = len(places) == one.read

        def spread(values: NDArray[Any], missing: float = 0) -> NDArray[Any]:
            if whole:
                return values
            every = np.full(one.read, missing, values.dtype)
            every[places] = values
            return every

        yield "loss", spread(one.losses, np.nan)
        yield "code", spread(one.codes)
        for k, mass in enumerate(() if one.masses is None else one.masses):
            yield f"mass{k}", spread(mass, np.nan)
        if one.weights is not None:
            yield "weight", spread(one.weights, np.nan)
        if one.groups is not None:
            own = [self._keys.setdefault(key, len(self._keys)) for key in one.keys]
            yield "group", spread(np.array(own, np.int32)[one.groups])

    def _write(self) -> None:
        with temporary.naming_the_folder():
            self._folder = self._folder or temporary.new_folder(temporary.folder(), "ce-")
            for place, parts in enumerate(self._parts):
                parts.write(Path(self._folder) / f"rows-{place}.bin")

    def _record(self, kind: Kind, place: int, found: FoundRows) -> None:
        """Count rows, and keep the ids of the first of them."""
        counts: list[int] = getattr(self, kind)
        counts[place] += found.count
        known = self._first[kind]
        known[place] = heapq.nsmallest(_EXAMPLES, (*known[place], *found.first))


class FoundRows(Record):
    """How many rows have a problem, and the numbers and ids of the first of them."""

    count: int
    first: Sequence[tuple[int, str]]


class JoinedPart(Record):
    """The rows of some parts that all data sets have, and those with a problem, by data set."""

    rows: list[ScoredRows]
    found: list[tuple[Kind, int, FoundRows]]


class JoinParts(Record):
    """Joins the rows of some parts.

    Attributes
    ----------
    groups : sequence of tuple
        The key of each group.
    """

    groups: Sequence[GroupKey]

    def __call__(self, parts: Sequence[KeyedRows]) -> JoinedPart:
        """Join the rows of every data set; those at the end are matched already."""
        *own, matched = parts
        keys = exact_keys([one.keys for one in parts])
        before = KeyTable(keys[-1])
        table = KeyTable(keys[0])
        repeats = [before.places(some) != NOWHERE for some in keys[:-1]]
        repeats[0] |= table.first != np.arange(len(own[0]))
        partners = []
        common = ~repeats[0]
        for place in range(1, len(own)):
            partner, again = _partners(table, keys[place], len(own[0]))
            partners.append(partner)
            repeats[place] |= again
            common &= partner != NOWHERE
        first = np.flatnonzero(common)
        chosen = [first, *(partner[first] for partner in partners)]
        again = before.first != np.arange(len(matched))
        found = _found("repeated", 0, matched, again)
        for place, (rows, repeated, at) in enumerate(zip(own, repeats, chosen, strict=True)):
            found += _found("repeated", place, rows, repeated)
            alone = ~repeated
            alone[at] = False
            found += _found("unmatched", place, rows, alone)
        return JoinedPart(self._scored(own, chosen) if len(first) else [], found)

    def _scored(self, own: Sequence[KeyedRows], chosen: Sequence[Codes]) -> list[ScoredRows]:
        """Matched rows of all models, ordered by the rows of the first data set."""
        first = own[0].taken(chosen[0])
        rows = first.columns["row"].astype(np.int64)
        if (rows[1:] < rows[:-1]).any():
            order = np.argsort(rows, kind="stable")  # it is in order within each part
            chosen = [at[order] for at in chosen]
            first, rows = first.taken(order), rows[order]
        ids = first.keys.ids()
        tables = [
            {name: column[at] for name, column in one.columns.items()}
            for one, at in zip(own[1:], chosen[1:], strict=True)
        ]
        return [
            one
            for table in (first.columns, *tables)
            for one in self._models(dict(table), rows, ids)
        ]

    def _models(
        self, table: dict[str, NDArray[Any]], rows: NDArray[np.int64], ids: Any
    ) -> Iterator[ScoredRows]:
        """Matched rows scored for each model of a data set."""
        for model in count():
            losses = table.get(f"loss_{model}")
            if losses is None:
                return
            missing = np.isnan(losses)
            at = np.flatnonzero(~missing) if missing.any() else slice(None)
            codes = table[f"code_{model}"][at]
            yield ScoredRows(
                start=0,
                read=len(rows),
                rows=rows[at],
                losses=losses[at],
                codes=codes,
                masses=_masses(table, model, at, codes),
                weights=_taken(table, f"weight_{model}", at),
                **self._groups(_taken(table, f"group_{model}", at)),
                ids=ids,
                places=np.arange(len(rows))[at],
            )

    def _groups(self, groups: Codes | None) -> dict[str, Any]:
        """Codes and keys of the groups that occur."""
        if groups is None:
            return {"groups": None, "keys": [()]}
        known, codes = np.unique(groups, return_inverse=True)
        return {"groups": codes, "keys": [self.groups[code] for code in known]}


def _partners(table: KeyTable, keys: NDArray[np.uint64], rows: int) -> tuple[Codes, Bools]:
    """For each of `rows` keys of a table, the first row that has it; and which rows repeat one."""
    places = table.places(keys)
    here = np.arange(len(keys), dtype=np.int32)
    partners = np.full(rows, NOWHERE, np.int32)
    missing = places == NOWHERE
    if not missing.any():
        partners[places[::-1]] = here[::-1]  # of several rows, the last one assigned remains
        return partners, partners[places] != here
    known = np.flatnonzero(~missing)
    partners[places[known][::-1]] = here[known][::-1]
    again = np.zeros(len(keys), np.bool_)
    again[known] = partners[places[known]] != here[known]
    others = np.flatnonzero(missing)
    again[others] = KeyTable(keys[others]).first != np.arange(len(others))
    return partners, again


def _found(
    kind: Kind, place: int, rows: KeyedRows, which: Bools
) -> list[tuple[Kind, int, FoundRows]]:
    at = np.flatnonzero(which)
    return [(kind, place, _named(rows.taken(at)))] if len(at) else []


def _named(rows: KeyedRows) -> FoundRows:
    """The number of rows, and the first of them."""
    numbers = rows.columns["row"]
    first = np.argsort(numbers, kind="stable")[:_EXAMPLES]
    names = rows.keys.taken(first).texts().to_pylist()
    pairs = zip(numbers[first].tolist(), names, strict=True)
    return FoundRows(len(rows), [(number, name or "") for number, name in pairs])


def _masses(table: dict[str, NDArray[Any]], model: int, at: Any, codes: Codes) -> Floats | None:
    """Shares of the classes; rows without any have the class of their code."""
    names = [name for name in table if (m := _MASS.fullmatch(name)) and int(m[1]) == model]
    if not names:
        return None
    whole = np.stack([table[name][at] for name in names])
    hard = np.isnan(whole[0])
    whole[:, hard] = indicator(codes[hard].astype(np.intp), len(whole))
    return whole


def _taken(table: dict[str, NDArray[Any]], name: str, at: Any) -> NDArray[Any] | None:
    column = table.get(name)
    return None if column is None else column[at]
