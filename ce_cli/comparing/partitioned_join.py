"""Join rows in different orders by id, one partition of the ids at a time.

The fingerprint of a row's id selects its partition, so partners share one. Each partition is joined
by itself, and partitions that do not fit in memory wait in temporary files, so memory is bounded by
the size of one partition: a 64th of the rows.
"""

from __future__ import annotations

import heapq
import re
import tempfile
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import ipc

from ce_cli.binding.joining.fingerprints import fingerprints
from ce_cli.binding.joining.row_columns import row_names
from ce_cli.binding.rows.columns import floats
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.kernels.outcomes import indicator
from ce_cli.metrics.groups import GroupKey

Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

Kind = Literal["unmatched", "repeated", "unnamed"]

PART_BITS = 6
IN_MEMORY = 1 << 28  # bytes that are kept before partitions are written to files
_EXAMPLES = 5
_MOST_CANDIDATES = 1000
_MASS = re.compile(r"mass\d+_\d+")


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
        self._parts = [[_Partition() for _ in range(data_sets + 1)] for _ in range(1 << PART_BITS)]
        self._held = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
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
            self._folder.cleanup()

    def first(self, kind: Kind) -> list[list[tuple[int, str]]]:
        """The first few such rows of each data set: their numbers and ids."""
        return self._first[kind]

    def add_matched(self, scored: ScoredRows) -> None:
        """Record the ids of rows that are matched already."""
        names = row_names(scored.ids)
        numbers = pa.array(np.arange(scored.start, scored.end), pa.int64())
        self._keep(-1, names, pa.table({"row": numbers, "name": names}))

    def add(self, place: int, some: Sequence[ScoredRows]) -> None:
        """Keep rows of data set `place`, scored for each of its models."""
        first = some[0]
        columns: dict[str, Any] = {
            "row": pa.array(np.arange(first.start, first.end), pa.int64()),
            "name": row_names(first.ids),
        }
        for model, one in enumerate(some):
            columns |= {f"{name}_{model}": column for name, column in self._columns(one)}
        self._keep(place, columns["name"], pa.table(columns))

    def joined(self) -> Iterator[list[ScoredRows]]:
        """The rows that all data sets have, by partition, numbered by the first data set."""
        for part in self._parts:
            *tables, matched = (one.table() for one in part)
            if matched is not None or any(table is not None for table in tables):
                yield from self._join(tables, matched)

    def _columns(self, one: ScoredRows) -> Iterator[tuple[str, pa.Array]]:
        """The columns kept for one model; null where a row could not be scored."""
        places = one.rows - one.start
        missing = np.ones(one.read, np.bool_)
        missing[places] = False

        def spread(values: NDArray[Any]) -> pa.Array:
            whole = np.zeros(one.read, values.dtype)
            whole[places] = values
            return pa.array(whole, mask=missing)

        yield "loss", spread(one.losses)
        yield "code", spread(one.codes)
        for k, mass in enumerate(() if one.masses is None else one.masses):
            yield f"mass{k}", spread(mass)
        if one.weights is not None:
            yield "weight", spread(one.weights)
        if one.groups is not None:
            own = [self._keys.setdefault(key, len(self._keys)) for key in one.keys]
            yield "group", spread(np.array(own, np.int64)[one.groups])

    def _keep(self, place: int, names: pa.Array, table: pa.Table) -> None:
        """Sort rows into partitions; those without an id have no partner."""
        hashes = fingerprints(names)
        nameless = hashes == 0
        if nameless.any():
            self._record("unnamed", max(place, 0), table, np.flatnonzero(nameless))
            keep = np.flatnonzero(~nameless)
            table, hashes = table.take(pa.array(keep)), hashes[keep]
        parts = (hashes >> np.uint64(64 - PART_BITS)).astype(np.intp)
        order = np.argsort(parts, kind="stable")
        table = table.take(pa.array(order)).combine_chunks()
        edges = np.searchsorted(parts[order], np.arange((1 << PART_BITS) + 1))
        for part, (low, high) in enumerate(pairwise(edges.tolist())):
            if high > low:
                self._parts[part][place].add(table.slice(low, high - low))
        self._held += table.nbytes
        if self._held > IN_MEMORY:
            self._write()

    def _write(self) -> None:
        self._folder = self._folder or tempfile.TemporaryDirectory(prefix="ce-")
        for part, places in enumerate(self._parts):
            for place, one in enumerate(places):
                one.write(Path(self._folder.name) / f"{part}-{place}")
        self._held = 0

    def _join(
        self, tables: Sequence[pa.Table | None], matched: pa.Table | None
    ) -> Iterator[list[ScoredRows]]:
        """The rows of one partition; `matched` are those that are matched already."""
        names = None if matched is None else self._once(0, matched, None)["name"]
        own = [
            None if table is None else self._once(place, table, names)
            for place, table in enumerate(tables)
        ]
        chosen = _partners([None if table is None else table["name"] for table in own])
        for place, (table, at) in enumerate(zip(own, chosen, strict=True)):
            if table is not None and len(at) < len(table):
                self._record("unmatched", place, table, np.delete(np.arange(len(table)), at))
        if len(chosen[0]):
            partners = [
                table.take(pa.array(at)).combine_chunks()
                for table, at in zip(own, chosen, strict=True)
                if table is not None
            ]
            yield [one for table in partners for one in self._scored(table, partners[0])]

    def _once(self, place: int, table: pa.Table, before: pa.ChunkedArray | None) -> pa.Table:
        """The first row of each id that is not in `before`; the others are recorded."""
        codes = _numbers(table["name"].combine_chunks().dictionary_encode().indices)
        again = np.ones(len(codes), np.bool_)
        again[np.unique(codes, return_index=True)[1]] = False
        if before is not None:
            again |= _numbers(pc.is_in(table["name"], value_set=before.combine_chunks())) > 0
        if not again.any():
            return table
        self._record("repeated", place, table, np.flatnonzero(again))
        return table.take(pa.array(np.flatnonzero(~again)))

    def _scored(self, table: pa.Table, first: pa.Table) -> Iterator[ScoredRows]:
        """Matched rows scored for each model of a data set, ordered by the first data set."""
        rows = _numbers(first["row"]).astype(np.int64)
        order = np.argsort(rows)
        for model in count():
            if f"loss_{model}" not in table.column_names:
                return
            losses = floats(table[f"loss_{model}"].combine_chunks())
            at = order[~np.isnan(losses[order])]
            codes = _numbers(table[f"code_{model}"])[at].astype(np.intp)
            yield ScoredRows(
                start=0,
                read=len(rows),
                rows=rows[at],
                losses=losses[at],
                codes=codes,
                masses=self._masses(table, model, at, codes),
                weights=_taken(table, f"weight_{model}", at),
                **self._groups(table, model, at),
                ids=first["name"].combine_chunks(),
                places=at,
            )

    def _masses(self, table: pa.Table, model: int, at: Codes, codes: Codes) -> Floats | None:
        """Shares of the classes; rows without any have the class of their code."""
        names = [name for name in table.column_names if _MASS.fullmatch(name)]
        masses = [_taken(table, name, at) for name in names if name.endswith(f"_{model}")]
        present = [mass for mass in masses if mass is not None]
        if not present:
            return None
        whole = np.stack(present)
        hard = np.isnan(whole[0])
        whole[:, hard] = indicator(codes[hard], len(whole))
        return whole

    def _groups(self, table: pa.Table, model: int, at: Codes) -> dict[str, Any]:
        """Codes and keys of the groups that occur."""
        groups = _taken(table, f"group_{model}", at)
        if groups is None:
            return {"groups": None, "keys": [()]}
        known, codes = np.unique(groups.astype(np.intp), return_inverse=True)
        keys = list(self._keys)
        return {"groups": codes, "keys": [keys[code] for code in known]}

    def _record(self, kind: Kind, place: int, table: pa.Table, at: Codes) -> None:
        """Count rows, and keep the ids of the first of them."""
        counts: list[int] = getattr(self, kind)
        counts[place] += len(at)
        some = table.select(["row", "name"]).take(pa.array(at)).to_pylist()
        names = [(one["row"], one["name"] or "") for one in some[:_MOST_CANDIDATES]]
        known = self._first[kind]
        known[place] = heapq.nsmallest(_EXAMPLES, (*known[place], *names))


