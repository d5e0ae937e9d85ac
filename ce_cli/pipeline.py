"""The whole flow: from files and a spec to a result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ce_cli import registry
from ce_cli.binding.bind import Binding, bind, check_fits
from ce_cli.binding.classes import names_of_two
from ce_cli.engines.local import map_in_order
from ce_cli.errors import DataError
from ce_cli.inputs.source import Source, Split
from ce_cli.messages import Places, fatal, sentence
from ce_cli.metrics.state import State
from ce_cli.reduce import Outcome, Work
from ce_cli.report import Computed, report
from ce_cli.spec import Spec
from ce_cli.text import listed

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
    first = next(sources)
    binding, spec = bind(first, spec)
    work = Work(binding, spec, metrics, every_row is not None)
    total = work.empty()
    class_names = binding.classes or names_of_two(binding.labels, binding.sample)
    starts: list[int] = []
    splits = _splits(first, sources, binding)
    for part, outcome, rows in map_in_order(work, splits, threads):
        starts += [total.ledger.read] * (part + 1 - len(starts))
        if every_row is not None:
            places = Places(tuple(names), tuple(starts))
            for some in rows:
                shifted = some.shifted(total.ledger.read)
                every_row(shifted.table(class_names, spec.scale, binding.id, places))
        total = work.merge(total, outcome)
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
    if spec.metrics:
        entries = [registry.find(registry.METRICS, name, "metric") for name in spec.metrics]
    else:
        entries = list(registry.METRICS)
    chosen: list[type[State]] = [entry.load() for entry in entries]
    needed = {kind for state in chosen for kind in (*state.requires, state)}
    every = [entry.load() for entry in registry.METRICS if entry.load() in needed]
    return tuple(every)


def _splits(
    first: Source, others: Iterator[Source], binding: Binding
) -> Iterator[tuple[int, Split]]:
    wanted = binding.wanted
    for split in first.splits(wanted):
        yield 0, split
    for part, source in enumerate(others, start=1):
        check_fits(source, binding)
        for split in source.splits(wanted):
            yield part, split


def _refuse_bad_data(total: Outcome, binding: Binding, spec: Spec, places: Places) -> None:
    findings = list(total.ledger.findings.values())
    bad = fatal(findings, sums_must_fit=spec.on_bad_sum == "error")
    if bad:
        raise DataError(*(sentence(finding, places, binding.classes) for finding in bad))
    if not total.ledger.read:
        raise DataError(f"{listed(places.names, 3)}: there is a header and no data row.")
    if not total.ledger.scored:
        raise DataError(f"{listed(places.names, 3)}: no row is left to score after --missing skip.")
