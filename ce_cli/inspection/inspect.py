"""The flow of ``ce inspect``: from files and options to findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from ce_cli.binding.fits import Fits, must_be_alike
from ce_cli.binding.joining.label_file import LabelFile
from ce_cli.errors import DataError, pasteable
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.source import Projection, Source, Split
from ce_cli.inspection.class_advice import class_advice
from ce_cli.inspection.columns_seen import columns_seen
from ce_cli.inspection.evidence_advice import evidence_advice
from ce_cli.inspection.examine import ExamineSplit
from ce_cli.inspection.examine_files import Examined, ExamineFiles
from ce_cli.inspection.file_facts import FileFacts
from ce_cli.inspection.named_options import named_options
from ce_cli.inspection.row_advice import row_advice
from ce_cli.inspection.score_command import ScoreCommand
from ce_cli.inspection.settle import settle
from ce_cli.inspection.trial import Trial
from ce_cli.inspection.value_advice import value_advice
from ce_cli.results.inspect import SEVERITIES, ClassSeen, Finding, Inspected
from ce_cli.scoring.pipeline import check_possible, is_whole
from ce_cli.scoring.prepared import up_to_first_row, with_labels
from ce_cli.scoring.repeated_files import RepeatedFiles
from ce_cli.scoring.run import Run
from ce_cli.scoring.warnings import left_out_files
from ce_cli.spec import Spec

_ID_NAMES = frozenset(
    "id row_id uid uuid guid sample_id example_id case_id record_id item_id".split()
)
_PERMUTED = ("flipped_positive", "shifted_classes", "text_sorted_classes", "permuted_classes")
_CORRECTED = {"looks_like_percentages", "outside", "missing"}  # errors that a new copy is without
_BY_KIND = {
    "outside",
    "positive_logprob",
    "bad_sum",
    "far_sum",
}  # options only if the numbers show the kind
_LIKELY_CAUSES = (
    "binding",
    "labels",
    "other_file",
    "file_twice",
    "same_rows",
    "looks_like_percentages",
    "looks_like_logits",
    "looks_like_logprobs",
    "looks_like_probabilities",
    *_PERMUTED,
    "shifted_rows",
    "no_loss",
    "predicted_class",
    "labels_are_decisions",
    "decisions",
    "constant_prediction",
    "sums_after_softmax",
    "sums_after_division",
)


def inspect(data: DataSet, spec: Spec, typed: ScoreCommand, run: Run) -> Inspected:
    """Inspect the rows of a data set, in one pass.

    Parameters
    ----------
    data : DataSet
        The files; the first one decides the binding.
    spec : Spec
        The options that name columns and values.
    typed : ScoreCommand
        The command that would score them.
    run : Run
        Where the work is done.

    Raises
    ------
    DataError
        There are no rows, or a file is not a table.
    UsageError
        An option does not match the data.
    StorageError
        A file cannot be read.
    """
    check_possible(data, run)
    if is_whole(data, spec):
        run.refuse_elsewhere("Inspecting rows that are matched by order to --labels (without --id)")
    given = spec
    sources, spec, label_file = with_labels(data, spec)
    leading = up_to_first_row(sources)
    source = leading[-1]
    columns = tuple(source.columns())
    if source.is_empty:
        raise DataError(f"{source.name}: there is no data row.")
    settled = settle(source, spec)
    binding = settled.binding
    missing = spec.missing_texts if binding is None else binding.missing_texts
    ids = spec.id or next((one.name for one in columns if one.name.lower() in _ID_NAMES), None)
    work = ExamineSplit(
        None if binding is None else binding.replace(by=()), settled.spec, ids, missing
    )
    repeated = None
    if len(data.names) > 1 and label_file is None:
        repeated = RepeatedFiles(binding)
    fits = (
        None
        if binding is None
        else Fits((binding,), source.name, must_be_alike(spec, settled.spec))
    )
    files = ExamineFiles(work, fits, len(leading) - 1, repeated is not None)
    if run.elsewhere is None:
        found, locations = _examined(files, chain(leading, sources), run, RowLocations(data.names))
    else:
        from ce_cli.scoring.folding import folded_files
        from ce_cli.scoring.joined_files import Labelled

        labels = None
        if label_file is not None:
            labels = Labelled(label_file, source, files.projection(source), spec.label)
        folded = folded_files(run, files, data, labels)
        if folded is None:
            return inspect(data, given, typed, run.here())
        found, locations = folded
        run.add_rows(found.exam.issues.read)
    total, file_findings = found.exam, list(found.findings)
    if label_file is not None:
        file_findings += _unused(label_file)
    if repeated is not None:
        repeated.add(found.beginnings)
        notes = repeated.notes(data.names, (*locations.starts, total.issues.read), spec)
        file_findings += [Finding(note.code, "warning", note.message) for note in notes]
    empty = left_out_files(list(found.without_rows), locations)
    file_findings += [Finding(note.code, "warning", note.message) for note in empty]
    delimiter = getattr(source, "delimiter", ",")  # only text files have one
    facts = FileFacts(total, settled, spec, columns, ids, locations, typed, delimiter, source)
    result = _inspected(facts, source.format, file_findings)
    return result.replace(next=_next_line(facts, result.findings, Trial(data, given, typed, run)))


def _unused(label_file: LabelFile) -> Iterator[Finding]:
    try:
        label_file.check_used()
    except DataError as error:
        options = None if label_file.key is None else "--missing skip"
        yield Finding("unpredicted", "error", str(error), label_file.unused, options=options)
    for message, count in label_file.disagreements():
        yield Finding("files_disagree", "warning", message, count)


def _examined(
    files: ExamineFiles, sources: Iterator[Source], run: Run, locations: RowLocations
) -> tuple[Examined, RowLocations]:
    """Examine the splits of all files here."""
    seen: list[Examined] = []  # of each file but its rows

    def splits() -> Iterator[tuple[int, Split, Projection]]:
        for part, source in enumerate(sources):
            noted = files.noted(part, source)
            seen.append(noted)
            if noted.fits:
                projection = files.projection(source)
                for split in source.splits(projection):
                    yield part, split, projection

    total, hidden = files.split.empty(), -1
    for part, exam in run.results(files.split, splits()):
        if part == hidden:
            continue
        hidden = part if exam.issues.hide_the_rest else hidden
        locations = locations.begun(part, total.issues.read)
        total = total.merge(exam)
        run.add_rows(exam.issues.read)
    found = Examined(
        total,
        tuple(finding for one in seen for finding in one.findings),
        tuple(name for one in seen for name in one.without_rows),
        tuple(begin for one in seen for begin in one.beginnings),
    )
    return found, locations.ended(total.issues.read)


def _inspected(facts: FileFacts, form: str, file_findings: Sequence[Finding]) -> Inspected:
    findings = [*facts.settled.problems, *file_findings]
    if facts.bad_labels is not None:
        findings.append(Finding("labels", "error", facts.bad_labels))
    findings += [*value_advice(facts), *evidence_advice(facts)]
    findings += [*class_advice(facts), *row_advice(facts)]
    findings = _without_repeats(_with_classes_by_loss(findings, facts.figures.get("skill", 0.0)))
    if not any(one.code in _PERMUTED and one.options for one in findings):  # else all labels fit
        findings = [_with_named_options(one) for one in findings]
    findings.sort(key=_rank)
    issues, numbers = facts.exam.issues, facts.numbers
    several = len(numbers.first) > 1 and facts.spec.task != "multilabel"
    return Inspected(
        inputs=facts.locations.names,
        format=form,
        rows={"read": issues.read, "usable": issues.scored, "skipped": issues.skipped},
        columns=columns_seen(facts),
        task=None if facts.binding is None else facts.spec.task,
        values=None if facts.binding is None else facts.spec.as_,
        classes=tuple(_classes(facts)),
        figures=facts.figures,
        sums=(numbers.low_sum, numbers.high_sum)
        if several and facts.spec.as_ == "probabilities"
        else None,
        findings=tuple(_with_command(facts, one) for one in findings),
        next=None,
    )


def _rank(finding: Finding) -> tuple[int, int]:
    """A sort key: the more severe first, then likely causes of other findings."""
    known = finding.code in _LIKELY_CAUSES
    place = _LIKELY_CAUSES.index(finding.code) if known else len(_LIKELY_CAUSES)
    return SEVERITIES.index(finding.severity), place


def _with_classes_by_loss(findings: Sequence[Finding], skill: float) -> list[Finding]:
    """Correct assumed classes by the losses, instead of reporting a permutation as well.

    If the losses do not show the classes either, no option is suggested.
    """
    assumed = [one for one in findings if one.code == "binding" and _names_classes(one)]
    better = [one for one in findings if one.code in _PERMUTED and one.options]
    if not assumed or not (better or skill <= 0.0):
        return list(findings)
    corrected = assumed[0].replace(options=better[0].options if better else None)
    return [corrected if one is assumed[0] else one for one in findings if one not in better]


def _names_classes(finding: Finding) -> bool:
    return (finding.options or "").startswith(("--positive", "--classes"))


def _without_repeats(findings: Sequence[Finding]) -> list[Finding]:
    """Drop findings that another one explains: sums are wrong if numbers are misread."""
    codes = {one.code for one in findings}
    explained: set[str] = set()
    if codes & {"sums_after_softmax", "sums_after_division", "looks_like_logits"}:
        explained |= {"bad_sum"}
    if any(code.startswith("looks_like_") for code in codes):
        explained |= {"constant_prediction", "decisions", "one_class", "rounded"}
        explained |= {"predicted_class", "labels_are_decisions"}
    if any(code.startswith("looks_like_") for code in codes) or codes & {
        *_PERMUTED,
        "binding",
        "shifted_rows",
        "constant_prediction",
        "predicted_class",
        "decisions",
    }:
        explained |= {"worse_than_constant"}
    if codes & {"decisions", *_PERMUTED} or any(code.startswith("looks_like_") for code in codes):
        explained |= {"clipped"}
    if codes & {"decisions", "no_loss"}:
        explained |= {"rounded"}
    if codes & {*_PERMUTED}:
        explained |= {"places_from_zero"}
    if "predicted_class" in codes:
        explained |= {*_PERMUTED, "class_never_predicted"}
    kept = [one for one in findings if one.code not in explained]
    if "looks_like_probabilities" not in codes:
        return kept
    return [one.replace(options=None) if one.code == "positive_logprob" else one for one in kept]


def _with_named_options(finding: Finding) -> Finding:
    """An error with the options that only its sentence names."""
    known = finding.options or finding.command or finding.code in _BY_KIND
    if known or finding.severity != "error":
        return finding
    return finding.replace(options=named_options(finding.message))


def _with_command(facts: FileFacts, finding: Finding) -> Finding:
    finding = finding.replace(message=pasteable(finding.message))
    if finding.options is None or finding.command is not None:
        return finding
    assumed = (
        facts.typed.adding(facts.settled.assumed) if finding.code != "binding" else facts.typed
    )
    return finding.replace(command=assumed.adding(finding.options).line())


def _next_line(facts: FileFacts, findings: Sequence[Finding], trial: Trial) -> str | None:
    """The command to run next, with every option that was found to help; None if it would fail."""
    ambiguous = any(one.code == "binding" and one.options is None for one in findings)
    command = facts.typed if ambiguous else facts.typed.adding(facts.settled.assumed)
    for finding in reversed(findings):  # the most serious is added last and wins
        if finding.options and finding.severity != "note":
            command = command.adding(finding.options)
    codes = {one.code for one in findings if one.severity == "error"}
    if codes <= _CORRECTED:
        fixes = (one.command for one in findings if one.severity != "note" and not one.options)
        if (fix := next(filter(None, fixes), None)) is not None:
            return fix
    changed = command != facts.typed
    if not changed and not codes:
        return command.line()
    line, other = trial.line(command) if changed else None, facts.settled.other_command
    if line is not None or other is None:
        return line
    return facts.typed.replace(options=(*facts.typed.options, *other.options)).line(other.command)


def _classes(facts: FileFacts) -> Iterator[ClassSeen]:
    crossed = facts.exam.alignment.crossed
    predicted = None if crossed is None else crossed.counts.sum(axis=0).tolist()
    total = sum(weight for _, weight, _ in facts.class_rows)
    independent = facts.spec.task == "multilabel"
    for code, (rows, weight, loss) in enumerate(facts.class_rows):
        share = weight / total if total > 0 and not independent else float("nan")
        name, column = facts.classes[code], facts.column(code)
        guessed = None if predicted is None else predicted[code]
        yield ClassSeen(name, column, rows, share, guessed, loss)