class _Partition:
    """The rows of one data set in one partition, in the order of their arrival."""

    def __init__(self) -> None:
        self._held: list[pa.Table] = []
        self._files: list[Path] = []

    def add(self, table: pa.Table) -> None:
        self._held.append(table)

    def write(self, path: Path) -> None:
        """Move the rows in memory to a file."""
        if not self._held:
            return
        file = path.with_suffix(f".{len(self._files)}")
        table = pa.concat_tables(self._held, promote_options="default")
        with ipc.new_file(str(file), table.schema) as writer:
            writer.write_table(table)
        self._files.append(file)
        self._held = []

    def table(self) -> pa.Table | None:
        """All rows; None if there are none."""
        written = []
        for file in self._files:
            with pa.memory_map(str(file)) as source, ipc.open_file(source) as reader:
                written.append(reader.read_all())
        tables = [*written, *self._held]
        self._held, self._files = [], []
        return pa.concat_tables(tables, promote_options="default") if tables else None


def _partners(names: Sequence[pa.ChunkedArray | None]) -> list[Codes]:
    """Places of the common rows in each table."""
    first, *others = [None if one is None else one.combine_chunks() for one in names]
    nowhere = np.zeros(0, np.intp)
    if first is None or any(one is None for one in others):
        return [nowhere for _ in names]
    found = [floats(pc.index_in(first, value_set=one)) for one in others]
    shared = np.flatnonzero(~np.isnan(np.sum(found, axis=0)))
    return [shared, *(places[shared].astype(np.intp) for places in found)]


def _numbers(column: pa.Array | pa.ChunkedArray) -> NDArray[Any]:
    """Numbers of a column without nulls, or with 0 for them."""
    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    values = floats(whole)
    return np.where(np.isnan(values), 0.0, values).astype(np.int64)


def _taken(table: pa.Table, name: str, at: Codes) -> Floats | None:
    if name not in table.column_names:
        return None
    taken: Floats = floats(table[name].combine_chunks())[at]
    return taken
