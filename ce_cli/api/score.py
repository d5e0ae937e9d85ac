"""Score predictions from Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from ce_cli.api.data import data_set, given
from ce_cli.api.frames import engine_of, scored_frame
from ce_cli.api.python_terms import in_python_terms
from ce_cli.api.settings import checked, run_of, settings
from ce_cli.errors import UsageError
from ce_cli.options.commands import ScoreOptions
from ce_cli.results.score import Result
from ce_cli.scoring import pipeline

if TYPE_CHECKING:
    import pyarrow as pa

    from ce_cli.api.data import Array, Data


def score(
    data: Data,
    predictions: Array | None = None,
    *,
    per_row: bool = False,
    **options: Unpack[ScoreOptions],
) -> Result:
    """Score predictions: what ``ce score`` does, to the same bits.

    Parameters
    ----------
    data : path, sequence of paths, table, mapping of columns, or array of labels
        Files and directories are read as streams. A table is a pandas.DataFrame, a pyarrow.Table,
        or anything with ``__arrow_c_stream__``, such as a frame of polars or a relation of DuckDB;
        it is not copied where Arrow can read it in place. A DataFrame of Spark or Dask is scored
        where it is; its rows have no numbers. Labels in an array are classes, shape
        (n,), or shares of each class, shape (n, K), and need `predictions`.
    predictions : array or table, optional
        For labels in an array: one number per row, for two classes that of the positive one; one
        number per class, shape (n, K), in the order of ``classes``; or a DataFrame whose columns
        are the classes.
    per_row : bool
        Keep the loss of every row, for `Result.rows_frame`.
    **options
        The options of ``ce score``, with the same names and ``_`` for ``-``; ``--as`` is ``as_``.
        ``threads`` is one for each processor by default.

    Returns
    -------
    Result
        See `Result.metrics`, `Result.frame` and `Result.to_dict`; ``str(result)`` is the page.

    Raises
    ------
    ce_cli.errors.CeError
        `UsageError`, `DataError` or `StorageError`, each with sentences that name the fix.
    TypeError
        There is no such option.

    Examples
    --------
    >>> from ce_cli import score
    >>> score([1, 0], [0.5, 0.5], base="2").metrics["cross_entropy"]
    1.0
    >>> labels = ["cat", "dog", "cat"]
    >>> predictions = [[0.5, 0.5], [0.75, 0.25], [0.5, 0.5]]
    >>> score(labels, predictions, classes=["cat", "dog"], base="2").metrics["total"]
    4.0
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"label": [1, 0], "prob": [0.5, 0.5]})
    >>> score(frame, label="label", pred="prob").rows["scored"]
    2
    """
    with in_python_terms(options):
        chosen = checked(options, ScoreOptions)
        if engine := engine_of(data):
            if per_row or predictions is not None:
                raise UsageError(
                    "A table that is spread over machines holds its predictions, and per_row would "
                    "keep all its rows here: leave both out."
                )
            return scored_frame(data, engine, chosen)
        spec, reading = settings(chosen)
        found = given(data, predictions)
        spec = found.bound(spec)
        tables: list[pa.Table] = []
        keep = tables.append if per_row else None
        rows = data_set(found, chosen, spec, reading)
        with run_of(chosen, reading) as run:
            result = pipeline.score(rows, spec, run, keep)
        return result.replace(row_tables=tuple(tables))
