"""The members of a zip archive: what they show it to be, and which one is the table."""

from __future__ import annotations

import zipfile
from pathlib import PurePosixPath

from ce_cli import registry
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.bytestream import suffix_of
from ce_cli.text import closest, quoted, quoted_list, shell_word

_ODS = b"application/vnd.oasis.opendocument.spreadsheet"


def kind_of(archive: zipfile.ZipFile) -> str:
    """What an archive is: ``npz``, ``xlsx``, ``zip``, or a key of the foreign formats."""
    names = set(archive.namelist())
    is_office = "[Content_Types].xml" in names
    evidence = {
        "xlsx": "xl/workbook.xml" in names,
        "xlsb": "xl/workbook.bin" in names,
        "office": is_office and any(name.startswith(("word/", "ppt/")) for name in names),
        "torch": any(PurePosixPath(name).name == "data.pkl" for name in names),
        "keras": {"config.json", "model.weights.h5"} <= names,
        "npz": any(name.endswith(".npy") for name in names),
    }
    if "mimetype" in names and "content.xml" in names:
        with archive.open("mimetype") as stream:
            return "ods" if stream.read(len(_ODS)) == _ODS else "office"
    return next((kind for kind, found in evidence.items() if found), "zip")


def table_in(name: str, archive: zipfile.ZipFile, chosen: str | None) -> str:
    """The member that is the table: the one chosen, or the only one that can be it.

    Parameters
    ----------
    name : str
        The archive, for messages.
    archive : zipfile.ZipFile
        The archive.
    chosen : str or None
        The name of a member.

    Raises
    ------
    DataError
        There is no table, or there are several.
    UsageError
        There is no member of the name that was chosen.
    """
    files = [one for one in archive.namelist() if not _is_aside(one)]
    if chosen is not None:
        if chosen not in files:
            raise UsageError(
                f"{name}: holds no file {quoted(chosen)}{closest(chosen, files)}; it holds "
                f"{quoted_list(files) or 'none'}."
            )
        return chosen
    if len(files) == 1:
        return files[0]
    suffixes = {one: suffix_of(PurePosixPath(one)) for one in files}
    tables = [one for one in files if suffixes[one] in registry.data_suffixes()]
    tables = [one for one in tables if suffixes[one] != ".txt"] or tables
    if not files or not tables:
        holds = f"only {quoted_list(files)}" if files else "no file"
        raise DataError(f"{name}: is a zip archive without a table: it holds {holds}.")
    if len(tables) > 1:
        raise DataError(
            f"{name}: is a zip archive of {len(tables):,} tables, {quoted_list(tables)}; choose "
            f"one, for example with --table {shell_word(tables[0])}."
        )
    return tables[0]


def _is_aside(member: str) -> bool:
    """Whether a member is a directory, or what a desktop adds beside the files."""
    parts = PurePosixPath(member).parts
    aside = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return aside or member.endswith("/") or parts[-1:] in (("Thumbs.db",), ("desktop.ini",))
