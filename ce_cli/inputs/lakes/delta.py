"""The current files of a Delta table, through the package deltalake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import Any
from urllib.parse import unquote

from ce_cli.errors import CeError, DataError, StorageError
from ce_cli.inputs.partitioned import constants_of
from ce_cli.inputs.rephrased import reason_of
from ce_cli.text import display_name, pasted_command


def current_files(directory: str, root: Path) -> list[str]:
    """The files of the newest version of a table, or those of them in a directory of it.

    Parameters
    ----------
    directory : str
        The table, or a directory of it.
    root : Path
        The table.

    Raises
    ------
    StorageError
        The log cannot be read.
    DataError
        The package is not installed, or the files alone are not the table.
    """
    name = display_name(directory)
    try:
        import deltalake
    except ImportError:
        raise DataError(
            f"{name}: is a Delta table, whose directory also holds rows that were deleted; to read "
            f"only the current ones, install the extra, pip install 'ce-cli[delta]', or list their "
            f"files: {_listing(root)} (needs deltalake)."
        ) from None
    try:
        table = deltalake.DeltaTable(str(root))
        _check_plain(name, root, table)
        files = sorted(table.file_uris())
        partitions = table.metadata().partition_columns
    except CeError:
        raise
    except Exception as error:
        raise StorageError(
            f"{name}: the log of the Delta table is not readable: {reason_of(error, 160)}."
        ) from None
    return _checked(name, [_as_typed(file, root) for file in files], directory, root, partitions)


def _checked(
    name: str, files: list[str], directory: str, root: Path, partitions: list[str]
) -> list[str]:
    """The files in a directory, with every partition column in their paths."""
    here, is_part = Path(directory).resolve(), Path(directory).resolve() != root.resolve()
    found = [one for one in files if not is_part or Path(one).resolve().is_relative_to(here)]
    if not found:
        raise DataError(f"{name}: the current version of the Delta table has no file here.")
    for file in found:
        if missing := set(partitions) - constants_of(file).keys():
            raise DataError(
                f"{name}: the Delta table keeps {sorted(missing)[0]!r} in its log alone; write "
                "its rows to a Parquet file, and read that."
            )
    return found


def _as_typed(file: str, root: Path) -> str:
    """A file of the table as if it had been typed like its table."""
    path = Path(unquote(file.removeprefix("file://")) if file.startswith("file://") else file)
    whole = root.resolve()
    return str(root / path.relative_to(whole)) if path.is_relative_to(whole) else str(path)


def _check_plain(name: str, root: Path, table: Any) -> None:
    """Check that the files are the rows of the table.

    Raises
    ------
    DataError
        Rows in them are deleted, or their columns have other names.
    """
    features = set(table.protocol().reader_features or ())
    mapped = table.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"
    if "deletionVectors" not in features and not mapped:
        return
    import pyarrow as pa

    listed = getattr(table, "deletion_vectors", None)
    if mapped or listed is None or pa.table(listed()).num_rows:
        why = "other names of columns in its files" if mapped else "deleted rows in its files"
        raise DataError(
            f"{name}: is a Delta table with {why}; write its rows to a Parquet file: "
            f"{_conversion(root)}."
        )


def _listing(root: Path) -> str:
    code = f"import deltalake; print(*deltalake.DeltaTable({json.dumps(str(root))}).file_uris())"
    return pasted_command(f"python3 -c {quote(code)}")


def _conversion(root: Path) -> str:
    source, target = json.dumps(str(root)), json.dumps(f"{root.name or 'table'}.parquet")
    code = (
        "import deltalake as d, pyarrow as a, pyarrow.parquet as p; p.write_table(a.table("
        f'd.QueryBuilder().register("t", d.DeltaTable({source})).execute("SELECT * FROM t")), '
        f"{target})"
    )
    return pasted_command(f"python3 -c {quote(code)}")


def check_current(path: str, root: Path) -> None:
    """Check by the log that a file which was typed holds current rows only.

    The last action on the file decides. If it is older than the log files that are left, the
    package has to know.

    Raises
    ------
    DataError
        The file was removed from the table, or rows in it were deleted.
    """
    name = display_name(path)
    whole = root.resolve()
    own = str(Path(path).resolve().relative_to(whole)) if root != Path(path) else ""
    action = next((one for one in _actions(root) if unquote(one[1]["path"]) == own), None)
    if action is None:
        if _as_typed(str(Path(path).resolve()), root) not in current_files(str(root), root):
            raise DataError(f"{name}: is not in the current version of its Delta table.")
        return
    kind, values = action
    if kind == "remove":
        raise DataError(
            f"{name}: was removed from its Delta table, so its rows are deleted; give the path of "
            f"the table, {display_name(str(root))}."
        )
    if values.get("deletionVector"):
        raise DataError(
            f"{name}: has rows that its Delta table has deleted; write the rows of the table to a "
            f"Parquet file: {_conversion(root)}."
        )


def _actions(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """What the log says about files, newest first."""
    for commit in sorted((root / "_delta_log").glob("*.json"), reverse=True):
        if not commit.stem.isdecimal():
            continue
        lines = commit.read_text(encoding="utf-8", errors="replace").splitlines()
        try:
            entries = [json.loads(line) for line in reversed(lines) if line.strip()]
            found = [
                (kind, dict(entry[kind], path=str(entry[kind]["path"])))
                for kind in ("add", "remove")  # a commit that does both has rewritten the file
                for entry in entries
                if isinstance(entry, dict) and kind in entry
            ]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise DataError(
                f"{display_name(str(commit))}: is not a valid commit of a Delta table."
            ) from None
        yield from found
