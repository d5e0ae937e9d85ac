"""The JSON document: strict, stable and versioned."""

from __future__ import annotations

import json
from typing import Any, Protocol

from ce_cli.outputs.canvas import Canvas


class Document(Protocol):
    """A result of any command."""

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write."""
        ...


def render(result: Document, canvas: Canvas) -> str:
    """One document, numbers in full, no NaN or Infinity."""
    return json.dumps(result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
