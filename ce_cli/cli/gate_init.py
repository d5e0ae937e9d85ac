"""A first configuration: the typed options, and limits that the current figures pass."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ce_cli.cli.config import GATE, options_of_gate, prefix_in
from ce_cli.errors import UsageError
from ce_cli.options.option import key
from ce_cli.outputs.numbers import shown
from ce_cli.results.score import Result
from ce_cli.text import STDIN, level_text, quoted

_ROOM = 1.1  # for a mean without an interval
_DIGITS = 3  # of a limit
_ROWS_KEPT = 0.9
_ERRORS = 2.0  # standard errors of room for a share
_ENDING = """
# To compare with a baseline, write it first: ce score FILES --json --output baseline.json
# baseline = "baseline.json"
# max-regression = "1%"
# mode = "confident"  # fail only on a certain regression; "proven": pass only without one
"""


def configuration_from(explicit: Mapping[str, Any], result: Result, target: str) -> str:
    """A commented table for `target`, in TOML.

    Parameters
    ----------
    explicit : mapping
        The options on the command line, by name.
    result : Result
        The score of the files.
    target : str
        The file to write; paths in the table are relative to it.

    Raises
    ------
    UsageError
        A name cannot be written in TOML.
    """
    rows = result.rows["scored"]
    lines = [
        f"# Limits for ce gate, from the figures of {rows:,} rows; # starts a comment.",
        f"[{'.'.join(filter(None, (prefix_in(target), GATE)))}]",
    ]
    options = options_of_gate()
    for name, value in explicit.items():
        if name not in options:
            continue
        written = _from(target, value) if options[name].is_path else value
        if written != [STDIN]:
            lines.append(f"{key(name)} = {_toml(written)}")
    lines += _suggested(explicit, result)
    return "\n".join(lines) + "\n" + (_ENDING if "baseline" not in explicit else "")


def _suggested(explicit: Mapping[str, Any], result: Result) -> Iterator[str]:
    """Limits that are not among the typed options."""
    mean, rows = result.metrics["cross_entropy"], result.rows["scored"]
    interval = result.intervals["cross_entropy"]
    if "max" not in explicit and math.isfinite(mean):
        high = interval.high if math.isfinite(interval.high) else mean * _ROOM
        reach = f", {level_text(interval.confidence)} interval up to {shown(high)}"
        yield (
            f"\n# The largest cross-entropy that passes; now it is {shown(mean)} {result.unit}"
            f"{reach if math.isfinite(interval.high) else ''}."
        )
        yield f"max = {_rounded_up(high)!r}"
    if "min_rows" not in explicit:
        yield f"\n# The smallest number of rows that passes; now there are {rows:,}."
        yield f"min-rows = {max(1, math.floor(rows * _ROWS_KEPT))}"
    accuracy = result.metrics.get("accuracy", math.nan)
    unsure = "require" in explicit or "confident" in explicit  # accuracy has no interval
    if not unsure and math.isfinite(accuracy):
        error = math.sqrt(max(accuracy * (1.0 - accuracy), 0.0) / rows)
        least = max(0.0, math.floor(1000.0 * (accuracy - _ERRORS * error)) / 1000.0)
        yield f"\n# Limits of any metric, by group too; now the accuracy is {shown(accuracy)}."
        yield f'require = ["accuracy >= {least!r}"]'
        yield '# require = ["accuracy >= 0.9", "cross_entropy.by(segment) <= 0.5"]'


def _rounded_up(value: float) -> float:
    """`value` rounded up to a few digits."""
    if value <= 0.0:
        return 0.0
    digits = _DIGITS - 1 - math.floor(math.log10(value))
    rounded = round(value, digits)
    return rounded if rounded >= value else float(f"{rounded + 10.0**-digits:.{_DIGITS - 1}e}")


def _from(target: str, found: Any) -> Any:
    """A path relative to the directory of `target`."""
    if isinstance(found, list):
        return [_from(target, one) for one in found]
    if found == STDIN or "://" in found or Path(found).is_absolute():
        return found
    return os.path.relpath(found, Path(target).parent)


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"{quoted(value)} cannot be written in TOML, since it is not UTF-8 text."
            ) from None
        # TOML has the escapes of JSON, and requires one for DEL too
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)
