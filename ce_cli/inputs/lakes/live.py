"""The files of a table that hold its current rows."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote
from typing import NoReturn

from ce_cli.errors import DataError
from ce_cli.inputs.lakes import delta
from ce_cli.inputs.lakes.roots import Lake
from ce_cli.text import display_name, pasted_command


def current_files(path: str, lake: Lake) -> list[str]:
    """The files of a table, or of a part of it, that hold its current rows.

    Parameters
    ----------
    path : str
        The table, a directory of it, or a data file.
    lake : Lake
        The table.

    Raises
    ------
    DataError
        They cannot be known, or the file holds rows that were deleted.
    """
    is_file = Path(path).is_file()
    if lake.kind != "Delta":
        part = "is a data file of" if is_file else "is a part of"
        _refuse(display_name(path), lake, "is" if lake.root == Path(path) else part)
    if not is_file:
        return delta.current_files(path, lake.root)
    delta.check_current(path, lake.root)
    return [path]


def _refuse(name: str, lake: Lake, verb: str) -> NoReturn:
    fix = (
        "write its current rows to a Parquet file, for example with Spark"
        if lake.kind == "Hudi"
        else f"write its current rows to a Parquet file: {_from_iceberg(lake.root)} (needs "
        "pyiceberg)"
    )
    raise DataError(
        f"{name}: {verb} {lake.title}, whose directory also holds rows that were deleted; {fix}."
    )


def _from_iceberg(root: Path) -> str:
    metadata, target = json.dumps(str(_newest(root))), json.dumps(f"{root.name or 'table'}.parquet")
    code = (
        "import pyarrow.parquet as p; from pyiceberg.table import StaticTable as t; "
        f"p.write_table(t.from_metadata({metadata}).scan().to_arrow(), {target})"
    )
    return pasted_command(f"python3 -c {quote(code)}")


def _newest(root: Path) -> Path:
    """The metadata that is current: what the hint says, or else that of the highest number."""
    folder = root / "metadata"
    hint = folder / "version-hint.text"
    if hint.is_file():
        version = hint.read_text(encoding="utf-8", errors="replace").strip()
        named = folder / f"v{version}.metadata.json"
        if version.isdigit() and named.is_file():
            return named
    return max(folder.glob("*.metadata.json"), key=_version)


def _version(path: Path) -> tuple[int, str]:
    number = path.name.removeprefix("v").partition(".")[0].partition("-")[0]
    return (int(number) if number.isdecimal() else -1, path.name)
