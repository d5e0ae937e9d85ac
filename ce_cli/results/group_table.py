"""The groups of a score as a table of arrays, since there may be very many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self, overload

from ce_cli.record import Record
from ce_cli.results.score import Group, Interval, group_column

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_AT_ONCE = 1 << 12  # groups whose values are Python objects at the same time


class GroupIntervals(Record):
    """The intervals of one figure: their ends by group, and how they were computed."""

    low: Floats
    high: Floats
    confidence: float
    method: str
    n: Floats | None = None
    skewness: Floats | None = None

    def between(self, first: int, last: int) -> Self:
        """Those of the groups from `first` up to, but excluding, `last`."""
        part = slice(first, last)
        n, skewness = (None if one is None else one[part] for one in (self.n, self.skewness))
        return self.replace(low=self.low[part], high=self.high[part], n=n, skewness=skewness)

    def each(self) -> Iterator[Interval]:
        """One after another."""
        unknown = [None] * len(self.low)
        ends = (self.low.tolist(), self.high.tolist())
        others = (unknown if one is None else one.tolist() for one in (self.n, self.skewness))
        for low, high, n, skewness in zip(*ends, *others, strict=True):
            yield Interval(low, high, self.confidence, self.method, n, skewness)


class GroupTable(Record, Sequence[Group]):
    """Groups by the same columns, in order: a sequence of `Group`, made as they are asked for.

    Attributes
    ----------
    by : dict of pyarrow.StringArray
        The values of the grouping columns, null for a missing value.
    rows, weight_sum : ndarray
        Numbers of rows and sums of weights.
    metrics : dict of ndarray
        The figures by name.
    intervals : dict of GroupIntervals
        The intervals of those figures that have one.
    """

    by: Mapping[str, pa.StringArray]
    rows: Ints
    weight_sum: Floats
    metrics: Mapping[str, Floats]
    intervals: Mapping[str, GroupIntervals]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Group]:
        for part in self.pieces(_AT_ONCE):
            yield from part._groups()

    @overload
    def __getitem__(self, place: int) -> Group: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Group, ...]: ...
    def __getitem__(self, place: int | slice) -> Group | tuple[Group, ...]:
        if isinstance(place, slice):
            return tuple(self[at] for at in range(*place.indices(len(self))))
        at = range(len(self))[place]
        return next(self.between(at, at + 1)._groups())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def between(self, first: int, last: int) -> Self:
        """The groups from `first` up to, but excluding, `last`."""
        part = slice(first, last)
        return type(self)(
            {name: texts[part] for name, texts in self.by.items()},
            self.rows[part],
            self.weight_sum[part],
            {name: values[part] for name, values in self.metrics.items()},
            {name: one.between(first, last) for name, one in self.intervals.items()},
        )

    def pieces(self, size: int) -> Iterator[Self]:
        """Tables of at most `size` groups each."""
        for first in range(0, len(self), size):
            yield self.between(first, first + size)

    def columns(self) -> dict[str, Sequence[str | None] | Ints | Floats]:
        """The columns of the flat table, as `flat_group` makes its lines."""
        figures: dict[str, Ints | Floats] = {"rows": self.rows, "weight_sum": self.weight_sum}
        figures |= self.metrics
        for name, one in self.intervals.items():
            figures |= {f"{name}_low": one.low, f"{name}_high": one.high}
        by = {group_column(name, figures): texts.to_pylist() for name, texts in self.by.items()}
        return {**by, **figures}

    def _groups(self) -> Iterator[Group]:
        by = {name: texts.to_pylist() for name, texts in self.by.items()}
        metrics = {name: values.tolist() for name, values in self.metrics.items()}
        intervals = {name: list(one.each()) for name, one in self.intervals.items()}
        for place, (rows, weight) in enumerate(
            zip(self.rows.tolist(), self.weight_sum.tolist(), strict=True)
        ):
            yield Group(
                {name: texts[place] for name, texts in by.items()},
                rows,
                weight,
                {name: values[place] for name, values in metrics.items()},
                {name: own[place] for name, own in intervals.items()},
            )
