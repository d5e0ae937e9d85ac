"""The Python API: the pipeline of the command line, for paths, DataFrames and Arrow tables."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, SupportsIndex, TypeAlias, Unpack

from ce_cli.binding.joined import reading_of_labels
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.arrow.memory import TableSource
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.locate import located, opener
from ce_cli.inputs.source import Source
from ce_cli.options.commands import CompareOptions, ExplainOptions, ScoreOptions
from ce_cli.options.option import options_of
from ce_cli.reading import Reading
from ce_cli.results.compare import Compared
from ce_cli.results.score import Result
from ce_cli.scoring import pipeline
from ce_cli.scoring.run import Run, run_on
from ce_cli.spec import Spec, check_names
from ce_cli.text import closest, quoted

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from ce_cli.results.explain import Explained

    Table: TypeAlias = pd.DataFrame | pa.Table
    Path: TypeAlias = str | os.PathLike[str]
    Numbers: TypeAlias = str | float | Iterable[float]


def score(
    data: Path | Sequence[Path] | Table,
    *,
    per_row: bool = False,
    **options: Unpack[ScoreOptions],
) -> Result:
    """Score predictions: what ``ce score`` does, to the same bits.

    Parameters
    ----------
    data : path, sequence of paths, pandas.DataFrame or pyarrow.Table
        Files and directories are read as streams; tables are not copied where Arrow can see them.
    per_row : bool
        Keep every row's loss, for `Result.rows_frame`.
    **options
        How the data is read, by the names of the options of the command line: see `Options`.

    Returns
    -------
    Result
        See `Result.to_dict`, `Result.groups_frame` and `Result.rows_frame`.

    Raises
    ------
    ce_cli.errors.CeError
        `UsageError`, `DataError` or `StorageError`, each with sentences that say what to do.

    Examples
    --------
    >>> import pandas as pd
    >>> from ce_cli import score
    >>> frame = pd.DataFrame({"label": [1, 0], "prob": [0.5, 0.5]})
    >>> score(frame, base="2").metrics["cross_entropy"]
    1.0
    """
    spec, reading = _settings(options, ScoreOptions)
    check_names(spec, reading.header, options.get("labels") is not None)
    tables: list[pa.Table] = []
    keep = tables.append if per_row else None
    run = _run(options, reading)
    result = pipeline.score(_data_set(data, options, spec, reading), spec, run, keep)
    return result.replace(row_tables=tuple(tables))


def compare(
    models: Mapping[str, Path | Table] | Path | Table,
    *,
    preds: Mapping[str, str | Sequence[str]] | None = None,
    **options: Unpack[CompareOptions],
) -> Compared:
    """Compare models on the same rows: what ``ce compare`` does, to the same bits.

    Parameters
    ----------
    models : mapping, or path, pandas.DataFrame or pyarrow.Table
        From the name of each model to its data; or data that has the predictions of all.
    preds : mapping, optional
        From the name of each model to its prediction columns or globs, if they are not the same
        for all, or all in one table (``--model``).
    **options
        How the data is read, by the names of the options of the command line: see `Options`.

    Returns
    -------
    Compared
        See `Compared.to_dict`.

    Raises
    ------
    ce_cli.errors.CeError
        `UsageError`, `DataError` or `StorageError`, each with sentences that say what to do.

    Examples
    --------
    >>> import pandas as pd
    >>> from ce_cli import compare
    >>> old = pd.DataFrame({"label": [1, 0, 1], "prob": [0.5, 0.5, 0.5]})
    >>> new = pd.DataFrame({"label": [1, 0, 1], "prob": [0.8, 0.3, 0.7]})
    >>> compare({"old": old, "new": new}).comparisons[0].win_rate
    1.0
    """
    from ce_cli.comparing.bound_models import ComparisonPlan, ModelData
    from ce_cli.comparing.compare import compare as compared
    from ce_cli.comparing.naming import check_without_bytes, place_of

    spec, reading = _settings({**options, "cluster": None, "worst": None}, CompareOptions)
    check_without_bytes(spec)
    apart = options.get("labels") is not None or preds is not None
    check_names(spec, reading.header, apart)
    found: list[ModelData] = []

    def add(data: object, names: Sequence[str], called: str | None = None) -> None:
        own = [(name, _predicting(spec, preds, name)) for name in names]
        found.append(ModelData(_data_set(data, options, spec, reading, called), tuple(own)))

    if isinstance(models, Mapping):
        for name, data in models.items():
            add(data, [name], name)
    else:
        add(models, list(preds or ()))
    place = place_of(options.get("reference"), [name for one in found for name, _ in one.models])
    plan = ComparisonPlan.from_options(options, place)
    return compared(found, plan, _run(options, reading))


def explain(
    data: Path | Sequence[Path] | Table | None = None,
    *,
    row: SupportsIndex | None = None,
    of: object = None,
    q: Numbers | None = None,
    p: Numbers | None = None,
    curve: bool = False,
    **options: Unpack[ExplainOptions],
) -> Explained:
    """Take one row apart, or numbers that are given: what ``ce explain`` does, to the same bits.

    Parameters
    ----------
    data : path, sequence of paths, pandas.DataFrame or pyarrow.Table, optional
        As `score` takes it; without it, `q` is explained.
    row : int, optional
        The row of that number, from 1; the one that costs most if neither this nor `of` is given.
    of : object, optional
        The row that has this in the column `id`.
    q : float, sequence of float or str, optional
        A prediction: one number for two classes, one for each class, or text as ``--q`` takes it.
    p : float, sequence of float or str, optional
        The distribution of its label, if it is not one class, named with ``label``.
    curve : bool
        Whether to give points of −log q.
    **options
        How the data is read, by the names of the options of the command line: see `Options`.
        With `q`, only what says something about numbers: `label` (the class that happened),
        `classes`, `task`, `values`, `label_counts`, `label_smoothing`, `on_bad_sum`,
        `sum_tolerance`, `clip` and `base`.

    Returns
    -------
    Explained
        See `Explained.parts` and `Explained.to_dict`.

    Raises
    ------
    ce_cli.errors.CeError
        `UsageError`, `DataError` or `StorageError`, each with sentences that say what to do.

    Examples
    --------
    >>> from ce_cli import explain
    >>> explain(p=[0.5, 0.5], q=[0.25, 0.75], base="2").entropy
    1.0
    """
    if q is not None:
        return _explained_numbers(data, row, of, q, p, curve, options)
    if p is not None:
        raise UsageError("p is the label of a prediction: give it with q.")
    if data is None:
        raise UsageError("Give data, of which a row is explained, or a prediction q.")
    from ce_cli.explaining.explain import explain as explained
    from ce_cli.explaining.row_search import row_selector

    spec, reading = _settings(options, ExplainOptions)
    check_names(spec, reading.header, options.get("labels") is not None)
    wanted = row_selector(
        None if row is None else operator.index(row), None if of is None else str(of), spec.id
    )
    run = _run(options, reading)
    return explained(_data_set(data, options, spec, reading), spec, wanted, run, curve)


def _explained_numbers(
    data: object,
    row: object,
    of: object,
    q: Numbers,
    p: Numbers | None,
    curve: bool,
    options: ExplainOptions,
) -> Explained:
    """Explain numbers that are given, and refuse what is about data."""
    from ce_cli.explaining.anatomy import explained
    from ce_cli.explaining.typed_numbers import TypedNumbers, subject_of

    spec, _ = _settings(options, ExplainOptions)
    of_numbers = {name for name, one in options_of(ExplainOptions).items() if one.of_numbers}
    given: dict[str, object] = {"data": data, "row": row, "of": of, **options}
    for name, value in given.items():
        if value is not None and name not in of_numbers:
            raise UsageError(f"{name} is about data, and does not go with q.")
    if len(spec.label) > 1:
        raise UsageError("label names one class that happened; for several, say p.")
    named = spec.label[0] if spec.label else None
    typed = TypedNumbers(_typed(q, "q"), None if p is None else _typed(p, "p"), named)
    return explained(subject_of(typed, spec), curve)


def _typed(numbers: Numbers, name: str) -> str:
    """Numbers as they are typed, without losing a digit."""
    if isinstance(numbers, str):
        return numbers
    several = numbers if isinstance(numbers, Iterable) else [numbers]
    try:
        return ",".join(repr(float(one)) for one in several)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} takes numbers: {error}.") from error


def _predicting(spec: Spec, preds: Mapping[str, str | Sequence[str]] | None, name: str) -> Spec:
    """The spec of one model."""
    if preds is None:
        return spec
    if name not in preds:
        raise UsageError(f"preds says nothing of the model {quoted(name)}.")
    return spec.replace(pred=_several(preds[name]))


def _settings(options: Mapping[str, Any], declared: Any) -> tuple[Spec, Reading]:
    """What to compute, and how bytes become rows.

    Raises
    ------
    TypeError
        There is no such option.
    """
    known = options_of(declared)
    for name in options:
        if name not in known:
            near = _FORMER.get(name)
            hint = f" (it is called {near!r})" if near in known else closest(name, list(known))
            raise TypeError(f"there is no option {name!r}{hint}")
    return Spec.from_options(options), Reading.from_options(options)


def _run(options: Mapping[str, Any], reading: Reading) -> Run:
    return run_on(options.get("engine", "threads"), reading.threads)


_FORMER = {"values": "as_", "na_values": "na_value", "metrics": "metric", "header": "no_header"}


def _labels(
    options: Mapping[str, Any], spec: Spec, reading: Reading
) -> Callable[[], Source] | None:
    """What opens the labels, if they are in a file or table of their own."""
    labels = options.get("labels")
    if labels is None:
        return None
    names, sources = _sources(labels, reading_of_labels(reading, spec))
    if len(names) > 1:
        raise UsageError("The labels have to be one file or table.")
    return lambda: next(sources())


def _data_set(
    data: object,
    options: Mapping[str, Any],
    spec: Spec,
    reading: Reading,
    called: str | None = None,
) -> DataSet:
    names, sources = _sources(data, reading, called)
    return DataSet(tuple(names), sources, _labels(options, spec, reading))


def _several(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _sources(
    data: object, reading: Reading, called: str | None = None
) -> tuple[list[str], Callable[[], Iterator[Source]]]:
    """Names and sources; a table has no name of its own."""
    if isinstance(data, str | os.PathLike):
        data = [data]
    if isinstance(data, Sequence):
        if not data:
            raise UsageError("There is no file to score.")
        if strange := [one for one in data if not isinstance(one, str | os.PathLike)]:
            raise DataError(f"A list of data is of paths, not of {type(strange[0]).__name__}.")
        names = located([os.fspath(path) for path in data])
        return names, opener(names, reading)
    import pyarrow as pa

    if isinstance(data, pa.Table):
        title = called or "table"
        return [title], lambda: iter([TableSource(title, data)])
    if not hasattr(data, "columns"):
        raise DataError(
            "The data is a path, a list of paths, a pandas.DataFrame or a pyarrow.Table, not "
            f"{type(data).__name__}."
        )
    try:
        table = pa.Table.from_pandas(data, preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError, AttributeError) as error:
        raise DataError(f"The data is no table that Arrow can take: {error}.") from error
    title = called or "DataFrame"
    return [title], lambda: iter([TableSource(title, table)])
