"""Whether the labels of the first rows are the classes of the predictions; if not, the fix."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.binding.binding import Binding
from ce_cli.binding.finding.evidence import FirstRows
from ce_cli.binding.finding.top_class import top_class_beside
from ce_cli.binding.naming.classes import UNKNOWN, ConventionalBinary
from ce_cli.binding.naming.near_classes import nearly_classes
from ce_cli.binding.naming.spelling import canonical, numbered, positives
from ce_cli.errors import DataError, Suggestion
from ce_cli.inputs.source import NO_TEXTS, Projection, Source
from ce_cli.spec import Spec
from ce_cli.text import comma_separated, quoted, quoted_list, shell_word


def check_seen(source: Source, spec: Spec, bound: Binding) -> None:
    """Fail at once, and name the fix, where labels of the first rows are not classes.

    Raises
    ------
    DataError
        No label is a known class, or the classes of a single prediction are more than two, or
        all labels but those of one class have no prediction.
    """
    if not bound.sample or bound.labels.shape == "share":
        return
    known = bound.labels.reader.codes(bound.sample) != UNKNOWN
    if _are_undecoded(source, bound.labels.columns[0]):
        return  # the row is reported
    if bound.classes is None:
        _check_single(source, spec, bound, bool(known.any()))
    elif not known.any():
        raise _unknown(bound, bound.classes)
    elif bound.shape != "single" and not spec.classes:
        _check_one_class(bound, bound.classes)


def _are_undecoded(source: Source, label: str) -> bool:
    """Whether labels of the first rows are not text in the encoding of the file."""
    frame = source.sample(Projection((), (label,), missing_texts=NO_TEXTS))
    return any(issue.code == "encoding" for issue in frame.issues)


def _check_single(source: Source, spec: Spec, bound: Binding, any_known: bool) -> None:
    """Labels for one prediction, some of which are not classes by their words."""
    seen, prediction = bound.sample, bound.predictions[0]
    label = bound.labels.columns[0]
    several = len(set(map(canonical, seen))) > 2
    beside = top_class_beside(FirstRows(source, bound.missing_texts), bound, seen)
    if several and (beside is not None or not any_known):
        raise _too_many(bound, beside)
    if any_known:
        return  # the row is reported
    labels = f"the labels in {quoted(label)} are {quoted_list(seen, 4)}"
    each = [Suggestion((("--positive", one),)) for one in positives(seen)]
    if beside is not None:
        raise DataError(
            f"{labels}, of which {quoted(beside)} may be the predicted class and "
            f"{quoted(prediction)} its probability, since it is never below 1/2; name it with "
            "--predicted-class, or, if it is not, the positive class with --positive.",
            suggestions=[Suggestion((("--label", label), ("--predicted-class", beside)))],
        )
    message = f"{labels}; name the class that {quoted(prediction)} predicts with --positive"
    if spec.as_ == "logprobs":
        raise DataError(
            f"{message}, or, if it is the log-probability of each label itself, use --task "
            "likelihood.",
            suggestions=[*each, Suggestion((("--task", "likelihood"), ("--pred", prediction)))],
        )
    raise DataError(f"{message}.", suggestions=each)


def _too_many(bound: Binding, beside: str | None) -> DataError:
    """The error that the labels are of more than two classes."""
    prediction, count = bound.predictions[0], len(set(map(canonical, bound.sample)))
    of_class = "" if beside is None else f", even if {quoted(beside)} is the class that it is of"
    return DataError(
        f"the labels in {quoted(bound.labels.columns[0])} are of {count:,} classes "
        f"({quoted_list(bound.sample, 4)}), but {quoted(prediction)} is one prediction, which "
        f"cannot score more than two{of_class}; name a column with the probability of each class "
        f"with --pred, or, if {quoted(prediction)} is the probability of each label itself, use "
        f"--task likelihood --pred {shell_word(prediction)}."
    )


def _unknown(bound: Binding, classes: Sequence[str]) -> DataError:
    """The error that no label is a class."""
    seen, label = bound.sample, bound.labels.columns[0]
    if near := nearly_classes(label, seen, classes):
        return near
    in_columns = bound.shape == "columns"
    order = numbered(seen, len(classes)) if in_columns else []
    paired = _same_pair(seen, classes) or ",".join(order)
    return DataError(
        f"the labels in {quoted(label)} are {quoted_list(seen, 4)}, but the predictions are for "
        f"the classes {quoted_list(classes)}; name the class of each prediction, in order, with "
        "--classes.",
        suggestions=[Suggestion((("--classes", paired),))] if paired else (),
    )


def _check_one_class(bound: Binding, classes: Sequence[str]) -> None:
    """Labels of which all have a prediction that are of one class, and of which others have none.

    To leave out the others would leave a single class.
    """
    seen, codes = bound.sample, bound.labels.reader.codes(bound.sample)
    absent = [text for text, code in zip(seen, codes, strict=True) if code == UNKNOWN]
    present = [text for text in seen if text not in absent]
    if len(set(codes[codes != UNKNOWN].tolist())) > 1 or len(set(map(canonical, absent))) > 1:
        return
    lacking = f"there is no prediction for the class {quoted(absent[0])} in "
    lacking += quoted(bound.labels.columns[0])
    if paired := _same_pair(seen, classes):
        raise DataError(
            f"{lacking}, only for {quoted_list(classes)}; if these are {paired}, name them with "
            "--classes.",
            suggestions=[Suggestion((("--classes", paired),))],
        )
    if UNKNOWN in ConventionalBinary().codes(seen) or bound.shape != "columns":
        return  # the row is reported
    raise DataError(
        f"{lacking}, and all other labels are {quoted(present[0])}; name the class of each "
        "prediction, in order, with --classes, or, if the predictions are of several models, "
        "compare these."
    )


def _same_pair(seen: Sequence[str], classes: Sequence[str]) -> str | None:
    """Labels such as −1 and 1 in the order of classes such as 0 and 1, for ``--classes``."""
    reader = ConventionalBinary()
    own, other = reader.codes(seen).tolist(), reader.codes(classes).tolist()
    if sorted(other) != [0, 1] or sorted(own) != [0, 1]:
        return None
    return comma_separated([seen[own.index(code)] for code in other])
