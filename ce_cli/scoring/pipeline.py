"""The flow of ``ce score``: from files and a spec to a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ce_cli import registry
from ce_cli.binding.binding import Binding
from ce_cli.errors import UsageError
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.source import Split
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.per_class import PerClass, balanced_weights
from ce_cli.metrics.quantiles import Quantiles
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State
from ce_cli.record import Record
from ce_cli.scoring.figures import Computed, class_names
from ce_cli.scoring.prepared import Prepared, prepared
from ce_cli.scoring.reduce import ScoreSplit, SplitResult
from ce_cli.scoring.result import report
from ce_cli.scoring.run import Run
from ce_cli.spec import ALL, Spec
from ce_cli.text import quoted

if TYPE_CHECKING:
    import pyarrow as pa

    from ce_cli.outputs.tables.row_parts import RowParts
    from ce_cli.results.score import Note, Result
    from ce_cli.scoring.repeated_files import RepeatedFiles
    from ce_cli.scoring.score_files import ScoreFiles

RowSink = Callable[["pa.Table"], None]


def score(
    data: DataSet,
    spec: Spec,
    run: Run,
    every_row: RowSink | None = None,
    groupings: Sequence[Sequence[str]] | None = None,
    rows_in: str | None = None,
) -> Result:
    """Score the rows of a data set.

    Parameters
    ----------
    data : DataSet
        The files; the first one decides the binding.
    spec : Spec
        What to compute.
    run : Run
        The engine and the progress.
    every_row : callable, optional
        Called with tables of the scored rows, in order, as they are computed.
    groupings : sequence of sequence of str, optional
        Sets of columns of `spec.by`, each of which makes groups of its own; by default one set of
        all columns.
    rows_in : str, optional
        The folder to which tasks that are folded elsewhere write every row.

    Raises
    ------
    CeError
        The options, the data or the files are invalid.
    """
    metrics = metric_states(spec)
    undivided = is_whole(data, spec)
    check_possible(data, run, every_row is not None, undivided)
    if run.elsewhere is not None and undivided:
        if rows_in is not None:
            run.refuse_elsewhere(
                "--per-row with rows that are matched by order to --labels (without --id)"
            )
        return _on_worker(data, spec, run, groupings)
    parts = _parts(rows_in, run)
    weights = balance(data, spec, run) if spec.balanced else ()
    whole = Pass(spec, metrics, run, weights, every_row, parts)
    return report(whole.computed(data), groupings)


def _on_worker(
    data: DataSet, spec: Spec, run: Run, groupings: Sequence[Sequence[str]] | None
) -> Result:
    from ce_cli.scoring.on_worker import FilesElsewhere, ScoreAll, on_worker

    files = FilesElsewhere.of(data)
    result = on_worker(run, ScoreAll(files, spec, groupings), [files])
    run.add_rows(result.rows["read"])
    return result.replace(warnings=(*result.warnings, *run.notes()))


def _parts(folder: str | None, run: Run) -> RowParts | None:
    """The new folder for the rows, if they are written to one."""
    if folder is None:
        return None
    from ce_cli.outputs.tables.row_parts import RowParts

    if run.elsewhere is None:
        raise UsageError(
            f"--per-row {quoted(folder)}: name a file; a folder is for --engine processes, dask "
            "or spark."
        )
    return RowParts(folder).made()


def is_whole(data: DataSet, spec: Spec) -> bool:
    """Whether the rows cannot be divided into tasks, since labels are joined by their order."""
    return data.labels is not None and spec.id is None


def check_possible(data: DataSet, run: Run, every_row: bool = False, whole: bool = False) -> None:
    """Refuse, before anything starts, what the engine of a run cannot do.

    `whole` is whether a worker has to read the file of labels, too.

    Raises
    ------
    UsageError
        Only this process can do it.
    """
    if run.elsewhere is None:
        return
    from ce_cli.inputs.tasks import read_here_only

    what = read_here_only(data.files)
    if what is None and whole and data.labels is not None and data.files is not None:
        own = data.files.labels
        what = read_here_only(None if own is None else data.files.replace(paths=(own,)))
    if what is not None:
        run.refuse_elsewhere(f"Reading {what}")
    if every_row:
        run.refuse_elsewhere("Writing the rows to one file with --per-row")


def balance(data: DataSet, spec: Spec, run: Run) -> tuple[float, ...]:
    """The class weights by which all classes weigh the same, from one pass over the data."""
    plain = spec.replace(
        worst=0,
        by=(),
        cluster=None,
        label_smoothing=0.0,  # it would spread the labels
        conventions=False,
        decompose=False,
    )
    counts = Pass(plain, (Loss, PerClass), run).computed(data)
    return balanced_weights(counts.whole[PerClass])


class Pass(Record):
    """One reduce over the rows of all sources.

    Attributes
    ----------
    class_weights : tuple of float
        The weights by class code, in place of those of the spec.
    """

    spec: Spec
    metrics: tuple[type[State], ...]
    run: Run
    class_weights: tuple[float, ...] = ()
    every_row: RowSink | None = None
    rows_in: RowParts | None = None

    def computed(self, data: DataSet) -> Computed:
        """Bind and reduce; raise if the data is bad."""
        if self.rows_in is None:
            return self._computed(data)
        with self.rows_in.kept_if_complete():
            return self._computed(data)

    def _computed(self, data: DataSet) -> Computed:
        begun = self.begun(data)
        if self.run.elsewhere is None:
            return begun.ended(*self._reduced(begun))
        from ce_cli.scoring.folding import folded_files

        folded = folded_files(self.run, begun.files(), data, begun.ready.labelled())
        if folded is None:  # a label is joined twice: the rows in order show where
            return self.replace(run=self.run.here())._computed(data)
        scored, locations = folded
        self.run.add_rows(scored.result.issues.read)
        if begun.repeated is not None:
            begun.repeated.add(scored.beginnings)
        found = begun.ended(scored.result, locations)
        if self.rows_in is not None:
            self.rows_in.complete(scored.parts, data.names)
        return found.replace(notes=(*found.notes, *self.run.notes()))

    def begun(self, data: DataSet) -> Begun:
        """Bind the columns."""
        ready = prepared(data, self.spec)
        binding, settled = ready.binding, ready.spec
        if self.class_weights:
            binding = binding.replace(class_weights=self.class_weights)
        metrics = applicable(self.metrics, binding)
        states = metrics
        if settled.decompose:
            from ce_cli.scoring.decomposition import needed

            own = needed(binding.space, settled.label_smoothing)
            states = tuple(dict.fromkeys((*metrics, *own)))
        per_row, by_cluster = self.every_row or self.rows_in, settled.cluster is not None
        work = ScoreSplit(binding, settled, states, per_row is not None, by_cluster)
        repeated = None
        if len(data.names) > 1 and data.labels is None:
            from ce_cli.scoring.repeated_files import RepeatedFiles

            repeated = RepeatedFiles(binding)
        return Begun(data.names, self.spec, ready, work, metrics, repeated, self.rows_in)

    def _splits(self, begun: Begun) -> Iterator[tuple[int, Split]]:
        ready = begun.ready
        if begun.repeated is not None:
            ready = ready.replace(sources=begun.repeated.noted(ready.sources))
        if self.every_row is None:
            return ready.splits()
        from ce_cli.scoring.frame_splits import frame_splits, has_long_ids

        splits, id_ = ready.splits(), begun.work.binding.id
        return frame_splits(splits) if has_long_ids(ready.source, id_) else splits

    def _reduced(self, begun: Begun) -> tuple[SplitResult, RowLocations]:
        """Merge the results of all splits in order, and pass on their rows."""
        work, binding = begun.work, begun.work.binding
        total, locations = work.empty(), RowLocations(begun.names)
        splits, hidden = self._splits(begun), -1
        predicted = class_names(binding, binding.sample)
        for part, result, rows in self.run.results(work, splits):
            if part == hidden:
                continue
            hidden = part if result.issues.hide_the_rest else hidden
            before = total.issues.read
            locations = locations.begun(part, before)
            total = work.merge(total, result)
            total.check_memory()
            self.run.add_rows(result.issues.read)
            if self.every_row is not None and rows:
                labels = class_names(binding, total.issues.labels)
                for some in rows:
                    shifted = some.shifted(before)
                    self.every_row(
                        shifted.table(labels, predicted, work.spec.scale, binding.id, locations)
                    )
        return total, locations.ended(total.issues.read)


class Begun(Record):
    """What is known once the columns are bound, and what to do with the rows.

    Attributes
    ----------
    names : tuple of str
        The files.
    typed : Spec
        The options as they were typed.
    ready : Prepared
        The data set.
    work : ScoreSplit
        The work on each split.
    metrics : tuple of type
        The states of the chosen metrics.
    repeated : RepeatedFiles or None
        How the files begin, if they may have the same rows.
    rows_in : RowParts or None
        Where tasks write every row, if they do.
    """

    names: tuple[str, ...]
    typed: Spec
    ready: Prepared
    work: ScoreSplit
    metrics: tuple[type[State], ...]
    repeated: RepeatedFiles | None
    rows_in: RowParts | None = None

    def files(self) -> ScoreFiles:
        """The work on files, for tasks."""
        from ce_cli.scoring.score_files import ScoreFiles

        compared = None if self.repeated is None else self.work.binding
        return ScoreFiles(self.work, self.ready.fits(), compared, self.rows_in)

    def ended(self, total: SplitResult, locations: RowLocations) -> Computed:
        """Everything that a result is made of; raise if the data is bad."""
        binding, settled, source = self.work.binding, self.work.spec, self.ready.source
        self.ready.refuse_bad(total.issues, locations)
        notes: tuple[Note, ...] = ()
        if self.repeated is not None:
            starts = (*locations.starts, total.issues.read)
            notes = tuple(self.repeated.notes(self.names, starts, self.typed))
        label_file = self.ready.label_file
        if label_file is None:
            from ce_cli.scoring.repeated_ids import repeated_ids

            notes = (*notes, *repeated_ids(source, binding, settled))
        return Computed(total, binding, settled, self.metrics, locations, label_file, source, notes)


def metric_states(spec: Spec) -> tuple[type[State], ...]:
    """The states that the chosen metrics need, in the order of the registry.

    Raises
    ------
    UsageError
        There is no such metric.
    """
    for name in spec.metric:
        if name != ALL:
            registry.find(registry.METRICS, name, "metric")
    names = set(spec.metric)
    chosen = [
        entry.load()
        for entry in registry.METRICS
        if (ALL in names and entry.names)
        or (names & set(entry.names) if names else not entry.extra)
    ]
    needed = {Loss, *chosen, *(kind for state in chosen for kind in state.requires)}
    if Spread in needed:
        needed.add(Quantiles)  # they show whether the interval is reliable
    order = {entry.target: place for place, entry in enumerate(registry.METRICS)}
    return tuple(sorted(needed, key=lambda kind: order[f"{kind.__module__}:{kind.__name__}"]))


def applicable(metrics: Sequence[type[State]], binding: Binding) -> tuple[type[State], ...]:
    """The metrics that apply to such labels and predictions."""
    return tuple(kind for kind in metrics if kind.why_not(binding.space) is None)
