"""The sums over paired rows."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_cli.comparing.paired_sums import SumPairs
from ce_cli.comparing.scored_rows import LossTotals, ScoredRows
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.outcomes import Likelihood
from ce_cli.metrics.state import State

LOSSES = st.sampled_from([0.0, 5e-324, 1e-160, 0.5, 1e160, 1e308, math.inf]) | st.floats(0.0, 50.0)
ROWS = st.lists(
    st.tuples(LOSSES, LOSSES, st.sampled_from([0.0, 0.25, 3.0]), st.integers(0, 2)), max_size=20
)


def scored(losses: list[float], weights: list[float], groups: list[int]) -> ScoredRows:
    """Rows with the totals that reading them leaves."""
    count, places = len(losses), np.arange(len(losses))
    own = np.array(losses)
    batch = Batch(Likelihood(own, own), None, None, 1, places, places)
    return ScoredRows(
        start=0,
        read=count,
        rows=places,
        losses=own,
        codes=np.zeros(count, np.int8),
        masses=None,
        weights=np.array(weights) if weights else None,
        groups=np.array(groups, np.intp) if groups else None,
        keys=(("a",), ("b",), ("c",)) if groups else ((),),
        totals=LossTotals.of([batch], batch.loss_sums),
    )


def sums_of(state: State) -> list[object]:
    """The exact sums of a state, those of the states in it included."""
    return [
        sums_of(own) if isinstance(own, State) else own.totals()
        for own in (getattr(state, name) for name in state._fields)
    ]


@settings(deadline=None)
@given(rows=ROWS, weighted=st.booleans(), grouped=st.booleans())
def test_known_totals_change_no_sum(
    rows: list[tuple[float, float, float, int]], weighted: bool, grouped: bool
) -> None:
    ours, theirs, weights, groups = (
        (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    )
    parts = [
        scored(losses, weights if weighted else [], groups if grouped else [])
        for losses in (ours, theirs)
    ]
    unknown = [part.replace(totals=None) for part in parts]
    with_totals, without = (SumPairs(False, False, 3)(some) for some in (parts, unknown))
    for name, state in without.states.items():
        assert sums_of(with_totals.states[name]) == sums_of(state)
