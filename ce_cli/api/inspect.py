"""Inspect data before scoring it, from Python."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Unpack

from ce_cli.api.data import data_set, given
from ce_cli.api.python_terms import in_python_terms, inspected_in_python
from ce_cli.api.settings import checked, run_of, settings
from ce_cli.options.commands import InspectOptions

if TYPE_CHECKING:
    from ce_cli.api.data import Array, Data
    from ce_cli.results.inspect import Inspected


def inspect(
    data: Data, predictions: Array | None = None, **options: Unpack[InspectOptions]
) -> Inspected:
    """Find columns, classes and problems: what ``ce inspect`` does, to the same document.

    Parameters
    ----------
    data : path, sequence of paths, table, mapping of columns, or array of labels
        As `score` takes it.
    predictions : array or table, optional
        As `score` takes them.
    **options
        The options of ``ce inspect``, with the same names and ``_`` for ``-``; ``--as`` is
        ``as_``. ``threads`` is one for each processor by default.

    Returns
    -------
    Inspected
        See `Inspected.findings`, `Inspected.frame` and `Inspected.to_dict`; ``str(result)`` is the
        page. The options and commands that it suggests are those of the command line for files,
        and those of Python for data in memory.

    Raises
    ------
    ce_cli.errors.CeError
        `UsageError`, `DataError` or `StorageError`, each with sentences that name the fix.
    TypeError
        There is no such option.

    Examples
    --------
    >>> from ce_cli import inspect
    >>> found = inspect({"label": [1, 0, 1], "prob": [80.0, 25.0, 70.0]})
    >>> found.findings[0].code
    'looks_like_percentages'
    """
    with in_python_terms(options):
        from ce_cli.inspection.inspect import inspect as inspected
        from ce_cli.inspection.score_command import score_command

        chosen = checked(options, InspectOptions)
        spec, reading = settings(chosen)
        found = given(data, predictions)
        spec = found.bound(spec)
        command = score_command(found.typed, {**chosen, "labels": _typed(chosen["labels"])})
        rows = data_set(found, chosen, spec, reading)
        with run_of(chosen, reading) as run:
            result = inspected(rows, spec, command, run)
        return result if found.table is None else inspected_in_python(result)


def _typed(labels: object) -> str | None:
    """How a call would repeat the labels: a path, or a name for what is in memory."""
    if labels is None:
        return None
    return os.fspath(labels) if isinstance(labels, str | os.PathLike) else "labels"
