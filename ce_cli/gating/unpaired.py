"""Compare with a baseline document: two means with standard errors, without the rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ce_cli.comparing.figures import by_method, is_rounding
from ce_cli.comparing.interval_notes import few_in_groups, few_rows
from ce_cli.errors import DataError
from ce_cli.gating.baseline_comparison import BaselineComparison, GroupComparison
from ce_cli.gating.comparable import check_comparable
from ce_cli.gating.documents import BaselineFigures, BaselineScore
from ce_cli.kernels.statistic import Statistic
from ce_cli.kernels.welch import MeanEstimate, difference, relative_interval
from ce_cli.metrics.bounds import Level
from ce_cli.results.compare import Comparison, Verdict
from ce_cli.results.score import Group, Interval, Note, Result
from ce_cli.spec import Spec
from ce_cli.text import display_name, plural, quoted_list

Key = frozenset[tuple[str, str | None]]

_MEANS = "two independent means (Welch)"


def check_error_known(baseline: BaselineScore) -> None:
    """Reject a document without a standard error of its cross-entropy.

    Raises
    ------
    DataError
        There is no standard error.
    """
    if math.isnan(baseline.whole.standard_error):
        raise DataError(
            f"{baseline.name}: without a standard error there is no interval of the difference; "
            "write the document with all metrics, or use --mode point."
        )


def unpaired_comparison(
    baseline: BaselineScore, spec: Spec, result: Result, groupings: Sequence[Sequence[str]]
) -> BaselineComparison:
    """Compare a score with the score in a document.

    Parameters
    ----------
    baseline : BaselineScore
        The document.
    spec : Spec
        The settings of the score.
    result : Result
        The score.
    groupings : sequence of sequence of str
        Sets of columns whose groups are also compared.

    Raises
    ------
    DataError
        The two are not comparable, or the document has no such groups.
    """
    notes = check_comparable(baseline, result)
    name = display_name(result.inputs[0])
    units = result.rows["scored"] if result.cluster is None else result.cluster.count
    mean = _mean(int(units or 0), result.metrics, result.intervals)
    whole = _comparison(name, mean, baseline, baseline.whole, spec)
    groups = [
        group
        for columns in groupings
        for group in _groups(name, result.groups, baseline, columns, spec)
    ]
    unpaired = Note(
        "unpaired",
        f"{baseline.name}: a document has no rows, so the interval treats the two scores as "
        "independent and is wider than necessary; with predictions as the baseline, rows are "
        "compared one by one.",
    )
    clustered = result.cluster is not None
    known = [(one.by, [one.comparison]) for one in groups if one.comparison is not None]
    few = (*few_rows([whole], (), clustered), *few_in_groups(known, clustered))
    return BaselineComparison(baseline.name, False, whole, tuple(groups), (unpaired, *notes, *few))


def _mean(
    units: int, metrics: Mapping[str, float], intervals: Mapping[str, Interval]
) -> MeanEstimate:
    """A mean loss, whose interval has the effective number of rows and the skewness."""
    n, skewness = float(units), 0.0
    interval = intervals.get("cross_entropy")
    if interval is not None and interval.n is not None and interval.skewness is not None:
        n, skewness = interval.n, interval.skewness
    error = metrics.get("standard_error", math.nan)
    return MeanEstimate(metrics["cross_entropy"], error, n, skewness)


def _groups(
    name: str,
    groups: Iterable[Group],
    baseline: BaselineScore,
    columns: Sequence[str],
    spec: Spec,
) -> Iterator[GroupComparison]:
    """The groups by `columns` that either side has."""
    theirs = {_key(one.by): one for one in baseline.groups if set(one.by) == set(columns)}
    if not theirs:
        options = " ".join(f"--by {column}" for column in columns)
        raise DataError(
            f"{baseline.name}: there are no groups by {quoted_list(columns)}; write the document "
            f"with ce score --json {options}."
        )
    for group in groups:
        if set(group.by) == set(columns):
            yield _group(name, group, theirs.pop(_key(group.by), None), baseline, spec)
    for unmatched in theirs.values():
        by = {column: unmatched.by[column] for column in columns}
        yield GroupComparison(by, None, "The baseline has this group, but the data do not.")


def _group(
    name: str, group: Group, other: BaselineFigures | None, baseline: BaselineScore, spec: Spec
) -> GroupComparison:
    if other is None:
        return GroupComparison(
            group.by, None, "The data have this group, but the baseline does not."
        )
    if (other.rows, other.weight_sum) != (group.rows, group.weight_sum):
        reason = (
            f"The baseline has other rows in this group ({plural(other.rows, 'row')}, here "
            f"{plural(group.rows, 'row')})."
        )
        return GroupComparison(group.by, None, reason)
    mean = _mean(group.rows, group.metrics, group.intervals)
    return GroupComparison(group.by, _comparison(name, mean, baseline, other, spec))


def _key(by: dict[str, str | None]) -> Key:
    return frozenset(by.items())


def _comparison(
    name: str, mean: MeanEstimate, baseline: BaselineScore, other: BaselineFigures, spec: Spec
) -> Comparison:
    reference = MeanEstimate(other.cross_entropy, other.standard_error, other.n, other.skewness)
    statistic, confidence = difference(mean, reference), spec.confidence
    tested = by_method(statistic, spec)
    # a/b − 1 would lose the digits of a small difference
    relative = tested.value / reference.value if reference.value > 0.0 else math.nan
    method = Level(confidence, spec.interval).named(_MEANS)
    low, high = tested.interval_of_difference(confidence)
    fewer = min(mean.rows, reference.rows)
    absolute = Interval(low, high, confidence, method, fewer, statistic.skewness)
    scale = math.log(2.0) / spec.scale  # bits are the same difference in another unit
    ends = relative_interval(tested, reference, confidence)
    return Comparison(
        model=name,
        reference=baseline.name,
        difference={
            "absolute": tested.value,
            "relative": relative,
            "bits": tested.value / scale,
        },
        intervals={
            "absolute": absolute,
            "relative": Interval(*ends, confidence, f"{method}, Fieller's for a ratio"),
            "bits": absolute.over(scale),
        },
        standard_error=tested.error,
        p_value=tested.p_value,
        p_adjusted=tested.p_value,
        win_rate=math.nan,
        tie_rate=math.nan,
        verdict=_verdict(tested, max(mean.rows, reference.rows), reference.value, 1.0 - confidence),
    )


def _verdict(tested: Statistic, count: float, mean: float, level: float) -> Verdict:
    if is_rounding(tested, count, mean):
        return "same"
    if tested.p_value < level:
        return "worse" if tested.value > 0.0 else "better"
    return "unclear"
