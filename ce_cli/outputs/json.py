"""The JSON document: strict, stable and versioned."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

from ce_cli.outputs.drawing.canvas import Canvas

# Characters that control a terminal, reorder a line or are not text (such as the bytes of a file
# name that is not UTF-8), and the second # of ##[, which starts a command to the runner of a CI
# job. Each has an escape of four digits.
_ESCAPED = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
    r"|(?<=#)#(?=\[)"
)

_MANY = 1000
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


class Document(Protocol):
    """A result of any command."""

    def to_dict(self) -> dict[str, Any]:
        """The result as values of JSON."""
        ...


def render(result: Document, canvas: Canvas) -> str:
    """One document; numbers have all their digits, and none is NaN or Infinity."""
    parts = (f'  "{key}": {_indented(value)}' for key, value in result.to_dict().items())
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _indented(value: object) -> str:
    """A value of the document; a long list has one item a line, which is written faster."""
    if isinstance(value, list) and len(value) > _MANY:
        items = ",\n    ".join(map(_ENCODER.encode, value))
        return f"[\n    {items}\n  ]"
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False).replace("\n", "\n  ")
