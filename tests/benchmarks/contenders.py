"""The commands that contend in a case."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from pathlib import Path

from tests.benchmarks.cases import CE_SCORE, DEFAULT, ONE_METRIC, SMALL, Case
from tests.benchmarks.peers import sql
from tests.benchmarks.timing import Command

CE = "ce"
SCRIPTS = {"polars": "polars", "pandas": "pandas", "scipy": "scipy"}
PEERS = ("DuckDB", "DuckDB in Python", *SCRIPTS, CE_SCORE)
IMPORTS = "import typer, numpy, pyarrow.csv"


def contenders(case: Case, folder: Path, scale: float) -> dict[str, Command]:
    """List what contends in a case, `ce` first.

    Parameters
    ----------
    case : Case
        The case.
    folder : Path
        Where the data sets are, and where a contender may write.
    scale : float
        Of the data sets.

    Returns
    -------
    dict of str to Command
        By name.
    """
    listed = {CE: ce(case, folder, scale)}
    return listed | {name: _peer(name, case, folder, scale) for name in case.peers + case.beside}


def ce(case: Case, folder: Path, scale: float, more: tuple[str, ...] = ()) -> Command:
    """The command of `ce`."""
    arguments = case.arguments.format(*_paths(case, folder, scale), out=written(folder))
    return _ce((*arguments.split(" "), *more), _piped(case, folder, scale))


def startup(case: Case, folder: Path) -> Command:
    """The command of `ce` with a file of a few rows, and the figures of a case."""
    arguments = case.arguments if case.arguments == DEFAULT else ONE_METRIC
    return scored(arguments, SMALL[0].path(folder, 1))


def scored(arguments: str, path: Path) -> Command:
    """The command of `ce` with a file."""
    return _ce(tuple(arguments.format(path).split(" ")))


def written(folder: Path) -> Path:
    """The file for every row."""
    return folder / "written.parquet"


def check(folder: Path) -> Command:
    """Sum up the file for every row."""
    return _duckdb_in_python(sql.written(str(written(folder))))


def floors(case: Case, folder: Path, scale: float) -> list[Command]:
    """Measure the unavoidable, once for each file."""
    base = (sys.executable, "-m", f"{__package__}.floor")
    return [
        Command((*base, str(logs), str(file.path(folder, scale)), *case.columns))
        for file in case.files
        for logs in [file.scaled(scale) * case.logs]
    ]


def _ce(arguments: tuple[str, ...], piped: Path | None = None) -> Command:
    """Use the `ce` that belongs to this Python, else the one on PATH."""
    return Command((_program("ce"), *arguments), piped)


def _peer(name: str, case: Case, folder: Path, scale: float) -> Command:
    paths, piped = _paths(case, folder, scale), _piped(case, folder, scale)
    if name == CE_SCORE:
        return scored(DEFAULT, case.files[0].path(folder, scale))
    if case.work == "rows":
        paths.append(str(written(folder)))
    if name == "DuckDB":
        return Command((_program("duckdb"), "-csv", "-c", sql.query(case.work, *paths)), piped)
    if name == "DuckDB in Python":
        return _duckdb_in_python(sql.query(case.work, *paths), piped)
    return Command((sys.executable, _script(SCRIPTS[name]), case.work, *paths), piped)


def _duckdb_in_python(query: str, piped: Path | None = None) -> Command:
    return Command((sys.executable, _script("duckdb"), query), piped)


def _paths(case: Case, folder: Path, scale: float) -> list[str]:
    return ["-"] if case.piped else [str(file.path(folder, scale)) for file in case.files]


def _piped(case: Case, folder: Path, scale: float) -> Path | None:
    return case.files[0].path(folder, scale) if case.piped else None


def _script(name: str) -> str:
    return str(Path(__file__).parent / "peers" / f"with_{name}.py")


def _program(name: str) -> str:
    beside = shutil.which(name, path=sysconfig.get_path("scripts"))
    return beside or shutil.which(name) or name
