"""Numbers for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from ce_cli.registry import FIGURES


def minus(text: str) -> str:
    """A number as people read it: with a minus sign that is as wide as the plus.

    Everything for programs (JSON, CSV, OpenMetrics, exponents) keeps the hyphen.
    """
    return f"−{text[1:]}" if text.startswith("-") else text


def shown(value: float, digits: int = 5) -> str:
    """`digits` significant digits, plain where that is short: ``−0.073837``, ``1.2e-20``, ``∞``."""
    if math.isnan(value):
        return "—"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if exponent < -5 or exponent > 12:
        return minus(f"{value:.{digits - 1}e}")
    return minus(f"{value:,.{max(0, digits - 1 - exponent)}f}")


def signed(value: float, formatted: Callable[[float], str] = shown) -> str:
    """A difference, with a plus sign if it is above 0."""
    return f"+{formatted(value)}" if value > 0 else formatted(value)


def percent(value: float) -> str:
    """``97.89 %``."""
    return minus(f"{100 * value:.2f} %") if math.isfinite(value) else shown(value)


def figure_text(name: str, value: float) -> str:
    """A figure as pages show it: in percent, or in fewer digits, where it is declared so."""
    return percent(value) if FIGURES[name].percent else shown(value, FIGURES[name].digits)


def approximate_text(name: str, figures: Mapping[str, float]) -> str:
    """A figure with its error of approximation, ``0.63525 ± 0.00012 (bins)``, if that shows."""
    text = figure_text(name, figures[name])
    error = figures.get(FIGURES[name].error, 0.0)
    ends = (figure_text(name, figures[name] + way * error) for way in (-1.0, 1.0))
    if not error > 0.0 or all(end == text for end in ends):
        return text
    return f"{text} ± {shown(error, 2)} (bins)"


def without_errors(names: Sequence[str]) -> list[str]:
    """The figures without those that are shown beside others of them, as their errors."""
    errors = {FIGURES[name].error for name in names}
    return [name for name in names if name not in errors]
