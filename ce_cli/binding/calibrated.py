"""Binding predictions to a calibration: the same classes, by name, and the same kind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ce_cli.binding.binding import Binding
from ce_cli.binding.naming.classes import NamedClasses, names_of_two
from ce_cli.binding.naming.names import values_of
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.prediction_rows import read_predictions
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import Source
from ce_cli.kernels.calibration import Calibration
from ce_cli.spec import Spec
from ce_cli.text import quoted_list

_ENOUGH = 10  # rows: fewer logits may be between 0 and 1 by chance
_SUM = 1e-3  # how far from 1 rounded probabilities may sum
_UNSEEN = "not "  # how a class begins that no label has named yet


def with_values(spec: Spec) -> Spec:
    """The spec by which predictions are of the kind that its calibration was fitted to."""
    if spec.calibrate is None or spec.as_ != "auto":
        return spec
    return spec.replace(as_=spec.calibrate.values)


def calibrated(
    source: Source, binding: Binding, spec: Spec, asked_for: str
) -> tuple[Binding, Spec]:
    """The binding with the calibration of the spec, in the order of its own classes.

    Parameters
    ----------
    source : Source
        The file.
    binding, spec : Binding, Spec
        What was bound.
    asked_for : str
        The kind of predictions that was asked for, or auto.

    Raises
    ------
    UsageError
        The labels are independent, or there are none.
    DataError
        The predictions are of other classes, or of another kind.
    """
    own = spec.calibrate
    if own is None:
        return binding, spec
    if binding.task not in ("binary", "multiclass"):
        raise UsageError(
            f"--calibrate is for predictions of which one class happens, and this is --task "
            f"{binding.task}: leave --calibrate out."
        )
    check_values(own, binding.predictions, spec.as_, asked_for)
    if asked_for == "auto":
        check_are_logits(source, binding, spec)
    names = binding.classes or names_of_two(binding.labels.reader, binding.sample)
    ordered = own.ordered(codes_of(names, own.classes))
    return binding.replace(calibration=ordered), spec.replace(clip=0.0, clip_zeros=False)


def check_values(own: Calibration, predictions: Sequence[str], values: str, asked_for: str) -> None:
    """Refuse predictions of another kind than those that the calibration was fitted to.

    Raises
    ------
    DataError
        They are of another kind, by an option or by their names.
    """
    named = values_of(tuple(predictions)) if asked_for == "auto" else None
    found = named or values
    if found != own.values:
        how = "by their names" if named else f"by --as {asked_for}"
        raise DataError(
            f"the calibration was fitted to {own.values}, and {quoted_list(predictions, 3)} "
            f"{'holds' if len(predictions) == 1 else 'hold'} {found} {how}: name other predictions "
            f"with --pred, say --as {own.values} if that is what they are, or fit a calibration to "
            f"{found}."
        )


def check_are_logits(source: Source, binding: Binding, spec: Spec) -> None:
    """Refuse probabilities as the logits that a calibration was fitted to, by the first rows.

    Raises
    ------
    DataError
        All numbers are between 0 and 1, and those of a row, if there are several, sum to 1.
    """
    if spec.as_ != "logits":
        return
    checked = CheckedRows(source.sample(binding.projection))
    matrix, _ = read_predictions(checked, binding, spec)
    matrix = matrix[:, ~np.isnan(matrix).any(axis=0)]
    if matrix.shape[1] < _ENOUGH or matrix.min() < 0.0 or matrix.max() > 1.0:
        return
    if len(matrix) == 1 or (np.abs(matrix.sum(axis=0) - 1.0) < _SUM).all():
        names = quoted_list(binding.predictions, 3)
        raise DataError(
            f"the calibration was fitted to logits, and the numbers in {names} are probabilities: "
            "name other predictions with --pred, say --as logits if that is what they are, or fit "
            "a calibration to probabilities."
        )


def codes_of(names: Sequence[str], classes: Sequence[str]) -> tuple[int, ...]:
    """The place among `classes` of each of the `names` of the predictions.

    Raises
    ------
    DataError
        They are other classes.
    """
    codes = NamedClasses(tuple(classes)).codes(names).tolist()
    if len(names) == len(classes) == 2:
        codes = _with_unseen(codes, names, classes)
    if sorted(codes) != list(range(len(classes))):
        raise DataError(
            f"the predictions are of the classes {quoted_list(names)}, and the calibration is of "
            f"{quoted_list(classes)}: name the class of each prediction with --classes, or use "
            "another calibration."
        )
    return tuple(codes)


def _with_unseen(codes: list[int], names: Sequence[str], classes: Sequence[str]) -> list[int]:
    """The codes of two classes, one of which may be called as no label has named it."""
    known = [place for place in (0, 1) if codes[place] >= 0]
    if len(known) != 1:
        return codes
    here = known[0]
    other = 1 - codes[here]
    if not (names[1 - here].startswith(_UNSEEN) or classes[other].startswith(_UNSEEN)):
        return codes
    return [codes[here], other] if here == 0 else [other, codes[here]]
