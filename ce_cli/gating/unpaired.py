"""A baseline that is a document: two means of which only the errors are known, not the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from ce_cli.errors import DataError
from ce_cli.gating.baseline_comparison import BaselineComparison, GroupComparison
from ce_cli.gating.comparable import check_comparable
from ce_cli.gating.documents import BaselineFigures, BaselineScore
from ce_cli.kernels.welch import (
    METHOD,
    DifferenceEstimate,
    MeanEstimate,
    difference,
    relative_difference,
)
from ce_cli.results.compare import Comparison, Verdict
from ce_cli.results.score import Group, Interval, Note, Result
from ce_cli.spec import Spec
from ce_cli.text import display_name, plural, quoted_list

Key = frozenset[tuple[str, str | None]]


def check_error_known(baseline: BaselineScore) -> None:
    """Refuse a document that does not say how sure its cross-entropy is.

    Raises
    ------
    DataError
        It has no standard error.
    """
    if math.isnan(baseline.whole.standard_error):
        raise DataError(
            f"{baseline.name}: there is no standard error, and so no interval of the difference: "
            "write the document with all metrics, or say --mode point."
        )


def unpaired_comparison(
    baseline: BaselineScore, spec: Spec, result: Result, groupings: Sequence[Sequence[str]]
) -> BaselineComparison:
    """Compare a score with what a document says of another one.

    Parameters
    ----------
    baseline : BaselineScore
        The document.
    spec : Spec
        What was computed.
    result : Result
        The score.
    groupings : sequence of sequence of str
        Sets of columns whose groups are compared as well.

    Raises
    ------
    DataError
        The two are not comparable, or the document has no such groups.
    """
    notes = check_comparable(baseline, result)
    name = display_name(result.inputs[0])
    units = result.rows["scored"] if result.cluster is None else result.cluster["count"]
    mean = _mean(int(units or 0), result.metrics)
    whole = _comparison(name, mean, baseline, baseline.whole, spec)
    groups = [
        group
        for columns in groupings
        for group in _groups(name, result.groups, baseline, columns, spec)
    ]
    unpaired = Note(
        "unpaired",
        f"{baseline.name}: is a document without rows, so the interval of the difference is that "
        "of independent rows, wider than need be; predictions as a baseline are compared row by "
        "row.",
    )
    return BaselineComparison(baseline.name, False, whole, tuple(groups), (unpaired, *notes))


def _mean(units: int, metrics: dict[str, float]) -> MeanEstimate:
    return MeanEstimate(metrics["cross_entropy"], metrics.get("standard_error", math.nan), units)


def _groups(
    name: str,
    groups: Iterable[Group],
    baseline: BaselineScore,
    columns: Sequence[str],
    spec: Spec,
) -> Iterator[GroupComparison]:
    """The groups by `columns` of either side."""
    theirs = {_key(one.by): one for one in baseline.groups if set(one.by) == set(columns)}
    if not theirs:
        options = " ".join(f"--by {column}" for column in columns)
        raise DataError(
            f"{baseline.name}: there are no groups by {quoted_list(columns)}: write it with ce "
            f"score --json {options}."
        )
    for group in groups:
        if set(group.by) == set(columns):
            yield _group(name, group, theirs.pop(_key(group.by), None), baseline, spec)
    for gone in theirs.values():
        by = {column: gone.by[column] for column in columns}
        yield GroupComparison(by, None, "The baseline has this group, and the data do not.")


def _group(
    name: str, group: Group, other: BaselineFigures | None, baseline: BaselineScore, spec: Spec
) -> GroupComparison:
    if other is None:
        return GroupComparison(
            group.by, None, "The data have this group, and the baseline does not."
        )
    if (other.rows, other.weight_sum) != (group.rows, group.weight_sum):
        reason = (
            f"The baseline has other rows of this group ({plural(other.rows, 'row')}, here "
            f"{plural(group.rows, 'row')})."
        )
        return GroupComparison(group.by, None, reason)
    mean = _mean(group.rows, group.metrics)
    return GroupComparison(group.by, _comparison(name, mean, baseline, other, spec))


def _key(by: dict[str, str | None]) -> Key:
    return frozenset(by.items())


def _comparison(
    name: str, mean: MeanEstimate, baseline: BaselineScore, other: BaselineFigures, spec: Spec
) -> Comparison:
    reference = MeanEstimate(other.cross_entropy, other.standard_error, other.units)
    absolute = difference(mean, reference, spec.confidence)
    relative = relative_difference(mean, reference, spec.confidence)
    # bits are the same difference in another unit
    bits = spec.scale / math.log(2.0)
    return Comparison(
        model=name,
        reference=baseline.name,
        difference={
            "absolute": absolute.value,
            "relative": relative.value,
            "bits": absolute.value * bits,
        },
        intervals={
            "absolute": Interval(absolute.low, absolute.high, spec.confidence, METHOD),
            "relative": Interval(relative.low, relative.high, spec.confidence, METHOD),
            "bits": Interval(absolute.low * bits, absolute.high * bits, spec.confidence, METHOD),
        },
        standard_error=absolute.standard_error,
        p_value=absolute.p_value,
        p_adjusted=absolute.p_value,
        win_rate=math.nan,
        tie_rate=math.nan,
        verdict=_verdict(absolute),
    )


def _verdict(found: DifferenceEstimate) -> Verdict:
    if found.low == found.high == 0.0:
        return "same"
    if found.low > 0.0:
        return "worse"
    return "better" if found.high < 0.0 else "unclear"
