"""The Python API: the pipeline of the command line, for paths, DataFrames and Arrow tables."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, TypeAlias, TypedDict, Unpack

from ce_cli.binding.joined import reading_of_labels
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.arrow.memory import TableSource
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.locate import located, opener
from ce_cli.inputs.source import Source
from ce_cli.results.compare import Compared
from ce_cli.results.score import Result
from ce_cli.scoring import pipeline
from ce_cli.scoring.run import run_on
from ce_cli.spec import Reading, Spec, Task, Values, check_convention, check_names, clip_of
from ce_cli.text import closest, quoted

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from ce_cli.results.explain import Explained

    Table: TypeAlias = pd.DataFrame | pa.Table
    Path: TypeAlias = str | os.PathLike[str]
    Numbers: TypeAlias = str | float | Iterable[float]


class Options(TypedDict, total=False):
    """How data is read: the options of the command line, by their names.

    Parameters
    ----------
    label, pred : str or sequence of str
        Columns or globs; what is not given is found by name.
    labels : path, pandas.DataFrame or pyarrow.Table
        Where the labels are, joined by `id` or else by the order of the rows.
    weight, id : str
        Columns.
    bytes : str
        The column that has the number of bytes of each row, or its text, for bits per byte.
    classes : sequence
        The class of each prediction, in their order.
    positive : object
        The class that a single prediction column is the probability of.
    task : {"auto", "binary", "multiclass", "multilabel", "likelihood"}
        What is predicted.
    values : {"auto", "probabilities", "logits", "logprobs"}
        What the predictions are (``--as``).
    label_counts : bool
        Labels are counts of annotators for each class.
    label_smoothing : float
        The share of each label that is spread over all classes.
    class_weight : mapping or "balanced"
        Weights of rows by their class.
    ignore_label : sequence
        Labels of rows to leave out.
    missing : {"error", "skip"}
        What to do with rows in which something is missing.
    na_values : sequence of str
        Further texts for a missing value.
    on_bad_sum : {"error", "warn", "renormalize"}
        What to do with rows of probabilities that do not sum to 1.
    sum_tolerance : float
        How far from 1 a sum may be.
    clip : "auto", "none" or float
        Probabilities are clipped into [clip, 1 − clip].
    base : {"e", "2", "10"}
        Nats, bits or bans.
    confidence : float
        Of the intervals; 0.95 if it is not given.
    input_format : str
        Of the files: ``csv``, ``jsonl``, ``parquet``, ``arrow``, ``npy``, ``npz``; found from their
        first bytes if it is not given.
    delimiter, encoding : str
        Of text files.
    decimal : {".", ","}
        What stands before the fraction of a number in text files.
    header : bool
        Whether the first line of a text file names the columns; if not (``--no-header``), they
        are called 1, 2, 3, …
    comment : str
        Lines of text files that begin with this character are left out.
    threads : int
        How many blocks are worked on at once; 1 if it is not given.
    """

    label: str | Sequence[str]
    labels: Path | Table | None
    pred: str | Sequence[str]
    weight: str | None
    bytes: str | None
    id: str | None
    classes: Sequence[object]
    positive: object
    task: Task
    values: Values
    label_counts: bool
    label_smoothing: float
    class_weight: Mapping[object, float] | Literal["balanced"] | None
    ignore_label: Sequence[object]
    missing: Literal["error", "skip"]
    na_values: Sequence[str]
    on_bad_sum: Literal["error", "warn", "renormalize"]
    sum_tolerance: float | None
    clip: Literal["auto", "none"] | float
    base: Literal["e", "2", "10"]
    confidence: float
    input_format: str | None
    delimiter: str | None
    encoding: str
    decimal: Literal[".", ","]
    header: bool
    comment: str | None
    threads: int


def score(
    data: Path | Sequence[Path] | Table,
    *,
    by: str | Sequence[str] = (),
    cluster: str | None = None,
    metrics: str | Sequence[str] = (),
    convention: str | None = None,
    conventions: bool = False,
    worst: int = 0,
    decompose: bool = False,
    per_row: bool = False,
    **options: Unpack[Options],
) -> Result:
    """Score predictions: what ``ce score`` does, to the same bits.

    Parameters
    ----------
    data : path, sequence of paths, pandas.DataFrame or pyarrow.Table
        Files and directories are read as streams; tables are not copied where Arrow can see them.
    by : str or sequence of str
        Grouping columns.
    cluster : str, optional
        Rows with one value in this column belong together, which the intervals allow for.
    metrics : str or sequence of str, optional
        Compute only these (``--metric``).
    convention : {"sklearn", "torch", "keras", "xgboost", "lightgbm", "yardstick"}, optional
        Score as this tool does.
    conventions : bool
        Score as each of them does, for `Result.conventions`.
    worst : int
        How many of the most surprising rows to keep.
    decompose : bool
        Take the cross-entropy of all rows apart, as `Result.decomposition`.
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
    spec, reading = _spec(options), _reading(options)
    spec = spec.replace(by=_several(by), cluster=cluster, metrics=_several(metrics), worst=worst)
    spec = spec.replace(convention=convention, conventions=conventions, decompose=decompose)
    check_convention(spec)
    check_names(spec, reading, options.get("labels") is not None)
    tables: list[pa.Table] = []
    keep = tables.append if per_row else None
    run = run_on("threads", reading.threads)
    result = pipeline.score(_data_set(data, options, spec, reading), spec, run, keep)
    return result.replace(row_tables=tuple(tables))


