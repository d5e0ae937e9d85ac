"""Warnings that the interval of a difference may miss the truth, since few rows decide about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ce_cli.results.compare import ComparedGroup, Comparison, Model
from ce_cli.results.score import Interval, Note
from ce_cli.scoring.rarity import FEW, FEW_CLUSTERS, SKEWED
from ce_cli.text import level_text, plural, quoted, quoted_list, sanitize

CLASSES = 16  # with more, rows are not counted by class

_SHOWN = 3


def rare_class(counts: Sequence[int], classes: Sequence[str]) -> Iterator[Note]:
    """Whether fewer than `FEW` rows have another class than the commonest.

    Parameters
    ----------
    counts : sequence of int
        How many rows have each class; empty if that is not known.
    classes : sequence of str
        The names of the classes.
    """
    if not counts or sum(counts) - max(counts) >= FEW:
        return
    commonest, count = counts.index(max(counts)), sum(counts) - max(counts)
    which = f"another class than {quoted(classes[commonest])}"
    if len(classes) == 2:
        which = f"the class {quoted(classes[1 - commonest])}"
    number = f"Only {plural(count, 'row')}" if count else "No row"
    verb = "have" if count > 1 else "has"
    yield Note(
        "rare_class",
        f"{number} {verb} {which}, and chance decides what so few add to a difference, so verdicts "
        f"and intervals may be wrong: compare more rows, with at least {FEW} of them.",
        count,
    )


def few_rows(
    comparisons: Sequence[Comparison], models: Iterable[Model], clustered: bool
) -> Iterator[Note]:
    """Whether a few rows or clusters dominate the spread of differences, or of a model's losses."""
    intervals = {
        f"the differences of {one.model} from {one.reference}": one.intervals["absolute"]
        for one in comparisons
    } | {f"the losses of {one.name}": one.intervals["cross_entropy"] for one in models}
    skewed = {name: own for name, own in intervals.items() if _is_skewed(own)}
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
    few = clustered and interval.n is not None and interval.n < FEW_CLUSTERS
    return few or _is_skewed(interval)


def _is_skewed(interval: Interval) -> bool:
    return interval.skewness is not None and interval.skewness**2 > SKEWED
