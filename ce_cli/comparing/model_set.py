"""The models of a comparison, the reference first, and the sources of weights and groups."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.binding.naming.names import no_column
from ce_cli.comparing.bound_models import (
    BoundModel,
    ComparisonPlan,
    ModelData,
    ModelReader,
    common_id,
)
from ce_cli.comparing.other_labels import same_labels
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.errors import UsageError
from ce_cli.record import Record
from ce_cli.scoring.figures import class_names
from ce_cli.scoring.pipeline import balance
from ce_cli.scoring.run import Run


class ModelSet(Record):
    """The models, the reference first, and the readers of their data sets.

    Attributes
    ----------
    readers : tuple of ModelReader
        That of the reference first.
    order : tuple of int
        The place of each of `models` among the models of all readers.
    grouped : int
        Which of `models` has the groups and clusters.
    models : tuple of BoundModel
        The models, the reference first.
    key : str or None
        The column of row ids.
    """

    readers: tuple[ModelReader, ...]
    order: tuple[int, ...]
    grouped: int
    models: tuple[BoundModel, ...]
    key: str | None

    @classmethod
    def of(cls, data_sets: Sequence[ModelData], plan: ComparisonPlan, run: Run) -> ModelSet:
        """Open the data sets and bind their columns.

        Raises
        ------
        UsageError
            There are fewer than two models, or no data set has the weights, groups or clusters.
        """
        if sum(len(data.models) for data in data_sets) < 2:
            raise UsageError("A comparison needs two models.")
        owner, place = _owner(data_sets, plan.reference)
        ordered = reference_first(data_sets, plan.reference)
        readers = [ModelReader(_clustered(ordered[0], plan.cluster))]
        for data in ordered[1:]:
            with same_labels(readers[0]):
                readers.append(ModelReader(_clustered(data, plan.cluster)))
        spec = data_sets[owner].models[place][1]
        by = spec.by if plan.cluster is None else (*spec.by, plan.cluster)
        grouping = readers.index(_with_all(by, readers))
        weighting = readers.index(_with_all([] if spec.weight is None else [spec.weight], readers))
        weights = (
            balance(ordered[weighting].data, ordered[weighting].models[0][1], run)
            if spec.balanced
            else ()
        )
        for n, reader in enumerate(readers):
            chosen = 0 if n else place
            reader.group(chosen if n == grouping else None, plan.cluster)
            reader.weigh(chosen if n == weighting else None, spec, weights)
        models = [one for reader in readers for one in reader.models]
        order = (place, *(n for n in range(len(models)) if n != place))
        models = [models[n] for n in order]
        key = spec.id
        if key is None and len(readers) > 1:
            key = common_id(readers)
        grouped = next((n for n, one in enumerate(models) if one.binding.by), 0)
        return cls(tuple(readers), order, grouped, tuple(models), key)

    def in_order(self, parts: Sequence[ScoredRows]) -> list[ScoredRows]:
        """The rows of each model, the reference first."""
        return [parts[place] for place in self.order]

    def with_groups(self, parts: Sequence[ScoredRows]) -> list[ScoredRows]:
        """The same rows of each model, those of the reference with the groups and weights."""
        first, other = parts[0], parts[self.grouped]
        weights = next((part.weights for part in parts if part.weights is not None), None)
        own = first.replace(groups=other.groups, keys=other.keys, weights=weights)
        return [own, *parts[1:]]

    @property
    def by(self) -> tuple[str, ...]:
        """The columns of the groups and of the clusters."""
        return self.models[self.grouped].binding.by

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names by the reference's codes."""
        return class_names(self.models[0].binding, self.readers[0].issues[self.order[0]].labels)


def reference_first(data_sets: Sequence[ModelData], model: int) -> list[ModelData]:
    """The data sets, that of the reference first."""
    first = data_sets[_owner(data_sets, model)[0]]
    return [first, *(one for one in data_sets if one is not first)]


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


def _with_all(names: Sequence[str], readers: Sequence[ModelReader]) -> ModelReader:
    """The first data set that has all of `names`, preferring the reference's.

    Raises
    ------
    UsageError
        None has them.
    """
    found = next((reader for reader in readers if set(names) <= set(reader.columns)), None)
    if found is None:
        own = readers[0].columns
        missing = next(name for name in names if name not in own)
        raise UsageError(f"{readers[0].title}: {no_column(missing, own)}")
    return found
