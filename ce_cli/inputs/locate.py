"""From what the user named to open sources: files, directories, URIs, standard input."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ce_cli import registry
from ce_cli.errors import DataError, StorageError
from ce_cli.inputs.bytestream import explained, first_bytes, open_bytes
from ce_cli.inputs.source import Source
from ce_cli.spec import Reading
from ce_cli.text import STDIN, display_name

_PACKED = {".gz", ".bz2", ".zst", ".xz"}


def located(paths: Sequence[str]) -> list[str]:
    """Expand directories into their data files, in order of name.

    Raises
    ------
    StorageError
        A path does not exist.
    DataError
        A directory holds no data.
    """
    found: list[str] = []
    for path in paths:
        if path == STDIN or "://" in path:
            found.append(path)
            continue
        with explained(path):
            if not path or not Path(path).exists():
                raise StorageError(f"{display_name(path)}: there is no such file.")
            found += _data_files(Path(path)) if Path(path).is_dir() else [path]
    return found


def opened(path: str, reading: Reading) -> Source:
    """Open one file as the format that its first bytes tell.

    Raises
    ------
    StorageError
        It cannot be read.
    DataError
        It is empty, or no table.
    """
    raw = open_bytes(path)
    start = first_bytes(path, raw)
    entry = next(entry for entry in registry.INPUTS if start.startswith(entry.magic))
    source: Source = entry.load()(path, raw, reading)
    return source


def _data_files(directory: Path) -> list[str]:
    known = {f".{name}" for entry in registry.INPUTS for name in entry.names}
    found = []
    for path in sorted(directory.rglob("*")):
        parts = path.relative_to(directory).parts
        hidden = any(part.startswith((".", "_")) for part in parts)
        name = path.with_suffix("") if path.suffix.lower() in _PACKED else path
        if not hidden and name.suffix.lower() in known and path.is_file():
            found.append(str(path))
    if not found:
        raise DataError(
            f"{display_name(str(directory))}: the directory holds no data file "
            f"({', '.join(sorted(known))})."
        )
    return found
