"""Warnings that the interval of a difference may miss the truth, since few rows decide about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ce_cli.results.compare import ComparedGroup, Comparison, Model
from ce_cli.results.score import Interval, Note
from ce_cli.scoring import interval_warnings
from ce_cli.scoring.rarity import FEW, FEW_CLUSTERS, SKEWED, outside_commonest
from ce_cli.spec import Spec
from ce_cli.text import level_text, plural, quoted, quoted_list, sanitize

CLASSES = 16  # with more, rows are not counted by class

_SHOWN = 3


def rare_class(counts: Sequence[float], classes: Sequence[str], spec: Spec) -> Iterator[Note]:
    """Whether fewer than `FEW` rows have another class than the commonest.

    Parameters
    ----------
    counts : sequence of float
        Kish's number of rows of each class; empty if that is not known.
    classes : sequence of str
        The names of the classes.
    spec : Spec
        The options.
    """
    if counts:
        outside, commonest = outside_commonest(np.array(counts))
        if outside < FEW:
            yield interval_warnings.rare_class(float(outside), int(commonest), classes, spec)


def few_rows(
    comparisons: Sequence[Comparison], models: Iterable[Model], clustered: bool
) -> Iterator[Note]:
    """Whether few rows or clusters show the spread of differences, or of a model's losses."""
    intervals = {
        f"the differences of {one.model} from {one.reference}": one.intervals["absolute"]
        for one in comparisons
    } | {f"the losses of {one.name}": one.intervals["cross_entropy"] for one in models}
    few = [own for own in intervals.values() if _is_few(own, clustered)]
    skewed = {name: own for name, own in intervals.items() if _is_skewed(own)}
    if few:
        yield _few(min(few, key=lambda own: own.n or 0.0), clustered)
        return
    if not skewed:
        return
    noun = "clusters" if clustered else "rows"
    needed = max((own.n or 0.0) * (own.skewness or 0.0) ** 2 / SKEWED for own in skewed.values())
    first, *others = map(sanitize, skewed)
    more = f" and {plural(len(others), 'other mean')}" if len(others) > 1 else ""
    what = first + (f" and {others[0]}" if len(others) == 1 else more)
    level = level_text(next(iter(skewed.values())).confidence)
    yield Note(
        "few_rows",
        f"A few {noun} dominate the spread of {what}, so {level} intervals may be too narrow; with "
        f"data like this, about {float(f'{needed:.2g}'):,.0f} {noun} are needed.",
    )


def few_rows_in_groups(groups: Sequence[ComparedGroup], clustered: bool) -> Iterator[Note]:
    """How many groups have intervals of differences that a few rows or clusters decide about."""
    yield from few_in_groups(
        [(one.by, one.comparisons) for one in groups if one.weight_sum], clustered
    )


def few_in_groups(
    groups: Sequence[tuple[dict[str, str | None], Sequence[Comparison]]], clustered: bool
) -> Iterator[Note]:
    """The same of groups with a weight above 0, from their keys and comparisons."""
    few = [
        ", ".join(part or "" for part in by.values())
        for by, comparisons in groups
        if any(_is_uncertain(one.intervals["absolute"], clustered) for one in comparisons)
    ]
    if not few:
        return
    named = ", ".join(map(quoted, few[:_SHOWN]))
    named += f" and {len(few) - _SHOWN:,} more" if len(few) > _SHOWN else ""
    reason = f"a few rows or fewer than {FEW_CLUSTERS} clusters" if clustered else "a few rows"
    yield Note(
        "few_rows_in_groups",
        f"In {len(few):,} of {plural(len(groups), 'group')} by {quoted_list(groups[0][0])}, "
        f"{reason} decide about the difference, so its interval and the verdict may be wrong: "
        f"{named}.",
        len(few),
    )


def _is_uncertain(interval: Interval, clustered: bool) -> bool:
    return _is_few(interval, clustered) or _is_skewed(interval)


def _is_few(interval: Interval, clustered: bool) -> bool:
    return interval.n is not None and interval.n < _least(clustered)


def _least(clustered: bool) -> int:
    """How many rows or clusters show how much they vary."""
    return FEW_CLUSTERS if clustered else FEW


def _few(interval: Interval, clustered: bool) -> Note:
    """That the interval is of fewer rows or clusters than `_least`."""
    noun, count = "cluster" if clustered else "row", interval.n or 0.0
    number = plural(int(count), noun) if count.is_integer() else f"{count:.3g} {noun}s (by weight)"
    verb, level = "is" if count == 1.0 else "are", level_text(interval.confidence)
    effect = (
        f"verdicts and {level} intervals may be wrong" if count > 1.0 else "there is no interval"
    )
    return Note(
        "few_rows",
        f"Only {number} {verb} compared, and so few do not show how much they vary, so {effect}: "
        f"compare at least {_least(clustered)}.",
    )


def _is_skewed(interval: Interval) -> bool:
    return interval.skewness is not None and interval.skewness**2 > SKEWED
