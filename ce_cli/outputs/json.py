"""The JSON document: strict, stable and versioned."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.group_lines import json_lines
from ce_cli.results.group_table import GroupTable
from ce_cli.results.score import Result

# Characters that control a terminal, reorder a line, are invisible or are not text (such as the
# bytes of a file name that is not UTF-8), and the second # of ##[ and ##vso[, which start a command
# to the runner of a CI job. Their escapes are the same text to whatever parses the document.
_ESCAPED = re.compile(
    "[\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    r"|(?<=#)#(?=\w{0,20}\[)"
)

_MANY = 100
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


class Document(Protocol):
    """A result of any command."""

    def to_dict(self) -> dict[str, Any]:
        """The result as values of JSON."""
        ...


def render(result: Document, canvas: Canvas) -> str:
    """One document; numbers have all their digits, and none is NaN or Infinity."""
    many = _many_groups(result)
    values = result.to_dict() if many is None else many[0].replace(groups=()).to_dict()
    parts = {key: _escaped(_indented(value)) for key, value in values.items()}
    if many is not None:
        items = ",\n    ".join(json_lines(many[1], _encoded))
        parts["groups"] = f"[\n    {items}\n  ]"
    return "{\n" + ",\n".join(f'  "{key}": {text}' for key, text in parts.items()) + "\n}\n"


def _many_groups(result: Document) -> tuple[Result, GroupTable] | None:
    """A score and its groups, if they are so many that each has a line."""
    if not isinstance(result, Result) or len(result.groups) <= _MANY:
        return None
    return (result, result.groups) if isinstance(result.groups, GroupTable) else None


def _encoded(value: object) -> str:
    return _escaped(_ENCODER.encode(value))


def _escaped(text: str) -> str:
    if text.isascii() and "\x7f" not in text and "##" not in text:
        return text
    return _ESCAPED.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    return r"\u0023" if found[0] == "#" else json.dumps(found[0])[1:-1]


def _indented(value: object) -> str:
    """A value of the document; a long list has one item a line, which is written faster."""
    if isinstance(value, list) and len(value) > _MANY:
        items = ",\n    ".join(map(_ENCODER.encode, value))
        return f"[\n    {items}\n  ]"
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).replace("\n", "\n  ")
