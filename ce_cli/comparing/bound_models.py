"""The data sets of a comparison, each with the predictions of one or more models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, get_args

from ce_cli.binding.binding import Binding
from ce_cli.binding.data_set import data_set
from ce_cli.binding.fits import Fits
from ce_cli.binding.joining.row_columns import RowColumn, index_columns
from ce_cli.binding.naming.names import is_id
from ce_cli.comparing.scored_rows import ModelRows, RowsOfModels, ScoredRows, ScoreModels
from ce_cli.errors import CeError, UsageError
from ce_cli.findings.row_issues import RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.locate import located
from ce_cli.inputs.source import Source, Split
from ce_cli.kernels.exact import ExactSums
from ce_cli.options.choices import Test
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.scoring.evidence import Evidence
from ce_cli.scoring.evidence_notes import EvidenceNote, evidence_notes
from ce_cli.scoring.figures import class_names
from ce_cli.scoring.prepared import Prepared, bound_columns, prepared
from ce_cli.scoring.run import Run
from ce_cli.spec import Spec
from ce_cli.text import quoted, quoted_list

if TYPE_CHECKING:
    from ce_cli.scoring.joined_files import Labelled


class ModelData(Record):
    """A data set, and the models whose predictions it contains.

    Attributes
    ----------
    data : DataSet
        The files.
    models : tuple of (str, Spec)
        Their names, and the options that select their columns.
    """

    data: DataSet
    models: tuple[tuple[str, Spec], ...]


class ComparisonPlan(Record):
    """The options of a comparison.

    Attributes
    ----------
    reference : int
        Which of all models is the reference, from 0.
    inner : bool
        Leave out rows that not all data sets have, instead of rejecting them.
    cluster : str or None
        A column of one of the data sets: rows with equal values are one cluster.
    test : {"t", "sign-flip"}
        How p-values are computed.
    worst : int
        How many of the rows that moved most to keep, in each direction.
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
        return cls(
            reference=reference,
            inner=options.get("join") == "inner",
            cluster=options.get("cluster"),
            test=options.get("test") or "t",
            worst=options.get("worst") or 0,
        )

    def check(self) -> None:
        """Reject values that are out of range."""
        if self.worst < 0:
            raise UsageError(f"--worst must be 0 or more, not {self.worst}.")
        if self.test not in get_args(Test):
            choices = quoted_list(get_args(Test))
            raise UsageError(f"test must be one of {choices}, not {quoted(self.test)}.")


class BoundModel(Record):
    """One model: its name, its files, and the binding and options of its columns."""

    name: str
    files: tuple[str, ...]
    binding: Binding
    spec: Spec


