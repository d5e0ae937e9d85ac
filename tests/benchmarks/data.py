"""Made-up predictions, calibrated by construction: labels are drawn from the predictions.

Run as ``python -m tests.benchmarks.data KIND ROWS FILE``: the harness does so in a process of its
own, because a child's peak memory starts at that of the process that started it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

CLASSES = 10
CHUNK = 1 << 20  # rows at a time: also the row groups that pyarrow makes by default
SEED = 20

Floats = NDArray[np.float64]


class Writer(Protocol):
    """What the writers of pyarrow have in common."""

    def write_table(self, table: pa.Table) -> None:
        """Append the rows of `table`."""


def make(kind: str, rows: int, path: Path) -> None:
    """Write a data set; the same rows whatever the format.

    Parameters
    ----------
    kind : {"binary", "rival", "multiclass"}
        Columns `label, prob`, the same labels with the `prob` of another model, or
        `label, p_0 ... p_9`.
    rows : int
        How many.
    path : Path
        The file, in the format that its suffix names; appears under this name once complete.
    """
    part = path.with_name(f"{path.name}.part")
    tables = chunks(kind, rows)
    first = next(tables)
    with ExitStack() as stack:
        writer = open_writer(part, path.suffix, first.schema, stack)
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)
    part.replace(path)


def chunks(kind: str, rows: int) -> Iterator[pa.Table]:
    """Yield a data set table by table.

    Parameters
    ----------
    kind : {"binary", "rival", "multiclass"}
        As for `make`.
    rows : int
        Of the whole data set.

    Yields
    ------
    pyarrow.Table
        At most `CHUNK` rows.
    """
    rng = np.random.default_rng(SEED)
    draw = {"binary": binary, "rival": rival, "multiclass": multiclass}[kind]
    for start in range(0, rows, CHUNK):
        yield draw(rng, min(CHUNK, rows - start))


def binary(rng: np.random.Generator, rows: int) -> pa.Table:
    """Draw labels 0 and 1, about three in ten of them 1, from a fairly good model."""
    _, label, prob = drawn(rng, rows)
    return pa.table({"label": label, "prob": prob})


def rival(rng: np.random.Generator, rows: int) -> pa.Table:
    """The same labels, predicted by a model that is too sure of itself."""
    score, label, _ = drawn(rng, rows)
    return pa.table({"label": label, "prob": 1.0 / (1.0 + np.exp(1.8 - 2.4 * score))})


def drawn(rng: np.random.Generator, rows: int) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Scores, labels, and what the labels were drawn from."""
    score = rng.standard_normal(rows)
    prob = 1.0 / (1.0 + np.exp(1.5 - 2.0 * score))
    return score, (rng.random(rows) < prob).astype(np.int64), prob


def multiclass(rng: np.random.Generator, rows: int) -> pa.Table:
    """Draw labels 0 to 9 from softmax probabilities."""
    prob = np.exp(2.0 * rng.standard_normal((rows, CLASSES)))
    prob /= prob.sum(axis=1, keepdims=True)
    passed = prob.cumsum(axis=1) < rng.random((rows, 1))
    label = np.minimum(passed.sum(axis=1), CLASSES - 1).astype(np.int64)
    columns = {f"p_{k}": np.ascontiguousarray(prob[:, k]) for k in range(CLASSES)}
    return pa.table({"label": label, **columns})


def open_writer(part: Path, suffix: str, schema: pa.Schema, stack: ExitStack) -> Writer:
    """Open a writer that `stack` closes."""
    writer: Writer
    if suffix == ".parquet":
        writer = stack.enter_context(pa.parquet.ParquetWriter(part, schema))
        return writer
    file = stack.enter_context(part.open("wb"))
    file.write((",".join(schema.names) + "\n").encode())  # pyarrow would quote the names
    options = pa.csv.WriteOptions(include_header=False)
    writer = stack.enter_context(pa.csv.CSVWriter(file, schema, write_options=options))
    return writer


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
