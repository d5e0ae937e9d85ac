"""The JSON document: strict, stable and versioned."""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

from ce_cli.outputs.canvas import Canvas

_SURROGATES = re.compile("[\ud800-\udfff]")


class Document(Protocol):
    """A result of any command."""

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write."""
        ...


def render(result: Document, canvas: Canvas) -> str:
    """One document, numbers in full, no NaN or Infinity."""
    text = json.dumps(result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    # bytes of a file name that are no text are lone surrogates, which only escapes can write
    return _SURROGATES.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
