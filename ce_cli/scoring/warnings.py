"""Warnings of a result: about rows that were scored in spite of a problem, and about figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ce_cli.findings.row_issues import ABOVE_ZERO, RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.findings.row_warnings import row_warning
from ce_cli.kernels.losses import LOG_2
from ce_cli.metrics.bounds import Level
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.per_class import PerClass
from ce_cli.metrics.quantiles import Quantiles
from ce_cli.metrics.spread import FROM_MEAN_LOSS
from ce_cli.results.score import Note
from ce_cli.scoring.evidence_notes import DECISIONS, EvidenceNote, evidence_notes
from ce_cli.scoring.figures import Computed, chosen, interval
from ce_cli.spec import Spec
from ce_cli.text import display_name, level_text, plural, quoted_list

if TYPE_CHECKING:
    from ce_cli.binding.conventions import Convention

_TOP_SHARE = 0.001  # if the largest 0.1 % of the losses …
_TOP_HEAVY = 0.5  # … make up more of the variance than this, the interval is not reliable
_ROWS_A_SKEW = 10.0  # rows by squared skewness; Cochran (1977, 2.15) needs 25 to be within 1 %
_FEW_CLUSTERS = 30
_FILES_SHOWN = 5

NO_LOSS = 1e-6  # nats: with a mean below this, the model knew the labels
FEW_ROWS = 10  # with fewer, such a mean may be chance
_WRONG = 0.4  # an accuracy of a binary model below this is hardly chance …
_MANY_ROWS = 30  # … with at least so many rows
_ROWS_A_CLASS = 10  # with fewer, a class may be missing by chance


def warnings_of(computed: Computed, metrics: Mapping[str, float]) -> Iterator[Note]:
    """All warnings about the rows, and about these figures of all rows."""
    yield from computed.notes
    yield from empty_files(computed.locations, computed.total.issues.read)
    loss = float(computed.whole[Loss].loss.floats()[0])
    raised = float(computed.total.clipped.floats()[0])
    issues = computed.total.issues
    binding, spec, source = computed.binding, computed.spec, computed.source
    shown = list(evidence_notes(computed.total.evidence, binding, spec, computed.classes, source))
    about_rows = issue_warnings(issues, computed.locations, spec, raised, loss)
    yield from with_evidence(about_rows, shown)
    if computed.convention is not None:
        yield from _convention_note(computed, computed.convention)
    if computed.label_file is not None:
        for message, count in computed.label_file.disagreements():
            yield Note("files_disagree", message, count)
    if computed.label_file is not None and computed.label_file.unused:
        unused = computed.label_file.unused
        verb = "has" if unused == 1 else "have"
        message = f"{plural(unused, 'row')} of {computed.label_file.name} {verb} no prediction."
        yield Note("unpredicted", message, unused)
    yield from _figure_warnings(computed, metrics)
    yield from _trap_warnings(computed, metrics)
    yield from _overflow(computed, chosen(metrics, computed.spec))


def with_evidence(about_rows: Iterable[Note], shown: Sequence[EvidenceNote]) -> Iterator[Note]:
    """The warnings about rows, and those about the roles of columns, which may explain them."""
    for note in shown:
        yield Note(note.code, note.message, note.count)
    explained = {"clipped"} if any(one.code == DECISIONS for one in shown) else set()
    yield from (note for note in about_rows if note.code not in explained)


def empty_files(locations: RowLocations, rows: int) -> Iterator[Note]:
    """A warning about files without rows; `rows` is how many all have."""
    ends = (*locations.starts[1:], rows)
    pairs = zip(locations.names, locations.starts, ends, strict=True)
    yield from left_out_files([name for name, start, end in pairs if start == end], locations)


def left_out_files(names: Sequence[str], locations: RowLocations) -> Iterator[Note]:
    """A warning that files were left out since they have no rows; none for no names."""
    if names:
        count, verb = ("1 file", "has") if len(names) == 1 else (f"{len(names):,} files", "have")
        beyond = len(names) - _FILES_SHOWN
        more = f" and {beyond:,} more" if beyond > 0 else ""
        yield Note(
            "empty_files",
            f"{count} of {len(locations.names):,} {verb} no rows and {_were(len(names))} left out: "
            f"{', '.join(map(display_name, names[:_FILES_SHOWN]))}{more}.",
        )


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _convention_note(computed: Computed, convention: Convention) -> Iterator[Note]:
    from ce_cli.binding.conventions import remark

    loss = computed.whole[Loss]
    message = remark(convention, computed.total.issues.scored, float(loss.weight.floats()[0]))
    if message:
        yield Note("convention", message)


def _figure_warnings(computed: Computed, metrics: Mapping[str, float]) -> Iterator[Note]:
    if "standard_error" in metrics and computed.total.issues.scored < 2:
        yield Note("no_interval", "A single row has no standard error.")
    if metrics.get("baseline") == 0.0:
        yield Note("one_class", "All labels are of one class, so skill is not defined.")
    clustered, spec = computed.total.clustered, computed.spec
    if clustered is not None:
        if spec.cluster in spec.by:
            message = f"Each group by {spec.cluster} is a single cluster, so it has no interval."
            yield Note("one_cluster", message)
        yield from few_clusters(clustered.count)
        if clustered.count >= _FEW_CLUSTERS and _has_mean(metrics, spec):
            yield from _few_rows(computed, clustered.count, clustered.skewness(), "clusters")
    elif Quantiles in computed.metrics and _has_mean(metrics, spec):
        yield from _tail_warnings(computed.whole[Quantiles], computed)


def _has_mean(metrics: Mapping[str, float], spec: Spec) -> bool:
    """Whether the interval of the mean loss, or what follows from it, is shown."""
    return not chosen(metrics, spec).keys().isdisjoint(FROM_MEAN_LOSS)


def _tail_warnings(losses: Quantiles, computed: Computed) -> Iterator[Note]:
    """Whether the interval of the mean is too narrow, from the tail of the losses."""
    rows, share = computed.total.issues.scored, losses.top_heaviness(_TOP_SHARE)
    if share > _TOP_HEAVY and rows * _TOP_SHARE >= 1:
        yield Note(
            "heavy_tail",
            f"The largest 0.1 % of the losses make up {100 * share:.0f} % of the variance, so the "
            "interval may be too narrow.",
        )
        return
    yield from _few_rows(computed, rows, losses.skewness(), "rows")


def _few_rows(computed: Computed, count: int, skewness: float, noun: str) -> Iterator[Note]:
    """Whether the interval of the mean is too narrow, since there are few and skewed numbers."""
    needed, level = _ROWS_A_SKEW * skewness**2, level_text(computed.spec.confidence)
    if count < needed:
        few = "A few very surprising rows" if noun == "rows" else f"A few {noun}"
        yield Note(
            "few_rows",
            f"{few} dominate the spread, so this {level} interval is too narrow; with data like "
            f"this, about {float(f'{needed:.2g}'):,.0f} {noun} are needed.",
        )


def few_clusters(count: int, effective: float = math.inf) -> Iterator[Note]:
    """Whether there are too few clusters for an interval, also as `effective` equal ones."""
    if count < _FEW_CLUSTERS:
        effect = "there is no interval" if count < 2 else "the interval may be too narrow"
        verb = "is" if count == 1 else "are"
        yield Note("few_clusters", f"There {verb} only {plural(count, 'cluster')}, so {effect}.")
    elif effective < _FEW_CLUSTERS:
        yield Note(
            "few_clusters",
            f"The {count:,} clusters are so unequal that they count as {effective:.3g} equal ones, "
            "so the interval may be too narrow.",
        )


def _trap_warnings(computed: Computed, metrics: Mapping[str, float]) -> Iterator[Note]:
    """Traps that `ce inspect` looks for, as far as these figures show them."""
    loss, rows = computed.whole[Loss], computed.total.issues.scored
    if loss.mean[0] < NO_LOSS and metrics.get("baseline", 0.0) > 0.0 and rows >= FEW_ROWS:
        yield Note(
            "no_loss",
            "All losses are nearly 0: was the model trained on these rows, or are the predictions "
            "made from the labels?",
        )
    if PerClass not in computed.metrics:
        return
    own = computed.whole[PerClass].loss
    accuracy, task = metrics.get("accuracy", 1.0), computed.binding.task
    flipped = task == "binary" and accuracy < _WRONG and own.mean.min() > LOG_2
    if flipped and rows >= _MANY_ROWS:
        yield Note(
            "flipped_positive",
            f"Both classes mostly have a predicted probability below 1/2 (accuracy "
            f"{100 * accuracy:.1f} %): is the positive class flipped? ce inspect checks this.",
        )
    weights = own.weight.floats()
    mean, error = (metrics.get(name, math.nan) for name in ("cross_entropy", "standard_error"))
    low = interval(mean, error, rows, 0.0, Level(computed.spec.confidence), "").low
    worse = low > metrics.get("baseline", math.inf) > 0 and not flipped
    with np.errstate(over="ignore", invalid="ignore"):
        guessing = accuracy < weights.max() / weights.sum()
    if worse and guessing and task in ("binary", "multiclass") and rows >= _MANY_ROWS:
        yield Note(
            "worse_than_constant",
            "Always predicting the share of each class would score better: do predictions and "
            "labels belong to the same rows and classes? ce inspect looks for the cause.",
        )
    absent = np.flatnonzero(own.rows.floats() == 0)
    enough = rows >= _ROWS_A_CLASS * len(computed.classes)
    if task == "multiclass" and enough and 0 < len(absent) < len(computed.classes) - 1:
        names = quoted_list(computed.classes[code] for code in absent)
        noun = "class" if len(absent) == 1 else "classes"
        yield Note("class_never_seen", f"No row has a label of the {noun} {names}.")


def _overflow(computed: Computed, metrics: Mapping[str, float]) -> Iterator[Note]:
    """Why JSON has null for a figure, unless another warning explains it."""
    if computed.total.issues.count("infinite"):
        return
    beyond = [name for name, value in metrics.items() if math.isinf(value)]
    if beyond and metrics.get("baseline") != 0.0:
        verb = "is" if len(beyond) == 1 else "are"
        yield Note("overflow", f"{', '.join(beyond)} {verb} beyond the range of a float64.")


def issue_warnings(
    issues: RowIssues,
    locations: RowLocations,
    spec: Spec,
    raised: float,
    total: float,
) -> Iterator[Note]:
    """Warnings about rows that were scored in spite of a problem, or left out.

    Parameters
    ----------
    issues, locations
        The problems of rows, and where they are.
    spec : Spec
        How they were scored: the clip, and the tool by whose rules, if any.
    raised, total : float
        Σ w·loss of the rows whose probability was raised, and of all rows.
    """
    for issue in issues.by_kind.values():
        message = row_warning(issue, locations, spec.convention)
        if issue.code == "layout":
            yield Note("layout", issue.column)
        elif issue.code == "clipped":
            share = min(1.0, raised / total) if 0 < total < math.inf else 1.0
            message = clip_message(issues, spec, share)
        if message:
            rows = tuple(row + 1 for row in issue.rows)
            yield Note(issue.code.replace("-", "_"), message, issue.count, rows)
    if issues.skipped:
        verb = "was" if issues.skipped == 1 else "were"
        message = f"{plural(issues.skipped, 'row')} with a missing value {verb} left out."
        yield Note("skipped", message, issues.skipped)


def clip_message(issues: RowIssues, spec: Spec, share: float) -> str:
    """That rows with almost no probability for the outcome were clipped; `share` is their loss."""
    count, clip = issues.count("clipped"), f"{spec.clip or 0.0:.2g}"
    have, carry = ("has", "it carries") if count == 1 else ("have", "they carry")
    low, done = f"below {clip}", "clipped to that"
    if spec.clip_zeros:
        low, done = "of 0", f"clipped to {clip}"
    return (
        f"{plural(count, 'row')} {have} a probability {low} for the observed outcome; {done}, "
        f"{carry} {100 * share:.1f} % of the total loss ({_without_clip(issues, spec)})."
    )


def _without_clip(issues: RowIssues, spec: Spec) -> str:
    """The rule that the clip follows from, or what the clipped rows cost without it."""
    count, above = issues.count("clipped"), issues.count(ABOVE_ZERO)
    if spec.convention is not None:
        return f"--convention {spec.convention}"
    if not above:
        return "--clip none shows infinity"
    if above < count:
        is_ = "is" if above == 1 else "are"
        return f"{above:,} {is_} above 0; --clip none shows infinity for the others"
    return f"{'it is' if count == 1 else 'all are'} above 0, so --clip none leaves the loss finite"
