"""The formulas of an explanation, in symbols and with the numbers put in."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ce_cli.outputs.numbers import shown
from ce_cli.results.explain import ClassTerm, Explained

LOGS = {"nats": "log", "bits": "log₂", "bans": "log₁₀"}
BASES = {"nats": "e", "bits": "2", "bans": "10"}
EQUALITY = "H(p, q) ≥ H(p): they are equal only where q = p"
_DIGITS = 4
_TERMS_SHOWN = 3
_ROUNDING = 1e-6  # how far the sum of a distribution may be from 1, in single precision


def number(value: float | None) -> str:
    """A number in a formula, without zeros at its end: ``0.5``, ``1``, ``2.5e-16``."""
    text = shown(math.nan if value is None else value, _DIGITS)
    whole, point, digits = text.partition(".")
    if not point or "e" in digits:
        return text
    return f"{whole}.{digits}".rstrip("0").rstrip(".")


def equations(name: str, steps: Sequence[str], columns: int) -> list[str]:
    """``loss = … = …`` on one line if it fits, or else a line for each step.

    Parameters
    ----------
    name : str
        What is computed.
    steps : sequence of str
        Equal expressions; the last one is the value, which never has a line of its own.
    columns : int
        How long a line may be.
    """
    whole = " = ".join((name, *steps))
    if len(whole) <= columns:
        return [whole]
    *before, last, value = steps
    lines = [*before, f"{last} = {value}"]
    indent = " " * len(name)
    return [f"{indent if at else name} = {line}" for at, line in enumerate(lines)]


def loss_steps(result: Explained, columns: int) -> list[str]:
    """The loss in symbols, with the numbers put in, and in the terms of the table.

    Parameters
    ----------
    result : Explained
        With one prediction.
    columns : int
        How many columns a step may take.
    """
    log = LOGS[result.unit]
    if result.task == "likelihood":
        return [f"−{log} q", f"−{log} {number(_kept(result.parts[0], result))}"]
    if result.task == "multilabel":
        terms = [number(part.product) for part in result.parts]
        mean = f"({added(terms, columns - 8, len(terms))}) / {len(terms)}"
        return [f"mean of {_binary_symbols(log)}", mean]
    if result.parts[0].given is None:
        return _binary_steps(result, columns)
    return _class_steps(result, columns)


def _binary_symbols(log: str) -> str:
    return f"−[y · {log} q + (1 − y) · {log}(1 − q)]"


def _binary_steps(result: Explained, columns: int) -> list[str]:
    """The binary cross-entropy; y and q are those of the second class."""
    log = LOGS[result.unit]
    first, second = result.parts
    y, q = number(second.label), number(_kept(second, result))
    put = f"−[{y} · {log} {q} + (1 − {y}) · {log}(1 − {q})]"
    if q in ("0", "1") or len(put) > columns:
        other = number(_kept(first, result))
        put = f"−[{y} · {log} {q} + {number(first.label)} · {log} {other}]"
    return [_binary_symbols(log), put, _products(result, columns)]


def _class_steps(result: Explained, columns: int) -> list[str]:
    log = LOGS[result.unit]
    happened = _happened(result)
    symbols = f"Σ p · {log} 1/q"
    if len(happened) == 1:
        return [symbols, _products(result, columns)]
    put = [
        f"{number(part.label)} · {log} 1/{number(_kept(part, result))}"
        for part in happened[: _TERMS_SHOWN + 1]
    ]
    return [symbols, added(put, columns, len(happened)), _products(result, columns)]


def _products(result: Explained, columns: int) -> str:
    """The products of the table that are not 0; of a certain label, −log q of its class."""
    happened = _happened(result)
    if len(happened) == 1 and happened[0].label == 1.0:
        return f"−{LOGS[result.unit]} {number(_kept(happened[0], result))}"
    terms = [f"{number(part.label)} · {number(part.surprisal)}" for part in happened]
    return added(terms, columns, len(terms))


def entropy_steps(result: Explained, columns: int) -> list[str]:
    """The entropy of the label, as `loss_steps`."""
    log = LOGS[result.unit]
    if result.task == "multilabel":
        terms = [number(part.product) for part in result.parts]
        mean = f"({added(terms, columns - 8, len(terms))}) / {len(terms)}"
        return [f"mean of −[p · {log} p + (1 − p) · {log}(1 − p)]", mean]
    happened = _happened(result)
    symbols = f"Σ p · {log} 1/p"
    if len(happened) == 1:
        return [symbols, f"{log} 1"]
    put = [f"{(p := number(part.label))} · {log} 1/{p}" for part in happened[: _TERMS_SHOWN + 1]]
    return [symbols, added(put, columns, len(happened)), _products(result, columns)]


def added(terms: Sequence[str], columns: int, count: int) -> str:
    """Terms with plus signs between them; of many, as many as fit, and an ellipsis."""
    most = len(terms) if count <= _TERMS_SHOWN else _TERMS_SHOWN
    for shown_terms in range(most, 0, -1):
        more = ["…"] if shown_terms < count else []
        text = " + ".join([*terms[:shown_terms], *more])
        if len(text) <= columns or shown_terms == 1:
            return text
    return ""


def _happened(result: Explained) -> list[ClassTerm]:
    """The classes with a share of the label; of many, those that cost most first."""
    found = [part for part in result.parts if part.label is None or part.label > 0]
    if len(found) > _TERMS_SHOWN:
        found.sort(key=lambda part: -part.product)
    return found


def _kept(part: ClassTerm, result: Explained) -> float:
    """The probability that was scored."""
    kept = min(max(part.prediction, result.clip), 1.0 - result.clip)
    return kept if part.clipped else part.prediction


def sums_to_one(values: Sequence[float | None]) -> bool:
    """Whether these are a distribution, but for rounding."""
    return abs(math.fsum(value or 0.0 for value in values) - 1.0) <= _ROUNDING


def equality(result: Explained, parts: Sequence[ClassTerm]) -> str:
    """Gibbs' inequality, where it holds: the label and the prediction are distributions.

    Parameters
    ----------
    result : Explained
        What is explained.
    parts : sequence of ClassTerm
        The classes with one prediction.
    """
    if result.task == "likelihood":
        return ""
    label, prediction = [part.label for part in parts], [part.prediction for part in parts]
    if result.task != "multilabel" and not (sums_to_one(label) and sums_to_one(prediction)):
        return ""
    same = all(part.label == part.prediction for part in parts)
    return f"{EQUALITY}, as here." if same else f"{EQUALITY}."
