"""Warnings that an interval may miss the truth, since few rows decide about it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.metrics.bounds import Bounds, Level
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.prior import Prior
from ce_cli.metrics.quantiles import Quantiles
from ce_cli.metrics.spread import FROM_MEAN_LOSS, Spread
from ce_cli.registry import FIGURES
from ce_cli.results.score import Note
from ce_cli.scoring.figures import Computed, Measured, chosen
from ce_cli.scoring.rarity import FEW, FEW_CLUSTERS, SKEWED, outside_commonest
from ce_cli.spec import Spec
from ce_cli.text import level_text, plural, quoted, quoted_list

Floats = NDArray[np.float64]

_TOP_SHARE = 0.001  # if the largest 0.1 % of the losses …
_TOP_HEAVY = 0.5  # … make up more of the variance than this, the interval is not reliable
_HALF_SKEWED = 0.03  # above it, the interval is not reliable if the largest loss …
_ONE_HEAVY = 0.3  # … makes up so much of the skewness, among …
_MANY_ROWS = 300  # … so many rows
_MATERIAL = 0.01  # of the baseline
_OF_REACH = 0.25  # of the half-width of an interval
_WITHOUT = frozenset(("accuracy", "median", "p90", "p99"))  # hold for any numbers
_CHANCE = 0.001  # of so few errors; below it, chance is no explanation
_SHOWN = 3
_OF_LOSS = frozenset((*FROM_MEAN_LOSS, "skill", "normalized_cross_entropy", "kl_divergence"))


def interval_warnings(computed: Computed, measured: Measured) -> Iterator[Note]:
    """The warnings about the intervals of all rows that are shown."""
    clustered = computed.total.clustered
    if clustered is not None:
        yield from few_clusters(clustered.count, clustered.mean.count)
    shown = _shown(measured, computed)
    count = computed.total.issues.observed if clustered is None else clustered.count
    rare: list[Note] = []
    if shown.keys() - _WITHOUT and count > 1:
        rare = list(_rare_class(computed))
        yield from rare
        yield from _expected_loss(computed, measured)
        if not rare and (clustered is None or clustered.count >= FEW_CLUSTERS):
            yield from _tail(computed, measured, shown)
        yield from _small_classes(computed)
    if not rare:
        yield from _baseline(computed, measured)


def _shown(measured: Measured, computed: Computed) -> dict[str, Bounds]:
    """The intervals on the page: by default those of the mean loss and what follows from it."""
    shown = chosen(measured.bounds, computed.spec)
    if not computed.spec.metric:
        return {name: one for name, one in shown.items() if name in _OF_LOSS}
    if "standard_error" in computed.spec.metric and "cross_entropy" in measured.bounds:
        shown["cross_entropy"] = measured.bounds["cross_entropy"]
    return shown


def few_clusters(count: int, effective: float = math.inf) -> Iterator[Note]:
    """Whether there are too few clusters for an interval, also as `effective` equal ones."""
    if count < FEW_CLUSTERS:
        effect = "there is no interval" if count < 2 else "the interval may be too narrow"
        verb = "is" if count == 1 else "are"
        yield Note("few_clusters", f"There {verb} only {plural(count, 'cluster')}, so {effect}.")
    elif effective < FEW_CLUSTERS:
        yield Note(
            "few_clusters",
            f"The {count:,} clusters are so unequal that they count as {effective:.3g} equal ones, "
            "so the interval may be too narrow.",
        )


def _rare_class(computed: Computed) -> Iterator[Note]:
    """Whether fewer than 10 rows (or clusters) have another class than the commonest."""
    rarity, classes = computed.total.rarity, computed.classes
    each = rarity.rows_by_class
    if not len(each) or each.sum() <= 0:
        return
    (outside, place), noun = outside_commonest(each), "row"
    by_cluster = _clusters_by_class(computed)
    if by_cluster is not None and outside >= FEW:
        outside, noun = by_cluster.sum() - by_cluster[place], "cluster"
    if outside < FEW:
        yield rare_class(float(outside), int(place), classes, computed.spec, noun)


def rare_class(
    outside: float, commonest: int, classes: Sequence[str], spec: Spec, noun: str = "row"
) -> Note:
    """That fewer than `FEW` rows (or clusters) have another class than the commonest.

    Parameters
    ----------
    outside : float
        How many have another class.
    commonest : int
        The code of the commonest class.
    classes : sequence of str
        The names of the classes.
    spec : Spec
        The options.
    noun : {"row", "cluster"}
        What is counted.
    """
    if len(classes) == 2:
        have = f"the class {quoted(classes[1 - commonest])}"
    else:
        have = f"another class than {quoted(classes[commonest])}"
    count = round(outside)
    if not count:
        weighs = spec.weight is not None or spec.class_weight
        row = "row of a weight above 0" if weighs else "row"
        return Note(
            "rare_class",
            f"No {row} has {have}, so no interval allows for such rows: if there are any, score a "
            f"file with at least {FEW} of them.",
        )
    weigh = " (by weight)" if noun == "row" and spec.weight else ""
    verb = "has" if count == 1 else "have"
    return Note(
        "rare_class",
        f"Only {plural(count, noun)}{weigh} {verb} {have}, and chance decides what so few add to "
        f"the figures, so the {level_text(spec.confidence)} intervals may miss the truth: "
        f"score more rows, with at least {FEW} of them.",
        count,
    )


def _clusters_by_class(computed: Computed) -> Floats | None:
    """How many clusters have rows of each class, where buckets of clusters show it."""
    clustered = computed.total.clustered
    if clustered is None or Prior not in clustered.buckets:
        return None
    prior = clustered.by(()).buckets[Prior]
    if prior.soft.floats().any():
        return None
    there = prior.shares.floats().reshape(-1, prior.space.classes) > 0
    counts: Floats = there.sum(axis=0).astype(np.float64)
    return counts


def _expected_loss(computed: Computed, measured: Measured) -> Iterator[Note]:
    """Whether the predictions expect more loss than the interval has room for, with few errors.

    Where chance cannot explain how few they are, the predictions are under-confident, and nothing
    is missing.
    """
    mean, rarity, spec = measured.bounds.get("cross_entropy"), computed.total.rarity, computed.spec
    if mean is None or computed.by_rows:
        return
    high, own = float(mean.high[0]), rarity.expected_loss / spec.scale
    if own > high and rarity.errors < rarity.expected_errors and rarity.chance > _CHANCE:
        errors = {0: "is none", 1: "is 1"}.get(rarity.errors, f"are {rarity.errors}")
        yield Note(
            "expected_loss",
            f"The predictions expect a loss of {own:.3g} {spec.unit} and about "
            f"{rarity.expected_errors:.2g} errors, but there {errors}, and the interval ends at "
            f"{high:.3g}: either the predictions are under-confident, or rare outcomes are missing "
            "from these rows and the interval is too narrow. More rows would show which.",
        )


def _tail(computed: Computed, measured: Measured, shown: dict[str, Bounds]) -> Iterator[Note]:
    """Whether a few rows or clusters dominate the spread of figures."""
    clustered = computed.total.clustered is not None
    if not clustered and Quantiles in computed.metrics and not shown.keys().isdisjoint(_OF_LOSS):
        share = computed.whole[Quantiles].top_heaviness(_TOP_SHARE)
        if share > _TOP_HEAVY and computed.total.issues.observed * _TOP_SHARE >= 1:
            yield Note(
                "heavy_tail",
                f"The largest 0.1 % of the losses make up {100 * share:.0f} % of the variance, so "
                "the interval may be too narrow.",
            )
            return
    skewed = {name: float(own[0]) for name, own in _squared_skewness(measured.bounds).items()}
    if "cross_entropy" in skewed:
        skewed = dict.fromkeys(_OF_LOSS & shown.keys(), skewed["cross_entropy"]) | skewed
    skewed = {name: own for name, own in skewed.items() if name in shown and own > SKEWED}
    if skewed:
        yield _few_rows(computed, skewed)
    elif not clustered and "cross_entropy" in shown:
        yield from _one_heavy_row(computed)


def _few_rows(computed: Computed, skewed: dict[str, float]) -> Note:
    """That there are too few rows or clusters for the squared skewness of these figures."""
    clustered, level = computed.total.clustered, level_text(computed.spec.confidence)
    count = computed.effective_rows if clustered is None else clustered.mean.count
    needed = count * max(skewed.values()) / SKEWED
    noun = "rows" if clustered is None else "clusters"
    few = f"A few {noun}"
    if skewed.keys() <= _OF_LOSS:
        what = f"dominate the spread, so this {level} interval may be too narrow"
        few = "A few very surprising rows" if clustered is None else few
    else:
        others = [FIGURES[name].heading for name in skewed if name not in _OF_LOSS]
        named = [*(["the losses"] if skewed.keys() & _OF_LOSS else []), *others]
        whose = f"their {level} intervals"
        if len(named) == 1 and named[0] != "the losses":
            whose = f"its {level} interval"
        what = f"dominate the spread of {_listed(named)}, so {whose} may be too narrow"
    return Note(
        "few_rows",
        f"{few} {what}; with data like this, about {float(f'{needed:.2g}'):,.0f} {noun} are "
        "needed.",
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _squared_skewness(bounds: dict[str, Bounds]) -> dict[str, Floats]:
    """That of the means of rows among the figures, by group: skewness² / n."""
    return {
        name: one.skewness**2
        for name, one in bounds.items()
        if one.skewness is not None and name not in _WITHOUT
    }


def _one_heavy_row(computed: Computed) -> Iterator[Note]:
    """Whether the largest loss alone is most of the skewness, so that larger ones are likely."""
    states = computed.whole
    loss, spread = states[Loss], states[Spread]
    rows = computed.effective_rows
    error = float(spread.figures(states)["standard_error"][0])
    skewness = float(spread.skewness(loss)[0])
    equal = math.isclose(rows, computed.total.issues.observed)
    if not equal or rows < _MANY_ROWS or skewness**2 <= _HALF_SKEWED or skewness <= 0:
        return
    root = error * math.sqrt(rows * (rows - 1.0))
    share = ((states[Quantiles].extremes.high - float(loss.mean[0])) / root) ** 3 / skewness
    if share > _ONE_HEAVY:
        yield Note(
            "heavy_tail",
            f"The largest loss alone makes up {100 * min(share, 1.0):.0f} % of the skewness of "
            f"{rows:,.0f} losses, so the interval may be too narrow.",
        )


def _small_classes(computed: Computed) -> Iterator[Note]:
    """Whether intervals of classes that are shown rest on few rows."""
    if not computed.spec.metric or computed.spec.cluster is not None:
        return
    from ce_cli.metrics.class_spread import ClassSpread

    if ClassSpread not in computed.metrics:
        return
    states = computed.whole
    bounds = states[ClassSpread].class_bounds(states, Level(computed.spec.confidence))
    assert bounds.counts is not None  # as those of means have
    assert bounds.skewness is not None
    with np.errstate(invalid="ignore"):
        few = (bounds.counts > 0) & ((bounds.counts < FEW) | (bounds.skewness**2 > SKEWED))
    places = np.flatnonzero(few).tolist()
    if places:
        named = quoted_list((computed.classes[place] for place in places), _SHOWN)
        noun, verb = ("class", "has") if len(places) == 1 else ("classes", "have")
        yield Note(
            "few_rows_of_class",
            f"The {noun} {named} {verb} few rows that decide about the mean loss, so the interval "
            "of that may miss the truth.",
            len(places),
        )


def group_warnings(computed: Computed, names: Sequence[str], measured: Measured) -> Iterator[Note]:
    """How many groups by some columns have intervals that few rows decide about."""
    shown = _shown(measured, computed)
    if not shown.keys() - _WITHOUT:
        return
    loss = measured.states[Loss]
    few = np.zeros(len(measured.keys), np.bool_)
    with np.errstate(invalid="ignore"):
        for name, own in _squared_skewness(measured.bounds).items():
            if name in shown or (name == "cross_entropy" and shown.keys() & _OF_LOSS):
                few |= own > SKEWED
        if Prior in measured.states and not measured.states[Prior].space.independent:
            few |= outside_commonest(measured.states[Prior].rows_by_class())[0] < FEW
        mean = measured.bounds.get("cross_entropy")
        if computed.total.clustered is not None and mean is not None and mean.counts is not None:
            few |= mean.counts < FEW_CLUSTERS
        few &= loss.weight.floats() > 0
    order = measured.keys.order()
    places = order[few[order]]
    if not len(places):
        return
    columns = (part.to_pylist() for part in measured.keys.take(places[:_SHOWN]).columns)
    first = [quoted(", ".join(part or "" for part in key)) for key in zip(*columns, strict=True)]
    more = len(places) - len(first)
    named = ", ".join(first) + (f" and {more:,} more" if more else "")
    total = int(np.count_nonzero(loss.weight.floats() > 0))
    reason = "a few rows decide about the figures"
    if computed.total.clustered is not None:
        reason = f"a few rows or fewer than {FEW_CLUSTERS} clusters decide about the figures"
    yield Note(
        "few_rows_in_groups",
        f"In {len(places):,} of {plural(total, 'group')} by {quoted_list(names)}, {reason}, so "
        f"their intervals may miss the truth: {named}.",
        len(places),
    )


def _baseline(computed: Computed, measured: Measured) -> Iterator[Note]:
    """Whether the baseline is much too low, since the shares are estimated from the same rows."""
    shown = chosen(measured.figures, computed.spec).keys()
    if shown.isdisjoint({"baseline", "skill", "normalized_cross_entropy"}):
        return
    origin = float(measured.states[Prior].without_bias(measured.states)[0][0])
    scale, skill = computed.spec.scale, measured.bounds.get("skill")
    baseline = float(measured.figures["baseline"][0]) * scale
    ratio = float(measured.figures["normalized_cross_entropy"][0])
    missing, own = origin - baseline, 1.0 - ratio * baseline / origin if origin else math.nan
    if not missing > _MATERIAL * baseline or not math.isfinite(own):
        return
    if skill is not None and np.isfinite(skill.high[0] - skill.low[0]):
        reach = 0.5 * float(skill.high[0] - skill.low[0])
        if own - float(measured.figures["skill"][0]) < _OF_REACH * reach:
            return
    yield Note(
        "baseline_estimated",
        f"The share of each class is estimated from these rows, so the baseline is about "
        f"{missing / scale:.2g} {computed.spec.unit} too low; allowing for that, the skill is "
        f"{100 * own:,.1f} %.".replace("-", "−"),
    )
