"""Compare models from Python."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Unpack

from ce_cli.api.data import Given, data_set, given
from ce_cli.api.python_terms import in_python_terms
from ce_cli.api.settings import checked, run_of, settings
from ce_cli.errors import UsageError
from ce_cli.options.commands import CompareOptions
from ce_cli.results.compare import Compared
from ce_cli.spec import Spec
from ce_cli.text import quoted

if TYPE_CHECKING:
    from ce_cli.api.data import Data, Path, Table


def compare(
    models: Mapping[str, Data] | Sequence[Data] | Path | Table,
    *,
    preds: Mapping[str, str | Sequence[str]] | None = None,
    **options: Unpack[CompareOptions],
) -> Compared:
    """Compare models on the same rows: what ``ce compare`` does, to the same bits.

    Parameters
    ----------
    models : mapping, sequence, path or table
        From the name of each model to its data, as `score` takes it, or labels and predictions in
        a tuple; or a sequence of data, named by their files, or ``model 1``, ``model 2``, …; or
        data with the predictions of all models.
    preds : mapping, optional
        From the name of each model to its prediction columns or globs, if they are not the same
        for all, or all in one table (``--model``).
    **options
        The options of ``ce compare``, with the same names and ``_`` for ``-``; ``--as`` is
        ``as_``. ``threads`` is one for each processor by default.

    Returns
    -------
    Compared
        See `Compared.comparisons`, `Compared.frame` and `Compared.to_dict`; ``str(result)`` is the
        page.

    Raises
    ------
    ce_cli.errors.CeError
        `UsageError`, `DataError` or `StorageError`, each with sentences that name the fix.
    TypeError
        There is no such option.

    Examples
    --------
    >>> from ce_cli import compare
    >>> labels = [1, 0, 1]
    >>> old, new = (labels, [0.5, 0.5, 0.5]), (labels, [0.8, 0.3, 0.7])
    >>> compare({"old": old, "new": new}).comparisons[0].win_rate
    1.0
    """
    with in_python_terms(options):
        from ce_cli.comparing.bound_models import ComparisonPlan, ModelData
        from ce_cli.comparing.compare import compare as compared
        from ce_cli.comparing.naming import check_without_bytes, place_of

        chosen = checked(options, CompareOptions)
        spec, reading = settings({**chosen, "cluster": None, "worst": None})
        check_without_bytes(spec)
        found: list[ModelData] = []
        for data, own in _models(models, spec, preds):
            found.append(ModelData(data_set(data, chosen, spec, reading), own))
        names = [name for one in found for name, _ in one.models]
        plan = ComparisonPlan.from_options(chosen, place_of(chosen["reference"], names))
        with run_of(chosen, reading) as run:
            return compared(found, plan, run)


Own = tuple[tuple[str, Spec], ...]


def _models(
    models: Any, spec: Spec, preds: Mapping[str, str | Sequence[str]] | None
) -> Iterator[tuple[Given, Own]]:
    """Each data set with its models."""
    if isinstance(models, list | tuple):
        models = dict(zip(_names(models), models, strict=True))
    if not isinstance(models, Mapping):
        from ce_cli.comparing.naming import families

        if preds is None:
            yield given(models), tuple(families(spec, ()))
        else:
            yield (
                given(models),
                tuple((str(name), _predicting(spec, preds, name)) for name in preds),
            )
        return
    if not models:
        raise UsageError("There is no model to compare.")
    for name, data in models.items():
        found = given(data, called=str(name))
        own = found.bound(spec) if preds is None else _predicting(spec, preds, name)
        yield found, ((str(name), own),)


def _names(models: Sequence[object]) -> list[str]:
    """The names of models in a sequence: of files by their paths, of others by their place."""
    from ce_cli.comparing.naming import file_names

    places = [place for place, one in enumerate(models) if isinstance(one, str | os.PathLike)]
    files = dict(zip(places, file_names([os.fspath(models[at]) for at in places]), strict=True))  # type: ignore[call-overload]
    names = [files.get(place, f"model {place + 1}") for place in range(len(models))]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UsageError(
            f"Two models are named {quoted(twice[0])}: pass a mapping from names to data."
        )
    return names


def _predicting(spec: Spec, preds: Mapping[str, str | Sequence[str]], name: str) -> Spec:
    """The spec of one model."""
    if name not in preds:
        raise UsageError(f"preds does not name the predictions of the model {quoted(name)}.")
    columns = preds[name]
    return spec.replace(pred=(columns,) if isinstance(columns, str) else tuple(columns))
