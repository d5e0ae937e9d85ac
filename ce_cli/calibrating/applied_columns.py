"""Which columns of a file a calibration is applied to, and which class each of them is for."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.binding.binding import Binding
from ce_cli.binding.calibrated import check_are_logits, check_values, codes_of
from ce_cli.binding.labels import NO_LABELS
from ce_cli.binding.naming.classes import UNKNOWN, NamedClasses
from ce_cli.binding.naming.names import expand, no_column
from ce_cli.binding.predictions import TOLERANCE, best_naming, keys_of, namings_for, shape_of
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import Column, Source, repeated
from ce_cli.kernels.calibration import Calibration
from ce_cli.options.choices import Task
from ce_cli.record import Record
from ce_cli.results.calibrate import Calibrated
from ce_cli.spec import Spec
from ce_cli.text import quoted, quoted_list


class Applied(Record):
    """The bound predictions of a file.

    Attributes
    ----------
    binding : Binding
        Their columns and classes; there are no labels.
    calibration : Calibration
        In the order of these classes.
    spec : Spec
        The kind of the predictions, and how to check them.
    """

    binding: Binding
    calibration: Calibration
    spec: Spec


def applied_to(source: Source, spec: Spec, fitted: Calibrated) -> Applied:
    """Find the predictions that a calibration is for: those named, or those that it had.

    Raises
    ------
    UsageError
        An option names a column or a class that does not exist.
    DataError
        The columns are not there, or are of other classes or of another kind.
    """
    columns = source.columns()
    if fitted.columns.predicted_class is not None:
        raise DataError(
            "the calibration was fitted with --predicted-class, where each row has the probability "
            "of its own class: fit one to the probability of one class, or of each."
        )
    if twice := sorted(repeated(columns)):
        raise DataError(f"several columns are named {quoted_list(twice)}: rename them.")
    predictions = _predictions(columns, spec, fitted)
    names = [column.name for column in predictions]
    own = fitted.calibration
    check_values(own, names, own.values if spec.as_ == "auto" else spec.as_, spec.as_)
    classes = _classes(source, predictions, spec, fitted)
    calibration = own.ordered(codes_of(classes, own.classes))
    task: Task = "binary" if len(classes) == 2 else "multiclass"
    tolerance = max(TOLERANCE[column.stored] for column in predictions)
    settled = spec.replace(
        as_=own.values,
        task=task,
        pred=tuple(names),
        clip=own.clip,
        sum_tolerance=tolerance if spec.sum_tolerance is None else spec.sum_tolerance,
    )
    binding = Binding(
        labels=NO_LABELS,
        predictions=tuple(names),
        shape=shape_of(predictions),
        classes=classes,
        task=task,
        weight=None,
        id=None,
        by=(),
        missing_texts=spec.missing_texts,
        sample=(),
        stored=tuple(column.stored for column in predictions),
    )
    if spec.as_ == "auto":
        check_are_logits(source, binding, settled)
    return Applied(binding, calibration, settled)


def _predictions(columns: Sequence[Column], spec: Spec, fitted: Calibrated) -> list[Column]:
    """The columns of the predictions: those named, or those of the file that was fitted to."""
    kinds = {column.name: column for column in columns}
    if spec.pred:
        names: Sequence[str] = expand(spec.pred, columns, ())
    else:
        names = fitted.columns.predictions
        for name in names:
            if name not in kinds:
                missing = no_column(name, list(kinds)).removesuffix(".")
                raise DataError(f"{missing}; name the predictions with --pred.")
    found = [kinds[name] for name in names]
    for column in found:
        number = column.kind in ("number", "boolean") or column.stored == "text"
        if not (number or (column.kind in ("list", "map") and len(found) == 1)):
            raise DataError(
                f"the column {quoted(column.name)} holds {column.type}, and not predictions: name "
                "others with --pred."
            )
    count, own = len(found), len(fitted.classes)
    several = count > 1 or found[0].kind in ("list", "map")
    if count not in (1, own) or not (several or own == 2):
        raise DataError(
            f"the calibration is of {own} classes, and {quoted_list(names, 4)} "
            f"{'is' if count == 1 else 'are'} {count}: name the predictions with --pred."
        )
    return found


def _classes(
    source: Source, predictions: Sequence[Column], spec: Spec, fitted: Calibrated
) -> tuple[str, ...]:
    """The class of each prediction; of a single one, the other class first."""
    classes, names = fitted.classes, tuple(column.name for column in predictions)
    shape = shape_of(predictions)
    if spec.classes:
        count = 2 if shape == "single" else len(names) if shape == "columns" else len(classes)
        if len(spec.classes) != count:
            raise UsageError(
                f"--classes names {len(spec.classes)} classes, but there are {count} predictions."
            )
        return spec.classes
    if shape == "single":
        return _of_single(spec.positive, classes)
    if shape == "map":
        return keys_of(source, names[0], classes)
    if shape == "list" and fitted.columns.shape != "list":
        raise UsageError(
            f"the numbers in the lists of {quoted(names[0])} have no names, and the calibration "
            "was fitted to columns: name the class of each number, in order, with --classes."
        )
    if shape == "list" or names == fitted.columns.predictions:
        return classes
    return best_naming(namings_for(source, spec, predictions, classes), classes)


def _of_single(positive: str | None, classes: tuple[str, ...]) -> tuple[str, ...]:
    if positive is None:
        return classes
    code = int(NamedClasses(classes).codes([positive])[0])
    if code == UNKNOWN:
        raise UsageError(
            f"--positive: there is no class {quoted(positive)}; the classes are "
            f"{quoted_list(classes)}."
        )
    return classes if code == 1 else classes[::-1]
