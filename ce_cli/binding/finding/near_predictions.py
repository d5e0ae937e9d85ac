"""Columns that are nearly predictions by their names: losses, percentages, other logarithms."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from ce_cli.binding.binding import Binding
from ce_cli.binding.finding.evidence import FirstRows
from ce_cli.binding.finding.loss_columns import loss_columns
from ce_cli.binding.naming.names import is_aside, named_choices, plain
from ce_cli.binding.naming.words import words_of
from ce_cli.errors import DataError, Suggestion
from ce_cli.inputs.source import Source
from ce_cli.spec import Spec
from ce_cli.text import quoted, quoted_list, shell_word

_OTHER_LOGS = r"(.*_)?log_?(2|10)_?(p|probs?|probas?|probability|likelihood)(_.*)?"
_NUMBERS_OF_MODELS = frozenset("p prob proba probs probability score scores".split())
_PERCENT = frozenset("pct percent percents percentage percentages pcnt".split())


def is_percent(name: str) -> bool:
    """Whether a column is named as a percentage."""
    return "%" in name or not _PERCENT.isdisjoint(words_of(name))


def check_logarithms(names: Sequence[str], spec: Spec) -> None:
    """Check that no prediction is named as a logarithm to another base than e.

    Raises
    ------
    DataError
        One is, and no option sets the kind of values.
    """
    for name in names if spec.as_ == "auto" else ():
        if found := re.fullmatch(_OTHER_LOGS, plain(name)):
            base = int(found[2])
            raise DataError(
                f"{quoted(name)} is named as a base-{base} logarithm, and ce reads natural ones: "
                f"multiply the numbers by ln {base} = {math.log(base)!r}, and use --as logprobs "
                f"--pred {shell_word(name)}."
            )


def check_signs(source: Source, bound: Binding) -> None:
    """Check that a single prediction is not a decision of −1 or 1.

    Raises
    ------
    DataError
        All numbers of the first rows are, and both occur.
    """
    name = bound.predictions[0]
    if bound.shape != "single" or not _NUMBERS_OF_MODELS.isdisjoint(words_of(name)):
        return
    rows = FirstRows(source, bound.missing_texts)
    (numbers,) = rows.numbers([name])
    if numbers.bad or numbers.values.tolist() != [-1.0, 1.0]:
        return
    beside = {*bound.projection.names, *rows.repeated}
    free = [c.name for c in rows.columns if c.kind == "number" and c.name not in beside]
    fractions = [n for n, own in zip(free, rows.numbers(free), strict=True) if own.are_fractions]
    raise DataError(
        f"the predictions in {quoted(name)} are decisions, not probabilities: only -1 and 1; name "
        "a column of probabilities with --pred.",
        suggestions=[Suggestion((("--pred", one),)) for one in fractions if not is_aside(one)],
    )


def instead_of(error: DataError, source: Source, spec: Spec) -> DataError:
    """A clearer error than `error`, where no column is named like a prediction but one nearly is.

    Raises
    ------
    DataError
        A column is named as a logarithm to another base than e.
    """
    if spec.pred or spec.as_ != "auto":
        return error
    rows = FirstRows(source, spec.missing_texts)
    free = [c for c in rows.columns if c.name not in {*spec.other_columns, *rows.repeated}]
    lists = [column.name for column in free if column.kind in ("list", "map")]
    numbers = [c.name for c in free if c.kind == "number" and not is_aside(c.name)]
    if named_choices(lists, numbers, ()):
        return error
    check_logarithms(numbers, spec)
    return _of_losses(rows, spec) or _of_percentages(rows, numbers) or error


def _of_losses(rows: FirstRows, spec: Spec) -> DataError | None:
    taken = {*spec.other_columns, *spec.label, *rows.repeated}
    for name in loss_columns(rows.columns, taken):
        (numbers,) = rows.numbers([name])
        if numbers.bad or not len(numbers.values) or float(numbers.values.min()) < 0.0:
            return None
        return DataError(
            f"no column is named like a prediction, but {quoted(name)} like a loss; if it is the "
            "negative log-likelihood of each row, which needs no label, use --as losses.",
            suggestions=[Suggestion((("--as", "losses"), ("--pred", name)))],
        )
    return None


def _of_percentages(rows: FirstRows, names: Sequence[str]) -> DataError | None:
    found = [name for name in names if is_percent(name)]
    values = [one for one in rows.numbers(found) if len(one.values)]
    low = min((float(one.values.min()) for one in values), default=-1.0)
    high = max((float(one.values.max()) for one in values), default=0.0)
    if low < 0.0 or not 1.0 < high <= 100.0:
        return None
    verb = "is named as a percentage" if len(found) == 1 else "are named as percentages"
    return DataError(
        f"{quoted_list(found, 4)} {verb}, with numbers up to {high:.6g}, and ce reads "
        "probabilities: divide by 100, and name the result with --pred."
    )
