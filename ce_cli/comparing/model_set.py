"""Who takes part: the models, the reference first, and who brings weights and groups."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.binding.names import no_column
from ce_cli.comparing.bound_models import (
    BoundModel,
    ComparisonPlan,
    ModelData,
    ModelReader,
    common_id,
)
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.errors import UsageError
from ce_cli.record import Record
from ce_cli.scoring.figures import class_names
from ce_cli.scoring.pipeline import balance
from ce_cli.scoring.run import Run


class ModelSet(Record):
    """The models, the reference first, and the data sets that they are in.

    Attributes
    ----------
    feeds : tuple of ModelReader
        That of the reference first.
    order : tuple of int
        Where each of `entrants` is among the models of the feeds.
    grouped : int
        Which of `entrants` is read with groups and clusters.
    entrants : tuple of BoundModel
        The models.
    key : str or None
        The column that says what rows are called.
    """

    feeds: tuple[ModelReader, ...]
    order: tuple[int, ...]
    grouped: int
    entrants: tuple[BoundModel, ...]
    key: str | None

    @classmethod
    def of(cls, data_sets: Sequence[ModelData], plan: ComparisonPlan, run: Run) -> ModelSet:
        """Open the data sets and bind their columns.

        Raises
        ------
        UsageError
            There are no two models, or no data set has the weights, groups or clusters.
        """
        if sum(len(data.models) for data in data_sets) < 2:
            raise UsageError("A comparison needs two models.")
        owner, place = _owner(data_sets, plan.reference)
        ordered = [data_sets[owner], *(one for one in data_sets if one is not data_sets[owner])]
        feeds = [ModelReader(_clustered(data, plan.cluster)) for data in ordered]
        spec = data_sets[owner].models[place][1]
        by = spec.by if plan.cluster is None else (*spec.by, plan.cluster)
        grouping = feeds.index(_with_all(by, feeds))
        weighting = feeds.index(_with_all([spec.weight] if spec.weight else [], feeds))
        weights = (
            balance(ordered[weighting].data, ordered[weighting].models[0][1], run)
            if spec.balanced
            else ()
        )
        for n, feed in enumerate(feeds):
            chosen = 0 if n else place
            feed.group(chosen if n == grouping else None, plan.cluster)
            feed.weigh(chosen if n == weighting else None, spec, weights)
        entrants = [one for feed in feeds for one in feed.entrants]
        order = (place, *(n for n in range(len(entrants)) if n != place))
        entrants = [entrants[n] for n in order]
        key = spec.id
        if key is None and len(feeds) > 1:
            key = common_id(feeds)
        grouped = next((n for n, one in enumerate(entrants) if one.binding.by), 0)
        return cls(tuple(feeds), order, grouped, tuple(entrants), key)

    def in_order(self, parts: Sequence[ScoredRows]) -> list[ScoredRows]:
        """What each model makes of some rows, the reference first."""
        return [parts[place] for place in self.order]

    def with_groups(self, parts: Sequence[ScoredRows]) -> list[ScoredRows]:
        """The same rows of each model, those of the reference with the groups and weights."""
        first, other = parts[0], parts[self.grouped]
        weights = next((part.weights for part in parts if part.weights is not None), None)
        own = first.replace(groups=other.groups, keys=other.keys, weights=weights)
        return [own, *parts[1:]]

    @property
    def by(self) -> tuple[str, ...]:
        """The columns of the groups, and of the clusters."""
        return self.entrants[self.grouped].binding.by

    @property
    def classes(self) -> tuple[str, ...]:
        """Names by the reference's codes."""
        return class_names(self.entrants[0].binding, self.feeds[0].issues[self.order[0]].labels)


def _owner(data_sets: Sequence[ModelData], model: int) -> tuple[int, int]:
    """The data set that a model is in, and its place there."""
    for owner, data in enumerate(data_sets):
        if model < len(data.models):
            return owner, model
        model -= len(data.models)
    raise UsageError("There is no such model.")


def _clustered(data: ModelData, cluster: str | None) -> ModelData:
    """The data set with the clusters as its last grouping column."""
    if cluster is None:
        return data
    models = ((name, spec.replace(by=(*spec.by, cluster))) for name, spec in data.models)
    return data.replace(models=tuple(models))


def _with_all(names: Sequence[str], feeds: Sequence[ModelReader]) -> ModelReader:
    """The first data set that has all of some columns, that of the reference if it can be.

    Raises
    ------
    UsageError
        None has.
    """
    found = next((feed for feed in feeds if set(names) <= set(feed.columns)), None)
    if found is None:
        own = feeds[0].columns
        missing = next(name for name in names if name not in own)
        raise UsageError(f"{feeds[0].title}: {no_column(missing, own)}")
    return found
