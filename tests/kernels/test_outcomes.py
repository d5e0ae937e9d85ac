"""What outcomes answer where they know no class."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from ce_cli.kernels.forms import BinaryProbability
from ce_cli.kernels.outcomes import Likelihood, Multilabel, Outcomes
from ce_cli.kernels.rules import UNBOUNDED, Costs, Rule, costs, ruled

ALONE = Likelihood(np.array([0.5, 2.0]), np.exp([-0.5, -2.0]))
SEVERAL = Multilabel(BinaryProbability(np.full((3, 2), 0.5)), np.zeros((3, 2)))
OF_TWO_CLASSES = ("ranking", "positive_probability", "positives", "residuals")
OF_ONE_CLASS = ("confidence", "correct", "squared_errors", "uncertainties")


@pytest.mark.parametrize("name", [*OF_TWO_CLASSES, *OF_ONE_CLASS])
def test_a_likelihood_knows_nothing_of_classes(name: str) -> None:
    unknown: NDArray[np.float64] = getattr(ALONE, name)()
    assert unknown.shape == (2,)
    assert np.isnan(unknown).all()


@pytest.mark.parametrize("name", OF_TWO_CLASSES)
def test_several_labels_have_no_order(name: str) -> None:
    unknown: NDArray[np.float64] = getattr(SEVERAL, name)()
    assert unknown.shape == (2,)
    assert np.isnan(unknown).all()


@pytest.mark.parametrize("made", [ALONE, SEVERAL])
def test_there_are_rows_but_no_surprisals_of_classes(made: Likelihood | Multilabel) -> None:
    assert made.surprisals().shape == (0, 2)


@pytest.mark.parametrize("score", [costs, ruled])
def test_outcomes_of_a_kind_without_rules_are_refused(
    score: Callable[[Outcomes, Rule], Costs | Outcomes],
) -> None:
    """Whoever adds a kind of outcomes has to say what a rule does with it."""
    with pytest.raises(TypeError, match="no rule for object"):
        score(cast(Outcomes, object()), UNBOUNDED)
