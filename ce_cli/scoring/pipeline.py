"""The flow of ``ce score``: from files and a spec to a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from ce_cli import registry
from ce_cli.binding.bind import bind
from ce_cli.binding.binding import Binding
from ce_cli.binding.fits import check_fits, check_precision, must_be_alike
from ce_cli.errors import CeError, DataError
from ce_cli.findings.messages import fatal, sentences
from ce_cli.findings.row_issues import RowIssues
from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.source import Projection, Source, Split
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.per_class import PerClass, balanced_weights
from ce_cli.metrics.quantiles import Quantiles
from ce_cli.metrics.spread import Spread
from ce_cli.metrics.state import State
from ce_cli.record import Record
from ce_cli.scoring.figures import Computed, class_names
from ce_cli.scoring.reduce import ScoreSplit, SplitResult
from ce_cli.scoring.result import report
from ce_cli.scoring.run import Run
from ce_cli.spec import ALL, Spec

if TYPE_CHECKING:
    import pyarrow as pa

    from ce_cli.binding.joining.label_file import LabelFile
    from ce_cli.results.score import Note, Result

RowSink = Callable[["pa.Table"], None]


def score(
    data: DataSet,
    spec: Spec,
    run: Run,
    every_row: RowSink | None = None,
    groupings: Sequence[Sequence[str]] | None = None,
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

    Raises
    ------
    CeError
        The options, the data or the files are invalid.
    """
    metrics = metric_states(spec)
    weights = balance(data, spec, run) if spec.balanced else ()
    whole = Pass(spec, metrics, run, weights, every_row)
    return report(whole.computed(data), groupings)


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

    def computed(self, data: DataSet) -> Computed:
        """Bind and reduce; raise if the data is bad."""
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
        per_row, by_cluster = self.every_row is not None, settled.cluster is not None
        work = ScoreSplit(binding, settled, states, per_row, by_cluster)
        repeated = None
        if len(data.names) > 1 and data.labels is None:
            from ce_cli.scoring.repeated_files import RepeatedFiles

            repeated = RepeatedFiles(binding)
            ready = ready.replace(sources=repeated.noted(ready.sources))
        splits = ready.splits()
        if per_row:
            from ce_cli.scoring.frame_splits import frame_splits, has_long_ids

            splits = frame_splits(splits) if has_long_ids(ready.source, binding.id) else splits
        total, locations = self._reduced(work, splits, RowLocations(data.names))
        ready.refuse_bad(total.issues, locations)
        notes: tuple[Note, ...] = ()
        if repeated is not None:
            starts = (*locations.starts, total.issues.read)
            notes = tuple(repeated.notes(data.names, starts, self.spec))
        if data.labels is None:
            from ce_cli.scoring.repeated_ids import repeated_ids

            notes = (*notes, *repeated_ids(ready.source, binding, settled))
        return Computed(
            total, binding, settled, metrics, locations, ready.label_file, ready.source, notes
        )

    def _reduced(
        self, work: ScoreSplit, splits: Iterator[tuple[int, Split]], locations: RowLocations
    ) -> tuple[SplitResult, RowLocations]:
        """Merge the results of all splits in order, and pass on their rows."""
        binding, total = work.binding, work.empty()
        predicted = class_names(binding, binding.sample)
        for part, result, rows in self.run.results(work, splits):
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


class Prepared(Record):
    """A data set that is bound but not read yet.

    Attributes
    ----------
    binding : Binding
        Which column has which role.
    spec : Spec
        The resolved spec, without ``auto``.
    source : Source
        The first file that has a row.
    sources : iterator of Source
        All files.
    label_file : LabelFile or None
        The file that has the labels, if it is not among these.
    same_precision : bool
        Whether all files must store predictions with the precision of the first.
    """

    binding: Binding
    spec: Spec
    source: Source
    sources: Iterator[Source]
    label_file: LabelFile | None = None
    same_precision: bool = False

    def splits(
        self, projection: Projection | None = None, others: Sequence[Binding] = ()
    ) -> Iterator[tuple[int, Split]]:
        """The splits to read, each with the number of its file.

        They have the bound columns, or those of `projection`; each file must also have the columns
        of `others`.
        """
        for part, source in enumerate(self.sources):
            if source.is_empty:
                continue
            for binding in (self.binding, *others):
                check_fits(source, binding, self.source.name if part else "")
                if part and self.same_precision:
                    check_precision(source, binding)
            for split in source.splits(projection or self.binding.projection):
                yield part, split

    def refuse_bad(self, issues: RowIssues, locations: RowLocations) -> None:
        """Check the problems found while reading.

        Raises
        ------
        DataError
            The data is bad, or there is no row to score.
        """
        if self.label_file is not None:
            self.label_file.check_used()
        _check_data(issues, self.binding, self.spec, locations)


