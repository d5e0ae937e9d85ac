"""Explain one row, or numbers, from Python."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias, Unpack

from ce_cli.api.data import data_set, given
from ce_cli.api.python_terms import in_python_terms
from ce_cli.api.settings import checked, run_of, settings
from ce_cli.errors import UsageError
from ce_cli.options.commands import ExplainOptions
from ce_cli.options.option import options_of

if TYPE_CHECKING:
    from ce_cli.api.data import Array, Data
    from ce_cli.results.explain import Explained

Numbers: TypeAlias = str | float | Iterable[float]


def explain(
    data: Data | None = None,
    predictions: Array | None = None,
    *,
    row: SupportsIndex | None = None,
    of: object = None,
    q: Numbers | Iterable[Numbers] | None = None,
    p: Numbers | None = None,
    curve: bool = False,
    **options: Unpack[ExplainOptions],
) -> Explained:
    """Take one row or given numbers apart: what ``ce explain`` does, to the same bits.

    Parameters
    ----------
    data : path, sequence of paths, table, mapping of columns, or array of labels, optional
        As `score` takes it; without it, `q`, or `p` alone, is explained.
    predictions : array or table, optional
        As `score` takes them.
    row : int, optional
        The row with this number, from 1; by default, the most surprising one.
    of : object, optional
        The row that has this value in the column `id`.
    q : float, str, sequence of these, or sequence of sequences, optional
        A prediction: one number for two classes, one for each class, or text as ``--q`` takes it.
        A sequence of sequences, or a matrix with a row for each, is several predictions of one
        label, side by side.
    p : float, sequence of float or str, optional
        The distribution of the label; or name one class with ``label``. Without `q`, its entropy
        is explained.
    curve : bool
        Whether to add curves: −log q; for two classes, H(p, q) over q, or without `q`, H(p) over
        p.
    **options
        The options of ``ce explain``, with the same names and ``_`` for ``-``; ``--as`` is
        ``as_``. ``threads`` is one for each processor by default. With `q`, only those that apply
        to numbers: ``label`` (the class that happened), ``classes``, ``task``, ``as_``,
        ``label_counts``, ``label_smoothing``, ``on_bad_sum``, ``sum_tolerance``, ``clip`` and
        ``base``.

    Returns
    -------
    Explained
        See `Explained.parts`, `Explained.frame` and `Explained.to_dict`; ``str(result)`` is the
        page.

    Raises
    ------
    ce_cli.errors.CeError
        `UsageError`, `DataError` or `StorageError`, each with sentences that name the fix.
    TypeError
        There is no such option.

    Examples
    --------
    >>> from ce_cli import explain
    >>> explain(p=[0.5, 0.5], q=[0.25, 0.75], base="2").entropy
    1.0
    >>> explain(p=[0.5, 0.25, 0.25], base="2").entropy
    1.5
    >>> explain(p=[0.5, 0.5], q=[[0.9, 0.1], [0.6, 0.4]]).nearest
    ('q2',)
    >>> explain([1, 0, 1], [0.5, 0.5, 0.25], row=3, base="2").cross_entropy
    2.0
    """
    with in_python_terms(options):
        chosen = checked(options, ExplainOptions)
        subject = {"data": data, "predictions": predictions, "row": row, "of": of}
        if q is not None or p is not None:
            _check_for_numbers("p" if q is None else "q", subject, chosen)
            return _explained_numbers(q, p, curve, chosen)
        if curve and all(value is None for value in subject.values()):
            from ce_cli.explaining.typed import entropy_over_p

            return entropy_over_p(settings(chosen)[0])
        if data is None:
            raise UsageError("Pass data, to explain one of its rows, or numbers, as p or q.")
        from ce_cli.explaining.explain import explain as explained
        from ce_cli.explaining.row_search import row_selector

        spec, reading = settings(chosen)
        found = given(data, predictions)
        spec = found.bound(spec)
        number = None if row is None else operator.index(row)
        selector = row_selector(number, None if of is None else str(of), spec.id)
        rows = data_set(found, chosen, spec, reading)
        with run_of(chosen, reading) as run:
            return explained(rows, spec, selector, run, curve)


def _check_for_numbers(
    given_as: str, subject: Mapping[str, object], options: Mapping[str, object]
) -> None:
    """Refuse what applies to data, unless it is the default."""
    passed = [name for name, value in subject.items() if value is not None]
    for name, option in options_of(ExplainOptions).items():
        value = options[name]
        is_default = value is None or (option.default is not None and value == option.default)
        if not (option.of_numbers or is_default):
            passed.append(name)
    if passed:
        raise UsageError(f"{passed[0]} is about data, and does not go with {given_as}.")


def _explained_numbers(
    q: Numbers | Iterable[Numbers] | None,
    p: Numbers | None,
    curve: bool,
    options: Mapping[str, Any],
) -> Explained:
    """Explain numbers."""
    from ce_cli.explaining.typed import explained_numbers

    spec, _ = settings(options)
    if len(spec.label) > 1:
        raise UsageError("label names one class that happened; for several, pass p.")
    named = spec.label[0] if spec.label else None
    predictions = [] if q is None else [_typed(one, "q") for one in _each(q)]
    label = None if p is None else _typed(p, "p")
    return explained_numbers(predictions, label, named, spec, curve)


def _each(q: Numbers | Iterable[Numbers]) -> list[Numbers]:
    """The predictions, each as it was passed: numbers in a row are one of them."""
    if isinstance(q, str) or not isinstance(q, Iterable):
        return [q]
    several: list[Any] = list(q)
    if several and all(map(_is_prediction, several)):
        return several
    return [several]


def _is_prediction(one: object) -> bool:
    """Whether a member of a sequence is a prediction itself, rather than one of its numbers."""
    if isinstance(one, str):
        return len(one.replace(",", " ").replace(";", " ").split()) > 1
    return isinstance(one, Iterable) and getattr(one, "ndim", 1) > 0


def _typed(numbers: Numbers, name: str) -> str:
    """Numbers as they are typed, without losing a digit."""
    if isinstance(numbers, str):
        return numbers
    several = numbers if isinstance(numbers, Iterable) else [numbers]
    try:
        return ",".join(repr(float(one)) for one in several)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} takes numbers: {error}.") from error
