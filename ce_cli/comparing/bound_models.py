"""Who is compared: data sets, each with the predictions of one model or several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self, get_args

from ce_cli.binding.bind import bind
from ce_cli.binding.binding import Binding
from ce_cli.binding.joined import data_set
from ce_cli.binding.names import is_id
from ce_cli.comparing.scored_rows import ScoredRows, ScoreModels
from ce_cli.errors import CeError, UsageError
from ce_cli.findings.row_issues import RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.locate import located
from ce_cli.inputs.source import Source
from ce_cli.kernels.exact import ExactSums
from ce_cli.options.choices import Join, Test
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.scoring.pipeline import Prepared, prepared
from ce_cli.scoring.run import Run
from ce_cli.spec import Spec
from ce_cli.text import quoted, quoted_list


class ModelData(Record):
    """A data set, and the models whose predictions it holds.

    Attributes
    ----------
    data : DataSet
        The files.
    models : tuple of (str, Spec)
        Names, and where the predictions are.
    """

    data: DataSet
    models: tuple[tuple[str, Spec], ...]


class ComparisonPlan(Record):
    """How to compare.

    Attributes
    ----------
    reference : int
        Which of all models the others are compared with, from 0.
    inner : bool
        Leave out rows that not all data sets have, instead of refusing them.
    cluster : str or None
        A column of one of the data sets: rows with one value belong together.
    test : {"t", "sign-flip"}
        How p-values are found.
    worst : int
        How many rows that moved most to keep, each way.
    """

    reference: int = 0
    inner: bool = False
    cluster: str | None = None
    test: Test = "t"
    worst: int = 0

    @classmethod
    def from_options(cls, options: Mapping[str, Any], reference: int) -> Self:
        """How options of the command line, a file or Python say to compare.

        Raises
        ------
        UsageError
            A value is out of range.
        """
        join = options.get("join", "all")
        if join not in get_args(Join):
            choices = quoted_list(get_args(Join))
            raise UsageError(f"--join {quoted(join)} is not one of {choices}.")
        return cls(
            reference=reference,
            inner=join == "inner",
            cluster=options.get("cluster"),
            test=options.get("test", "t"),
            worst=options.get("worst", 0),
        )

    def check(self) -> None:
        """Refuse what is out of range."""
        if self.worst < 0:
            raise UsageError(f"--worst {self.worst} is not 0 or more.")
        if self.test not in get_args(Test):
            raise UsageError(f"test={quoted(self.test)} is none of {quoted_list(get_args(Test))}.")


class BoundModel(Record):
    """One model: its name, its data set as it is bound, and its own part of that."""

    name: str
    files: tuple[str, ...]
    binding: Binding
    spec: Spec


class ModelReader:
    """The rows of one data set as they come, scored for each of its models.

    Parameters
    ----------
    source : ModelData
        What to read.

    Attributes
    ----------
    entrants : list of BoundModel
        Its models.
    issues : list of RowIssues
        What happened to the rows so far, for each model.
    clipped, totals : list of ExactSums
        Σ w·loss of the rows that the clip raised, and of all, for each model.
    """

    def __init__(self, source: ModelData) -> None:
        data, ((_, first), *others) = source.data, source.models
        self._ready: Prepared = prepared(data, first, _with_columns)
        self.columns = [column.name for column in self._ready.source.columns()]
        bound = [(self._ready.binding, self._ready.spec)]
        for _, spec in others:
            own = spec.replace(labels=self._ready.spec.labels) if data.labels else spec
            bound.append(_bound(self._ready.source, _with_columns(own, self.columns)))
        self.entrants = [
            BoundModel(name, data.names, *pair)
            for (name, _), pair in zip(source.models, bound, strict=True)
        ]
        self.issues = [RowIssues.of() for _ in bound]
        self.clipped = [ExactSums.empty(1) for _ in bound]
        self.totals = [ExactSums.empty(1) for _ in bound]
        self._places = RowLocations(data.names)

    @property
    def title(self) -> str:
        """What the data set is called."""
        return self.locations.title

    @property
    def locations(self) -> RowLocations:
        """Which file a row is in, as far as rows have been read."""
        return self._places.ended(self.read)

    @property
    def read(self) -> int:
        """How many rows have been read."""
        return self.issues[0].read

    def group(self, model: int | None, cluster: str | None) -> None:
        """Read groups and clusters for one model, or for none if another data set has them."""
        for n, one in enumerate(self.entrants):
            binding = one.binding.replace(by=())
            if n == model:
                complete = () if cluster is None else (cluster,)
                binding = one.binding.replace(complete=complete)
            self.entrants[n] = one.replace(binding=binding)

    def weigh(self, model: int | None, spec: Spec, class_weights: tuple[float, ...]) -> None:
        """Weigh one model, or none if another data set has the weights; they count for all.

        Where the data has the column of weights too, it is read, so that they can be compared;
        class weights are not in the data, and would not be the same.
        """
        told = spec.weight in self.columns and not spec.class_weights and not spec.balanced
        for n, one in enumerate(self.entrants):
            binding = one.binding
            if n != model:
                weight = spec.weight if told else None
                binding = binding.replace(weight=weight, class_weights=())
            elif class_weights:
                binding = binding.replace(class_weights=class_weights)
            self.entrants[n] = one.replace(
                binding=binding, spec=one.spec.replace(weight=spec.weight)
            )

    def rows(self, key: str | None, run: Run) -> Iterator[list[ScoredRows]]:
        """All rows in order: for each stretch of them, what each model makes of it."""
        bindings = [one.binding for one in self.entrants]
        work = ScoreModels(bindings, [one.spec for one in self.entrants], key)
        projection = bindings[0].projection.with_text(key)
        for binding in bindings[1:]:
            projection = projection.union(binding.projection)
        splits = self._ready.splits(projection, bindings)
        for part, frames in run.results(work, splits):
            self._places = self._places.begun(part, self.read)
            for pieces in frames:
                start = self.read
                for model, piece in enumerate(pieces):
                    self.issues[model] = self.issues[model].merge(piece.issues)
                    self.clipped[model] = self.clipped[model].merge(piece.clipped)
                    self.totals[model] = self.totals[model].merge(piece.total)
                run.show(self.read)
                if self.read > start:
                    yield [piece.scored.at(start) for piece in pieces]

    def refuse_bad(self) -> None:
        """Refuse the data if what was found on reading it is bad."""
        for one, issues in zip(self.entrants, self.issues, strict=True):
            ready = self._ready.replace(binding=one.binding, spec=one.spec)
            ready.refuse_bad(issues, self.locations)

    @property
    def label_file(self) -> str | None:
        """The file that the labels are from, if it is another."""
        file = self._ready.label_file
        return file.name if file is not None else None


def data_sets(
    paths: Sequence[str],
    models: Sequence[tuple[str, Spec]],
    reading: Reading,
    labels: str | None = None,
) -> list[ModelData]:
    """One data set for each path, with a model each; or one path with all models.

    Raises
    ------
    StorageError
        There is no such file.
    """
    parts = [(model,) for model in models] if len(paths) > 1 else [tuple(models)]
    found = [tuple(located([path])) for path in paths]
    return [
        ModelData(data_set(names, reading, own[0][1], labels), own)
        for names, own in zip(found, parts, strict=True)
    ]


def common_id(feeds: Sequence[ModelReader]) -> str | None:
    """A column that all data sets have, and that is called like an id."""
    numbers = {
        name
        for feed in feeds
        for one in feed.entrants
        for kind in (
            one.binding.projection.numbers,
            one.binding.projection.lists,
            one.binding.projection.maps,
        )
        for name in kind
    }
    for name in feeds[0].columns:
        if is_id(name) and name not in numbers and all(name in feed.columns for feed in feeds):
            return name
    return None


def _with_columns(spec: Spec, columns: Sequence[str]) -> Spec:
    """The spec without the weight and the groups that are only in another data set."""
    weight = spec.weight if spec.weight in columns else None
    by = spec.by if set(spec.by) <= set(columns) else ()
    return spec.replace(weight=weight, by=by)


def _bound(source: Source, spec: Spec) -> tuple[Binding, Spec]:
    try:
        return bind(source, spec)
    except CeError as error:
        raise error.about(source.name) from None
