"""Bind columns even where ``ce score`` stops: make assumptions, and report them."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from ce_cli.binding.bind import finder_of
from ce_cli.binding.binding import Binding
from ce_cli.binding.finding.found_roles import RoleFinder, Roles
from ce_cli.errors import CeError, DataError, Suggestion, UsageError
from ce_cli.inputs.source import Source
from ce_cli.inspection.profiles import sortable
from ce_cli.inspection.score_command import option
from ce_cli.record import Record
from ce_cli.results.inspect import Finding
from ce_cli.scoring.prepared import bound_columns
from ce_cli.spec import Spec
from ce_cli.text import comma_separated

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
    roles : Roles or None
        The roles as far as they were found, if there is no binding.
    other_command : Suggestion or None
        The command that the first error suggests instead of ``ce score``, if there is no binding.
    finder : RoleFinder
        The evidence of the first rows.
    """

    binding: Binding | None
    spec: Spec
    finder: RoleFinder
    problems: tuple[Finding, ...] = ()
    assumed: str = ""
    roles: Roles | None = None
    other_command: Suggestion | None = None

    def why_unused(self, name: str) -> str:
        """Why a column has no role."""
        return self.finder.why_unused(name)


def settle(source: Source, spec: Spec) -> Settled:
    """Bind, and if an error suggests an option, try again with it.

    Raises
    ------
    UsageError
        An option does not fit the file.
    """
    problems: list[Finding] = []
    assumed: list[tuple[str, str]] = []
    other: Suggestion | None = None
    for _ in range(_TRIES):
        try:
            binding, settled = bound_columns(source, spec)
        except UsageError as error:
            if assumed:  # the option is an assumption, not the user's
                return _unsettled(source, spec, problems, other)
            raise error.about(source.name) from None
        except DataError as error:
            message = str(error.about(source.name))
            if not problems:
                other = next((one for one in error.suggestions if one.command), None)
            suggested = _suggested(error, source, spec)
            options = " ".join(option(*one) for one in suggested) or None
            if message not in (one.message for one in problems):
                problems.append(Finding("binding", "error", message, options=options))
            extended = _with(spec, suggested)
            if extended is None:
                return _unsettled(source, spec, problems, other)
            spec = extended
            assumed += suggested
            continue
        added = " ".join(option(*one) for one in assumed)
        return Settled(binding, settled, finder_of(source, spec), tuple(problems), added)
    return _unsettled(source, spec, problems, other)


def _unsettled(
    source: Source, spec: Spec, problems: Sequence[Finding], other: Suggestion | None
) -> Settled:
    finder = finder_of(source, spec)
    return Settled(None, spec, finder, tuple(problems), roles=finder.partial(), other_command=other)


def _suggested(error: CeError, source: Source, spec: Spec) -> tuple[tuple[str, str], ...]:
    """The options of the likeliest suggestion, or the classes in their order."""
    own = [one.options for one in error.suggestions if not one.command]
    if own or error.suggestions:
        return own[0] if own else ()
    return _classes_by_order(source, spec)


def _classes_by_order(source: Source, spec: Spec) -> tuple[tuple[str, str], ...]:
    """``--classes`` with the labels of the first rows, if there are as many as predictions.

    Their order is a guess that the losses will confirm or correct.
    """
    if spec.classes:
        return ()
    roles = finder_of(source, spec).partial()
    if roles.labels is None or roles.predictions is None or len(roles.labels.columns) != 1:
        return ()
    seen = sorted(roles.seen, key=sortable)
    fits = len(seen) == len(roles.predictions.columns) > 1
    return (("--classes", comma_separated(seen)),) if fits else ()


def _with(spec: Spec, options: Sequence[tuple[str, str]]) -> Spec | None:
    """`spec` with more options; None if there is none, or one is already set."""
    if not options:
        return None
    typed = spec
    for name, value in options:
        if name == "--positive":
            extended = None if spec.positive or spec.classes else spec.replace(positive=value)
        elif name == "--classes":
            classes = tuple(next(csv.reader([value])))
            extended = None if spec.classes else spec.replace(classes=classes)
        elif name == "--label":
            extended = None if spec.label else spec.replace(label=(value,))
        elif name == "--as":
            extended = spec.replace(as_=value) if spec.as_ == "auto" else None
        elif name == "--pred":
            extended = None if typed.pred else spec.replace(pred=(*spec.pred, value))
        elif name == "--predicted-class":
            extended = None if spec.predicted_class else spec.replace(predicted_class=value)
        elif name == "--task":
            extended = spec.replace(task=value) if spec.task == "auto" else None
        elif name == "--ignore-label" and value not in spec.ignore_label:
            extended = spec.replace(ignore_label=(*spec.ignore_label, value))
        else:
            extended = None
        if extended is None:
            return None
        spec = extended
    return spec
