"""Rows that are documents: their numbers of tokens, and their losses per token."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.checked import CheckedRows
from ce_cli.binding.rows.columns import floats
from ce_cli.binding.rows.count_rows import check_counts
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import Column
from ce_cli.kernels.outcomes import Likelihood, Outcomes
from ce_cli.spec import Spec
from ce_cli.text import quoted

Floats = NDArray[np.float64]


def check_tokens(spec: Spec, bound: Binding, column: Column) -> None:
    """Check that a column of numbers of tokens suits the predictions.

    Raises
    ------
    UsageError
        The predictions are not the log-probabilities or losses of documents.
    DataError
        The column does not hold numbers.
    """
    if column.name in bound.predictions:
        raise UsageError(f"{quoted(column.name)} cannot be both prediction and tokens.")
    if spec.as_ not in ("logprobs", "losses"):
        raise UsageError(
            f"--tokens needs the total log-probability or loss of each row, but "
            f"{quoted(bound.predictions[0])} is read as {spec.as_}; use --as logprobs if it is "
            "never above 0, or --as losses if it is never below."
        )
    if spec.convention or spec.conventions:
        option = "--convention" if spec.convention else "--conventions"
        raise UsageError(f"{option} cannot be used with --tokens: no tool has a rule for it.")
    if column.kind != "number" and column.stored != "text":
        raise DataError(f"the tokens column {quoted(column.name)} does not hold numbers.")


def read_tokens(checked: CheckedRows, name: str) -> Floats:
    """Numbers of tokens, shape (n,); bad ones are issues."""
    counts = floats(checked.columns[name])
    check_counts(checked, name, counts, 1, "bad-tokens")
    return counts


def per_token(outcomes: Outcomes, counts: Floats) -> Outcomes:
    """The mean loss of the tokens of each document, which weighs as many rows as it has tokens.

    Then Σ w·loss / Σ w is the loss of all tokens over their number, and its standard error that of
    a ratio of sums over documents (Cochran, Sampling Techniques, 3rd ed. 1977, section 6.4).
    """
    assert isinstance(outcomes, Likelihood)  # tokens imply it
    surprisal = outcomes.surprisal / counts
    return Likelihood(surprisal, np.exp(-surprisal))
