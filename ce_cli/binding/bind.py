"""Deciding which column plays which part, and which prediction belongs to which class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ce_cli.binding.classes import (
    UNKNOWN,
    ConventionalBinary,
    LabelReader,
    NamedClasses,
    OneAgainstRest,
)
from ce_cli.binding.columns import floats, tokens
from ce_cli.binding.names import (
    class_named,
    expand,
    find_label,
    find_predictions,
    find_unreadable,
    namings_of,
    no_column,
    values_of,
)
from ce_cli.binding.parts import check_others, check_predictions, held
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import NO_TEXTS, Column, Source, Stored, Wanted
from ce_cli.spec import MISSING_TEXTS, Spec, Task
from ce_cli.text import counted, listed, quoted, sanitize, shell_word
from ce_cli.value import Value

Shape = Literal["single", "columns", "list"]

_EPSILON = {"text": 2.0**-52, "float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10}
_TOLERANCE = {"text": 1e-3, "float64": 1.5e-8, "float32": 3.5e-4, "float16": 3.2e-2}


class Binding(Value):
    """Which column plays which part; the same for every file of a data set.

    Attributes
    ----------
    predictions : tuple of str
        One column, one list column, or one column for each class.
    shape : {"single", "columns", "list"}
        Which of the three.
    classes : tuple of str or None
        In the order of the predictions; None if a single prediction's labels will tell.
    labels : LabelReader
        From label texts to class codes.
    missing_texts : tuple of str
        Texts that stand for a missing value.
    sample : tuple of str
        The labels of the first rows.
    stored : tuple of str
        How finely the predictions are stored.
    """

    label: str
    predictions: tuple[str, ...]
    shape: Shape
    classes: tuple[str, ...] | None
    labels: LabelReader
    weight: str | None
    id: str | None
    by: tuple[str, ...]
    missing_texts: tuple[str, ...]
    sample: tuple[str, ...]
    stored: tuple[Stored, ...]

    @property
    def class_count(self) -> int:
        """K, 2 for a single prediction."""
        return len(self.classes) if self.classes else 2

    @property
    def wanted(self) -> Wanted:
        """The columns to read."""
        in_list = self.shape == "list"
        return Wanted(
            numbers=(
                *(() if in_list else self.predictions),
                *([self.weight] if self.weight else ()),
            ),
            texts=(self.label, *self.by, *([self.id] if self.id else ())),
            lists=self.predictions if in_list else (),
            missing_texts=self.missing_texts,
        )


def bind(source: Source, spec: Spec) -> tuple[Binding, Spec]:
    """Bind the columns of `source`, and settle every ``auto`` of `spec`.

    Raises
    ------
    UsageError
        An option names a column or class that is not there.
    DataError
        The names do not tell, or the labels name none of the classes.
    """
    columns = source.columns()
    names = [column.name for column in columns]
    others = [name for name in (spec.weight, spec.id, *spec.by) if name is not None]
    for name in (*([spec.label] if spec.label is not None else []), *others):
        if name not in names:
            raise UsageError(no_column(name, names))
    label = spec.label
    if label is None:
        label = find_label(columns, (*spec.predictions, *([spec.weight] if spec.weight else [])))
    kinds = {column.name: column for column in columns}
    check_others(kinds, (label, *([spec.id] if spec.id else []), *spec.by), spec.weight)
    missing = (*MISSING_TEXTS, *spec.na_values)
    texts = _sample_labels(source, label)
    seen = [text for text in texts if text not in missing]
    predictions = _predictions(source, spec, label, others, seen)
    if repeated := [n for n in dict.fromkeys((label, *predictions, *others)) if names.count(n) > 1]:
        raise DataError(f"more than one column is called {listed(repeated)}.")
    check_predictions([kinds[name] for name in predictions], label)
    for name in (*predictions, *([spec.weight] if spec.weight else [])):
        if name in (spec.id, *spec.by):
            raise UsageError(f"{quoted(name)} cannot be both numbers and a name of rows or groups.")
    shape, classes = _classes(source, spec, [kinds[name] for name in predictions], seen)
    missing = tuple(
        text for text in missing if text not in (classes or ()) or text in spec.na_values
    )
    bound = Binding(
        label=label,
        predictions=predictions,
        shape=shape,
        classes=classes,
        labels=_label_reader(spec, classes, predictions, seen),
        weight=spec.weight,
        id=spec.id,
        by=spec.by,
        missing_texts=missing,
        sample=tuple(text for text in texts if text not in missing),
        stored=tuple(kinds[name].stored for name in predictions),
    )
    settled = _settled(spec, bound)
    _check_labels(bound)
    return bound, settled


def check_fits(source: Source, binding: Binding) -> None:
    """Check that a further file of a data set has the columns of the first.

    Raises
    ------
    DataError
        A column is not there, or not of a kind that can play its part.
    """
    columns = source.columns()
    kinds = {column.name: column for column in columns}
    wanted = binding.wanted
    if source.is_empty:
        return
    for name in wanted.names:
        if sum(column.name == name for column in columns) > 1:
            raise DataError(f"more than one column is called {quoted(name)}.").about(source.name)
        if name not in kinds:
            raise DataError(no_column(name, list(kinds))).about(source.name)
    for name in (*wanted.numbers, *wanted.lists):
        column = kinds[name]
        fitting = ("list",) if name in wanted.lists else ("number", "boolean")
        if column.kind not in fitting and column.stored != "text":
            raise DataError(f"the column {quoted(name)} holds {held(column)} here.").about(
                source.name
            )


def check_precision(source: Source, binding: Binding) -> None:
    """Check that a further file stores its probabilities as finely as the first.

    Raises
    ------
    DataError
        It does not, so that one clip and one tolerance cannot be right for both.
    """
    kinds = {column.name: column for column in source.columns()}
    stored = {kinds[name].stored for name in binding.predictions if name in kinds}
    if stored - set(binding.stored) and not source.is_empty:
        raise DataError(
            f"stores its probabilities as {' and '.join(sorted(stored))}, the files before it as "
            f"{' and '.join(sorted(set(binding.stored)))}: say --clip and --sum-tolerance, which "
            "depend on that."
        ).about(source.name)


def _predictions(
    source: Source, spec: Spec, label: str, others: Sequence[str], seen: Sequence[str]
) -> tuple[str, ...]:
    columns = source.columns()
    if spec.predictions:
        return expand(spec.predictions, columns, (label, *others))
    found = find_predictions(columns, (label, *others), seen)
    if not found and spec.values in ("auto", "probabilities"):
        found = _named_like_labels(source, label, others, seen)
    found = found or find_unreadable(columns, (label, *others))
    if found:
        return found
    free = [column.name for column in columns if column.name not in (label, *others)]
    raise DataError(
        "no column is named like a prediction (prob, p, score, y_pred, logit, p_<class>, …); "
        f"the columns left are {listed(free) or 'none'}: say which with --pred."
    )


def _named_like_labels(
    source: Source, label: str, others: Sequence[str], seen: Sequence[str]
) -> tuple[str, ...]:
    """Columns of numbers that are called just like the labels of the first rows."""
    known = NamedClasses(
        tuple(
            column.name
            for column in source.columns()
            if column.kind == "number" and column.name not in (label, *others)
        )
    )
    if not known.names:
        return ()
    codes = known.codes(seen)
    found = tuple(known.names[code] for code in sorted(set(codes.tolist()) - {UNKNOWN}))
    return found if len(found) > 1 and _sum_to_one(source, found) else ()


def _sum_to_one(source: Source, columns: tuple[str, ...]) -> bool:
    """Whether these are all the classes: one that has no row yet would be missing in the sums."""
    frame = source.sample(Wanted(columns, ()))
    sums = np.add.reduce([floats(frame.columns[name]) for name in columns])
    return bool((np.abs(sums - 1.0) <= _TOLERANCE["text"]).all())


def _classes(
    source: Source, spec: Spec, predictions: Sequence[Column], seen: Sequence[str]
) -> tuple[Shape, tuple[str, ...] | None]:
    """Whether predictions are one number, one column a class or a list, and their classes."""
    if len(predictions) > 1:
        names = [column.name for column in predictions]
        return "columns", _classes_of_columns(spec, names, seen)
    if predictions[0].kind == "list":
        return "list", _classes_of_list(source, spec, predictions[0])
    return "single", _classes_of_single(spec)


def _classes_of_columns(
    spec: Spec, predictions: Sequence[str], seen: Sequence[str]
) -> tuple[str, ...]:
    if spec.classes:
        if len(spec.classes) != len(predictions):
            raise UsageError(
                f"--classes names {len(spec.classes)} classes, and there are {len(predictions)} "
                f"predictions: {listed(predictions)}."
            )
        return _checked_classes(spec.classes)
    namings = namings_of(predictions)
    for naming in namings:
        if seen and UNKNOWN not in NamedClasses(naming).codes(seen):
            return naming
    for naming in namings:
        if seen and not (NamedClasses(naming).codes(seen) == UNKNOWN).all():
            return naming
    return namings[0]


def _classes_of_list(source: Source, spec: Spec, column: Column) -> tuple[str, ...]:
    width = column.width or _sample_width(source, column.name)
    if width < 2:
        raise DataError(
            f"the lists in {quoted(column.name)} hold {counted(width, 'prediction')}, "
            "and two classes are the fewest."
        )
    if spec.classes and len(spec.classes) != width:
        raise UsageError(
            f"--classes names {len(spec.classes)} classes, and the lists of "
            f"{quoted(column.name)} hold {width} predictions."
        )
    return _checked_classes(spec.classes) or tuple(str(place) for place in range(width))


def _classes_of_single(spec: Spec) -> tuple[str, ...] | None:
    if not spec.classes:
        return None
    if len(spec.classes) != 2:
        raise UsageError(
            "one prediction column tells two classes apart: --classes takes two names here, "
            "the negative class first."
        )
    if spec.positive is not None and spec.positive not in spec.classes:
        raise UsageError(f"--positive {quoted(spec.positive)} is none of --classes.")
    first, second = _checked_classes(spec.classes)
    return (second, first) if spec.positive == first else (first, second)


def _checked_classes(classes: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(classes)) != len(classes):
        raise UsageError(f"--classes names a class twice: {listed(classes, 20)}.")
    return classes


def _label_reader(
    spec: Spec, classes: tuple[str, ...] | None, predictions: Sequence[str], seen: Sequence[str]
) -> LabelReader:
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
            f"{quoted(predictions[0])} is named for the class {quoted(named)}, not for "
            f"--positive {sanitize(spec.positive)}; if the name is wrong, say --classes with the "
            "other class first."
        )
    return reader


def _settled(spec: Spec, bound: Binding) -> Spec:
    count = bound.class_count
    task: Task = "binary" if count == 2 else "multiclass"
    if spec.task == "binary" and count != 2:
        raise UsageError(f"--task binary does not fit {count} prediction columns.")
    if spec.task == "multiclass" and bound.shape == "single":
        raise UsageError("--task multiclass needs one prediction column for each class.")
    if (
        spec.positive is not None
        and bound.shape != "single"
        and spec.positive not in (bound.classes or ())
    ):
        raise UsageError(
            f"--positive {quoted(spec.positive)} is none of the classes "
            f"{listed(bound.classes or ())}."
        )
    values = spec.values
    if values == "auto":
        values = values_of(bound.predictions) or "probabilities"
    clip = max(_EPSILON[one] for one in bound.stored) if spec.clip is None else spec.clip
    tolerance = spec.sum_tolerance
    if tolerance is None:
        tolerance = max(_TOLERANCE[one] for one in bound.stored)
    return spec.replace(
        label=bound.label,
        predictions=bound.predictions,
        task=task if spec.task == "auto" else spec.task,
        values=values,
        clip=clip if values == "probabilities" else 0.0,
        sum_tolerance=tolerance,
    )


def _check_labels(bound: Binding) -> None:
    """Fail at once, with the way out, where the first rows hold no known label at all."""
    seen = bound.sample
    if not seen or not (bound.labels.codes(seen) == UNKNOWN).all():
        return
    if bound.classes is None:
        raise DataError(
            f"the labels in {quoted(bound.label)} are {listed(seen, 4)}: say which of them "
            f"{quoted(bound.predictions[0])} is the prediction of, for example "
            f"--positive {shell_word(seen[0])}."
        )
    raise DataError(
        f"the labels in {quoted(bound.label)} are {listed(seen, 4)}, but the predictions are for "
        f"the classes {listed(bound.classes)}: name the class of each prediction, in their order, "
        "with --classes."
    )


def _sample_labels(source: Source, label: str) -> list[str]:
    """The labels of the first rows, each once, what may stand for a missing one included."""
    frame = source.sample(Wanted((), (label,), missing_texts=NO_TEXTS))
    codes, names = tokens(frame.columns[label])
    known, first = np.unique(codes, return_index=True)
    return [names[code] for code in known[np.argsort(first)].tolist() if code >= 0]


def _sample_width(source: Source, name: str) -> int:
    frame = source.sample(Wanted((), (), (name,)))
    values: list[list[float] | None] = frame.columns[name].to_pylist()
    return max((len(value) for value in values if value), default=0)
