"""What to do about numbers out of range: an option is named only if its number is likely right."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ce_cli.findings.bad_numbers import DISTINCT, BadNumbers, number_text
from ce_cli.findings.far_marks import far_marks
from ce_cli.record import Record
from ce_cli.text import shell_word

_MOST = 0.9  # of the rows: if so many look like a kind, all are of that kind
_MANY, _FEW = 0.1, 3  # of the rows, and in a small file: too many to be errors in single numbers
_TEN = 10.0  # percentages of which none is beyond it are rare
_WIDE = 2.0  # logits of which none is beyond this, or below minus half of it, are rare
_MARKS = frozenset((9.0, 55.0, 66.0, 77.0, 88.0, 97.0, 98.0, 99.0))  # besides numbers from 100 on
_USUAL = frozenset(map(float, (88, 97, 98, 99, 888, 997, 998, 999, 9997, 9998, 9999, 99999)))
_REMOVE = "correct or remove such rows"
BASE_TEN = "they are base-10 logarithms: multiply them by ln 10 = 2.302585092994046"
LOGITS = "if these are logits, use --as logits"
_PERCENTAGES = "if they are percentages, divide them by 100"


class Advice(Record):
    """The end of a message, and the options in it that are likely right.

    Attributes
    ----------
    text : str
        What to do.
    options : str or None
        Quoted for the shell.
    kind : str
        What the numbers are instead: logits, logprobs, percentages, or "" if it is not clear.
    """

    text: str
    options: str | None = None
    kind: str = ""


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
    if all(abs(value) in _USUAL for value in values) and 2 * rows <= read:
        return values
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
    if far := far_marks(numbers.extremes):
        return _besides(numbers, read, far)
    if numbers.row_low >= 0.0:
        return (_scaled_rows if numbers.several else _scaled)(numbers, read)
    if numbers.row_high <= 0.0:
        return _never_above_zero(numbers, read)
    if not numbers.several and _are_marked_percentages(numbers):
        return _percentages_beside(numbers.below)
    return _logits_or_errors(numbers, read)


def _never_above_zero(numbers: BadNumbers, read: int) -> Advice:
    if numbers.several and numbers.by_e >= _MOST * numbers.rows:
        text = "if they are log-probabilities, use --as logprobs"
        return Advice(text, "--as logprobs", "logprobs")
    if are_base_ten(numbers):
        return Advice(f"{BASE_TEN}, and use --as logprobs")
    if numbers.rows < _MOST * read:
        return _logits_or_errors(numbers, read)
    if numbers.row_low >= -1.0:
        return Advice(
            "negate them if they are probabilities with a minus sign; otherwise, name the kind of "
            "logarithms that they are with --as"
        )
    if not numbers.several:
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


def _scaled_rows(numbers: BadNumbers, read: int) -> Advice:
    """For several numbers in a row, of which none is negative."""
    total = _common_sum(numbers)
    if total == 100.0:
        text = "they are percentages, since the rows sum to 100: divide them by 100"
        return Advice(text, kind="percentages")
    if total is not None:
        shown = number_text(total)
        return Advice(f"the rows sum to {shown}, not 1: divide each number by {shown}")
    if numbers.whole and _many(numbers.rows, read):
        return Advice("if they are counts, divide those of each row by their sum")
    return _logits_or_errors(numbers, read)


def _scaled(numbers: BadNumbers, read: int) -> Advice:
    """For one number in a row, of which none is negative."""
    if not _many(numbers.rows, read) or numbers.high <= 1.5:
        return Advice(_REMOVE)
    if numbers.high > 100.0:
        eight = numbers.whole and numbers.high <= 255.0
        return Advice("if they are 8-bit values, divide them by 255" if eight else _REMOVE)
    odds = "if they are odds, replace each o by o/(1 + o)"
    if numbers.high <= _TEN:
        return Advice(f"{odds}; if they are out of 10 or of 100, divide them by that")
    return Advice(f"{_PERCENTAGES}; {odds}", kind="percentages")


def _are_marked_percentages(numbers: BadNumbers) -> bool:
    """Whether some whole number, at most -1 and always the same, is among numbers up to 100."""
    marks = numbers.below
    alike = len(marks) == 1 or all(abs(mark) in _USUAL for mark in marks)
    are_marks = alike and all(mark <= -1.0 and mark.is_integer() for mark in marks)
    few = 2 * numbers.negative < numbers.rows
    return are_marks and few and len(marks) < DISTINCT and _TEN < numbers.high <= 100.0


def _besides(numbers: BadNumbers, read: int, marks: Sequence[float]) -> Advice:
    """For numbers among which some are far from all others, and those are out of range too."""
    rest = abs(numbers.extremes[len(marks)])
    if set(numbers.below) - set(marks):
        logs = numbers.likelihood or numbers.by_e >= numbers.rows / 2
        kind, value = ("log-probabilities", "logprobs") if logs else ("logits", "logits")
        options = f"--as {value} {skipping(marks)}"
        return Advice(f"if these are {kind}, of which {_missing(marks)}, use {options}", options)
    if _TEN < rest <= 100.0 and _many(numbers.rows, read) and not numbers.several:
        return _percentages_beside(marks)
    return Advice(_REMOVE)


def _percentages_beside(marks: Sequence[float]) -> Advice:
    return Advice(f"if they are percentages, of which {_missing(marks)}, divide them by 100")


def _missing(marks: Sequence[float]) -> str:
    """``-999 and -99 mark a missing one``."""
    shown = " and ".join(map(number_text, marks))
    return f"{shown} {'marks' if len(marks) == 1 else 'mark'} a missing one"


def _logits_or_errors(numbers: BadNumbers, read: int) -> Advice:
    wide = numbers.row_low <= -_WIDE / 2 or numbers.row_high >= _WIDE
    signs = numbers.negative >= read / 4
    if numbers.likelihood or not _many(numbers.rows, read) or not (wide or signs):
        return Advice(_REMOVE)
    return Advice(LOGITS, "--as logits", "logits")


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
    if (
        (numbers.rows < 2 and low not in (100.0, 1000.0))
        or not 1.5 < low <= high < math.inf
        or high - low > 0.02 * low
    ):
        return None
    exact = high - low <= 1e-6 * low
    middle = (low + high) / 2
    return float(f"{middle:.12g}") if exact else float(f"{middle:.2g}")
