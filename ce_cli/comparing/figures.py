"""From sums over paired rows to differences, intervals and verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Self, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.comparing import ratio_moments
from ce_cli.comparing.clusters import Clusters
from ce_cli.comparing.group_arrays import GroupArrays
from ce_cli.comparing.paired_sums import Name, SignBlocks
from ce_cli.kernels.deciding import holm, holm_levels, rows_to_decide
from ce_cli.kernels.losses import LOG_2
from ce_cli.kernels.signflip import fewest_to_decide, sign_flip_p_value
from ce_cli.kernels.statistic import NO_ENDS, Ends, Statistic
from ce_cli.metrics.bounds import ClusteredMean, Level
from ce_cli.metrics.moments import effective_count
from ce_cli.metrics.state import State, Sums
from ce_cli.record import Record
from ce_cli.results.compare import Comparison, Verdict
from ce_cli.results.score import Interval
from ce_cli.spec import Spec

Floats = NDArray[np.float64]

ROUNDING = 1e-12  # root mean square difference of losses that rounding may explain, as a share
_MOST_ROWS = 1e15  # a larger number of rows is of no use to anyone


class GroupSums(Record):
    """The sums of one group of rows.

    Attributes
    ----------
    states : mapping of State
        Those of all groups.
    clusters : Clusters or None
        Those in this group; present if rows are clustered.
    group : int
        The place of this group in the states.
    """

    states: Mapping[Name, State]
    clusters: Clusters | None
    group: int = 0

    def at(self, group: int, clusters: Clusters | None) -> Self:
        """Another group of the same states."""
        other = type(self)(self.states, clusters, group)
        other.__dict__["_arrays"] = self._arrays  # computed once for all groups
        return other

    @property
    def rows(self) -> int:
        """How many rows there are, those of weight 0 included."""
        return self._arrays.rows[self.group]

    @property
    def weight(self) -> float:
        """The sum of their weights."""
        return self._arrays.weights[self.group]

    @property
    def size(self) -> Size:
        """The number of rows that count, and the effective number of rows or clusters."""
        return Size(self._arrays.counted[self.group], self.effective)

    @property
    def units(self) -> int:
        """How many rows, or clusters of them, have a weight above 0."""
        if self.clusters is None:
            return self._arrays.counted[self.group]
        return len(self.clusters.weights)

    def rows_by_class(self, classes: int) -> list[float]:
        """Kish's number of rows of each class; empty if that is not known."""
        if ("soft", 0) not in self.states or self._sum("soft", 0):
            return []
        sums = [[self._sum(name, code) for code in range(classes)] for name in ("class", "square")]
        weights, squares = map(np.array, sums)
        return list(np.where(weights > 0, effective_count(weights, squares), 0.0).tolist())

    @property
    def effective(self) -> float:
        """Kish's number of rows or clusters: fewer than there are where their weights vary."""
        return self.mean_statistic(0).degrees + 1.0

    def mean(self, model: int) -> float:
        """The cross-entropy of a model, in nats."""
        return self._arrays.means[model][self.group]

    def mean_statistic(self, model: int) -> Statistic:
        """The cross-entropy of a model, in nats, and its error."""
        return self._mean_statistics[model]

    def difference(self, model: int) -> float:
        """The cross-entropy of the model minus that of the reference, in nats."""
        return self._arrays.differences[model - 1][self.group]

    def statistic(self, model: int) -> Statistic:
        """The difference, in nats, and its error."""
        return self._statistics[model - 1]

    def relative(self, model: int) -> float:
        """The difference as a share of the reference's cross-entropy."""
        reference, difference = self.mean(0), self.difference(model)
        if not difference:
            return difference
        return difference / reference if 0 < reference < math.inf else math.nan

    def relative_interval(self, model: int, tested: Statistic, confidence: float) -> Ends:
        """Fieller's interval of the relative difference, which agrees with `tested`."""
        own, ratio = self.mean_statistic(0), self.relative(model)
        if not (math.isfinite(ratio) and math.isfinite(tested.error + own.error)):
            return NO_ENDS
        if tested.value == tested.error == 0.0:  # all losses are the same
            return 0.0, 0.0
        if not own.value:  # then all losses are 0, those of the model too
            return tested.interval_of_difference(confidence)
        if self.clusters is None:
            moments = self._arrays.row_sums[model - 1].moments(self.group, tested.error)
        else:
            sums, (losses, *_) = self._cluster_differences(model), self.clusters.losses
            moments = ratio_moments.of_clusters(
                sums, losses, self.clusters.weights, ratio, tested.error
            )
        return tested.interval_of_ratio(moments, confidence)

    def sign_flip_p_value(self, model: int, transformed: bool) -> float:
        """The p-value of no difference by flipping signs; `transformed` as `Statistic` is."""
        if not self.statistic(model).is_known:
            return math.nan
        if self.clusters is not None:
            sums, weights = self._cluster_differences(model), self.clusters.weights
        else:
            blocks = self._blocks(model)
            sums, weights = blocks.sums.floats(), blocks.weights.floats()
        if not np.isfinite(sums).all():
            return math.nan
        return sign_flip_p_value(sums, weights if transformed else None)

    def rates(self, model: int) -> tuple[float, float]:
        """The shares of the weight where the model's loss is lower, and where it is the same."""
        return self._arrays.rates[model - 1][self.group]

    def are_equal(self, model: int) -> bool:
        """Whether all losses are equal, except for rounding."""
        if self.rates(model)[1] == 1.0:
            return True
        return is_rounding(self.statistic(model), self.effective, self.mean(0))

    def _cluster_differences(self, model: int) -> Floats:
        """Σ w·d of each cluster."""
        if self.clusters is None:
            raise ValueError("there are no clusters")
        with np.errstate(invalid="ignore"):  # ∞ − ∞
            differences: Floats = self.clusters.losses[model] - self.clusters.losses[0]
        return differences

    def _clustered(self, sums: Floats, mean: float) -> Statistic:
        """A mean and its error, from Σ w·v of each cluster."""
        if self.clusters is None:
            raise ValueError("there are no clusters")
        weights = self.clusters.weights
        with np.errstate(over="ignore", invalid="ignore"):  # weighed first, so that few overflow
            residuals = (sums - mean * weights) / self.weight
            found = ClusteredMean.of(residuals, weights, 1.0)
            endless = not np.isfinite(np.square(residuals)).all()
        error = math.inf if endless and found.count > 1.0 else found.error
        return Statistic(mean, error, found.count - 1.0, 0.0 if endless else found.skewness)

    @cached_property
    def _arrays(self) -> GroupArrays:
        return GroupArrays(self.states)

    @cached_property
    def _mean_statistics(self) -> list[Statistic]:
        if self.clusters is None:
            return [every[self.group] for every in self._arrays.mean_statistics]
        return [
            self._clustered(losses, self.mean(model))
            for model, losses in enumerate(self.clusters.losses)
        ]

    @cached_property
    def _statistics(self) -> list[Statistic]:
        if self.clusters is None:
            return [every[self.group] for every in self._arrays.statistics]
        return [
            self._clustered(self._cluster_differences(model), self.difference(model))
            if math.isfinite(self.difference(model))
            else Statistic(self.difference(model), math.nan, math.nan)
            for model in range(1, len(self.clusters.losses))
        ]

    def _sum(self, name: str, place: int) -> float:
        """A sum that goes by `name`."""
        sums = cast(Sums, self.states[name, place]).sums
        return float(sums.between(self.group, self.group + 1).floats()[0])

    def _blocks(self, model: int) -> SignBlocks:
        return cast(SignBlocks, self.states["blocks", model]).at(self.group)


