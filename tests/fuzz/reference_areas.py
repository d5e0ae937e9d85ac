"""The area under the ROC curve with DeLong's interval, and the calibration error, by definition."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from mpmath import mp

from tests.fuzz.reference_means import Interval, kish, t_quantile, total
from tests.fuzz.reference_rows import HALF, ONE, ZERO, Number

BINS = 15


def calibration(
    predicted: Sequence[Number], observed: Sequence[Number], weights: Sequence[Number]
) -> Number:
    """Σ share · |observed − predicted| over bins that include their upper edge."""
    gaps = [ZERO] * BINS
    uppers = [(i + 1) / BINS for i in range(BINS)]
    for q, y, w in zip(predicted, observed, weights, strict=True):
        gaps[min(bisect_left(uppers, float(q)), BINS - 1)] += w * (y - q)
    return mp.fsum(abs(g) for g in gaps) / total(weights)


def _placements(scores: Sequence[Number], others: Sequence[tuple[Number, Number]]) -> list[Number]:
    """For each score, the weighted share of the others that rank below it; a tie is one half."""
    whole = mp.fsum(w for _, w in others)
    ranked = sorted(others)
    values = [v for v, _ in ranked]
    sums = [ZERO]
    for _, w in ranked:
        sums.append(sums[-1] + w)
    result = []
    for score in scores:
        low = bisect_left(values, score)
        high = low
        while high < len(values) and values[high] == score:
            high += 1
        result.append((sums[low] + (sums[high] - sums[low]) * HALF) / whole)
    return result


Part = list[tuple[Number, Number]]


def _parts(
    scores: Sequence[Number], observed: Sequence[Number], weights: Sequence[Number]
) -> tuple[Part, Part]:
    rows = [(s, y, w) for s, y, w in zip(scores, observed, weights, strict=True) if w]
    return [(s, w) for s, y, w in rows if y == 1], [(s, w) for s, y, w in rows if y == 0]


def auc(
    scores: Sequence[Number], observed: Sequence[Number], weights: Sequence[Number]
) -> Number | None:
    """How often a positive row ranks above a negative one; None without one of both."""
    positive, negative = _parts(scores, observed, weights)
    if not positive or not negative:
        return None
    placed = _placements([s for s, _ in positive], negative)
    pairs = zip(placed, positive, strict=True)
    return mp.fsum(p * w for p, (_, w) in pairs) / mp.fsum(w for _, w in positive)


def auc_interval(
    scores: Sequence[Number],
    observed: Sequence[Number],
    weights: Sequence[Number],
    confidence: float,
) -> Interval | None:
    """DeLong's error on the scale of logits, by t of the rarer class's rows less one."""
    area = auc(scores, observed, weights)
    if area is None or area in (ZERO, ONE):
        return None
    positive, negative = _parts(scores, observed, weights)
    sizes = [kish([w for _, w in part]) for part in (positive, negative)]
    if min(sizes) < 2:
        return None
    above = _placements([s for s, _ in positive], negative)
    below = [1 - p for p in _placements([s for s, _ in negative], positive)]
    variance = ZERO
    for placed, part, n in zip((above, below), (positive, negative), sizes, strict=True):
        whole = mp.fsum(w for _, w in part)
        squares = mp.fsum((w * (p - area)) ** 2 for p, (_, w) in zip(placed, part, strict=True))
        variance += n / (n - 1) * squares / whole**2
    t = t_quantile(confidence, float(min(sizes) - 1))
    half = t * mp.sqrt(variance) / (area * (1 - area))
    middle = mp.log(area / (1 - area))
    return tuple(1 / (1 + mp.exp(-(middle + s * half))) for s in (-1, 1))
