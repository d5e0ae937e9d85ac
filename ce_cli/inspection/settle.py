"""Binding that goes on where ``ce score`` stops: what is ambiguous is assumed, and told."""

from __future__ import annotations

import csv

from ce_cli.binding.bind import bind, sample_labels
from ce_cli.binding.binding import Binding
from ce_cli.binding.labels import label_columns
from ce_cli.binding.predictions import prediction_columns
from ce_cli.errors import CeError, DataError, UsageError
from ce_cli.inputs.source import Source
from ce_cli.inspection.profiles import sortable
from ce_cli.inspection.score_command import joined, option
from ce_cli.record import Record
from ce_cli.results.inspect import Finding
from ce_cli.scoring.figures import class_names
from ce_cli.spec import MISSING_TEXTS, Spec

_TRIES = 4


class Settled(Record):
    """What came of binding.

    Attributes
    ----------
    binding : Binding or None
        None where no column could be bound.
    spec : Spec
        Settled, if there is a binding.
    problems : tuple of Finding
        What ``ce score`` would stop at.
    assumed : str
        The options that were added to get this far, quoted for the shell.
    """

    binding: Binding | None
    spec: Spec
    problems: tuple[Finding, ...] = ()
    assumed: str = ""


def settle(source: Source, spec: Spec) -> Settled:
    """Bind, and where the error names an option that may help, try again with it.

    Raises
    ------
    UsageError
        An option does not fit the file.
    """
    problems: list[Finding] = []
    assumed: list[str] = []
    for _ in range(_TRIES):
        try:
            binding, settled = bind(source, spec)
            class_names(binding, binding.sample)
        except UsageError as error:
            if assumed:  # it was not the user who said so
                return Settled(None, spec, tuple(problems), "")
            raise error.about(source.name) from None
        except DataError as error:
            told = error.about(source.name)
            helping = error.option or _classes_by_order(source, spec)
            options = None if helping is None else option(*helping)
            if str(told) not in (one.message for one in problems):
                problems.append(Finding("binding", "error", str(told), options=options))
            following = None if helping is None else _with(spec, *helping)
            if options is None or following is None:
                return Settled(None, spec, tuple(problems))
            spec = following
            assumed.append(options)
            continue
        return Settled(binding, settled, tuple(problems), " ".join(assumed))
    return Settled(None, spec, tuple(problems))


def _classes_by_order(source: Source, spec: Spec) -> tuple[str, str] | None:
    """``--classes`` with the labels of the first rows, where there are as many as predictions.

    Which is which nobody knows yet; the losses will tell.
    """
    if spec.classes:
        return None
    columns = source.columns()
    others = [name for name in (spec.weight, spec.bytes, spec.id, *spec.by) if name is not None]
    try:
        labels, _ = label_columns(columns, spec, others)
        if len(labels) != 1:
            return None
        seen = sample_labels(source, labels[0])
        missing = (*MISSING_TEXTS, *spec.na_values, *spec.ignore_labels)
        seen = sorted((text for text in seen if text not in missing), key=sortable)
        predictions = prediction_columns(source, spec, labels, others, seen)
    except CeError:
        return None
    fits = len(seen) == len(predictions) > 1
    return ("--classes", joined(seen)) if fits else None


def _with(spec: Spec, name: str, value: str) -> Spec | None:
    """`spec` with one option more; None if it has been given already."""
    if name == "--positive":
        return None if spec.positive or spec.classes else spec.replace(positive=value)
    if name == "--classes":
        return None if spec.classes else spec.replace(classes=tuple(next(csv.reader([value]))))
    if name == "--label":
        return None if spec.labels else spec.replace(labels=(value,))
    return None if spec.predictions else spec.replace(predictions=(value,))
