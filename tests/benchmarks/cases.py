"""The cases, and the commands that contend in each."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROWS = 10_000_000
SMALL_ROWS = 500
PEERS = {"DuckDB": "duckdb", "polars": "polars", "pandas + scikit-learn": "pandas"}


@dataclass(frozen=True)
class Case:
    """A data set and the work to do on it.

    Attributes
    ----------
    name : str
        As given to ``--case``.
    kind : {"binary", "multiclass"}
        Of the data.
    suffix : {".csv", ".parquet"}
        Of the file.
    """

    name: str
    kind: str
    suffix: str

    def rows(self, size: int) -> int:
        """Rows of the data set when binary ones have `size`: as many numbers if multiclass."""
        if self.name == "small":
            return SMALL_ROWS
        return size if self.kind == "binary" else max(1, size // 10)


@dataclass(frozen=True)
class Contender:
    """A command.

    Attributes
    ----------
    name : str
        For the table.
    argv : list of str
        The command.
    mean : callable or None
        Takes the mean log loss out of what the command printed; None if it prints none.
    """

    name: str
    argv: list[str]
    mean: Callable[[str], float] | None


CASES = {
    case.name: case
    for case in (
        Case("binary-csv", "binary", ".csv"),
        Case("binary-parquet", "binary", ".parquet"),
        Case("multiclass-csv", "multiclass", ".csv"),
        Case("multiclass-parquet", "multiclass", ".parquet"),
        Case("small", "binary", ".csv"),
        Case("compare-csv", "binary", ".csv"),
        Case("compare-parquet", "binary", ".parquet"),
    )
}


def data_file(case: Case, size: int, folder: Path) -> Path:
    """Find the data set of a case, made first if it is not there.

    Parameters
    ----------
    case : Case
        The case.
    size : int
        Rows of binary data.
    folder : Path
        Where data sets are kept.

    Returns
    -------
    Path
        The file.
    """
    rows = case.rows(size)
    path = folder / f"{case.kind}-{rows}{case.suffix}"
    made(case.kind, rows, path)
    if case.name.startswith("compare"):
        made("rival", rows, rival_of(path))
    return path


def made(kind: str, rows: int, path: Path) -> None:
    """Make a data set in a process of its own, unless it is there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        module = f"{__package__}.data"
        subprocess.run([sys.executable, "-m", module, kind, str(rows), str(path)], check=True)


def rival_of(path: Path) -> Path:
    """The file of another model for the same rows."""
    return path.with_name(path.name.replace("binary", "rival"))


def contenders(case: Case, path: Path) -> list[Contender]:
    """List what contends in a case, the one that the others are compared with first.

    Parameters
    ----------
    case : Case
        The case.
    path : Path
        Its data set.

    Returns
    -------
    list of Contender
        In the order of the table.
    """
    score = [ce(), "score", str(path)]
    if case.name == "small":
        imports = [sys.executable, "-c", "import typer, numpy, pyarrow.csv"]
        return [Contender("ce score", score, None), Contender("its imports alone", imports, None)]
    if case.name.startswith("compare"):
        both = [ce(), "compare", str(path), str(rival_of(path)), "--json"]
        return [
            Contender("ce score, default metrics", [*score, "--json"], None),
            Contender("ce compare with another file", both, None),
        ]
    same_work = [*score, "--metric", "cross_entropy", "--json"]
    return [
        Contender("ce, cross_entropy only", same_work, mean_of_document),
        Contender("ce, default metrics", [*score, "--json"], mean_of_document),
        *(Contender(name, peer(script, case, path), float) for name, script in PEERS.items()),
    ]


def ce() -> str:
    """Find the `ce` that belongs to this Python, else the one on PATH."""
    beside = shutil.which("ce", path=sysconfig.get_path("scripts"))
    return beside or shutil.which("ce") or "ce"


def peer(script: str, case: Case, path: Path) -> list[str]:
    """Give the command that runs a script of `peers`."""
    file = Path(__file__).parent / "peers" / f"with_{script}.py"
    return [sys.executable, str(file), case.kind, str(path)]


def mean_of_document(text: str) -> float:
    """Take the cross-entropy out of the JSON document of `ce score`."""
    return float(json.loads(text)["metrics"]["cross_entropy"])
