"""The sentences for what the rows show about the roles of their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ce_cli.binding.binding import Binding
from ce_cli.binding.finding.near_predictions import is_percent
from ce_cli.binding.naming.spelling import canonical
from ce_cli.errors import pasteable
from ce_cli.findings.bad_numbers import number_text
from ce_cli.record import Record
from ce_cli.scoring.evidence import Evidence
from ce_cli.spec import Spec
from ce_cli.text import plural, quoted, quoted_list, shell_word

if TYPE_CHECKING:
    from ce_cli.inputs.source import Source

DECISIONS = "decisions"
PROBABILITIES = "looks_like_probabilities"
_UNBOUNDED = {"logits": "logits", "logprobs": "log-probabilities", "losses": "losses"}


class EvidenceNote(Record):
    """A warning about the roles of columns.

    Attributes
    ----------
    code, message : str
        As of `ce_cli.results.score.Note`.
    count : int
        The rows that it is about.
    options : str or None
        The options that would make the number right, quoted for the shell.
    """

    code: str
    message: str
    count: int
    options: str | None = None

    def shown(self) -> EvidenceNote:
        """The warning as it may be pasted: no full stop after the value of an option."""
        return self.replace(message=pasteable(self.message))


def evidence_notes(
    evidence: Evidence,
    binding: Binding,
    spec: Spec,
    classes: Sequence[str],
    source: Source,
) -> Iterator[EvidenceNote]:
    """The warnings that the evidence gives.

    Parameters
    ----------
    evidence : Evidence
        What all rows show.
    binding, spec : Binding, Spec
        How they were read.
    classes : sequence of str
        The names of the classes, by code.
    source : Source
        The first file, whose first rows show what else there is.
    """
    found = _notes(evidence, binding, spec, classes, source)
    return (one.shown() for one in found)


def _notes(
    evidence: Evidence,
    binding: Binding,
    spec: Spec,
    classes: Sequence[str],
    source: Source,
) -> Iterator[EvidenceNote]:
    yield from _by_names(evidence, binding, spec)
    if evidence.marks and spec.as_ in _UNBOUNDED:
        yield _marks(evidence, binding, spec)
    if evidence.labels_are_decisions:
        yield _labels_are_decisions(evidence, binding)
    elif evidence.labels_are_split:
        yield _labels_are_split(evidence, binding, classes)
    if evidence.are_decisions and spec.as_ == "probabilities":
        yield _decisions(evidence, binding, spec, source)
    elif spec.as_ == "logits" and evidence.within_one:
        yield _probabilities(binding)
    elif spec.as_ == "logprobs" and evidence.of_outcomes and binding.predicted_class is None:
        yield _of_outcomes(evidence, binding, classes)
    elif evidence.never_below_half and binding.predicted_class is None:
        yield from _predicted_class(evidence, binding, spec, classes, source)


def _by_names(evidence: Evidence, binding: Binding, spec: Spec) -> Iterator[EvidenceNote]:
    """What the names of predictions and labels leave open."""
    percent = [name for name in binding.predictions if is_percent(name)]
    if percent and spec.as_ == "probabilities" and evidence.rows and not evidence.decided:
        verb = "is named as a percentage" if len(percent) == 1 else "are named as percentages"
        yield EvidenceNote(
            "named_percent",
            f"{quoted_list(percent, 3)} {verb}, but no number is above 1, and they are read as "
            "probabilities: if 0.5 means 0.5 %, divide the numbers by 100.",
            0,
        )
    count = binding.class_count
    from_zero = tuple(map(str, range(count)))
    seen = set(map(canonical, binding.sample))
    if (
        binding.shape == "list"
        and binding.classes == from_zero
        and not spec.classes
        and len(seen) >= max(2, count / 2)
        and seen <= set(from_zero[1:])
    ):
        options = f"--classes {','.join(str(place + 1) for place in range(count))}"
        yield EvidenceNote(
            "places_from_zero",
            f"The numbers in {quoted(binding.predictions[0])} are read as those of the classes "
            f"0 to {count - 1}, but no label of the first rows is 0: if the first number is of "
            f"class 1, use {options}.",
            0,  # no options: nothing shows that they are right
        )


def _marks(evidence: Evidence, binding: Binding, spec: Spec) -> EvidenceNote:
    """Numbers that are hardly predictions, but are scored as such."""
    from ce_cli.findings.number_advice import skipping

    minus = binding.task == "likelihood" and spec.as_ == "logprobs"  # kept as losses
    marks = [-mark if minus else mark for mark in evidence.marks]
    shown = " and ".join(map(number_text, marks))
    options = skipping(marks)
    verb, mark = ("is", "it marks") if len(marks) == 1 else ("are", "they mark")
    message = (
        f"Among the {_UNBOUNDED[spec.as_]} in {quoted_list(binding.predictions, 3)} {verb} "
        f"{shown}, at least 10 times as large as all others: if {mark} a missing value, use "
        f"{options}."
    )
    return EvidenceNote("marks_of_missing", message, 0, options)


def _labels_are_decisions(evidence: Evidence, binding: Binding) -> EvidenceNote:
    message = (
        f"Every label in {quoted_list(binding.labels.columns, 3)} is the likeliest class, although "
        f"the predictions expect about {evidence.expected_errors:,.0f} of the "
        f"{plural(evidence.rows, 'row')} to have another: are these the model's own decisions, or "
        "was the model trained on these rows? Name the column of the true classes with --label."
    )
    return EvidenceNote("labels_are_decisions", message, evidence.rows)


def _labels_are_split(evidence: Evidence, binding: Binding, classes: Sequence[str]) -> EvidenceNote:
    message = (
        f"The label in {quoted_list(binding.labels.columns, 3)} is {quoted(classes[1])} exactly "
        f"where the prediction is at least {evidence.lowest_positive:.6g}, although with any "
        f"threshold, about {evidence.expected_errors:,.0f} or more of the "
        f"{plural(evidence.rows, 'row')} are expected to differ: are these the model's own "
        "decisions, or was the model trained on these rows? Name the column of the true classes "
        "with --label."
    )
    return EvidenceNote("labels_are_decisions", message, evidence.rows)


def _of_outcomes(evidence: Evidence, binding: Binding, classes: Sequence[str]) -> EvidenceNote:
    name = binding.predictions[0]
    losses = [float(one.floats()[0]) for one in (evidence.as_outcome, evidence.as_class)]
    means = [total / evidence.rows for total in losses]
    options = f"--task likelihood --pred {shell_word(name)}"
    message = (
        f"The log-probabilities in {quoted(name)} are read as those of {quoted(classes[1])} in "
        f"every row, with a loss of {means[1]:.3g} nats, but as those of each label itself, they "
        f"have {means[0]:.3g}: if they are, use {options}."
    )
    return EvidenceNote("outcome_logprobs", message, evidence.rows, options)


def _decisions(evidence: Evidence, binding: Binding, spec: Spec, source: Source) -> EvidenceNote:
    loss = "the largest loss that the clip allows" if spec.clip else "an infinite loss"
    if spec.convention:
        loss = f"the largest loss that {spec.convention} allows"
    wrong = ""
    if evidence.wrong:
        each = "has" if evidence.wrong == 1 else "have"
        wrong = f"; {evidence.wrong:,} of the {plural(evidence.rows, 'row')} {each} {loss}"
    from ce_cli.scoring.columns_beside import fractions_beside

    options, instead = None, ""
    if found := fractions_beside(source, binding):
        options = " ".join(f"--pred {shell_word(name)}" for name in found)
        verb = "has" if len(found) == 1 else "have"
        instead = f"; {quoted_list(found, 3)} {verb} numbers between 0 and 1: use {options}"
    message = (
        f"The predictions in {quoted_list(binding.predictions, 3)} are decisions, not "
        f"probabilities: only 0 and 1{wrong}{instead}."
    )
    return EvidenceNote(DECISIONS, message, evidence.rows, options)


def _probabilities(binding: Binding) -> EvidenceNote:
    message = (
        f"The predictions in {quoted(binding.predictions[0])} are read as logits, but all of them "
        "are between 0 and 1: if they are probabilities, use --as probabilities."
    )
    return EvidenceNote(PROBABILITIES, message, 0, "--as probabilities")


def _predicted_class(
    evidence: Evidence,
    binding: Binding,
    spec: Spec,
    classes: Sequence[str],
    source: Source,
) -> Iterator[EvidenceNote]:
    from ce_cli.scoring.columns_beside import predicted_class_beside

    column = predicted_class_beside(source, binding, spec, classes)
    if column is None and not evidence.too_many_negatives:
        return
    never = f"The predictions in {quoted(binding.predictions[0])} never favour {quoted(classes[0])}"
    if column is None:
        message = (
            f"{never}, which {evidence.rows - evidence.positives:,} of the "
            f"{plural(evidence.rows, 'row')} have as their label: are they probabilities of the "
            "predicted class? Then name the column with that class with --predicted-class."
        )
        yield EvidenceNote("predicted_class", message, evidence.rows)
        return
    options = f"--predicted-class {shell_word(column)}"
    message = (
        f"{never}, but {quoted(column)} has it: if they are probabilities of the predicted class, "
        f"use {options}."
    )
    yield EvidenceNote("predicted_class", message, evidence.rows, options)
