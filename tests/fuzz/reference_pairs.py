"""The figures of a comparison of two models on the same rows, by the definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mpmath import mp, mpf

from tests.fuzz import reference_means as means
from tests.fuzz.reference_figures import UNITS, Figures, Scored, scored
from tests.fuzz.reference_rows import INFINITY, ZERO, Number, Row, Rules


@dataclass(frozen=True)
class Pair:
    """The same rows under a reference and another model."""

    reference: Scored
    model: Scored

    @property
    def differences(self) -> list[Number]:
        """The loss of each row less its loss under the reference."""
        pairs = zip(self.model.losses, self.reference.losses, strict=True)
        return [b - a for b, a in pairs]

    def statistic(self, ratio: Number) -> Number:
        """Hall's transformed t of the mean of d − ratio · reference; without k for Student's."""
        pairs = zip(self.differences, self.reference.losses, strict=True)
        found = means.mean(
            [d - ratio * a for d, a in pairs], self.model.weights, self.model.clusters
        )
        if not found.error:
            return INFINITY if found.value else ZERO
        k = found.skewness if self.model.rules.skewed else ZERO
        return means.hall(found.value / found.error, k)


def pair(
    reference: Sequence[Row], model: Sequence[Row], rules: Rules, clustered: bool = False
) -> Pair:
    """Both models with their losses.

    Raises
    ------
    InvalidRowsError
        If the definitions refuse the rows of one.
    """
    return Pair(scored(reference, rules, clustered), scored(model, rules, clustered))


def compared(of: Pair) -> Figures:
    """The figures of ``comparisons`` in the JSON document, by their path."""
    rules, unit = of.model.rules, UNITS[of.model.rules.base]
    weights, differences = of.model.weights, of.differences
    found = means.mean(differences, weights, of.model.clusters)
    whole = means.plain(of.reference.losses, weights)
    result: Figures = {
        "difference.absolute": found.value / unit,
        "difference.bits": found.value / mp.log(2),
        "difference.relative": found.value / whole if whole else None,
        "win_rate": means.plain([mpf(_sign(of, i) < 0) for i in range(len(weights))], weights),
        "tie_rate": means.plain([mpf(_sign(of, i) == 0) for i in range(len(weights))], weights),
    }
    if found.has_interval and found.error:
        result["standard_error"] = found.error / unit
        low, high = means.interval(found, rules)
        result["intervals.absolute.low"], result["intervals.absolute.high"] = (
            low / unit,
            high / unit,
        )
        result["p_value"] = means.t_tails(abs(of.statistic(ZERO)), mpf(float(found.n - 1)))
    return result


def doubtful(of: Pair) -> Number:
    """The share of the rows whose losses differ by rounding only, if at all."""
    weights = of.model.weights
    close = [
        mpf(_sign(of, i) == 0 and a.prediction != b.prediction)
        for i, (a, b) in enumerate(zip(of.reference.rows, of.model.rows, strict=True))
    ]
    return means.plain(close, weights)


def _sign(of: Pair, row: int) -> int:
    """Of the difference of a row; 0 if it is within the rounding of its losses."""
    before, after = of.reference.losses[row], of.model.losses[row]
    if abs(after - before) <= mpf(10) ** -15 * max(before, after):
        return 0
    return 1 if after > before else -1
