"""Columns without a role that may be what a warning misses, by the first rows of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.naming.classes import UNKNOWN, NamedClasses
from ce_cli.binding.naming.names import is_id
from ce_cli.binding.rows.bound_rows import bound_rows
from ce_cli.binding.rows.columns import floats, tokens
from ce_cli.binding.rows.predicted_class import class_codes
from ce_cli.inputs.source import NO_TEXTS, Projection, Source, repeated
from ce_cli.spec import Spec

Floats = NDArray[np.float64]

_LOOKED_AT = 200  # columns; a table of more has features
_SUM = 1e-3  # how far from 1 rounded probabilities may sum
_LEAST_FALL = 0.5  # nats over the first rows that a better reading saves


def fractions_beside(source: Source, binding: Binding) -> tuple[str, ...]:
    """The only columns that may be the probabilities instead: as many as there are predictions."""
    if binding.shape not in ("single", "columns"):
        return ()
    names = list(_free(source, binding, ("number",)))
    if not names:
        return ()
    frame = source.sample(Projection(tuple(names), ()))
    numbers = {name: floats(frame.columns[name]) for name in names}
    found = tuple(name for name in names if _are_fractions(numbers[name]) and not is_id(name))
    if len(found) != len(binding.predictions):
        return ()
    if len(found) > 1:
        sums = np.add.reduce([numbers[name] for name in found])
        if not (np.abs(sums - 1.0) <= _SUM).all():
            return ()
    return found


def predicted_class_beside(
    source: Source, binding: Binding, spec: Spec, classes: Sequence[str]
) -> str | None:
    """The column with which predictions of the predicted class have the least loss.

    If the labels are in another file, their first rows are other rows: then it is the only column
    of both classes.
    """
    best: tuple[float, str] | None = None
    plain = binding.replace(by=(), complete=(), id=None, weight=None, class_weights=())
    names = list(_free(source, binding, ("number", "boolean", "text")))
    found = list(_of_both_classes(source, names, classes))
    if any(column.from_labels for column in source.columns()):
        return found[0] if len(found) == 1 else None
    for name in found:
        fall = _fall(source, plain, spec, name)
        if fall > _LEAST_FALL and (best is None or fall > best[0]):
            best = fall, name
    return None if best is None else best[1]


def _free(source: Source, binding: Binding, kinds: Sequence[str]) -> Iterator[str]:
    columns = source.columns()
    used = {*binding.projection.names, *repeated(columns)}
    for column in columns[:_LOOKED_AT]:
        own = column.named and not column.from_labels
        if own and column.name not in used and column.kind in kinds:
            yield column.name


def _are_fractions(numbers: Floats) -> bool:
    known = numbers[~np.isnan(numbers)]
    return bool(
        len(known)
        and known.min() >= 0.0
        and known.max() <= 1.0
        and ((known > 0.0) & (known < 1.0)).any()
    )


def _of_both_classes(source: Source, names: Sequence[str], classes: Sequence[str]) -> Iterator[str]:
    """The columns that hold both classes and nothing else."""
    if not names:
        return
    frame = source.sample(Projection((), tuple(names), missing_texts=NO_TEXTS))
    for name in names:
        codes, texts = tokens(frame.columns[name])
        used = np.unique(codes[codes >= 0]).tolist()
        if not 2 <= len(used) <= 4:
            continue
        found = class_codes(NamedClasses(tuple(classes)), [texts[code] for code in used])
        if UNKNOWN not in found and set(found.tolist()) == {0, 1}:
            yield name


def _fall(source: Source, binding: Binding, spec: Spec, name: str) -> float:
    """How much less loss the first rows have if `name` is the predicted class."""
    other = binding.replace(predicted_class=name)
    totals = []
    for one in (binding, other):
        bound = bound_rows(source.sample(one.projection), one, spec.replace(missing="skip"))
        totals.append(sum(float(batch.finite_losses.sum()) for batch in bound.batches))
    return totals[0] - totals[1]
