"""The Python API: the pipeline of the command line, for paths, DataFrames and Arrow tables."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from ce_cli import pipeline
from ce_cli.binding.joined import reading_of_labels
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.locate import located, opened
from ce_cli.inputs.memory import TableSource
from ce_cli.result import Result
from ce_cli.spec import Reading, Spec, Task, Values, check_names, clip_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def score(
    data: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | pd.DataFrame | pa.Table,
    *,
    label: str | Sequence[str] = (),
    labels: str | os.PathLike[str] | pd.DataFrame | pa.Table | None = None,
    pred: str | Sequence[str] = (),
    weight: str | None = None,
    id: str | None = None,  # noqa: A002 - the name of the option
    by: str | Sequence[str] = (),
    classes: Sequence[object] = (),
    positive: object = None,
    task: Task = "auto",
    values: Values = "auto",
    label_counts: bool = False,
    label_smoothing: float = 0.0,
    class_weight: Mapping[object, float] | Literal["balanced"] | None = None,
    ignore_label: Sequence[object] = (),
    missing: Literal["error", "skip"] = "error",
    na_values: Sequence[str] = (),
    on_bad_sum: Literal["error", "warn", "renormalize"] = "warn",
    sum_tolerance: float | None = None,
    clip: Literal["auto", "none"] | float = "auto",
    base: Literal["e", "2", "10"] = "e",
    metrics: str | Sequence[str] = (),
    confidence: float = 0.95,
    worst: int = 0,
    per_row: bool = False,
    input_format: str | None = None,
    delimiter: str | None = None,
    encoding: str = "utf-8",
    decimal: Literal[".", ","] = ".",
    header: bool = True,
    comment: str | None = None,
    threads: int = 1,
) -> Result:
    """Score predictions: what ``ce score`` does, to the same bits.

    Parameters are named like the options, but for `values` (``--as``) and `metrics`
    (``--metric``).

    Parameters
    ----------
    data : path, sequence of paths, pandas.DataFrame or pyarrow.Table
        Files and directories are read as streams; tables are not copied where Arrow can see them.
    weight, id : str, optional
        Columns.
    labels : path, pandas.DataFrame or pyarrow.Table, optional
        Where the labels are, joined by `id` or else by the order of the rows.
    label, pred, by : str or sequence of str, optional
        Columns or globs; labels and predictions that are not given are found by name.
    classes : sequence, optional
        The class of each prediction, in their order.
    positive : object, optional
        The class that a single prediction column is the probability of.
    task : {"auto", "binary", "multiclass", "multilabel", "likelihood"}
        What is predicted.
    values : {"auto", "probabilities", "logits", "logprobs"}
        What the predictions are (``--as``).
    label_counts : bool
        Labels are counts of annotators for each class.
    label_smoothing : float
        The share of each label that is spread over all classes.
    class_weight : mapping or "balanced", optional
        Weights of rows by their class.
    ignore_label : sequence, optional
        Labels of rows to leave out.
    missing : {"error", "skip"}
        What to do with rows in which something is missing.
    na_values : sequence of str, optional
        Further texts for a missing value.
    on_bad_sum : {"error", "warn", "renormalize"}
        What to do with rows of probabilities that do not sum to 1.
    sum_tolerance : float, optional
        How far from 1 a sum may be.
    clip : "auto", "none" or float
        Probabilities are clipped into [clip, 1 − clip].
    base : {"e", "2", "10"}
        Nats, bits or bans.
    metrics : str or sequence of str, optional
        Compute only these.
    confidence : float
        Of the interval.
    worst : int
        How many of the most surprising rows to keep.
    per_row : bool
        Keep every row's loss, for `Result.rows_frame`.
    input_format : str, optional
        Of the files: ``csv``, ``jsonl``, ``parquet``, ``arrow``, ``npy``, ``npz``; found from their
        first bytes if it is not given.
    delimiter, encoding : str, optional
        Of text files.
    decimal : {".", ","}
        What stands before the fraction of a number in text files.
    header : bool
        Whether the first line of a text file names the columns; if not (``--no-header``), they
        are called 1, 2, 3, …
    comment : str, optional
        Lines of text files that begin with this character are left out.
    threads : int
        How many blocks are worked on at once.

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
    spec = Spec(
        labels=_several(label),
        predictions=_several(pred),
        weight=weight,
        id=id,
        by=_several(by),
        classes=tuple(str(name) for name in classes),
        positive=None if positive is None else str(positive),
        task=task,
        values=values,
        label_counts=label_counts,
        label_smoothing=label_smoothing,
        class_weights=() if class_weight == "balanced" else _pairs(class_weight or {}),
        balanced=class_weight == "balanced",
        ignore_labels=tuple(str(one) for one in ignore_label),
        missing=missing,
        na_values=tuple(na_values),
        on_bad_sum=on_bad_sum,
        sum_tolerance=sum_tolerance,
        clip=clip_of(clip),
        base=str(base),  # type: ignore[arg-type]  # 2 as well as "2"
        confidence=confidence,
        metrics=_several(metrics),
        worst=worst,
    )
    reading = Reading(
        delimiter,
        encoding,
        threads,
        decimal=decimal,
        header=header,
        comment=comment,
        input_format=input_format,
    )
    check_names(spec, reading, labels is not None)
    names, sources = _sources(data, reading)
    tables: list[pa.Table] = []
    keep = tables.append if per_row else None
    open_labels = None
    if labels is not None:
        given, opener = _sources(labels, reading_of_labels(reading, spec))
        if len(given) > 1:
            raise UsageError("The labels have to be one file or table.")
        open_labels = lambda: next(opener())  # noqa: E731
    result = pipeline.run(sources, names, spec, reading.threads, keep, labels=open_labels)
    return result.replace(row_tables=tuple(tables))


def _pairs(weights: Mapping[object, float]) -> tuple[tuple[str, float], ...]:
    return tuple((str(name), float(weight)) for name, weight in weights.items())


def _several(names: str | Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _sources(data: object, reading: Reading) -> tuple[list[str], pipeline.Sources]:
    if isinstance(data, str | os.PathLike):
        data = [data]
    if isinstance(data, Sequence):
        if not data:
            raise UsageError("There is no file to score.")
        names = located([os.fspath(path) for path in data])
        return names, lambda: (opened(name, reading) for name in names)
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return ["table"], lambda: iter([TableSource("table", data)])
    try:
        table = pa.Table.from_pandas(data, preserve_index=False)
    except (pa.ArrowException, ValueError, TypeError, AttributeError) as error:
        raise DataError(f"The data is no table that Arrow can take: {error}.") from error
    return ["DataFrame"], lambda: iter([TableSource("DataFrame", table)])
