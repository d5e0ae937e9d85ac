"""The JSON document: strict, stable and versioned."""

from __future__ import annotations

import json

from ce_cli.outputs.canvas import Canvas
from ce_cli.result import Result


def render(result: Result, canvas: Canvas) -> str:
    """One document, numbers in full, no NaN or Infinity."""
    return json.dumps(result.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
