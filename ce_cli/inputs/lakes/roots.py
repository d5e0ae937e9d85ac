"""Which directories are tables of Delta Lake, Iceberg or Hudi: they hold rows that were deleted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from ce_cli.record import Record

Kind = Literal["Delta", "Iceberg", "Hudi"]

_LOGS: tuple[tuple[str, Kind], ...] = (("_delta_log", "Delta"), (".hoodie", "Hudi"))
_METADATA = "metadata"  # of Iceberg, where other directories of this name are
_DATA = (".parquet", ".orc", ".avro")


class Lake(Record):
    """A table.

    Attributes
    ----------
    root : Path
        Its directory.
    kind : str
        Its format.
    """

    root: Path
    kind: Kind

    @property
    def title(self) -> str:
        """``an Iceberg table``."""
        return f"{'an' if self.kind == 'Iceberg' else 'a'} {self.kind} table"


def lake_at(directory: Path) -> Lake | None:
    """The table whose root is this directory."""
    for log, kind in _LOGS:
        if (directory / log).is_dir():
            return Lake(directory, kind)
    metadata = directory / _METADATA
    if metadata.is_dir() and any(map(_is_version, metadata.glob("*.metadata.json"))):
        return Lake(directory, "Iceberg")
    return None


def _is_version(path: Path) -> bool:
    """Whether a file is called ``v3.metadata.json`` or ``00003-….metadata.json``."""
    return path.name.removeprefix("v")[0].isdecimal()


def lake_around(path: Path) -> Lake | None:
    """The table that a directory or a data file belongs to."""
    if path.is_file() and path.suffix.lower() not in _DATA:
        return None
    around = [path, *path.parents] if path.is_absolute() else _as_typed(path)
    return next((lake for one in around if (lake := lake_at(one))), None)


def _as_typed(path: Path) -> Iterable[Path]:
    """A relative path and its parents, relative where they are below the working directory."""
    yield path
    yield from path.parents
    yield from Path.cwd().parents


def lakes_below(directory: Path, files: Iterable[Path]) -> Iterable[Lake]:
    """The tables that the data files of a directory belong to."""
    folders = dict.fromkeys(folder for file in files for folder in file.parents)
    below = (folder for folder in folders if folder.is_relative_to(directory))
    return (lake for folder in below if (lake := lake_at(folder)))
