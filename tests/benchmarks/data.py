"""Made-up predictions, calibrated by construction: labels are drawn from the predictions.

Run as ``python -m tests.benchmarks.data KIND ROWS FILE``: the harness does so in a process of its
own, because a child's peak memory starts at that of the process that started it.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Protocol, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

CLASSES = 10
LOGITS = 1000  # numbers in each list
SEGMENTS = 1000
ROWS_OF_USER = 10  # on average
CHUNK = 1 << 20  # rows at a time: also the row groups that pyarrow makes by default
SEED = 20

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Writer(Protocol):
    """What the writers of pyarrow have in common."""

    def write_table(self, table: pa.Table) -> None:
        """Append the rows of `table`."""


def make(kind: str, rows: int, path: Path) -> None:
    """Write a data set; the same rows whatever the format.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    rows : int
        How many.
    path : Path
        The file, in the format that its suffixes name; appears under this name once complete.
    """
    part = path.with_name(f"{path.name}.part")
    tables = KINDS[kind](np.random.default_rng(SEED), rows)
    first = next(tables)
    with ExitStack() as stack:
        writer = open_writer(part, path.suffixes, first.schema, stack)
        writer.write_table(first)
        for table in tables:
            writer.write_table(table)
    part.replace(path)


def sizes(rows: int) -> Iterator[int]:
    """Split rows into chunks."""
    for start in range(0, rows, CHUNK):
        yield min(CHUNK, rows - start)


def binary(rng: np.random.Generator, rows: int) -> Iterator[pa.Table]:
    """`label, prob`: labels 0 and 1, about three in ten of them 1, and a fairly good model."""
    for size in sizes(rows):
        _, label, prob = drawn(rng, size)
        yield pa.table({"label": label, "prob": prob})


def rival(rng: np.random.Generator, rows: int) -> Iterator[pa.Table]:
    """The same labels, predicted by a model that is too sure of itself."""
    for size in sizes(rows):
        score, label, _ = drawn(rng, size)
        yield pa.table({"label": label, "prob": too_sure(score)})


def drawn(rng: np.random.Generator, rows: int) -> tuple[Floats, Integers, Floats]:
    """Scores, labels, and what the labels were drawn from."""
    score = rng.standard_normal(rows)
    prob = 1.0 / (1.0 + np.exp(1.5 - 2.0 * score))
    return score, (rng.random(rows) < prob).astype(np.int64), prob


def too_sure(score: Floats) -> Floats:
    """Probabilities of a model that exaggerates."""
    return 1.0 / (1.0 + np.exp(1.8 - 2.4 * score))


def segments(rng: np.random.Generator, rows: int) -> Iterator[pa.Table]:
    """Binary data with a text for each row, one of a thousand."""
    names = pa.array([f"segment-{k:04}" for k in range(SEGMENTS)])
    for size in sizes(rows):
        _, label, prob = drawn(rng, size)
        codes = pa.array(rng.integers(SEGMENTS, size=size))
        yield pa.table({"segment": names.take(codes), "label": label, "prob": prob})


def users(rng: np.random.Generator, rows: int) -> Iterator[pa.Table]:
    """Binary data of users, each with ten rows on average, in the order of time, not of users."""
    many = max(1, rows // ROWS_OF_USER)
    for size in sizes(rows):
        _, label, prob = drawn(rng, size)
        yield pa.table({"user": rng.integers(many, size=size), "label": label, "prob": prob})


def keyed(rng: np.random.Generator, rows: int) -> Iterator[pa.Table]:
    """Binary data with an `id` for each row."""
    start = 0
    for size in sizes(rows):
        _, label, prob = drawn(rng, size)
        yield pa.table({"id": np.arange(start, start + size), "label": label, "prob": prob})
        start += size


def shuffled(rng: np.random.Generator, rows: int) -> Iterator[pa.Table]:
    """The rows of `keyed` in another order, predicted by the model of `rival`."""
    parts = [drawn(rng, size)[:2] for size in sizes(rows)]
    score, label = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = rng.permutation(rows)
    for start in range(0, rows, CHUNK):
        chosen = order[start : start + CHUNK]
        yield pa.table({"id": chosen, "label": label[chosen], "prob": too_sure(score[chosen])})


def multiclass(rng: np.random.Generator, rows: int) -> Iterator[pa.Table]:
    """`label, p_0 ... p_9`: labels 0 to 9 from softmax probabilities."""
    for size in sizes(rows):
        prob = np.exp(2.0 * rng.standard_normal((size, CLASSES)))
        prob /= prob.sum(axis=1, keepdims=True)
        passed = prob.cumsum(axis=1) < rng.random((size, 1))
        label = np.minimum(passed.sum(axis=1), CLASSES - 1).astype(np.int64)
        columns = {f"p_{k}": np.ascontiguousarray(prob[:, k]) for k in range(CLASSES)}
        yield pa.table({"label": label, **columns})


def logits(rng: np.random.Generator, rows: int) -> Iterator[pa.Table]:
    """`label, logits`: a list of a thousand float32 logits for each row, in one row group."""
    numbers = 2 * rng.standard_normal((rows, LOGITS), dtype=np.float32)
    label = (numbers + rng.gumbel(size=(rows, LOGITS)).astype(np.float32)).argmax(axis=1)
    lists = pa.FixedSizeListArray.from_arrays(pa.array(numbers.ravel()), LOGITS)
    yield pa.table({"label": label, "logits": lists.cast(pa.list_(pa.float32()))})


KINDS: dict[str, Callable[[np.random.Generator, int], Iterator[pa.Table]]] = {
    draw.__name__: draw
    for draw in (binary, rival, segments, users, keyed, shuffled, multiclass, logits)
}


def open_writer(part: Path, suffixes: list[str], schema: pa.Schema, stack: ExitStack) -> Writer:
    """Open a writer that `stack` closes."""
    writer: Writer
    if suffixes == [".parquet"]:
        writer = stack.enter_context(pa.parquet.ParquetWriter(part, schema))
        return writer
    file: IO[bytes] = stack.enter_context(part.open("wb"))
    if suffixes[-1] == ".gz":
        file = cast(IO[bytes], stack.enter_context(gzip.GzipFile(fileobj=file, mode="wb", mtime=0)))
    file.write((",".join(schema.names) + "\n").encode())  # pyarrow would quote the names
    options = pa.csv.WriteOptions(include_header=False)
    writer = stack.enter_context(pa.csv.CSVWriter(file, schema, write_options=options))
    return writer


if __name__ == "__main__":
    make(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
