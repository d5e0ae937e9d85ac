"""AUC of many scores, however they lie, against scikit-learn: ``python -m tests.benchmarks.areas``.

Prints a line for each distribution, and exits with 1 if an area is further from scikit-learn's than
its `auc_error` allows, or if that is above 1e-4 where bins can tell the scores apart.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from ce_cli.kernels.batch import Batch
from ce_cli.kernels.forms import BinaryLogit, BinaryProbability
from ce_cli.kernels.outcomes import Hard
from ce_cli.metrics.auc import Auc
from ce_cli.metrics.state import States

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]

BATCH = 1 << 17
SMALL = 1e-4
_ROUNDING = 1e-10  # scikit-learn adds the trapezoids in double precision

PROBABILITIES: dict[str, Draw] = {
    "uniform": lambda rng, n: rng.random(n),
    "0.4999 to 0.5001": lambda rng, n: 0.4999 + 0.0002 * rng.random(n),
    "1e-12 below 1": lambda rng, n: 1.0 - 1e-12 * rng.random(n),
    "below 1e-200": lambda rng, n: 1e-200 * rng.random(n),
    "15 powers of ten": lambda rng, n: 10.0 ** (-15.0 * rng.random(n)),
    "expit of N(0, 10)": lambda rng, n: expit(rng.normal(0.0, 10.0, n)),
    "beta(0.1, 0.1)": lambda rng, n: rng.beta(0.1, 0.1, n),
    "beta(0.02, 2)": lambda rng, n: rng.beta(0.02, 2.0, n),
    "30 % at 0.5": lambda rng, n: np.where(rng.random(n) < 0.3, 0.5, rng.random(n)),
    "40,000 wide, others narrow": lambda rng, n: np.where(
        np.arange(n) < 40_000, rng.random(n), 0.3 + 1e-7 * rng.random(n)
    ),
    "single precision": lambda rng, n: rng.random(n, np.float32).astype(np.float64),
    "five digits": lambda rng, n: rng.random(n).round(5),
}
LOGITS: dict[str, Draw] = {
    "normal logits": lambda rng, n: rng.normal(0.0, 1.5, n),
    "Cauchy logits": lambda rng, n: rng.standard_cauchy(n),
    "logits near 1e5": lambda rng, n: rng.normal(1e5, 1.0, n),
}
MIXED: dict[str, Draw] = {  # beyond what bins of bounded number can do: the error is stated
    "half wide, half narrow": lambda rng, n: np.where(
        rng.random(n) < 0.5, rng.random(n), 0.5 + 1e-9 * rng.uniform(-1.0, 1.0, n)
    ),
}


def drawn_labels(rng: np.random.Generator, scores: Floats) -> NDArray[np.intp]:
    """Labels that depend on the ranks of the scores."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = (np.arange(len(scores)) + 0.5) / len(scores)
    positive: NDArray[np.bool_] = rng.random(len(scores)) < ranks
    return positive.astype(np.intp)


def state_of(scores: Floats, labels: NDArray[np.intp], form: type) -> Auc:
    """The state of all rows, batch by batch."""
    total: Auc | None = None
    for start in range(0, len(scores), BATCH):
        part = slice(start, start + BATCH)
        rows = np.arange(len(scores[part]))
        outcomes = Hard(form(scores[part]), labels[part], 2)
        own = Auc.of(Batch(outcomes, None, None, 1, rows, rows))
        total = own if total is None else total.merge(own)
    assert total is not None
    return total


def main() -> None:
    """Print a line for each distribution; exit with 1 if one is too far off."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    wrong = 0
    print(f"{'scores':28}{'AUC':>10}{'difference':>12}{'auc_error':>11}{'bins':>8}{'seconds':>9}")
    for form, shapes in (
        (BinaryProbability, PROBABILITIES),
        (BinaryLogit, LOGITS),
        (BinaryProbability, MIXED),
    ):
        for name, draw in shapes.items():
            rng = np.random.default_rng(14)
            scores = draw(rng, rows)
            labels = drawn_labels(rng, scores)
            start = time.perf_counter()
            state = state_of(scores, labels, form)
            seconds = time.perf_counter() - start
            figures = state.figures(States({}))
            area, error = float(figures["auc"][0]), float(figures["auc_error"][0])
            apart = abs(area - roc_auc_score(labels, scores))
            bad = apart > error + _ROUNDING or (error > SMALL and name not in MIXED)
            wrong += bad
            cells = len(state.lows)
            mark = "  differs" if bad else ""
            print(
                f"{name:28}{area:10.6f}{apart:12.1e}{error:11.1e}{cells:8d}{seconds:9.1f}{mark}",
                flush=True,
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{peak:,.0f} MB at most, with the rows and scikit-learn")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
