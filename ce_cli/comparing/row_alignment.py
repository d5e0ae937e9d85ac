"""How the rows of several data sets meet: one after another, or by what they are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ce_cli.comparing.bound_models import ModelReader
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.errors import DataError
from ce_cli.text import plural, quoted, quoted_list, shell_word

if TYPE_CHECKING:
    import pyarrow as pa

    from ce_cli.comparing.partitioned_join import PartitionedJoin
    from ce_cli.scoring.run import Run

Step = list[list[ScoredRows]]


class RowAlignment:
    """The rows that data sets have in common, as they are read.

    Parameters
    ----------
    feeds : sequence of ModelReader
        The data sets, that of the reference first.
    key : str or None
        The column that says what rows are called.
    by_key : bool
        Whether rows meet by it; if not, it only has to agree where they meet by their order.
    inner : bool
        Whether rows that not all data sets have are left out, and not an error.

    Attributes
    ----------
    same_order : bool
        Whether the rows stood in one order in all data sets.
    unmatched : list of int
        For each data set, how many rows have no partner in another.
    repeated : list of int
        For each data set, how many rows are called like one before.
    """

    def __init__(
        self,
        feeds: Sequence[ModelReader],
        key: str | None,
        by_key: bool = False,
        inner: bool = False,
    ) -> None:
        self.feeds = feeds
        self.key = key
        self.by_key = by_key
        self.inner = inner
        self.same_order = True
        self.unmatched = [0] * len(feeds)
        self.repeated = [0] * len(feeds)
        self._troubles: list[str] = []

    def refuse(self) -> None:
        """Refuse data sets that do not meet, once all their rows are read.

        Raises
        ------
        DataError
            They do not have the same rows.
        """
        if self._troubles:
            raise DataError(*self._troubles)

    def rows(self, run: Run) -> Iterator[list[ScoredRows]]:
        """The rows in common, for each stretch of them those of every model.

        Raises
        ------
        DataError
            Ids show that the rows do not stand in one order.
        """
        if len(self.feeds) == 1:
            yield from self.feeds[0].rows(self.key, run)
            return
        first, *others = self.feeds
        streams = [first.rows(self.key, run), *(one.rows(self.key, run.silent) for one in others)]
        yield from self._by_key(streams) if self.by_key else self._in_order(streams)

    def _in_order(
        self, streams: Sequence[Iterator[list[ScoredRows]]]
    ) -> Iterator[list[ScoredRows]]:
        for step in in_step(streams):
            if not all(step):
                self._drain(streams)
                self._troubles = [self._uneven()]
                return
            if self.key is not None:
                self._check_order(step)
            yield [one for some in step for one in some]

    def _by_key(self, streams: Sequence[Iterator[list[ScoredRows]]]) -> Iterator[list[ScoredRows]]:
        from ce_cli.comparing.partitioned_join import PartitionedJoin

        with PartitionedJoin(len(self.feeds)) as unsorted:
            for step in in_step(streams):
                self.same_order = self.same_order and all(step) and self._alike(step)
                if self.same_order and not self.inner:
                    unsorted.seen(step[0][0])
                    yield [one for some in step for one in some]
                    continue
                for place, some in enumerate(step):
                    if some:
                        unsorted.add(place, some)
            yield from self._met(unsorted)

    def _met(self, unsorted: PartitionedJoin) -> Iterator[list[ScoredRows]]:
        """Join what did not stand in one order, and tell of what does not meet."""
        yield from unsorted.joined()
        self.repeated = unsorted.repeated
        pairs = zip(unsorted.unmatched, unsorted.unnamed, strict=True)
        self.unmatched = [unmatched + unnamed for unmatched, unnamed in pairs]
        if not self.inner:
            self._troubles += self._told(unsorted.unnamed, unsorted.first("unnamed"), _UNNAMED)
            self._troubles += self._told(unsorted.repeated, unsorted.first("repeated"), _REPEATED)
            self._troubles += self._told(
                unsorted.unmatched, unsorted.first("unmatched"), _UNMATCHED
            )

    def _told(
        self, counts: Sequence[int], examples: Sequence[Sequence[tuple[int, str]]], sentence: str
    ) -> Iterator[str]:
        for feed, count, some in zip(self.feeds, counts, examples, strict=True):
            if count:
                names = list(dict.fromkeys(name for _, name in some))
                more = ", …" if count > len(some) else ""
                yield sentence.format(
                    file=feed.title,
                    rows=plural(count, "row"),
                    key=quoted(self.key or ""),
                    ids=f"{quoted(self.key or '')} {quoted_list(names)}{more}",
                    first=f"{some[0][0] + 1:,}",
                )

    def _alike(self, step: Step) -> bool:
        first = step[0][0].ids
        whole = first is not None and not first.null_count
        return whole and all(_same(first, some[0].ids) for some in step[1:])

    def _check_order(self, step: Step) -> None:
        """Check that a column that is called like an id agrees, though rows meet by order."""
        own = step[0][0]
        for feed, some in zip(self.feeds[1:], step[1:], strict=True):
            if _same(own.ids, some[0].ids):
                continue
            pairs = enumerate(zip(_texts(own.ids), _texts(some[0].ids), strict=True))
            apart = ((n, one, other) for n, (one, other) in pairs if one and other and one != other)
            row, ours, theirs = next(apart, (0, "", ""))
            if not ours:
                continue  # a name that is missing, or could not be read, tells nothing
            raise DataError(
                f"{feed.title}: row {own.start + row + 1:,} has {quoted(self.key or '')} "
                f"{quoted(theirs)}, and that row of {self.feeds[0].title} {quoted(ours)}: the rows "
                f"do not stand in one order; join them with --id {shell_word(self.key or '')}."
            )

    def _drain(self, streams: Sequence[Iterator[list[ScoredRows]]]) -> None:
        for stream in streams:
            for _ in stream:
                pass

    def _uneven(self) -> str:
        counts = [f"{feed.title} has {plural(feed.read, 'row')}" for feed in self.feeds]
        how = f", for example with --id {shell_word(self.key)}" if self.key else " with --id"
        return f"{', '.join(counts)}: rows that do not stand in one order have to be joined{how}."


_UNNAMED = (
    "{file}: {rows} without a value in {key}, first row {first}; leave them out with --join inner."
)
_REPEATED = "{file}: {rows} called like one before: {ids}; --join inner takes the first of them."
_UNMATCHED = "{file}: {rows} without a partner: {ids}; leave them out with --join inner."


def in_step(streams: Sequence[Iterator[list[ScoredRows]]]) -> Iterator[Step]:
    """Cut streams so that each step has the same rows, by number, of every data set.

    What is left of the longer ones comes with nothing for those that have ended.
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
    """Whether rows are called the same."""
    if ours is None or theirs is None:
        return ours is theirs
    return bool(ours.equals(theirs)) or _texts(ours) == _texts(theirs)


def _texts(ids: pa.Array | None) -> list[str]:
    from ce_cli.comparing.partitioned_join import row_names

    return [] if ids is None else [text or "" for text in row_names(ids).to_pylist()]
