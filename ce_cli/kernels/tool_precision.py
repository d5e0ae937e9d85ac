"""Surprisals from probabilities as tools compute them, in single or double precision.

Other losses of `ce` lose no digit of 1 − q. A tool that makes q of a logit z, and then 1 − q of q,
loses all that are below its precision: in single precision, the classes of z = 16.5 have 1 − 2**-23
and 2**-23, and those of z = 17 have 1 and 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.forms import BinaryForm, BinaryLogit, Form, Logits
from ce_cli.kernels.losses import class_sums, surprisal

Floats = NDArray[np.float64]
Tool = NDArray[np.floating[Any]]  # numbers of the tool's own type


def tool_surprisals(form: Form, stored: str) -> Floats:
    """Surprisal of each class of probabilities of type `stored`, shape (K, n) or (2, …, n)."""
    return surprisal(tool_probabilities(form, stored))


def tool_probabilities(form: Form, stored: str) -> Floats:
    """Probability of each class, of type `stored`, shape (K, n) or (2, …, n)."""
    return _probabilities(form, stored).astype(np.float64)


def _probabilities(form: Form, stored: str) -> Tool:
    if isinstance(form, Logits):
        return _softmax(form.matrix, stored)
    if isinstance(form, BinaryLogit):
        return _both(_logistic(form.logit, stored))
    own = form.probabilities()
    return _both(own[1].astype(stored)) if isinstance(form, BinaryForm) else own.astype(stored)


def _both(positive: Tool) -> Tool:
    """1 − q and q."""
    return np.stack([1.0 - positive, positive])


def _logistic(logits: Floats, stored: str) -> Tool:
    """1/(1 + e^−z), each step rounded."""
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + _exponentials(-logits.astype(stored)))


def _softmax(logits: Floats, stored: str) -> Tool:
    """e^(z − max z) by the sum of them, which is taken in double precision."""
    with np.errstate(over="ignore", invalid="ignore"):
        own = logits.astype(stored)
        largest = own.max(axis=0)
        powers = _exponentials(np.where(own == largest, 0.0, own - largest).astype(stored))
    quotients: Tool = powers / class_sums(powers.astype(np.float64)).astype(stored)
    return quotients


def _exponentials(values: Tool) -> Tool:
    """e^x, rounded correctly in single precision on every processor."""
    return np.exp(values.astype(np.float64)).astype(values.dtype)
