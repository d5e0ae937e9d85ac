"""Bind columns even where ``ce score`` stops: make assumptions, and report them."""

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
    """The result of binding.

    Attributes
    ----------
    binding : Binding or None
        None if the columns could not be bound.
    spec : Spec
        With every ``auto`` resolved, if there is a binding.
    problems : tuple of Finding
        The errors at which ``ce score`` would stop.
    assumed : str
        The options that were added to resolve them, quoted for the shell.
    """

    binding: Binding | None
    spec: Spec
    problems: tuple[Finding, ...] = ()
    assumed: str = ""


def settle(source: Source, spec: Spec) -> Settled:
    """Bind, and if an error suggests an option, try again with it.

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
            if assumed:  # the option is an assumption, not the user's
                return Settled(None, spec, tuple(problems), "")
            raise error.about(source.name) from None
        except DataError as error:
            message = str(error.about(source.name))
            suggested = error.option or _classes_by_order(source, spec)
            options = None if suggested is None else option(*suggested)
            if message not in (one.message for one in problems):
                problems.append(Finding("binding", "error", message, options=options))
            extended = None if suggested is None else _with(spec, *suggested)
            if options is None or extended is None:
                return Settled(None, spec, tuple(problems))
            spec = extended
            assumed.append(options)
            continue
        return Settled(binding, settled, tuple(problems), " ".join(assumed))
    return Settled(None, spec, tuple(problems))


def _classes_by_order(source: Source, spec: Spec) -> tuple[str, str] | None:
    """``--classes`` with the labels of the first rows, if there are as many as predictions.

    Their order is a guess that the losses will confirm or correct.
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
        missing = (*MISSING_TEXTS, *spec.na_value, *spec.ignore_label)
        seen = sorted((text for text in seen if text not in missing), key=sortable)
        predictions = prediction_columns(source, spec, labels, others, seen)
    except CeError:
        return None
    fits = len(seen) == len(predictions) > 1
    return ("--classes", joined(seen)) if fits else None


def _with(spec: Spec, name: str, value: str) -> Spec | None:
    """`spec` with one more option; None if it is already set."""
    if name == "--positive":
        return None if spec.positive or spec.classes else spec.replace(positive=value)
    if name == "--classes":
        return None if spec.classes else spec.replace(classes=tuple(next(csv.reader([value]))))
    if name == "--label":
        return None if spec.label else spec.replace(label=(value,))
    return None if spec.pred else spec.replace(pred=(value,))
