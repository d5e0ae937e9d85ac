"""The whole flow: from files and a spec to a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from ce_cli import registry
from ce_cli.binding.bind import bind
from ce_cli.binding.binding import Binding
from ce_cli.binding.fits import check_fits, check_precision
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

    from ce_cli.binding.label_file import LabelFile
    from ce_cli.results.score import Result

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
        Where the work is done.
    every_row : callable, optional
        Is given tables of the scored rows, in order, as they come.
    groupings : sequence of sequence of str, optional
        Sets of columns of `spec.by`, to make the groups of one after another; by default all
        columns together.

    Raises
    ------
    CeError
        Whatever is wrong with the options, the data or the files.
    """
    metrics = metric_states(spec)
    weights = balance(data, spec, run) if spec.balanced else ()
    whole = Pass(spec, metrics, run, weights, every_row)
    return report(whole.computed(data), groupings)


def balance(data: DataSet, spec: Spec, run: Run) -> tuple[float, ...]:
    """The weights that give all classes the same sum of them, found by reading the data once."""
    plain = spec.replace(worst=0, by=(), cluster=None)
    plain = plain.replace(label_smoothing=0.0)  # which would spread the labels
    plain = plain.replace(conventions=False, decompose=False)
    counts = Pass(plain, (Loss, PerClass), run).computed(data)
    return balanced_weights(counts.whole[PerClass])


