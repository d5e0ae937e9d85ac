"""Text files of predictions: delimited text and JSON in their variants, encoded and packed."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import math
import random
import re
from typing import Any

import pyarrow as pa

from tests.fuzz.case import Dice
from tests.fuzz.mutating import mutated, reworded, spoiled
from tests.fuzz.sheets import TEXTS, Sheet, odd, sheet

ENCODINGS = (
    *("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp1252", "cp037", "utf-7"),
    *("shift_jis", "gb18030", "iso2022_jp", "hz", "euc_kr", "mac_roman", "utf-16-be"),
)
_NUMBERS = ("1e400", "-1e999", "9" * 5000, "NaN", "Infinity", "-Infinity", "1E-999", "-0", "0.10")
_PLACEHOLDER = re.compile(r'"<(\d+)>"')


def delimited(dice: Dice, delimiter: str = ",") -> bytes:
    """Delimited text, sometimes damaged."""
    text = _lines(dice, sheet(dice), delimiter)
    content = encoded(dice, text)
    if dice.sometimes(0.4):
        content = spoiled(dice, content)
    return content


def as_text(dice: Dice, columns: Sheet) -> bytes:
    """Delimited text of given columns."""
    return encoded(dice, _lines(dice, columns, ","))


def encoded(dice: Dice, text: str) -> bytes:
    """Text in UTF-8, seldom in another encoding."""
    encoding = "utf-8" if dice.sometimes(0.9) else dice.choice(ENCODINGS)
    return text.encode(encoding, dice.choice(("replace", "ignore")))


def _lines(dice: Dice, columns: Sheet, delimiter: str) -> str:
    """Rows as text; the signs that hold it together differ from file to file."""
    if dice.sometimes(0.2):
        delimiter = dice.choice((",", ";", "\t", "|", " ", ", ", "\x01", "::", "§"))
    end = dice.choice(("\n", "\n", "\n", "\r\n", "\r", "\n\n", "\n\r"))
    quote = dice.choice(('"', '"', '"', "'", ""))
    always, null = dice.sometimes(0.2), dice.choice(("", "", "NA", "null", "\\N", "?"))
    mark = "," if dice.sometimes(0.1) else "."
    rows = list(zip(*columns.values(), strict=True))
    if not dice.sometimes(0.1):
        rows.insert(0, tuple(columns))
    lines = []
    for row in rows:
        cells = [_quoted(_cell(one, null, mark), quote, delimiter, always) for one in row]
        if dice.sometimes(0.01):
            cells = dice.choice((cells[1:], [*cells, "1"], [], cells * 2, cells * 500))
        lines.append(delimiter.join(cells))
        if dice.sometimes(0.01):
            lines.append(
                dice.choice(("", "# a comment", " ", quote, "\0", delimiter * 3, "-" * 99))
            )
    start = (
        "" if dice.sometimes(0.9) else dice.choice(("\ufeff", "\n", "# x\n", "sep=;\n", "\n\n "))
    )
    return start + end.join(lines) + ("" if dice.sometimes(0.2) else end)


def _cell(value: Any, null: str, mark: str) -> str:
    if value is None:
        return null
    if isinstance(value, list | dict):
        return json.dumps(value)
    return str(value).replace(".", mark) if isinstance(value, float) else str(value)


def _quoted(cell: str, quote: str, delimiter: str, always: bool) -> str:
    if not quote or not (always or any(sign in cell for sign in (quote, delimiter, "\n", "\r"))):
        return cell
    return quote + cell.replace(quote, quote * 2) + quote


def as_json(dice: Dice) -> bytes:
    """JSON in one of the layouts in which tables are written, sometimes damaged."""
    value = dice.choice(_LAYOUTS)(dice, sheet(dice))
    documents = value if isinstance(value, _Lines) else [value]
    if dice.sometimes(0.3):
        documents = [_changed(dice, one) if dice.sometimes(0.3) else one for one in documents]
    indent = 1 if dice.sometimes(0.1) and not isinstance(value, _Lines) else None
    ascii_ = dice.sometimes(0.5)
    end = dice.choice(("\n", "\n", "\r\n", "\n\n", " ", ",\n"))
    text = end.join(json.dumps(one, indent=indent, ensure_ascii=ascii_) for one in documents)
    text = _PLACEHOLDER.sub(lambda found: _NUMBERS[int(found[1])], text)
    content = encoded(dice, text + ("" if dice.sometimes(0.2) else "\n"))
    return spoiled(dice, content) if dice.sometimes(0.3) else content


class _Lines(list[Any]):
    """Documents of a file that has one on each line."""


def _records(_: random.Random, columns: Sheet) -> list[Any]:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _nested(dice: Dice, columns: Sheet) -> list[Any]:
    names = dice.some(tuple(columns), 2)
    return [
        {name: {"value": one, "more": [one]} if name in names else one for name, one in row.items()}
        for row in _records(dice, columns)
    ]


def _split(_: random.Random, columns: Sheet) -> dict[str, Any]:
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return {"columns": list(columns), "index": list(range(len(rows))), "data": rows}


def _by_index(dice: Dice, columns: Sheet) -> dict[str, Any]:
    return {str(at): row for at, row in enumerate(_records(dice, columns))}


def _of_columns(_: random.Random, columns: Sheet) -> dict[str, Any]:
    return {name: {str(at): one for at, one in enumerate(all_)} for name, all_ in columns.items()}


def _harness(dice: Dice, columns: Sheet) -> Any:
    """As tools that evaluate language models write their rows."""
    return _Lines(
        {"doc_id": at, "target": dice.randrange(2), "resps": [[[-1.5, False]], [[-0.5, True]]]}
        for at in range(len(next(iter(columns.values()), [])))
    )


def _tokens(dice: Dice, columns: Sheet) -> Any:
    """As an interface to a language model returns probabilities of tokens."""
    return _Lines(
        {
            "token": dice.choice(("a", " b", "\n")),
            "logprob": -dice.random(),
            "top_logprobs": [{"token": one, "logprob": -dice.random()} for one in "abc"],
            "bytes": [97],
        }
        for _ in range(len(next(iter(columns.values()), [])))
    )


_LAYOUTS: tuple[Any, ...] = (
    *(lambda dice, columns: _Lines(_records(dice, columns)),) * 3,
    *(lambda dice, columns: _Lines(_nested(dice, columns)), _records, _records, _nested, _split),
    *(_by_index, _of_columns, lambda _, columns: columns, _harness, _tokens),
    lambda dice, columns: {"results": _records(dice, columns), "meta": {"n": 1}},
    lambda _, columns: [list(columns), *map(list, zip(*columns.values(), strict=True))],
    lambda _, columns: _Lines(map(list, zip(*columns.values(), strict=True))),
)


def _changed(dice: Dice, value: Any) -> Any:
    """A value with one part replaced."""
    if isinstance(value, dict) and value and dice.sometimes(0.9):
        name = dice.choice(list(value))
        changed = dict(value)
        what = dice.randrange(4)
        if what == 0:
            del changed[name]
        elif what == 1:
            changed[dice.choice(TEXTS)] = changed.pop(name)
        else:
            changed[name] = _changed(dice, value[name])
        return changed
    if isinstance(value, list) and value and dice.sometimes(0.9):
        at = dice.randrange(len(value))
        return [*value[:at], _changed(dice, value[at]), *value[at + dice.choice((0, 1, 1, 2)) :]]
    return dice.choice(
        (
            *(odd(dice), f"<{dice.randrange(len(_NUMBERS))}>", [], {}, [value], {"": value}, None),
            *([[[[value]]]], "\ud800", _deep(dice.choice((5, 60, 900))), math.nan),
        )
    )


def _deep(levels: int) -> Any:
    found: Any = 0.5
    for _ in range(levels):
        found = [found]
    return found


def changed_document(dice: Dice, document: Any) -> bytes:
    """A JSON document with a few parts replaced, seldom damaged."""
    for _ in range(dice.randint(1, 3)):
        document = _changed(dice, document)
    text = json.dumps(document, ensure_ascii=dice.sometimes(0.5))
    text = _PLACEHOLDER.sub(lambda found: _NUMBERS[int(found[1])], text)
    content = text.encode("utf-8", "replace")
    return reworded(dice, content) if dice.sometimes(0.2) else content


PACKERS: dict[str, Any] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.Codec("zstd").compress(content, asbytes=True),
    ".lz4": lambda content: pa.Codec("lz4").compress(content, asbytes=True),
}


def packed(dice: Dice) -> tuple[str, bytes]:
    """A packed text and its suffix: sound, damaged, in several parts, or packed twice."""
    name, make = dice.choice((("csv", delimited), ("jsonl", as_json)))
    suffix = dice.choice(tuple(PACKERS))
    content = make(dice)
    at = dice.randrange(len(content) + 1)
    pieces = dice.choice(([content], [content], [content[:at], content[at:]], [b"", content]))
    found = b"".join(map(PACKERS[suffix], pieces))
    if dice.sometimes(0.1):
        found = PACKERS[dice.choice(tuple(PACKERS))](found)
    if dice.sometimes(0.1):
        found += dice.choice((b"\0" * 10, b"x", dice.randbytes(30)))
    if dice.sometimes(0.5):
        found = mutated(dice, found, 3)
    return f"{name}{suffix}", found
