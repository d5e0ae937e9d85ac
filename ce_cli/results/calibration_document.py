"""The part of a document that is a calibration: its method, its numbers, and its digest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from ce_cli.errors import DataError
from ce_cli.kernels import calibration as kinds
from ce_cli.kernels.calibration import MOST, Calibration, Kind
from ce_cli.results.json_node import JsonNode
from ce_cli.text import quoted, quoted_list

SCHEMA = "ce.calibration/1"
_VALUES = ("probabilities", "logits", "logprobs")
_MOST_CLASSES = 1 << 20
_MOST_CLIP = 0.5 - 2.0**-54


def parameters_of(calibration: Calibration) -> dict[str, Any]:
    """The numbers of a calibration by the names that its method has for them."""
    slopes = calibration.slopes or (1.0, 1.0)
    biases = calibration.biases or (0.0, 0.0)
    shift = biases[1] - biases[0]
    named: dict[str, dict[str, Any]] = {
        kinds.NONE: {},
        kinds.TEMPERATURE: {"slope": slopes[0]},
        kinds.PLATT: {"slope": slopes[0], "bias": shift},
        kinds.BETA: {"a": slopes[1], "b": slopes[0], "c": shift},
        kinds.ISOTONIC: {
            "logits": list(calibration.knots),
            "probabilities": list(calibration.curve),
        },
        kinds.BIAS: {"slope": slopes[0], "biases": list(biases)},
        kinds.VECTOR: {"slopes": list(slopes), "biases": list(biases)},
        kinds.OFFSET: {"biases": list(biases)},
    }
    return named[calibration.method]


def calibration_in(document: JsonNode) -> Calibration:
    """The calibration of a document, every number of it checked.

    Raises
    ------
    DataError
        Something is missing, or of another kind, or was edited.
    """
    method, values = (
        _one_of(document, "method", kinds.METHODS),
        _one_of(document, "values", _VALUES),
    )
    classes = document.texts("classes")
    if not 2 <= len(classes) <= _MOST_CLASSES or len(set(classes)) < len(classes):
        document.refuse("classes", "at least two different classes", list(classes)[:10])
    clip = document.finite("clip", kinds.LEAST, _MOST_CLIP)
    plain = Calibration(method, cast(Kind, values), classes, clip)
    found = plain.replace(**_numbers(method, document.part("parameters"), len(classes)))
    if document.text("digest") != found.digest:
        raise DataError(
            f"{document.name}: the digest does not belong to this method, its parameters, classes, "
            "values and clip, so the file was edited: fit the calibration again."
        )
    return found


def _one_of(document: JsonNode, key: str, known: Sequence[str]) -> str:
    text = document.text(key)
    if text not in known:
        raise DataError(
            f"{document.name}: there is no {key} {quoted(text)} here; this version has "
            f"{quoted_list(known)}."
        )
    return text


def _numbers(method: str, own: JsonNode, count: int) -> dict[str, tuple[float, ...]]:
    """Slopes and biases of each class, or the knots of a curve."""
    two = (kinds.PLATT, kinds.BETA, kinds.ISOTONIC)
    if method in two and count != 2:
        own.refuse("classes", f"two classes for the method {method}", count)
    if method == kinds.ISOTONIC:
        return _curve(own)
    slopes, biases = (1.0,) * count, (0.0,) * count
    if method in (kinds.TEMPERATURE, kinds.PLATT, kinds.BIAS):
        slopes = (own.finite("slope", 0.0, MOST),) * count
    if method == kinds.PLATT:
        biases = (0.0, own.finite("bias", -MOST, MOST))
    if method == kinds.BETA:
        slopes = (own.finite("b", 0.0, MOST), own.finite("a", 0.0, MOST))
        biases = (0.0, own.finite("c", -MOST, MOST))
    if method == kinds.VECTOR:
        slopes = _of_each_class(own, "slopes", count)
    if method in (kinds.BIAS, kinds.VECTOR, kinds.OFFSET):
        biases = _of_each_class(own, "biases", count)
    return {"slopes": slopes, "biases": biases}


def _of_each_class(own: JsonNode, key: str, count: int) -> tuple[float, ...]:
    found = own.finites(key, -MOST, MOST)
    if len(found) != count:
        own.refuse(own.value(key)[0], f"a list of {count} numbers, one for each class", len(found))
    return found


def _curve(own: JsonNode) -> dict[str, tuple[float, ...]]:
    knots, curve = own.finites("logits", -MOST, MOST), own.finites("probabilities", 0.0, 1.0)
    if not knots or len(knots) != len(curve):
        own.refuse(own.value("logits")[0], "one number for each of the probabilities", len(knots))
    if (np.diff(knots) <= 0).any():
        own.refuse(own.value("logits")[0], "a list of rising numbers", list(knots)[:10])
    if (np.diff(curve) < 0).any() or not 0.0 < curve[0] <= curve[-1] < 1.0:
        path = own.value("probabilities")[0]
        own.refuse(path, "a list of probabilities above 0 and below 1 that never fall", curve[:10])
    return {"knots": knots, "curve": curve}
