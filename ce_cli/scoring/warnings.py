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
from ce_cli.metrics.bounds import reach_of
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.per_class import PerClass
from ce_cli.metrics.prior import Prior
from ce_cli.results.score import Note
from ce_cli.scoring.evidence_notes import DECISIONS, EvidenceNote, evidence_notes
from ce_cli.scoring.figures import Computed, Measured, chosen
from ce_cli.scoring.interval_warnings import group_warnings, interval_warnings
from ce_cli.spec import Spec
from ce_cli.text import display_name, plural, quoted_list

if TYPE_CHECKING:
    from ce_cli.binding.conventions import Convention

_FILES_SHOWN = 5

NO_LOSS = 1e-6  # nats: with a mean below this, the model knew the labels
FEW_ROWS = 10  # with fewer, such a mean may be chance
_WRONG = 0.4  # an accuracy of a binary model below this is hardly chance …
_MANY_ROWS = 30  # … with at least so many rows
_ROWS_A_CLASS = 10  # with fewer, a class may be missing by chance


def warnings_of(
    computed: Computed, measured: Measured, groups: Iterable[tuple[Sequence[str], Measured]]
) -> Iterator[Note]:
    """All warnings about the rows, and about figures of all rows and of groups.

    Parameters
    ----------
    computed : Computed
        The states.
    measured : Measured
        The figures of all rows.
    groups : iterable of tuple
        The columns and the figures of each set of groups.
    """
    metrics = {name: float(values[0]) for name, values in measured.figures.items()}
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
    yield from interval_warnings(computed, measured)
    for names, own in groups:
        yield from group_warnings(computed, names, own)
    yield from _trap_warnings(computed, measured)
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
    if "standard_error" in metrics and computed.total.issues.observed < 2:
        yield Note("no_interval", "A single row has no standard error.")
    elif "standard_error" in metrics and computed.total.clustered is None:
        count = computed.effective_rows
        if math.isnan(reach_of(count, computed.spec.confidence)):
            yield Note(
                "no_interval",
                f"The weights are so unequal that the rows count as {count:.3g}, so there is no "
                "interval.",
            )
    if metrics.get("baseline") == 0.0:
        yield Note("one_class", "All labels are of one class, so skill is not defined.")
    clustered, spec = computed.total.clustered, computed.spec
    if clustered is not None and spec.cluster in spec.by:
        message = f"Each group by {spec.cluster} is a single cluster, so it has no interval."
        yield Note("one_cluster", message)


def _trap_warnings(computed: Computed, measured: Measured) -> Iterator[Note]:
    """Traps that `ce inspect` looks for, as far as these figures show them."""
    metrics = {name: float(values[0]) for name, values in measured.figures.items()}
    loss, rows = computed.whole[Loss], computed.total.issues.observed
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
    worse = _is_worse_than_constant(measured, computed.spec.scale) and not flipped
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


def _is_worse_than_constant(measured: Measured, scale: float) -> bool:
    """Whether the interval of the skill, or else that of the mean loss, shows it.

    The baseline is that of the origin of the rows, which the shares of few rows underestimate.
    """
    skill = measured.bounds.get("skill")
    if skill is not None and np.isfinite(skill.high[0]):
        return bool(skill.high[0] < 0.0)
    origin, _ = measured.states[Prior].without_bias(measured.states)
    return bool(measured.bounds["cross_entropy"].low[0] * scale > origin[0])


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