def is_rounding(difference: Statistic, count: float, mean: float) -> bool:
    """Whether rounding alone may explain the difference of `count` losses from those of a mean."""
    if not (math.isfinite(difference.error) and math.isfinite(difference.value)):
        return False
    spread = difference.error * math.sqrt(count)
    return math.hypot(spread, difference.value) <= ROUNDING * mean


def by_method(statistic: Statistic, spec: Spec) -> Statistic:
    """The statistic as ``--interval`` asks for: Student's t takes no account of skewness."""
    return statistic if spec.interval == "hall" else statistic.replace(skewness=0.0)


def comparisons(
    figures: GroupSums, names: Sequence[str], spec: Spec, flipped: bool
) -> Iterator[Comparison]:
    """Compare each model with the first; verdicts are decided later, for all of them together."""
    level = Level(spec.confidence, spec.interval)
    method = level.named("the paired differences")
    if figures.clusters is not None:
        method += ", summed by cluster"
    for model in range(1, len(names)):
        statistic = figures.statistic(model)
        tested = by_method(statistic, spec)
        difference, relative = tested.value, figures.relative(model)
        low, high = tested.interval_of_difference(spec.confidence)
        ends = figures.relative_interval(model, tested, spec.confidence)
        nats = Interval(low, high, spec.confidence, method, *counted(statistic))
        p_value = tested.p_value
        if flipped:
            p_value = figures.sign_flip_p_value(model, transformed=spec.interval == "hall")
        wins, ties = figures.rates(model)
        yield Comparison(
            model=names[model],
            reference=names[0],
            difference={
                "absolute": difference / spec.scale,
                "relative": relative,
                "bits": difference / LOG_2,
            },
            intervals={
                "absolute": nats.over(spec.scale),
                "relative": Interval(*ends, spec.confidence, f"{method}, Fieller's for a ratio"),
                "bits": nats.over(LOG_2),
            },
            standard_error=tested.error / spec.scale,
            p_value=p_value,
            p_adjusted=math.nan,
            win_rate=wins,
            tie_rate=ties,
            verdict="same" if figures.are_equal(model) else "unclear",
        )


