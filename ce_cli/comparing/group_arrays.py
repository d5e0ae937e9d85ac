"""Figures of all groups at once, since arrays take about as long for one group as for many."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli.comparing.paired_sums import DifferenceSums, Name
from ce_cli.comparing.ratio_moments import RowSums
from ce_cli.kernels.exact import ratios
from ce_cli.kernels.statistic import Statistic
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State, States, Sums
from ce_cli.record import Record

Floats = NDArray[np.float64]
Kind = TypeVar("Kind", bound=State)


class GroupArrays(Record):
    """What follows from the sums of all groups; each is computed once, when it is asked for.

    Lists have an entry for each group, and those of lists one for each model or, of differences,
    for each model but the reference.
    """

    states: Mapping[Name, State]

    @cached_property
    def rows(self) -> list[int]:
        """How many rows there are, those of weight 0 included."""
        return _wholes(self._state(Sums, "rows", 0).sums.floats())

    @cached_property
    def counted(self) -> list[int]:
        """How many rows have a weight above 0."""
        return _wholes(self._state(Loss, "loss", 0).rows.floats())

    @cached_property
    def weights(self) -> list[float]:
        """The sums of weights."""
        weights: list[float] = self._state(Loss, "loss", 0).weight.floats().tolist()
        return weights

    @cached_property
    def means(self) -> list[list[float]]:
        """The cross-entropy of each model, in nats."""
        return [self._state(Loss, "loss", model).mean.tolist() for model in self._models]

    @cached_property
    def mean_statistics(self) -> list[list[Statistic]]:
        """The same with its error, over independent rows."""
        return [
            _statistics(loss.mean, loss, self._state(Spread, "spread", model))
            for model in self._models
            for loss in (self._state(Loss, "loss", model),)
        ]

    @cached_property
    def differences(self) -> list[list[float]]:
        """The cross-entropy of each model minus that of the reference, in nats."""
        return [_difference(one).tolist() for one in self._paired]

    @cached_property
    def statistics(self) -> list[list[Statistic]]:
        """The same with its error, over independent rows."""
        found = []
        for state in self._paired:
            values = _difference(state)
            known = np.isfinite(values)
            every = _statistics(values, state.loss, state.spread)
            found.append(
                [
                    one if finite else Statistic(one.value, np.nan, np.nan)
                    for one, finite in zip(every, known.tolist(), strict=True)
                ]
            )
        return found

    @cached_property
    def rates(self) -> list[list[tuple[float, float]]]:
        """The shares of the weight where a model's loss is lower, and where it is the same."""
        weight = self._state(Loss, "loss", 0).weight
        return [
            list(
                zip(
                    *(ratios(one, weight).tolist() for one in (state.wins, state.ties)), strict=True
                )
            )
            for state in self._paired
        ]

    @cached_property
    def row_sums(self) -> list[RowSums]:
        """What the moments of relative differences are computed from."""
        loss, spread = self._state(Loss, "loss", 0), self._state(Spread, "spread", 0)
        return [RowSums.of(state, loss, spread) for state in self._paired]

    @cached_property
    def _models(self) -> range:
        return range(sum(kind == "loss" for kind, _ in self.states))

    @cached_property
    def _paired(self) -> list[DifferenceSums]:
        return [self._state(DifferenceSums, "difference", model) for model in self._models[1:]]

    def _state(self, kind: type[Kind], name: str, model: int) -> Kind:
        """The state of a model that goes by `name`, an instance of `kind`."""
        return cast(Kind, self.states[name, model])


def _wholes(counts: Floats) -> list[int]:
    return [int(count) for count in counts.tolist()]


def _difference(state: DifferenceSums) -> Floats:
    """The mean difference by group: infinite if some are on one side, NaN on both."""
    more, less, unknown = (
        counts.floats() > 0 for counts in (state.more, state.less, state.undefined)
    )
    infinite = np.where(more, np.inf, -np.inf)
    found = np.where(more | less, infinite, state.loss.mean)
    return np.where(unknown | (more & less), np.nan, found)


def _statistics(means: Floats, loss: Loss, spread: Spread) -> list[Statistic]:
    """Means and their errors, from sums over rows."""
    errors = spread.figures(States({Loss: loss}))["standard_error"]
    count, skewness = spread.effective(loss), spread.skewness(loss, errors)
    columns = (one.tolist() for one in (means, errors, count - 1.0, skewness))
    return [Statistic(*one) for one in zip(*columns, strict=True)]
