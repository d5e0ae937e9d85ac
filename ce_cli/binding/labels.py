"""How labels are stored: one column of classes, or shares of each class."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.binding.binding import Labels
from ce_cli.binding.naming.classes import (
    UNKNOWN,
    ConventionalBinary,
    LabelReader,
    NamedClasses,
    OneAgainstRest,
)
from ce_cli.binding.naming.label_names import label_namings
from ce_cli.binding.naming.names import class_named
from ce_cli.errors import DataError, Suggestion, UsageError
from ce_cli.spec import Spec
from ce_cli.text import comma_separated, quoted, quoted_list, sanitize

NO_LABELS = Labels((), "none", NamedClasses(()))


def hard_reader(
    spec: Spec, classes: tuple[str, ...] | None, predictions: Sequence[str], seen: Sequence[str]
) -> LabelReader:
    """How the texts of one label column become class codes.

    Raises
    ------
    UsageError
        ``--positive`` contradicts the name of the prediction column.
    """
    if classes:
        return NamedClasses(classes)
    named = class_named(predictions[0], seen)
    if spec.positive is None:
        conventional = ConventionalBinary()
        usual = named is None or conventional.codes([named])[0] == 1
        return conventional if usual else OneAgainstRest(named or "")
    reader = OneAgainstRest(spec.positive)
    if named is not None and not reader.codes([named])[0]:
        raise UsageError(
            f"{quoted(predictions[0])} is named after the class {quoted(named)}, not after "
            f"--positive {sanitize(spec.positive)}; if the name is wrong, name both classes with "
            "--classes, the positive class last.",
            suggestions=_both_classes(spec.positive, seen),
        )
    return reader


def _both_classes(positive: str, seen: Sequence[str]) -> list[Suggestion]:
    """The names of both classes, if the labels show them."""
    others = [text for text in seen if not OneAgainstRest(positive).codes([text])[0]]
    if len(others) != 1:
        return []
    return [Suggestion((("--classes", comma_separated((others[0], positive))),))]


def two_classes(
    spec: Spec, prediction: str, labels: Sequence[str]
) -> tuple[tuple[str, str], tuple[int, ...]]:
    """The negative and positive class of one prediction, and the code of each of two label columns.

    Raises
    ------
    DataError
        There are not two, or the names do not show which is positive.
    """
    if len(labels) != 2:
        raise DataError(
            f"{quoted(prediction)} separates two classes, but there are {len(labels)} label "
            f"columns: {quoted_list(labels)}; name a prediction for each with --pred."
        )
    for names in label_namings(labels):
        positive = spec.positive or class_named(prediction, names)
        codes = ConventionalBinary().codes(names)
        if positive is not None:
            codes = OneAgainstRest(positive).codes(names)
        if sorted(codes.tolist()) == [0, 1]:
            return oriented(names, names[codes.tolist().index(1)], spec)
    raise DataError(
        f"the names do not show which of the label columns {quoted_list(labels)} "
        f"{quoted(prediction)} predicts; name the positive class with --positive."
    )


def oriented(
    names: Sequence[str], positive: str, spec: Spec
) -> tuple[tuple[str, str], tuple[int, ...]]:
    """Two classes, the negative one first, and the code of each of `names`.

    `positive` is the class of a single prediction, unless ``--positive`` names another.

    Raises
    ------
    UsageError
        ``--positive`` is neither of them.
    """
    codes = OneAgainstRest(spec.positive or positive).codes(names).tolist()
    if sorted(codes) != [0, 1]:
        raise UsageError(
            f"--positive {quoted(spec.positive or '')} is not one of {quoted_list(names)}."
        )
    return (names[codes.index(0)], names[codes.index(1)]), tuple(codes)


def matched_labels(
    labels: Sequence[str], namings: Sequence[tuple[str, ...]], spec: Spec
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Match label columns to classes by name: the matching names, and the code of each column.

    `namings` holds possible names of the classes, the most likely first.

    Raises
    ------
    DataError
        A class has no label column, or a label column no class.
    """
    for naming in namings:
        for names in label_namings(labels):
            codes = NamedClasses(naming).codes(names).tolist()
            if UNKNOWN not in codes and len(set(codes)) == len(codes) == len(naming):
                return naming, tuple(codes)
    if _one_by_one(labels, namings[0], spec):
        return namings[0], tuple(range(len(labels)))
    raise DataError(_unmatched(label_namings(labels)[0], namings[0]))


def _one_by_one(labels: Sequence[str], classes: Sequence[str], spec: Spec) -> bool:
    """Whether options name label columns and classes one by one, so that their order counts."""
    ordered = spec.classes or spec.pred
    return labels == spec.label and len(labels) == len(ordered) == len(classes)


def _unmatched(labels: Sequence[str], classes: Sequence[str]) -> str:
    unlabelled = _without(labels, classes)
    unpredicted = _without(classes, labels)
    advice = (
        "list the columns in --label and --pred in the same order, and name the classes in that "
        "order with --classes."
    )
    if unlabelled and not unpredicted:
        return f"there is no label column for {_classes(unlabelled)}; {advice}"
    if unpredicted and not unlabelled:
        verb = "has" if len(unpredicted) == 1 else "have"
        return (
            f"there is no prediction for {_classes(unpredicted)}, which {verb} a label column; "
            f"{advice}"
        )
    return (
        f"the label columns are for {quoted_list(labels)}, but the predictions are for "
        f"{quoted_list(classes)}; {advice}"
    )


def _without(known: Sequence[str], names: Sequence[str]) -> list[str]:
    """The `names` that are not among the classes `known`."""
    codes = NamedClasses(tuple(known)).codes(names)
    return [name for name, code in zip(names, codes, strict=True) if code == UNKNOWN]


def _classes(names: Sequence[str]) -> str:
    return f"{'the class' if len(names) == 1 else 'the classes'} {quoted_list(names)}"
