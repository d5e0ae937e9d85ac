"""What to do about numbers out of range: an option is named only if its number is likely right."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ce_cli.findings.bad_numbers import DISTINCT, BadNumbers, number_text
from ce_cli.record import Record
from ce_cli.text import shell_word

_MOST = 0.9  # of the rows: if so many look like a kind, all are of that kind
_MANY, _FEW = 0.1, 3  # of the rows, and in a small file: too many to be errors in single numbers
_WIDE = 2.0  # logits of which none is beyond this, or below minus half of it, are rare
_MARKS = frozenset((9.0, 55.0, 66.0, 77.0, 88.0, 97.0, 98.0, 99.0))  # besides numbers from 100 on
_REMOVE = "correct or remove such rows"
BASE_TEN = "they are base-10 logarithms: multiply them by ln 10 = 2.302585092994046"
LOGITS = "if these are logits, use --as logits"


class Advice(Record):
    """The end of a message, and the options in it that are likely right."""

    text: str
    options: str | None = None


def missing_marks(numbers: BadNumbers, read: int) -> tuple[float, ...]:
    """The few values that mark a missing prediction, of `read` rows; empty if they do not."""
    values, rows = numbers.distinct, numbers.rows
    if len(values) >= DISTINCT or rows >= read or any(map(math.isnan, values)):
        return ()
    if len(values) == 1:
        if read <= 2 and values[0] < 0.0 and not numbers.whole:
            return ()
        repeated = rows > 1 and values[0] >= _WIDE
        return values if repeated or _is_mark(values[0]) else ()
    alike = rows > len(values) and 2 * rows < read
    return values if alike and numbers.whole and all(map(_is_mark, values)) else ()


def skipping(marks: Sequence[float]) -> str:
    """The options that leave out rows with these marks."""
    values = (f"--na-value {shell_word(number_text(mark))}" for mark in marks)
    return f"{' '.join(values)} --missing skip"


def outside_advice(numbers: BadNumbers, read: int) -> Advice:
    """For numbers outside [0, 1], in some of `read` rows."""
    if marks := missing_marks(numbers, read):
        return _marked(marks)
    rows = numbers.rows
    if numbers.several and numbers.row_high <= 0.0 and numbers.by_e >= _MOST * rows:
        return Advice("if they are log-probabilities, use --as logprobs", "--as logprobs")
    if are_base_ten(numbers):
        return Advice(f"{BASE_TEN}, and use --as logprobs")
    if numbers.row_low >= 0.0:
        return _scaled(numbers, read)
    if not numbers.several and numbers.row_high <= 0.0 and rows >= _MOST * read:
        return Advice(f"{LOGITS}; if they are log-probabilities, use --as logprobs")
    return _logits_or_errors(numbers, read)


def are_base_ten(numbers: BadNumbers | None) -> bool:
    """Whether these are base-10 logarithms of probabilities that sum to 1."""
    return (
        numbers is not None
        and numbers.several
        and numbers.row_high <= 0.0
        and numbers.by_ten >= _MOST * numbers.rows
    )


def _scaled(numbers: BadNumbers, read: int) -> Advice:
    """For numbers of which none is negative."""
    if numbers.several:
        total = _common_sum(numbers)
        if total == 100.0:
            return Advice("they are percentages, since the rows sum to 100: divide them by 100")
        if total is not None:
            shown = number_text(total)
            return Advice(f"the rows sum to {shown}, not 1: divide each number by {shown}")
        return _logits_or_errors(numbers, read)
    if not _many(numbers.rows, read) or numbers.high <= 1.5:
        return Advice(_REMOVE)
    if numbers.high > 100.0:
        eight = numbers.whole and numbers.high <= 255.0
        return Advice("if they are numbers of 8 bits, divide them by 255" if eight else _REMOVE)
    return Advice(
        "if they are percentages, divide them by 100; if they are odds, replace each o by o/(1 + o)"
    )


def _logits_or_errors(numbers: BadNumbers, read: int) -> Advice:
    wide = numbers.row_low <= -_WIDE / 2 or numbers.row_high >= _WIDE
    signs = numbers.negative >= read / 4
    if numbers.likelihood or not _many(numbers.rows, read) or not (wide or signs):
        return Advice(_REMOVE)
    return Advice(LOGITS, "--as logits")


def positive_advice(numbers: BadNumbers, read: int) -> Advice:
    """For log-probabilities above 0, in some of `read` rows."""
    within = numbers.row_low >= 0.0 and numbers.row_high <= 1.0
    sums = not numbers.several or numbers.to_one >= _MOST * numbers.rows
    if within and sums and numbers.rows >= _MOST * read:
        text = "these are probabilities, since the rows sum to 1: use --as probabilities"
        if not numbers.several:
            text = "if these are probabilities, use --as probabilities"
        return Advice(text, "--as probabilities")
    if marks := missing_marks(numbers, read):
        return _marked(marks)
    if numbers.row_low >= 0.0 and numbers.rows >= _MOST * read and not numbers.several:
        if numbers.likelihood:
            return Advice("if these are losses, use --as losses", "--as losses")
        return Advice("if these are losses, which are negative log-probabilities, negate them")
    return _logits_or_errors(numbers, read)


def _marked(marks: Sequence[float]) -> Advice:
    shown = " and ".join(number_text(mark) for mark in marks)
    verb = "marks" if len(marks) == 1 else "mark"
    options = skipping(marks)
    return Advice(f"if {shown} {verb} a missing value, use {options}", options)


def _is_mark(value: float) -> bool:
    return value < 0.0 or value >= 100.0 or value in _MARKS


def _many(count: int, rows: int) -> bool:
    return count >= max(_MANY * rows, min(_FEW, rows / 2))


def _common_sum(numbers: BadNumbers) -> float | None:
    """The sum of every row, rounded, if they all have the same."""
    low, high = numbers.low_sum, numbers.high_sum
    if numbers.rows < 2 or not 1.5 < low <= high < math.inf or high - low > 0.02 * low:
        return None
    exact = high - low <= 1e-6 * low
    middle = (low + high) / 2
    return float(f"{middle:.12g}") if exact else float(f"{middle:.2g}")
