"""From merged states to figures and their intervals, in the unit of the spec."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.naming.classes import names_of_two
from ce_cli.binding.rows.group_keys import GroupKeys, coarser
from ce_cli.errors import DataError
from ce_cli.findings.row_locations import RowLocations
from ce_cli.kernels.exact import ratios
from ce_cli.kernels.outcomes import LabelSpace
from ce_cli.metrics.bounds import Bounds, Level
from ce_cli.metrics.groups import regrouped
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.spread import Spread, bounds_of_loss
from ce_cli.metrics.state import State, States, figures_of
from ce_cli.record import Record
from ce_cli.registry import FIGURES, Figure
from ce_cli.results.score import Interval, Note
from ce_cli.scoring.reduce import SplitResult
from ce_cli.spec import ALL, Spec

if TYPE_CHECKING:
    from ce_cli.binding.conventions import Convention
    from ce_cli.binding.joining.label_file import LabelFile
    from ce_cli.inputs.source import Source

Chosen = TypeVar("Chosen")

Floats = NDArray[np.float64]


class Computed(Record):
    """Everything that a result is made of.

    Attributes
    ----------
    label_file : LabelFile or None
        The file of labels, if there is one.
    source : Source
        The first file.
    notes : tuple of Note
        Warnings about the files.
    """

    total: SplitResult
    binding: Binding
    spec: Spec
    metrics: tuple[type[State], ...]
    locations: RowLocations
    label_file: LabelFile | None
    source: Source
    notes: tuple[Note, ...] = ()

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by code.

        Raises
        ------
        DataError
            The labels of a single prediction are not of two classes.
        """
        try:
            return class_names(self.binding, self.total.issues.labels)
        except DataError as error:
            raise error.about(self.locations.title) from None

    @cached_property
    def whole(self) -> States:
        """States of all rows as one group."""
        whole = np.zeros(len(self.total.keys), np.intp)
        return States(regrouped(self.total.states, whole, 1))

    @cached_property
    def effective_rows(self) -> float:
        """Kish's number of rows, where the metrics include a spread."""
        return float(self.whole[Spread].effective(self.whole[Loss])[0])

    @cached_property
    def convention(self) -> Convention | None:
        """The rules of ``--convention`` for this binding."""
        if self.spec.convention is None:
            return None
        from ce_cli.binding.convention_choice import chosen_convention

        return chosen_convention(self.binding, self.spec)

    @property
    def by_rows(self) -> bool:
        """Whether weighted losses are divided by the number of rows, as conventions may."""
        return self.convention is not None and self.convention.by_rows

    def measured(self, names: Sequence[str]) -> Measured:
        """Figures of the groups by some of the grouping columns; without any, of all rows."""
        locations = [self.spec.by.index(name) for name in names]
        keys, states = coarser(self.total.keys, self.total.states, locations)
        kinds = [kind for kind in self.metrics if kind.grouped or not names]
        own = States({kind: states[kind] for kind in kinds})
        figures, level = figures_of(own), Level(self.spec.confidence, self.spec.interval)
        if self.total.clustered is None:
            bounds = {
                name: one
                for state in own.values()
                for name, one in state.bounds(figures, own, level).items()
            }
        else:
            clustered = self.total.clustered.by(locations)
            errors, bounds = clustered.bounds(keys, figures, own, level)
            figures |= {"standard_error": errors} if "standard_error" in figures else {}
        space = self.binding.space
        bounds = {name: _allowed(name, one, figures, space) for name, one in bounds.items()}
        if self.by_rows:
            figures, bounds = _divide_by_rows(figures, bounds, own[Loss])
        scales = {n: self.spec.scale if FIGURES[n].in_unit else 1.0 for n in figures}
        with np.errstate(over="ignore", invalid="ignore"):
            return Measured(
                keys,
                own,
                {name: values / scales[name] for name, values in figures.items()},
                {name: bounds[name].over(scales[name]) for name in figures if name in bounds},
            )


class Measured(Record):
    """Groups, their states, and figures and intervals of each, in the unit of the spec."""

    keys: GroupKeys
    states: States
    figures: dict[str, Floats]
    bounds: dict[str, Bounds]

    def at(self, place: int, spec: Spec) -> tuple[dict[str, float], dict[str, Interval]]:
        """The chosen figures of one group, and their intervals."""
        figures = {name: float(values[place]) for name, values in self.figures.items()}
        intervals = {
            name: Interval(
                float(one.low[place]),
                float(one.high[place]),
                spec.confidence,
                one.method,
                None if one.counts is None else float(one.counts[place]),
                None if one.skewness is None else float(one.skewness[place]),
            )
            for name, one in self.compared.items()
        }
        return chosen(figures, spec), chosen(intervals, spec)

    @cached_property
    def compared(self) -> dict[str, Bounds]:
        """The intervals, with n and skewness for the mean loss only, which comparisons need."""
        return {
            name: one if name == "cross_entropy" else one.replace(counts=None, skewness=None)
            for name, one in self.bounds.items()
        }


def class_names(binding: Binding, seen: Sequence[str]) -> tuple[str, ...]:
    """Names of the classes; for a single prediction, those of the labels `seen`.

    Raises
    ------
    DataError
        The labels are not of two classes.
    """
    if binding.task == "likelihood":
        return ()
    return binding.classes or names_of_two(binding.labels.reader, seen)


def _allowed(name: str, bounds: Bounds, figures: Mapping[str, Floats], space: LabelSpace) -> Bounds:
    """The interval of a figure, wider by its error of approximation and within its range."""
    figure = FIGURES[name]
    if figure.error in figures:
        bounds = bounds.widened(figures[figure.error])
    return _in_range(bounds, figure, 2 if space.independent else space.classes)


def _in_range(bounds: Bounds, figure: Figure, classes: int) -> Bounds:
    """The interval cut off at the range of the figure for so many classes."""
    high = min(figure.high, figure.binary_high) if classes == 2 else figure.high
    high = min(high, math.log(classes)) if figure.is_entropy and classes else high
    if math.isinf(figure.low) and math.isinf(high):
        return bounds
    return bounds.within(figure.low, high)


def _divide_by_rows(
    figures: dict[str, Floats], bounds: dict[str, Bounds], loss: Loss
) -> tuple[dict[str, Floats], dict[str, Bounds]]:
    """Mean losses as Σ w·loss / n; other figures, and ratios of losses, do not change."""
    share, figures, bounds = weight_a_row(loss), dict(figures), dict(bounds)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for name in [name for name in figures if FIGURES[name].mean_loss]:
            figures[name] = figures[name] * share
            if name in bounds:
                bounds[name] = bounds[name].over(1.0 / share)
        mean = np.where(loss.infinite.floats() > 0, np.inf, ratios(loss.loss, loss.rows))
        figures |= {"cross_entropy": mean, "perplexity": np.exp(mean)}
        if "cross_entropy" in bounds:
            bounds |= bounds_of_loss(bounds["cross_entropy"], loss.rows.floats())
    return figures, bounds


def weight_a_row(loss: Loss) -> Floats:
    """Σ w / n by group; 0 for a group without rows."""
    return loss.weight.floats() / np.maximum(loss.rows.floats(), 1.0)


def chosen(metrics: Mapping[str, Chosen], spec: Spec) -> dict[str, Chosen]:
    """The figures that ``--metric`` chooses, with their errors; all of them by default."""
    if not spec.metric or ALL in spec.metric:
        return dict(metrics)
    errors = {FIGURES[name].error for name in spec.metric if name in FIGURES}
    names = errors.union(spec.metric)
    return {name: value for name, value in metrics.items() if name in names}
