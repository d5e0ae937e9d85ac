"""Match the rows of several data sets, by row order or by id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ce_cli.binding.joining.row_keys import RowKeys
from ce_cli.comparing.bound_models import ModelReader
from ce_cli.comparing.in_turns import InTurns
from ce_cli.comparing.order_check import OrderCheck, Step
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.errors import DataError
from ce_cli.text import plural, quoted, quoted_list, shell_word

if TYPE_CHECKING:
    import pyarrow as pa

    from ce_cli.comparing.partitioned_join import PartitionedJoin
    from ce_cli.scoring.run import Run


class RowAlignment:
    """Matches rows of data sets while they are read.

    Parameters
    ----------
    readers : sequence of ModelReader
        The data sets, that of the reference first.
    key : str or None
        The column of row ids.
    by_key : bool
        Whether rows are matched by it; if not, they are matched by row order, and `key` only
        has to agree.
    inner : bool
        Whether rows that not all data sets have are left out instead of being an error.

    Attributes
    ----------
    same_order : bool
        Whether the rows are in the same order in all data sets.
    unmatched : list of int
        For each data set, how many rows have no partner in another.
    repeated : list of int
        For each data set, how many rows repeat an earlier id.
    """

    def __init__(
        self,
        readers: Sequence[ModelReader],
        key: str | None,
        by_key: bool = False,
        inner: bool = False,
    ) -> None:
        self.readers = readers
        self.key = key
        self.by_key = by_key
        self.inner = inner
        self.same_order = True
        self.unmatched = [0] * len(readers)
        self.repeated = [0] * len(readers)
        self._errors: list[str] = []

    def refuse(self) -> None:
        """Reject data sets whose rows do not match, once all rows are read.

        Raises
        ------
        DataError
            They do not have the same rows.
        """
        if self._errors:
            raise DataError(*self._errors)

    def compare_counts(self) -> None:
        """Record an error if the data sets, which were read elsewhere, have not as many rows."""
        if len({reader.read for reader in self.readers}) > 1:
            self._errors = [self._uneven()]

    def rows(self, run: Run) -> Iterator[list[ScoredRows]]:
        """The common rows in stretches: for each, the rows of every model.

        Raises
        ------
        DataError
            Ids show that the rows are in different orders.
        """
        if self.by_key or len(self.readers) == 1:
            streams = InTurns(self.readers, self.key, run, [()] * len(self.readers)).streams()
            yield from self._by_key(streams, run) if self.by_key else streams[0]
            return
        order = OrderCheck(self.readers, self.key)
        streams = InTurns(self.readers, self.key, run, order.indices).streams()
        yield from self._in_order(streams, order)

    def _in_order(
        self, streams: Sequence[Iterator[list[ScoredRows]]], order: OrderCheck
    ) -> Iterator[list[ScoredRows]]:
        steps = in_step(streams)
        for step in steps:
            if not all(step):
                for _ in steps:  # to the end, to count the rows
                    pass
                self._errors = [self._uneven()]
                return
            order.check(step, steps)
            yield [one for some in step for one in some]
        order.refuse()

    def _by_key(
        self, streams: Sequence[Iterator[list[ScoredRows]]], run: Run
    ) -> Iterator[list[ScoredRows]]:
        from ce_cli.comparing.partitioned_join import PartitionedJoin

        with PartitionedJoin(len(self.readers)) as join:
            for step in in_step(streams):
                self.same_order = self.same_order and all(step) and self._same_ids(step)
                if self.same_order and not self.inner:
                    join.add_matched(step[0][0])
                    yield [one for some in step for one in some]
                    continue
                for place, some in enumerate(step):
                    if some:
                        join.add(place, some)
            yield from self._joined(join, run)

    def _joined(self, join: PartitionedJoin, run: Run) -> Iterator[list[ScoredRows]]:
        """Join the rows that are not in the same order, and record errors about unmatched rows."""
        yield from join.joined(run)
        self.repeated = join.repeated
        pairs = zip(join.unmatched, join.unnamed, strict=True)
        self.unmatched = [unmatched + unnamed for unmatched, unnamed in pairs]
        if not self.inner:
            self._errors += self._messages(join.unnamed, join.first("unnamed"), _UNNAMED)
            self._errors += self._messages(join.repeated, join.first("repeated"), _REPEATED)
            self._errors += self._messages(join.unmatched, join.first("unmatched"), _UNMATCHED)

    def _messages(
        self, counts: Sequence[int], examples: Sequence[Sequence[tuple[int, str]]], template: str
    ) -> Iterator[str]:
        for reader, count, some in zip(self.readers, counts, examples, strict=True):
            if count:
                names = list(dict.fromkeys(name for _, name in some))
                more = ", …" if count > len(some) else ""
                yield template.format(
                    file=reader.title,
                    rows=plural(count, "row"),
                    key=quoted(self.key or ""),
                    ids=f"{quoted(self.key or '')} {quoted_list(names)}{more}",
                    first=f"{some[0][0] + 1:,}",
                )

    def _same_ids(self, step: Step) -> bool:
        first = step[0][0].ids
        whole = first is not None and not first.null_count
        return whole and all(_same(first, some[0].ids) for some in step[1:])

    def _uneven(self) -> str:
        counts = [f"{reader.title} has {plural(reader.read, 'row')}" for reader in self.readers]
        how = (
            f", for example with --id {shell_word(self.key)}"
            if self.key is not None
            else " with --id"
        )
        return f"{', '.join(counts)}: data sets with different rows must be joined{how}."


_UNNAMED = (
    "{file}: {rows} without a value in {key}, first row {first}; leave them out with --join inner."
)
_REPEATED = "{file}: {rows} with a repeated id: {ids}; --join inner uses the first row of each."
_UNMATCHED = "{file}: {rows} without a partner: {ids}; leave them out with --join inner."


def in_step(streams: Sequence[Iterator[list[ScoredRows]]]) -> Iterator[Step]:
    """Split streams so that each step has the same row numbers of every data set.

    The remaining rows of longer streams come with empty lists for those that have ended.
    """
    heads: list[list[ScoredRows]] = [[] for _ in streams]
    while True:
        for place, stream in enumerate(streams):
            heads[place] = heads[place] or next(stream, [])
        going = [head for head in heads if head]
        if not going:
            return
        if len(going) < len(heads):
            yield heads
            heads = [[] for _ in streams]
            continue
        first = heads[0][0].start
        last = min(head[0].end for head in heads)
        yield [[one.between(first, last) for one in head] for head in heads]
        heads = [
            [one.between(last, one.end) for one in head] if head[0].end > last else []
            for head in heads
        ]


def _same(ours: pa.Array | None, theirs: pa.Array | None) -> bool:
    """Whether two columns of ids are equal."""
    if ours is None or theirs is None:
        return ours is theirs
    return bool(ours.equals(theirs)) or RowKeys.of(ours).equals(RowKeys.of(theirs))
