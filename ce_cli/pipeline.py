"""The whole flow: from files and a spec to a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from ce_cli import registry
from ce_cli.binding.bind import bind
from ce_cli.binding.binding import Binding
from ce_cli.binding.fits import check_fits, check_precision
from ce_cli.engines.local import map_in_order
from ce_cli.errors import CeError, DataError
from ce_cli.inputs.source import Source, Split
from ce_cli.messages import Places, fatal, sentences
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.state import State
from ce_cli.reduce import Outcome, Work
from ce_cli.report import Computed, class_names, report
from ce_cli.spec import Spec

if TYPE_CHECKING:
    import pyarrow as pa

    from ce_cli.result import Result

RowSink = Callable[["pa.Table"], None]


def run(
    sources: Iterator[Source],
    names: Sequence[str],
    spec: Spec,
    threads: int = 1,
    every_row: RowSink | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Score the rows of all `sources` as one data set.

    Parameters
    ----------
    sources : iterator of Source
        Opened one after another; the first one decides the binding.
    names : sequence of str
        Of the inputs, as they are shown.
    spec : Spec
        What to compute.
    threads : int
        How many splits are worked on at once.
    every_row : callable, optional
        Is given tables of the scored rows, in order, as they come.
    progress : callable, optional
        Is given the number of rows read so far.

    Raises
    ------
    CeError
        Whatever is wrong with the options, the data or the files.
    """
    metrics = metric_states(spec)
    leading = up_to_first_row(sources)
    given = spec.clip is not None and spec.sum_tolerance is not None
    try:
        binding, spec = bind(leading[-1], spec)
        predicted = class_names(binding, binding.sample)
        metrics = applicable(metrics, binding)
    except CeError as error:
        raise error.about(leading[-1].name) from None
    work = Work(binding, spec, metrics, every_row is not None)
    total = work.empty()
    starts: list[int] = []
    needs_precision = spec.values == "probabilities" and not given
    splits = _splits(chain(leading, sources), binding, needs_precision)
    for part, outcome, rows in map_in_order(work, splits, threads):
        before = total.ledger.read
        starts += [before] * (part + 1 - len(starts))
        total = work.merge(total, outcome)
        if every_row is not None and rows:
            labels = class_names(binding, total.ledger.labels)
            places = Places(tuple(names), tuple(starts))
            for some in rows:
                shifted = some.shifted(before)
                every_row(shifted.table(labels, predicted, spec.scale, binding.id, places))
        if progress is not None:
            progress(total.ledger.read)
    starts += [total.ledger.read] * (len(names) - len(starts))
    places = Places(tuple(names), tuple(starts))
    _refuse_bad_data(total, binding, spec, places)
    return report(Computed(total, binding, spec, metrics, places))


def metric_states(spec: Spec) -> tuple[type[State], ...]:
    """The states that the wanted metrics need, in the order of the registry.

    Raises
    ------
    UsageError
        A metric is not known.
    """
    for name in spec.metrics:
        registry.find(registry.METRICS, name, "metric")
    wanted = [
        entry.load()
        for entry in registry.METRICS
        if not spec.metrics or set(entry.names) & set(spec.metrics)
    ]
    needed = {Loss, *wanted, *(kind for state in wanted for kind in state.requires)}
    return tuple(kind for kind in (entry.load() for entry in registry.METRICS) if kind in needed)


def applicable(metrics: Sequence[type[State]], binding: Binding) -> tuple[type[State], ...]:
    """Those that mean something where only what happened has a prediction, or else all."""
    return tuple(kind for kind in metrics if binding.class_count or not kind.of_classes)


def up_to_first_row(sources: Iterator[Source]) -> list[Source]:
    """The first source that has a row, since types and labels show there, and those before it."""
    leading: list[Source] = []
    for source in sources:
        leading.append(source)
        if not source.is_empty:
            break
    return leading


def _splits(
    sources: Iterable[Source], binding: Binding, needs_precision: bool
) -> Iterator[tuple[int, Split]]:
    for part, source in enumerate(sources):
        check_fits(source, binding)
        if part and needs_precision:
            check_precision(source, binding)
        for split in source.splits(binding.wanted):
            yield part, split


def _refuse_bad_data(total: Outcome, binding: Binding, spec: Spec, places: Places) -> None:
    findings = list(total.ledger.findings.values())
    bad = fatal(findings, sums_must_fit=spec.on_bad_sum == "error")
    if bad:
        raise DataError(*sentences(bad, places, binding.classes))
    if not total.ledger.read:
        raise DataError(f"{places.title}: there is no data row.")
    if not total.ledger.scored:
        ignoring = " and --ignore-label" if total.ledger.ignored else ""
        raise DataError(f"{places.title}: no row is left to score after --missing skip{ignoring}.")
