"""One flat JSON object of numbers, as DVC and MLflow read metrics."""

from __future__ import annotations

import json
import math
import re

from ce_cli.outputs.check_text import failed
from ce_cli.outputs.ci.figures import figures
from ce_cli.outputs.distinct import distinct
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.results.gate import Gated
from ce_cli.text import sanitize


def render(result: Gated, canvas: Canvas) -> str:
    """One object; numbers that are infinite or not defined are left out."""
    return json.dumps(flat(result), indent=2, allow_nan=False) + "\n"


def flat(result: Gated) -> dict[str, float]:
    """Every finite number by name; with several gates, the name of the gate comes first.

    Names consist of characters that MLflow allows: letters, digits, ``_``, ``-``, ``.`` and spaces.
    """
    names = distinct((_key(gate.name) for gate in result.gates), "{}_{}")
    several = len(names) > 1
    numbers: dict[str, float] = {"gate.passed": int(result.passed)} if several else {}
    for name, gate in zip(names, result.gates, strict=True):
        prefix = f"{name}." if several else ""
        numbers |= {f"{prefix}{one.name}": one.value for one in figures(gate)}
        numbers[f"{prefix}gate.passed"] = int(gate.passed)
        numbers[f"{prefix}gate.checks"] = len(gate.checks)
        numbers[f"{prefix}gate.failed"] = len(failed(gate))
    return {name: number for name, number in numbers.items() if math.isfinite(number)}


def _key(name: str) -> str:
    """A name that MLflow accepts; it stores metrics as files and refuses paths such as ``..``."""
    return re.sub(r"^\.*$|^\.|[^\w.\- ]", "_", sanitize(name))
