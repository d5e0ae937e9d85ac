"""The JSON document: strict, stable and versioned."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

from ce_cli.outputs.canvas import Canvas

# What would drive a terminal, reorder a line or is no text at all, such as the bytes of a file name
# that are no UTF-8; every one has an escape of four digits.
_ESCAPED = re.compile(
    "[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


class Document(Protocol):
    """A result of any command."""

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write."""
        ...


def render(result: Document, canvas: Canvas) -> str:
    """One document, numbers in full, no NaN or Infinity."""
    text = json.dumps(result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
