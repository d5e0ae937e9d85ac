"""Pass or fail, from Python."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from ce_cli.api.data import Given, data_set, given
from ce_cli.api.python_terms import in_python_terms
from ce_cli.api.settings import checked, run_of
from ce_cli.errors import UsageError
from ce_cli.options.commands import GateOptions
from ce_cli.results.gate import Gated
from ce_cli.results.score import Result

if TYPE_CHECKING:
    from ce_cli.api.data import Array, Data
    from ce_cli.gating.documents import BaselineScore
    from ce_cli.gating.request import GateRequest

_NAME = "gate"
_BASELINE = "baseline"


def gate(data: Data, predictions: Array | None = None, **options: Unpack[GateOptions]) -> Gated:
    """Check a score against limits and a baseline: what ``ce gate`` does, to the same bits.

    A gate that does not pass is a result like any other, and raises nothing.

    Parameters
    ----------
    data : path, sequence of paths, table, mapping of columns, or array of labels
        As `score` takes it.
    predictions : array or table, optional
        As `score` takes them.
    **options
        The options of ``ce gate``, with the same names and ``_`` for ``-``; ``--as`` is ``as_``.
        ``baseline`` is a path, a `Result`, a `Gated` or the document of one of them, or predictions
        for the same rows in any form that `data` takes. ``threads`` is one for each processor by
        default.

    Returns
    -------
    Gated
        See `Gated.passed`, `Gated.frame` and `Gated.to_dict`; ``str(result)`` is the page.

    Raises
    ------
    ce_cli.errors.CeError
        `UsageError`, `DataError` or `StorageError`, each with sentences that name the fix.
    TypeError
        There is no such option.

    Examples
    --------
    >>> from ce_cli import gate, score
    >>> labels, main, branch = [1, 0, 1], [0.5, 0.5, 0.5], [0.8, 0.3, 0.7]
    >>> gate(labels, branch, max=0.5, require="accuracy >= 0.9").passed
    True
    >>> gate(labels, branch, baseline=score(labels, main), max_regression="1%").passed
    True
    """
    with in_python_terms(options):
        from ce_cli.gating.judge import against_baseline, judged, ready

        chosen = checked(options, GateOptions)
        baseline = chosen["baseline"]
        path = isinstance(baseline, str | os.PathLike)
        name = None if baseline is None else os.fspath(baseline) if path else _BASELINE
        request = _request({**chosen, "baseline": name})
        found = given(data, predictions)
        request = request.replace(names=found.names, spec=found.bound(request.spec))
        document = _document(baseline)
        prepared = ready(request) if path else against_baseline(request, document)
        against = None
        if baseline is not None and prepared.baseline is None:
            given_baseline = _baseline(data, baseline, found)
            against = data_set(given_baseline, chosen, request.spec, request.reading)
        rows = data_set(found, chosen, request.spec, request.reading)
        with run_of(chosen, request.reading) as run:
            return Gated((judged(prepared, rows, run, against),))


def _request(options: Mapping[str, Any]) -> GateRequest:
    """The limits, checked; errors begin with a capital, since no table of a file goes before."""
    from ce_cli.gating.request import GateRequest

    try:
        request = GateRequest.from_options(_NAME, (), options)
        request.check_limits()
        request.check_mode()
    except UsageError as error:
        raise UsageError(*(one[0].upper() + one[1:] for one in error.sentences)) from None
    return request


def _document(baseline: object) -> BaselineScore | None:
    """The document that a baseline is, if it is one."""
    from ce_cli.gating.documents import document_of

    if isinstance(baseline, Result | Gated):
        return document_of(_BASELINE, baseline.to_dict())
    if isinstance(baseline, Mapping) and _is_document(baseline):
        return document_of(_BASELINE, baseline)
    if isinstance(baseline, bytes | bytearray):
        raise UsageError(
            "baseline must be a path, a result or its document, or predictions, not bytes: pass "
            "the path of the file."
        )
    return None


def _is_document(baseline: Mapping[Any, Any]) -> bool:
    """Whether it is a document, not columns of which one is named ``schema``."""
    schema = baseline.get("schema")
    return isinstance(schema, str) and schema.startswith("ce.")


def _baseline(data: Any, baseline: Any, found: Given) -> Given:
    """A baseline of predictions: for labels in an array it need not repeat them."""
    if isinstance(baseline, str | os.PathLike):
        return given(baseline)
    if found.label and not isinstance(baseline, tuple):
        labels = data[0] if isinstance(data, tuple) else data
        return given(labels, baseline, called=_BASELINE)
    return given(baseline, called=_BASELINE)
