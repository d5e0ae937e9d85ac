"""Excel workbooks (.xlsx), through the package python-calamine."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Sequence
from typing import IO, Any

from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.bytestream import storage_errors
from ce_cli.inputs.databases.chosen import table_for
from ce_cli.inputs.databases.rows import Rows, RowsSource
from ce_cli.inputs.extras import needed
from ce_cli.inputs.packed.zip_errors import zip_errors
from ce_cli.inputs.rephrased import Rephrased, reason_of
from ce_cli.reading import Reading
from ce_cli.text import display_name, quoted

_MOST_BYTES = 1 << 30  # of XML: a workbook is read into memory whole
_MOST_CELLS = 1 << 25  # of the rectangle around the cells of a sheet, empty ones included
_CHUNK = 1 << 20
_PLACE = re.compile(rb"""\br\s*=\s*["']([A-Z]*)([0-9]*)""", re.IGNORECASE)
_LONGEST_PLACE = 9  # letters or digits; there are three and seven at most in a sound sheet


def open_workbook(
    path: str,
    archive: zipfile.ZipFile,
    file: str | IO[bytes],
    spool: object,
    reading: Reading,
) -> RowsSource:
    """Open the only sheet with a table, or the sheet that ``--table`` names.

    Raises
    ------
    DataError
        The package is not installed, or the workbook is broken or too large, or it has no table or
        several.
    UsageError
        There is no sheet of this name.
    """
    name = display_name(path)
    calamine = needed("python_calamine", "excel", f"{name}: is an Excel workbook")
    with storage_errors(path), zip_errors(name):
        _check_size(name, archive)
    with _excel_errors(name), storage_errors(path):
        if not isinstance(file, str):
            file.seek(0)
        workbook = calamine.load_workbook(file)
        sheet, rows = _sheet(name, workbook, reading.table)
    return RowsSource(
        path, f"Excel sheet {quoted(sheet)}", _plain(rows, spool), _excel_errors(name), reading
    )


def _check_size(name: str, archive: zipfile.ZipFile) -> None:
    """Check how much memory the workbook takes, before it does: a few bytes can claim a lot."""
    members = archive.infolist()
    if sum(one.file_size for one in members) > _MOST_BYTES:
        raise DataError(
            f"{name}: is more than {_MOST_BYTES >> 30} GB when it is unpacked; save the sheet as "
            "CSV, which is read in parts."
        )
    for member in members:
        if member.filename.startswith("xl/worksheets/") and _cells(archive, member) > _MOST_CELLS:
            raise DataError(
                f"{name}: a sheet has cells so far apart that it would fill the memory; save the "
                "table as CSV."
            )


def _cells(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """The size of the rectangle from the first cell of a sheet to the last."""
    columns = rows = 1
    held, left = b"", member.file_size
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise zipfile.BadZipFile("a sheet is longer than it says")
            held += chunk
            for column, row in _PLACE.findall(held):
                columns = max(columns, _number(column.upper()[:_LONGEST_PLACE]))
                rows = max(rows, int(row[:_LONGEST_PLACE] or b"1"))
            held = held[max(held.rfind(b"<"), len(held) - _CHUNK) :]
    return columns * rows


def _number(column: bytes) -> int:
    """``A`` is 1, ``AA`` 27."""
    number = 0
    for letter in column:
        number = 26 * number + letter - 64
    return number


def _sheet(name: str, workbook: Any, chosen: str | None) -> tuple[str, list[list[Any]]]:
    """The sheet to read, and its rows."""
    shown = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if str(sheet.typ).endswith(".WorkSheet") and str(sheet.visible).endswith(".Visible")
    ]
    if chosen is not None:
        table_for(name, chosen, workbook.sheet_names, "sheet")
        return chosen, _rows(workbook, chosen)
    found = {sheet: rows for sheet in shown if _is_table(rows := _rows(workbook, sheet))}
    if not found and len(shown) == 1:
        return shown[0], _rows(workbook, shown[0])
    try:
        longest = max(found, key=lambda sheet: len(found[sheet]), default=None)
        sheet = table_for(name, None, [*found], "sheet", example=longest)
    except DataError as error:
        if not found:
            raise DataError(f"{name}: has no sheet with a table.") from error
        raise
    return sheet, found[sheet]


def _rows(workbook: Any, sheet: str) -> list[list[Any]]:
    return workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=True)  # type: ignore[no-any-return]


def _is_table(rows: Sequence[Sequence[Any]]) -> bool:
    """Whether there are two columns and two rows at least, and a number somewhere."""
    numbers = (isinstance(value, float | bool) for row in rows for value in row)
    return len(rows) > 1 and len(rows[0]) > 1 and any(numbers)


def _plain(rows: list[list[Any]], spool: object) -> Rows:
    """Rows without empty ones and without titles above the table; whole numbers as such."""
    full = [row for row in rows if _filled(row)]
    titles = 0
    while titles < len(full) and _is_title(*full[titles : titles + 2]):
        titles += 1
    for row in full[titles:]:
        yield [_value(value) for value in row]


def _is_title(row: Sequence[Any], below: Sequence[Any] = ()) -> bool:
    """Whether one cell alone is filled, which is not the only name beside that of an index."""
    names_one = len(row) == 2 and row[0] == "" and not all(isinstance(v, str) for v in below)
    return _filled(row) == 1 < len(row) and not names_one


def _filled(row: Sequence[Any]) -> int:
    """How many cells are not empty."""
    return sum(value != "" for value in row)


def _value(value: object) -> object:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return int(value)
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date()
    return value


class _excel_errors(Rephrased):  # noqa: N801 - reads as a phrase: with _excel_errors(name)
    """Turn errors about a broken workbook into one sentence."""

    def _rephrased(self, error: BaseException) -> DataError | None:
        if isinstance(error, UsageError | DataError) or not isinstance(error, Exception):
            return None
        return DataError(
            f"{self._name}: is truncated or not an Excel workbook ({reason_of(error)})."
        )