def prepared(
    data: DataSet, spec: Spec, adapted: Callable[[Spec, Sequence[str]], Spec] | None = None
) -> Prepared:
    """Join the labels, if they are in a file of their own, and bind the columns.

    Parameters
    ----------
    data, spec : DataSet, Spec
        As for `score`.
    adapted : callable, optional
        Adapts the spec to the names of the columns.

    Raises
    ------
    CeError
        The columns do not fit the options, or their roles cannot be found.
    """
    sources, spec, label_file = with_labels(data, spec)
    leading = up_to_first_row(sources)
    source = leading[-1]
    if not source.columns():
        raise DataError(f"{source.name}: the file is empty.")
    if adapted is not None:
        spec = adapted(spec, [column.name for column in source.columns()])
    try:
        binding, settled = _bound(source, spec)
    except CeError as error:
        raise error.about(source.name) from None
    return Prepared(
        binding,
        settled,
        source,
        chain(leading, sources),
        label_file,
        same_precision=must_be_alike(spec, settled),
    )


def _bound(source: Source, spec: Spec) -> tuple[Binding, Spec]:
    """The bound columns, with the calibration of their predictions, if there is one."""
    if spec.calibrate is None:
        return bound_columns(source, spec)
    from ce_cli.binding.calibrated import calibrated, with_values

    return calibrated(source, *bound_columns(source, with_values(spec)), spec.as_)


def bound_columns(source: Source, spec: Spec) -> tuple[Binding, Spec]:
    """Bind the columns, and refuse what the first rows alone show to be wrong.

    Raises
    ------
    UsageError
        An option does not fit the columns.
    DataError
        The roles cannot be found, the labels of a single prediction are not of two classes, or
        numbers are of another kind than their names say.
    """
    binding, settled = bind(source, spec)
    class_names(binding, binding.sample)
    if spec.as_ == "auto" and settled.as_ == "logits" and binding.task != "multilabel":
        from ce_cli.binding.finding.kind_by_name import check_logits

        check_logits(source, binding)
    return binding, settled


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


def with_labels(data: DataSet, spec: Spec) -> tuple[Iterator[Source], Spec, LabelFile | None]:
    """Open the files, and join the labels if they are in another one."""
    labels = data.open_labels()
    if labels is None:
        return data.sources(), spec, None
    from ce_cli.binding.joining.joined import joined
    from ce_cli.binding.joining.label_file import LabelFile

    label_file = LabelFile(labels, spec.id, spec.missing == "skip")
    return *joined(data.sources(), label_file, spec), label_file


def up_to_first_row(sources: Iterator[Source]) -> list[Source]:
    """The first source that has a row, which shows types and labels, and those before it."""
    leading: list[Source] = []
    for source in sources:
        leading.append(source)
        if not source.is_empty:
            break
    return leading


def _check_data(issues: RowIssues, binding: Binding, spec: Spec, locations: RowLocations) -> None:
    found = list(issues.by_kind.values())
    bad = fatal(found, sums_must_fit=spec.on_bad_sum == "error")
    if bad:
        raise DataError(*sentences(bad, locations, binding.classes, issues))
    if not issues.read:
        raise DataError(f"{locations.title}: there is no data row.")
    if not issues.scored:
        left_out = ["--missing skip"] if issues.skipped else []
        left_out += ["--ignore-label"] if issues.ignored else []
        raise DataError(
            f"{locations.title}: no row is left to score after {' and '.join(left_out)}."
        )