def compare(
    models: Mapping[str, Path | Table] | Path | Table,
    *,
    preds: Mapping[str, str | Sequence[str]] | None = None,
    reference: str | None = None,
    by: str | Sequence[str] = (),
    cluster: str | None = None,
    join: Literal["all", "inner"] = "all",
    test: Literal["t", "sign-flip"] = "t",
    worst: int = 0,
    **options: Unpack[Options],
) -> Compared:
    """Compare models on the same rows: what ``ce compare`` does, to the same bits.

    Parameters
    ----------
    models : mapping, or path, pandas.DataFrame or pyarrow.Table
        From the name of each model to its data; or data that has the predictions of all.
    preds : mapping, optional
        From the name of each model to its prediction columns or globs, if they are not the same
        for all, or all in one table (``--model``).
    reference : str, optional
        The model that the others are compared with; the first, if none is named.
    by : str or sequence of str
        Grouping columns.
    cluster : str, optional
        Rows with one value in this column belong together.
    join : {"all", "inner"}
        With `id`, rows that not all models have: refuse, or leave them out.
    test : {"t", "sign-flip"}
        How p-values are found.
    worst : int
        How many rows that moved most to keep, each way.
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

    if join not in ("all", "inner"):
        raise UsageError(f"join={quoted(join)} is none of 'all', 'inner'.")
    spec, reading = _spec(options), _reading(options)
    check_without_bytes(spec)
    spec = spec.replace(by=_several(by))
    check_names(spec, reading, options.get("labels") is not None or preds is not None)
    found: list[ModelData] = []

    def add(data: object, names: Sequence[str], called: str | None = None) -> None:
        own = [(name, _predicting(spec, preds, name)) for name in names]
        found.append(ModelData(_data_set(data, options, spec, reading, called), tuple(own)))

    if isinstance(models, Mapping):
        for name, data in models.items():
            add(data, [name], name)
    else:
        add(models, list(preds or ()))
    place = place_of(reference, [name for one in found for name, _ in one.models])
    plan = ComparisonPlan(place, join == "inner", cluster, test, worst)
    return compared(found, plan, run_on("threads", reading.threads))


def explain(
    data: Path | Sequence[Path] | Table | None = None,
    *,
    row: SupportsIndex | None = None,
    of: object = None,
    q: Numbers | None = None,
    p: Numbers | None = None,
    curve: bool = False,
    **options: Unpack[Options],
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

    spec, reading = _spec(options), _reading(options)
    check_names(spec, reading, options.get("labels") is not None)
    wanted = row_selector(
        None if row is None else operator.index(row), None if of is None else str(of), spec.id
    )
    run = run_on("threads", reading.threads)
    return explained(_data_set(data, options, spec, reading), spec, wanted, run, curve)


def _explained_numbers(
    data: object,
    row: object,
    of: object,
    q: Numbers,
    p: Numbers | None,
    curve: bool,
    options: Options,
) -> Explained:
    """Explain numbers that are given, and refuse what is about data."""
    from ce_cli.explaining.anatomy import explained
    from ce_cli.explaining.typed_numbers import TypedNumbers, subject_of

    label: object = options.get("label")
    if isinstance(label, str) or not isinstance(label, Iterable | None):
        options["label"] = str(label)  # classes may be called by numbers
    spec = _spec(options)
    given: dict[str, object] = {"data": data, "row": row, "of": of, **options}
    for name, value in given.items():
        if value is not None and name not in _OF_NUMBERS:
            raise UsageError(f"{name} is about data, and does not go with q.")
    if len(spec.labels) > 1:
        raise UsageError("label names one class that happened; for several, say p.")
    named = spec.labels[0] if spec.labels else None
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
    return spec.replace(predictions=_several(preds[name]))


def _spec(options: Options) -> Spec:
    """What to compute, as far as it is the same for every function."""
    unknown = [name for name in options if name not in Options.__annotations__]
    if unknown:
        known = [*Options.__annotations__, *_OWN_OPTIONS]
        raise TypeError(f"there is no option {unknown[0]!r}{closest(unknown[0], known)}")
    given: dict[str, Any] = dict(options)
    weights = options.get("class_weight") or {}
    positive = options.get("positive")
    own: dict[str, Any] = {
        "labels": _several(options.get("label", ())),
        "predictions": _several(options.get("pred", ())),
        "classes": tuple(str(name) for name in options.get("classes", ())),
        "positive": None if positive is None else str(positive),
        "class_weights": () if isinstance(weights, str) else _pairs(weights),
        "balanced": weights == "balanced",
        "ignore_labels": tuple(str(one) for one in options.get("ignore_label", ())),
        "na_values": tuple(options.get("na_values", ())),
        "clip": clip_of(options.get("clip", "auto")),
        "base": str(options.get("base", "e")),  # 2 as well as "2"
    }
    return Spec(**own, **{name: given[name] for name in _AS_THEY_ARE if name in given})


_AS_THEY_ARE = (
    *("weight", "bytes", "id", "task", "values", "label_counts", "label_smoothing", "missing"),
    *("on_bad_sum", "sum_tolerance", "confidence"),
)
_OF_NUMBERS = (
    *("label", "classes", "task", "values", "label_counts", "label_smoothing"),
    *("on_bad_sum", "sum_tolerance", "clip", "base"),
)
_OWN_OPTIONS = ("by", "cluster", "metrics", "worst", "decompose", "convention", "conventions")
_OF_READING = ("delimiter", "encoding", "threads", "decimal", "header", "comment", "input_format")


def _reading(options: Options) -> Reading:
    given: dict[str, Any] = dict(options)
    return Reading(**{name: given[name] for name in _OF_READING if name in given})


def _labels(options: Options, spec: Spec, reading: Reading) -> Callable[[], Source] | None:
    """What opens the labels, if they are in a file or table of their own."""
    labels = options.get("labels")
    if labels is None:
        return None
    names, sources = _sources(labels, reading_of_labels(reading, spec))
    if len(names) > 1:
        raise UsageError("The labels have to be one file or table.")
    return lambda: next(sources())


def _data_set(
    data: object, options: Options, spec: Spec, reading: Reading, called: str | None = None
) -> DataSet:
    names, sources = _sources(data, reading, called)
    return DataSet(tuple(names), sources, _labels(options, spec, reading))


def _pairs(weights: Mapping[object, float]) -> tuple[tuple[str, float], ...]:
    return tuple((str(name), float(weight)) for name, weight in weights.items())


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