class Pass(Record):
    """One reduce over the rows of all sources.

    Attributes
    ----------
    class_weights : tuple of float
        By class code, instead of those of the spec.
    """

    spec: Spec
    metrics: tuple[type[State], ...]
    run: Run
    class_weights: tuple[float, ...] = ()
    every_row: RowSink | None = None

    def computed(self, data: DataSet) -> Computed:
        """Bind, reduce, and refuse what is bad."""
        ready = prepared(data, self.spec)
        binding, settled = ready.binding, ready.spec
        if self.class_weights:
            binding = binding.replace(class_weights=self.class_weights)
        metrics = applicable(self.metrics, binding)
        states = metrics
        if settled.decompose:
            from ce_cli.scoring.decomposition import needed

            states = tuple(dict.fromkeys((*metrics, *needed(binding.space))))
        per_row, by_cluster = self.every_row is not None, settled.cluster is not None
        work = ScoreSplit(binding, settled, states, per_row, by_cluster)
        total, locations = self._reduced(work, ready.splits(), RowLocations(data.names))
        ready.refuse_bad(total.issues, locations)
        return Computed(total, binding, settled, metrics, locations, ready.label_file)

    def _reduced(
        self, work: ScoreSplit, splits: Iterator[tuple[int, Split]], locations: RowLocations
    ) -> tuple[SplitResult, RowLocations]:
        """Merge the results of all splits in order, and hand on their rows."""
        binding, total = work.binding, work.empty()
        predicted = class_names(binding, binding.sample)
        for part, result, rows in self.run.results(work, splits):
            before = total.issues.read
            locations = locations.begun(part, before)
            total = work.merge(total, result)
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
    """A data set that is bound and not yet read.

    Attributes
    ----------
    binding : Binding
        Which column plays which part.
    spec : Spec
        With every ``auto`` settled.
    source : Source
        The first file that has a row.
    sources : iterator of Source
        All files.
    label_file : LabelFile or None
        The file that has the labels.
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
        """What to read, beside the number of the file that it is of.

        The bound columns, or those of `projection`; each file must also have those of `others`.
        """
        for part, source in enumerate(self.sources):
            if source.is_empty:
                continue
            for binding in (self.binding, *others):
                check_fits(source, binding)
                if part and self.same_precision:
                    check_precision(source, binding)
            for split in source.splits(projection or self.binding.projection):
                yield part, split

    def refuse_bad(self, issues: RowIssues, locations: RowLocations) -> None:
        """Refuse the data if what was found on reading it is bad.

        Raises
        ------
        DataError
            It is, or there is no row to score.
        """
        if self.label_file is not None:
            self.label_file.check_used()
        _refuse_bad_data(issues, self.binding, self.spec, locations)


def prepared(
    data: DataSet, spec: Spec, suited: Callable[[Spec, Sequence[str]], Spec] | None = None
) -> Prepared:
    """Join the labels, if they are in a file of their own, and bind.

    Parameters
    ----------
    data, spec : DataSet, Spec
        As `score` takes them.
    suited : callable, optional
        Makes the spec suit the columns that there are.

    Raises
    ------
    CeError
        The columns do not fit the options, or do not show their roles.
    """
    sources, spec, label_file = with_labels(data, spec)
    leading = up_to_first_row(sources)
    source = leading[-1]
    if not source.columns():
        raise DataError(f"{source.name}: the file is empty.")
    if suited is not None:
        spec = suited(spec, [column.name for column in source.columns()])
    try:
        binding, settled = bind(source, spec)
        class_names(binding, binding.sample)  # so that no row is read in vain
    except CeError as error:
        raise error.about(source.name) from None
    given = spec.clip is not None and spec.sum_tolerance is not None
    return Prepared(
        binding,
        settled,
        source,
        chain(leading, sources),
        label_file,
        same_precision=settled.as_ == "probabilities" and not given,
    )


def metric_states(spec: Spec) -> tuple[type[State], ...]:
    """The states that the wanted metrics need, in the order of the registry.

    Raises
    ------
    UsageError
        A metric is not known.
    """
    for name in spec.metric:
        if name != ALL:
            registry.find(registry.METRICS, name, "metric")
    asked = set(spec.metric)
    wanted = [
        entry.load()
        for entry in registry.METRICS
        if (ALL in asked and entry.names)
        or (asked & set(entry.names) if asked else not entry.extra)
    ]
    needed = {Loss, *wanted, *(kind for state in wanted for kind in state.requires)}
    if Spread in needed:
        needed.add(Quantiles)  # which tells whether the interval can be trusted
    order = {entry.target: place for place, entry in enumerate(registry.METRICS)}
    return tuple(sorted(needed, key=lambda kind: order[f"{kind.__module__}:{kind.__name__}"]))


def applicable(metrics: Sequence[type[State]], binding: Binding) -> tuple[type[State], ...]:
    """Those that mean something for what is predicted."""
    return tuple(kind for kind in metrics if kind.why_not(binding.space) is None)


def with_labels(data: DataSet, spec: Spec) -> tuple[Iterator[Source], Spec, LabelFile | None]:
    """Open the files, and join the labels of another one, if there is one."""
    labels = data.open_labels()
    if labels is None:
        return data.sources(), spec, None
    from ce_cli.binding.joined import joined
    from ce_cli.binding.label_file import LabelFile

    label_file = LabelFile(labels, spec.id, spec.missing == "skip")
    return *joined(data.sources(), label_file, spec), label_file


def up_to_first_row(sources: Iterator[Source]) -> list[Source]:
    """The first source that has a row, since types and labels show there, and those before it."""
    leading: list[Source] = []
    for source in sources:
        leading.append(source)
        if not source.is_empty:
            break
    return leading


def _refuse_bad_data(
    issues: RowIssues, binding: Binding, spec: Spec, locations: RowLocations
) -> None:
    found = list(issues.by_kind.values())
    bad = fatal(found, sums_must_fit=spec.on_bad_sum == "error")
    if bad:
        raise DataError(*sentences(bad, locations, binding.classes))
    if not issues.read:
        raise DataError(f"{locations.title}: there is no data row.")
    if not issues.scored:
        left_out = ["--missing skip"] if issues.skipped else []
        left_out += ["--ignore-label"] if issues.ignored else []
        raise DataError(
            f"{locations.title}: no row is left to score after {' and '.join(left_out)}."
        )