def counted(statistic: Statistic) -> tuple[float, float]:
    """The effective number of rows or clusters, and the skewness, as an `Interval` has them.

    They are those of the numbers, also where ``--interval t`` makes no use of the skewness.
    """
    return statistic.degrees + 1.0, statistic.skewness


class Size(Record):
    """The number of rows, and the effective number of them or of clusters."""

    rows: int
    effective: float

    def more(self, one: Comparison, level: float, flipped: bool) -> int | None:
        """How many more rows, in clusters of the same size, would detect this difference."""
        units = rows_to_decide(
            self.effective, one.difference["absolute"], one.standard_error, level
        )
        if flipped:
            units = max(units, fewest_to_decide(level))
        rows = units * self.rows / self.effective if self.effective else math.nan
        return max(1, math.ceil(rows) - self.rows) if 0 < rows < _MOST_ROWS else None


def settled(
    comparisons: Sequence[Comparison], sizes: Sequence[Size], confidence: float, flipped: bool
) -> list[Comparison]:
    """Adjust the p-values for the number of comparisons, and decide the verdicts.

    Parameters
    ----------
    comparisons : sequence of Comparison
        All comparisons that are judged together.
    sizes : sequence of Size
        The size of each.
    confidence : float
        1 − the level of the tests.
    flipped : bool
        Whether the p-values come from flipping signs.
    """
    p_values = [one.p_value for one in comparisons]
    level = 1.0 - confidence
    decided = []
    for one, p, own_level, size in zip(
        comparisons, holm(p_values), holm_levels(p_values, level), sizes, strict=True
    ):
        verdict = _verdict(one, p, level)
        more = size.more(one, own_level, flipped) if verdict == "unclear" else None
        decided.append(one.replace(p_adjusted=p, verdict=verdict, more_rows=more))
    return decided


def _verdict(one: Comparison, p: float, level: float) -> Verdict:
    difference = one.difference["absolute"]
    if one.verdict == "same":
        return "same"
    if math.isinf(difference):
        return "worse" if difference > 0 else "better"
    if p < level:
        return "worse" if difference > 0 else "better"
    return "unclear"
