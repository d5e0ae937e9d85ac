"""From sums over paired rows to differences, intervals and verdicts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.comparing.clusters import Clusters
from ce_cli.comparing.paired_sums import DifferenceSums, Name, SignBlocks
from ce_cli.kernels.deciding import holm, holm_levels, rows_to_decide
from ce_cli.kernels.exact import ratios
from ce_cli.kernels.losses import LOG_2
from ce_cli.kernels.signflip import fewest_to_decide, sign_flip_p_value
from ce_cli.kernels.student import t_p_value
from ce_cli.metrics.bounds import ClusteredMean, Level
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State, States
from ce_cli.record import Record
from ce_cli.results.compare import Comparison, Verdict
from ce_cli.scoring.figures import interval
from ce_cli.spec import Spec

Kind = TypeVar("Kind", bound=State)

Floats = NDArray[np.float64]

_ROUNDING = 1e-12  # root mean square difference of losses that rounding may explain
_MOST_ROWS = 1e15  # a larger number of rows is of no use to anyone


class GroupSums(Record):
    """The sums of one group of rows.

    Attributes
    ----------
    states : mapping of State
        Those of this group alone.
    clusters : Clusters or None
        Present if rows are clustered.
    """

    states: Mapping[Name, State]
    clusters: Clusters | None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self._state(Loss, "loss", 0).rows.floats()[0])

    @property
    def weight(self) -> float:
        """The sum of their weights."""
        return float(self._state(Loss, "loss", 0).weight.floats()[0])

    @property
    def size(self) -> Size:
        """The number of rows and of independent units."""
        return Size(self.rows, self.units)

    @property
    def units(self) -> int:
        """How many rows, or clusters of them, vary independently."""
        return self.rows if self.clusters is None else len(self.clusters.weights)

    def mean(self, model: int) -> float:
        """The cross-entropy of a model, in nats."""
        return float(self._state(Loss, "loss", model).mean[0])

    def standard_error(self, model: int) -> float:
        """The standard error of the cross-entropy of a model, in nats."""
        if self.clusters is not None:
            mean, sums = self.mean(model), self.clusters.losses[model]
            if math.isinf(mean):
                return math.inf
            return self._clustered(sums, mean, self.clusters.weights)
        loss = self._state(Loss, "loss", model)
        spread = self._state(Spread, "spread", model)
        return float(spread.figures(States({Loss: loss}))["standard_error"][0])

    def difference(self, model: int) -> float:
        """The cross-entropy of the model minus that of the reference, in nats."""
        state = self._difference(model)
        more, less, unknown = (
            counts.floats()[0] > 0 for counts in (state.more, state.less, state.undefined)
        )
        if unknown or (more and less):
            return math.nan
        if more or less:
            return math.inf if more else -math.inf
        return float(state.loss.mean[0])

    def difference_error(self, model: int) -> float:
        """The standard error of the difference, in nats."""
        difference = self.difference(model)
        if not math.isfinite(difference):
            return math.nan
        if self.clusters is not None:
            return self._clustered(
                self._cluster_differences(model), difference, self.clusters.weights
            )
        state = self._difference(model)
        return float(state.spread.figures(States({Loss: state.loss}))["standard_error"][0])

    def relative_error(self, model: int) -> float:
        """The standard error of difference / reference.

        That of a ratio of means by its linear expansion (Cochran, Sampling Techniques, 3rd ed.,
        1977, section 6.4): Σ w²(d − r·reference)² instead of the sum of squares.
        """
        reference, ratio = self.mean(0), self.relative(model)
        if not math.isfinite(ratio):
            return math.nan
        if not reference:  # then all losses are 0, those of the model too
            return self.difference_error(model)
        if self.clusters is not None:
            return (
                self._clustered(self._cluster_differences(model), ratio, self.clusters.losses[0])
                / reference
            )
        if not math.isfinite(self.difference_error(model) + self.standard_error(0)):
            return math.nan
        state, ours = self._difference(model), self._state(Spread, "spread", 0)
        slope = Fraction(ratio)
        squares = (
            state.spread.square.totals()[0]
            - 2 * slope * state.cross.totals()[0]
            + slope * slope * ours.square.totals()[0]
        )
        rows = self.rows
        if rows < 2:
            return math.nan
        return _root(squares / (Fraction(self.weight) * Fraction(reference)) ** 2, rows)

    def relative(self, model: int) -> float:
        """The difference as a share of the reference's cross-entropy."""
        reference, difference = self.mean(0), self.difference(model)
        if not difference:
            return difference
        return difference / reference if 0 < reference < math.inf else math.nan

    def p_value(self, model: int, flipped: bool) -> float:
        """The p-value of no difference, by a t test or by flipping signs."""
        difference = self.difference(model)
        if not math.isfinite(difference) or self.units < 2:
            return math.nan
        if flipped:
            sums = self._sign_sums(model)
            return sign_flip_p_value(sums) if np.isfinite(sums).all() else math.nan
        if difference == 0:
            return 1.0
        error = self.difference_error(model)
        return t_p_value(difference / error if error else math.inf, self.units - 1)

    def rates(self, model: int) -> tuple[float, float]:
        """The shares of the weight where the model's loss is lower, and where it is the same."""
        state, weight = self._difference(model), self._state(Loss, "loss", 0).weight
        return float(ratios(state.wins, weight)[0]), float(ratios(state.ties, weight)[0])

    def are_equal(self, model: int) -> bool:
        """Whether all losses are equal, except for rounding."""
        if self.rates(model)[1] == 1.0:
            return True
        error, difference = self.difference_error(model), self.difference(model)
        if not (math.isfinite(error) and math.isfinite(difference)):
            return False
        return math.hypot(error * math.sqrt(self.units), difference) <= _ROUNDING * self.mean(0)

    def _sign_sums(self, model: int) -> Floats:
        if self.clusters is not None:
            return self._cluster_differences(model)
        return self._state(SignBlocks, "blocks", model).sums.floats()

    def _cluster_differences(self, model: int) -> Floats:
        """Σ w·d of each cluster."""
        if self.clusters is None:
            raise ValueError("there are no clusters")
        with np.errstate(invalid="ignore"):  # ∞ − ∞
            differences: Floats = self.clusters.losses[model] - self.clusters.losses[0]
        return differences

    def _clustered(self, sums: Floats, slope: float, others: Floats) -> float:
        """The standard error of Σ w·d, where the residual of a cluster is sum − slope · other."""
        if self.units < 2:
            return math.nan
        with np.errstate(over="ignore", invalid="ignore"):  # weighed first, so that few overflow
            residuals = (sums - slope * others) / self.weight
            if not np.isfinite(np.square(residuals)).all():
                return math.inf
        return (
            ClusteredMean.of(residuals, self.clusters.weights, 1.0).error
            if self.clusters
            else math.nan
        )

    def _state(self, kind: type[Kind], name: str, model: int) -> Kind:
        """The state of a model that goes by `name`, an instance of `kind`."""
        return cast(Kind, self.states[name, model])

    def _difference(self, model: int) -> DifferenceSums:
        return self._state(DifferenceSums, "difference", model)


