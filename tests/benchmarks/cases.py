"""The cases: data, the command of `ce`, the peers, and the ratio to reach, one declaration each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SMALL_ROWS = 500  # of the files that show the start-up, whatever the scale


@dataclass(frozen=True)
class DataFile:
    """A file of made-up data.

    Attributes
    ----------
    kind : str
        One of `data.KINDS`.
    rows : int
        At full size.
    suffix : str
        Of the file, which gives its format.
    """

    kind: str
    rows: int
    suffix: str

    def scaled(self, scale: float) -> int:
        """Rows at a scale."""
        return self.rows if self.rows == SMALL_ROWS else max(1, round(self.rows * scale))

    def path(self, folder: Path, scale: float) -> Path:
        """Where it is kept."""
        return folder / f"{self.kind}-{self.scaled(scale)}{self.suffix}"


@dataclass(frozen=True)
class Case:
    """Some work on a data set.

    Attributes
    ----------
    name : str
        As given to ``--case``.
    title : str
        For the table; ``{rows}`` is the number of rows, ``{tenth}`` a tenth of it.
    work : str
        What is computed: see `peers`.
    files : tuple of DataFile
        What it is computed from.
    arguments : str
        Of `ce`, in which ``{0}`` and ``{1}`` are the files, and ``{out}`` a file to write.
    peers : tuple of str
        Names of `contenders.PEERS`.
    must, goal : str
        Time as a multiple of the fastest peer, or in seconds, and memory; empty for none.
    beside : tuple of str
        More peers, which are shown but not compared with.
    columns : tuple of str
        The columns needed of a Parquet file.
    logs : int
        Logarithms or exponentials needed for a row of a file.
    piped : bool
        Whether the file comes on standard input.
    key : str
        The column of keys where the result is a table.
    tolerance : float
        How far the figures may be apart, in relation to 1 or to their size.
    threads : bool
        Whether it is also measured with one thread.
    """

    name: str
    title: str
    work: str
    files: tuple[DataFile, ...]
    arguments: str
    peers: tuple[str, ...]
    must: str
    goal: str
    beside: tuple[str, ...] = ()
    columns: tuple[str, ...] = ("label", "prob")
    logs: int = 1
    piped: bool = False
    key: str = ""
    tolerance: float = 1e-12
    threads: bool = True


ONE_METRIC = "score {0} --metric cross_entropy --json"
DEFAULT = "score {0} --json"
CE_SCORE = "ce score"

DUCKDB = ("DuckDB", "DuckDB in Python")
TABLES = (*DUCKDB, "polars")
ALL = (*TABLES, "pandas")
MANY, MORE = 10_000_000, 100_000_000

SMALL = (DataFile("binary", SMALL_ROWS, ".csv"),)
CSV = (DataFile("binary", MANY, ".csv"),)
GZIP = (DataFile("binary", MANY, ".csv.gz"),)
PARQUET = (DataFile("binary", MANY, ".parquet"),)
LARGE = (DataFile("binary", MORE, ".parquet"),)
CLASSES_CSV = (DataFile("multiclass", 1_000_000, ".csv"),)
CLASSES = (DataFile("multiclass", 1_000_000, ".parquet"),)
LOGITS = (DataFile("logits", 100_000, ".parquet"),)
SEGMENTS = (DataFile("segments", MANY, ".parquet"),)
USERS = (DataFile("users", 3_000_000, ".parquet"),)
RIVALS = (*PARQUET, DataFile("rival", MANY, ".parquet"))
KEYED = (DataFile("keyed", MANY, ".parquet"), DataFile("shuffled", MANY, ".parquet"))

# fmt: off
CASES = {
    case.name: case
    for case in (
        Case("small", "{rows} rows, CSV", "mean", SMALL, ONE_METRIC,
             ("DuckDB in Python", "polars", "pandas"), "1.15", "0.95", beside=("DuckDB",),
             threads=False),
        Case("small-default", "{rows} rows, CSV, default figures, against pandas", "default",
             SMALL, DEFAULT, ("pandas",), "0.13", "0.10", beside=TABLES, threads=False),
        Case("csv", "{rows} rows, CSV", "mean", CSV, ONE_METRIC, ALL, "1.25", "0.95"),
        Case("gzip", "{rows} rows, CSV, gzip", "mean", GZIP, ONE_METRIC, TABLES, "0.9", "0.7"),
        Case("stdin", "{rows} rows, CSV, standard input", "mean", CSV, ONE_METRIC, TABLES,
             "0.7", "0.5", piped=True),
        Case("parquet", "{rows} rows, Parquet", "mean", PARQUET, ONE_METRIC, ALL, "1.8", "1.4"),
        Case("parquet-large", "{rows} rows, Parquet", "mean", LARGE, ONE_METRIC, TABLES,
             "1.2", "0.8", tolerance=1e-11),
        Case("classes-csv", "{rows} rows × 10 classes, CSV", "classes", CLASSES_CSV, ONE_METRIC,
             ALL, "1.2", "0.95"),
        Case("classes-parquet", "{rows} rows × 10 classes, Parquet, one row group", "classes",
             CLASSES, ONE_METRIC, ALL, "2.8", "2.0", columns=()),
        Case("logits", "{rows} rows × 1000 logits (float32), Parquet list, one row group",
             "logits", LOGITS, ONE_METRIC, (*TABLES, "scipy"), "0.6, 400 MB", "0.3",
             columns=(), logs=1000, tolerance=1e-6),
        Case("groups", "{rows} rows in 1000 groups (text), Parquet", "segments", SEGMENTS,
             "score {0} --by segment --metric cross_entropy --format csv", ALL, "1.6", "1.2",
             columns=(), key="segment"),
        Case("per-row", "{rows} rows, the loss of every row to Parquet", "rows", PARQUET,
             "score {0} --metric cross_entropy --per-row {out} --json", TABLES,
             "1.2, 400 MB", "0.9"),
        Case("default-csv", "{rows} rows, CSV, default figures", "default", CSV, DEFAULT, TABLES,
             "1.0", "0.6"),
        Case("default-parquet", "{rows} rows, Parquet, default figures", "default", PARQUET,
             DEFAULT, TABLES, "1.0", "0.6"),
        Case("all-parquet", "{rows} rows, Parquet, all figures", "everything", PARQUET,
             "score {0} --metric all --json", TABLES, "", ""),
        Case("compare", "compare 2 × {rows} rows in one order, against scoring one file",
             "paired", RIVALS, "compare {0} {1} --json", (CE_SCORE,), "1.5", "1.2"),
        Case("compare-id", "compare 2 × {rows} rows by id, shuffled", "paired", KEYED,
             "compare {0} {1} --id id --json", TABLES, "13.5 s", "1.0", columns=()),
        Case("users", "{rows} rows in {tenth} groups (integers), Parquet", "users", USERS,
             "score {0} --by user --metric cross_entropy --format csv", TABLES, "4.3 s", "2.0",
             columns=(), key="user"),
        Case("clusters", "{rows} rows in {tenth} clusters, Parquet", "clusters", USERS,
             "score {0} --cluster user --metric cross_entropy --metric standard_error --json",
             TABLES, "4.3 s", "2.0", columns=()),
    )
}
# fmt: on
