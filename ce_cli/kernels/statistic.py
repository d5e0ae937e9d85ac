"""A mean in standard errors: its test against 0, and the intervals that agree with the test."""

from __future__ import annotations

import math
import sys
from functools import cached_property

from ce_cli.kernels.fieller import RatioMoments
from ce_cli.kernels.hall import transformed, untransformed
from ce_cli.kernels.student import t_p_value, t_quantile
from ce_cli.record import Record

_LEAST = sys.float_info.min  # the end nearest to 0 of an interval that excludes 0

Ends = tuple[float, float]

NO_ENDS: Ends = (math.nan, math.nan)


class Statistic(Record):
    """A mean, or a difference of means, with what its test needs.

    Attributes
    ----------
    value, error : float
        The mean and its standard error; NaN where unknown.
    degrees : float
        Degrees of freedom of Student's t.
    skewness : float
        Σ r³ / (Σ r²)^(3/2) of the residuals, for Hall's transformation; 0 for Student's t itself.
    """

    value: float
    error: float
    degrees: float
    skewness: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether there is an interval."""
        return math.isfinite(self.value) and not math.isnan(self.error) and self.degrees > 0.0

    @cached_property
    def p_value(self) -> float:
        """Two-sided, of the hypothesis that the true mean is 0; NaN where unknown.

        An infinite error says nothing against it.
        """
        if not self.is_known:
            return math.nan
        if self.value == 0.0 or self.error == math.inf:
            return 1.0
        t = self.value / self.error if self.error else math.copysign(math.inf, self.value)
        if math.isfinite(t):
            t = float(transformed(t, self.skewness))
        return t_p_value(t, self.degrees)

    def limits(self, confidence: float) -> Ends:
        """The smallest and the largest t that are not unusual where the true mean is 0."""
        if not self.is_known:
            return NO_ENDS
        reach = t_quantile(confidence, self.degrees)
        low, high = (float(untransformed(side, self.skewness)) for side in (-reach, reach))
        return min(low, 0.0), max(high, 0.0)

    def interval(self, confidence: float) -> Ends:
        """The means that the test would not reject."""
        low, high = self.limits(confidence)
        return self.value - high * self.error, self.value - low * self.error

    def interval_of_difference(self, confidence: float) -> Ends:
        """The same, on the side of 0 that the p-value is on, whatever is rounded."""
        return self._agreeing(self.interval(confidence), confidence)

    def interval_of_ratio(self, moments: RatioMoments, confidence: float) -> Ends:
        """Fieller's interval of the mean as a share of another, which agrees with the p-value.

        `moments` has this mean as its difference, and this error.
        """
        return self._agreeing(moments.ends(*self.limits(confidence)), confidence)

    def _agreeing(self, ends: Ends, confidence: float) -> Ends:
        """The ends, moved to where they exclude 0 exactly if the test at this level does.

        Without it, an end that is nearly 0 could be rounded to the other side.
        """
        low, high = ends
        if math.isnan(low):
            return ends
        if not self.p_value < 1.0 - confidence:
            return (0.0 if low > 0.0 else low), (0.0 if high < 0.0 else high)
        if self.value > 0.0:
            return (low if low > 0.0 else _LEAST), high
        return low, (high if high < 0.0 else -_LEAST)