def _root(squares: Fraction, count: int) -> float:
    """√( n/(n−1) · squares )."""
    try:
        return math.sqrt(max(0.0, float(squares * count / (count - 1))))
    except OverflowError:
        return math.inf


def comparisons(
    figures: GroupSums, names: Sequence[str], spec: Spec, flipped: bool
) -> Iterator[Comparison]:
    """Compare each model with the first; verdicts are decided later, for all of them together."""
    level = Level(spec.confidence, spec.interval)
    method = level.named("the paired differences")
    if figures.clusters is not None:
        method += ", summed by cluster"
    for model in range(1, len(names)):
        difference, error = figures.difference(model), figures.difference_error(model)
        units = figures.units
        scales = {"absolute": spec.scale, "bits": LOG_2}
        intervals = {
            name: interval(difference / scale, error / scale, units, 0.0, level, method)
            for name, scale in scales.items()
        }
        relative, wide = figures.relative(model), figures.relative_error(model)
        intervals["relative"] = interval(
            relative, wide, units, 0.0, level, f"{method}, delta method"
        )
        wins, ties = figures.rates(model)
        yield Comparison(
            model=names[model],
            reference=names[0],
            difference={
                "absolute": difference / spec.scale,
                "relative": relative,
                "bits": difference / LOG_2,
            },
            intervals={name: intervals[name] for name in ("absolute", "relative", "bits")},
            standard_error=error / spec.scale,
            p_value=figures.p_value(model, flipped),
            p_adjusted=math.nan,
            win_rate=wins,
            tie_rate=ties,
            verdict="same" if figures.are_equal(model) else "unclear",
        )


class Size(Record):
    """The number of rows, and of rows or clusters that vary independently."""

    rows: int
    units: int

    def more(self, one: Comparison, level: float, flipped: bool) -> int | None:
        """How many more rows, in clusters of the same size, would detect this difference."""
        units = rows_to_decide(self.units, one.difference["absolute"], one.standard_error, level)
        if flipped:
            units = max(units, fewest_to_decide(level))
        rows = units * self.rows / self.units if self.units else math.nan
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
