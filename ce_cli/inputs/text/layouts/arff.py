"""ARFF, the text format of Weka: attributes by name, then rows of CSV."""

from __future__ import annotations

import re

from ce_cli.errors import DataError
from ce_cli.inputs.text.layouts.layout import Layout, as_csv, lines_of

_START = re.compile(rb"(?:\s*(?:%[^\r\n]*)?[\r\n]+)*\s*@relation\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"""\s*@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\S+)\s""", re.IGNORECASE
)
_CELL = re.compile(
    r"""\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,\t]*?)\s*(?:[,\t]|$)""",
)


def arff(head: bytes, name: str) -> Layout | None:
    """The layout of an ARFF file, None if it is another.

    Raises
    ------
    DataError
        Its rows are sparse, or it has no rows.
    """
    if not _START.match(head):
        return None
    names: list[str] = []
    consumed = 0
    for line in lines_of(head):
        consumed += len(line)
        text = line.decode(errors="replace")
        if text.lower().strip() == "@data":
            break
        if match := _ATTRIBUTE.match(text):
            names.append(_unquoted(match[1]))
    else:
        raise DataError(f"{name}: is an ARFF file without a line '@data'.")
    if not names:
        raise DataError(f"{name}: is an ARFF file without a line '@attribute'.")

    def rewrite(lines: bytes) -> bytes:
        return as_csv(_rows(lines, name))

    return Layout("ARFF", ",", consumed, as_csv([names]), rewrite)


def _rows(lines: bytes, name: str) -> list[list[str]]:
    rows = []
    for encoded in lines.splitlines():
        line = encoded.decode(errors="backslashreplace").strip()
        if not line or line.startswith("%"):
            continue
        if line.startswith("{"):
            raise DataError(
                f"{name}: is an ARFF file with sparse rows ({{index value, …}}), which ce does not "
                "read; save it as CSV, for example with Weka's CSVSaver."
            )
        rows.append(_cells(line))
    return rows


def _cells(line: str) -> list[str]:
    cells: list[str] = []
    place = 0
    while place <= len(line):
        match = _CELL.match(line, place)
        if match is None:  # text after a quote: the number of fields shows the row to be wrong
            return [line]
        cells.append("" if match[1] == "?" else _unquoted(match[1]))
        if match.end() == len(line) and not line.endswith((",", "\t"), place, match.end()):
            break
        place = match.end() if match.end() > place else len(line) + 1
    return cells


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