class ModelReader:
    """Reads the rows of one data set and scores them for each of its models.

    Parameters
    ----------
    source : ModelData
        The data set and its models.

    Attributes
    ----------
    models : list of BoundModel
        The models, bound.
    issues : list of RowIssues
        Row counts and issues so far, for each model.
    clipped, totals : list of ExactSums
        Σ w·loss of the clipped rows, and of all rows, for each model.
    evidence : list of Evidence
        What the rows show about the roles of their columns, for each model.
    """

    def __init__(self, source: ModelData) -> None:
        data, ((_, first), *others) = source.data, source.models
        self._ready: Prepared = prepared(data, first, _with_columns)
        self.kinds = list(self._ready.source.columns())
        self.columns = [column.name for column in self.kinds]
        bound = [(self._ready.binding, self._ready.spec)]
        for _, spec in others:
            own = spec.replace(label=self._ready.spec.label) if data.labels else spec
            bound.append(_bound(self._ready.source, _with_columns(own, self.columns)))
        self.models = [
            BoundModel(name, data.names, *pair)
            for (name, _), pair in zip(source.models, bound, strict=True)
        ]
        self.issues = [RowIssues.of() for _ in bound]
        self.clipped = [ExactSums.empty(1) for _ in bound]
        self.totals = [ExactSums.empty(1) for _ in bound]
        self.evidence = [Evidence() for _ in bound]
        self._locations = RowLocations(data.names)
        self._hidden = -1  # the number of a file whose further rows cannot be told apart

    def evidence_notes(self, model: int) -> list[EvidenceNote]:
        """What the rows show about the roles of the columns of a model."""
        one = self.models[model]
        classes = class_names(one.binding, self.issues[model].labels)
        source = self._ready.source
        notes = list(evidence_notes(self.evidence[model], one.binding, one.spec, classes, source))
        file = self._ready.label_file
        found = () if file is None else file.disagreements()
        return [*notes, *(EvidenceNote("files_disagree", *each) for each in found)]

    @property
    def source(self) -> Source:
        """The first file that has a row."""
        return self._ready.source

    @property
    def title(self) -> str:
        """The name of the data set."""
        return self.locations.title

    @property
    def locations(self) -> RowLocations:
        """The file and number of each row read so far."""
        return self._locations.ended(self.read)

    @property
    def used(self) -> frozenset[str]:
        """The columns that hold numbers or labels of a model."""
        projections = [one.binding.projection for one in self.models]
        labels = [name for one in self.models for name in one.binding.labels.columns]
        numbers = (name for p in projections for name in (*p.numbers, *p.lists, *p.maps))
        return frozenset((*labels, *numbers))

    @property
    def read(self) -> int:
        """How many rows have been read."""
        return self.issues[0].read

    def group(self, model: int | None, cluster: str | None) -> None:
        """Read groups and clusters for one model, or for none if another data set has them."""
        for n, one in enumerate(self.models):
            binding = one.binding.replace(by=())
            if n == model:
                complete = () if cluster is None else (cluster,)
                binding = one.binding.replace(complete=complete)
            self.models[n] = one.replace(binding=binding)

    def weigh(self, model: int | None, spec: Spec, class_weights: tuple[float, ...]) -> None:
        """Read weights for one model, or for none if another data set has them; they apply to all.

        If this data set also has the weight column, it is read so that the weights can be
        compared; class weights are not in the data and have nothing to compare.
        """
        comparable = spec.weight in self.columns and not spec.class_weights and not spec.balanced
        for n, one in enumerate(self.models):
            binding = one.binding
            if n != model:
                weight = spec.weight if comparable else None
                binding = binding.replace(weight=weight, class_weights=())
            elif class_weights:
                binding = binding.replace(class_weights=class_weights)
            self.models[n] = one.replace(binding=binding, spec=one.spec.replace(weight=spec.weight))

    def work(self, key: str | None, indices: Sequence[str] = ()) -> ScoreModels:
        """The work on each split.

        The rows come with the values of the id column `key` and of the columns `indices`.
        """
        bindings, specs = [one.binding for one in self.models], [one.spec for one in self.models]
        return ScoreModels(bindings, specs, key, indices)

    def splits(self, work: ScoreModels) -> Iterator[tuple[int, Split]]:
        """The splits that `work` needs, each with the number of its file."""
        return self._ready.splits(work.projection, work.bindings)

    def fits(self, work: ScoreModels) -> Fits:
        """What each file has to have for `work`."""
        return self._ready.fits(work.bindings)

    def labelled(self, work: ScoreModels) -> Labelled | None:
        """The labels for `work`, if they are in a file of their own."""
        return self._ready.labelled(work.projection)

    def take_over(self, rows: RowsOfModels, locations: RowLocations) -> None:
        """Keep what was found in all rows, where these were read elsewhere."""
        self.issues, self.clipped = list(rows.issues), list(rows.clipped)
        self.totals, self.evidence = list(rows.totals), list(rows.evidence)
        self._locations = locations

    def taken(
        self, part: int, frames: Sequence[Sequence[ModelRows]], run: Run
    ) -> Iterator[list[ScoredRows]]:
        """The rows of the next split, which is of file `part`, numbered; their issues are kept."""
        self._locations = self._locations.begun(part, self.read)
        for pieces in frames:
            if part == self._hidden:
                return
            start = self.read
            for model, piece in enumerate(pieces):
                self.issues[model] = self.issues[model].merge(piece.issues)
                self.clipped[model] = self.clipped[model].merge(piece.clipped)
                self.totals[model] = self.totals[model].merge(piece.total)
                self.evidence[model] = self.evidence[model].merge(piece.evidence)
            self._hidden = part if pieces[0].issues.hide_the_rest else self._hidden
            run.add_rows(self.read - start)
            if self.read > start:
                yield [piece.scored.at(start) for piece in pieces]

    def refuse_bad(self) -> None:
        """Reject the data if reading it found errors."""
        for one, issues in zip(self.models, self.issues, strict=True):
            ready = self._ready.replace(binding=one.binding, spec=one.spec)
            ready.refuse_bad(issues, self.locations)

    @property
    def label_file(self) -> str | None:
        """The file with the labels, if they are in a separate one."""
        file = self._ready.label_file
        return file.name if file is not None else None


def data_sets(
    paths: Sequence[str],
    models: Sequence[tuple[str, Spec]],
    reading: Reading,
    labels: str | None = None,
) -> list[ModelData]:
    """One data set and model per path, or one data set with all models.

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


def common_id(readers: Sequence[ModelReader]) -> str | None:
    """A column that all data sets have, and whose name is that of an id."""
    numbers = {name for reader in readers for name in reader.used}
    for name in readers[0].columns:
        if (
            is_id(name)
            and name not in numbers
            and all(name in reader.columns for reader in readers)
        ):
            return name
    return None


def common_indices(readers: Sequence[ModelReader]) -> list[list[RowColumn]]:
    """For each data set but the first, its indices and those of the first that match them."""
    free = [[one for one in reader.kinds if one.name not in reader.used] for reader in readers]
    return [index_columns(free[0], own) for own in free[1:]]


def _with_columns(spec: Spec, columns: Sequence[str]) -> Spec:
    """The spec without the weight and the groups that are only in another data set."""
    weight = spec.weight if spec.weight in columns else None
    by = spec.by if set(spec.by) <= set(columns) else ()
    return spec.replace(weight=weight, by=by)


def _bound(source: Source, spec: Spec) -> tuple[Binding, Spec]:
    try:
        return bound_columns(source, spec)
    except CeError as error:
        raise error.about(source.name) from None
