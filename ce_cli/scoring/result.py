"""The result of ``ce score``: figures, tables and warnings, from the merged states."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ce_cli import registry
from ce_cli.errors import DataError
from ce_cli.findings.messages import no_bytes, no_weight
from ce_cli.kernels.exact import ratios
from ce_cli.kernels.outcomes import NO_CLASS
from ce_cli.metrics.bounds import Level
from ce_cli.metrics.class_spread import ClassSpread
from ce_cli.metrics.ece import Ece
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.per_class import PerClass
from ce_cli.registry import FIGURES
from ce_cli.results.document import Scalar
from ce_cli.results.group_table import GroupIntervals, GroupTable
from ce_cli.results.lines import (
    BoundColumns,
    CalibrationBin,
    ClassLoss,
    ClusterCount,
    ConventionScore,
)
from ce_cli.results.score import Group, Result
from ce_cli.scoring.figures import Computed, Measured, chosen, weight_a_row
from ce_cli.scoring.warnings import warnings_of
from ce_cli.spec import ALL, Spec

if TYPE_CHECKING:
    from ce_cli.binding.binding import Binding
    from ce_cli.binding.joining.label_file import LabelFile
    from ce_cli.results.decomposition import Decomposed


def report(computed: Computed, groupings: Sequence[Sequence[str]] | None = None) -> Result:
    """Turn states into a result, in the unit of the spec.

    Parameters
    ----------
    computed : Computed
        The states.
    groupings : sequence of sequence of str, optional
        Sets of grouping columns, each of which makes groups of its own; by default one set of all
        columns.

    Raises
    ------
    DataError
        All weights are 0, or the labels are of more than two classes.
    """
    spec, issues = computed.spec, computed.total.issues
    loss = computed.whole[Loss]
    weight_sum = float(loss.weight.floats()[0])
    if not weight_sum > 0:
        raise DataError(no_weight(computed.locations, spec.weight or ""))
    measured = computed.measured(())
    if np.isnan(measured.figures.get("bits_per_byte", np.zeros(1))[0]):
        raise DataError(no_bytes(computed.locations, spec.bytes or ""))
    own, intervals = measured.at(0, spec)
    by = [spec.by] if groupings is None else groupings
    groups = [(names, computed.measured(names)) for names in by if names]
    return Result(
        signature=spec.signature(),
        inputs=computed.locations.names,
        task=spec.task,
        columns=columns_of(computed.binding, spec.by, computed.label_file),
        classes=computed.classes,
        values=spec.as_,
        unit=spec.unit,
        rows={
            "read": issues.read,
            "scored": issues.scored,
            "skipped": issues.skipped,
            "ignored": issues.ignored,
            "clipped": issues.count("clipped"),
            "infinite": issues.count("infinite"),
        },
        weight_sum=weight_sum,
        cluster=_cluster(computed),
        metrics=own,
        intervals=intervals,
        about=_about(computed, own),
        not_applicable=dict(_not_applicable(computed)),
        per_class=tuple(_per_class(computed)),
        calibration=tuple(_calibration(computed)),
        groups=_groups(groups, spec),
        worst=tuple(_worst(computed)),
        conventions=tuple(_conventions(computed)),
        decomposition=_decomposition(computed),
        warnings=tuple(warnings_of(computed, measured, groups)),
    )


def columns_of(binding: Binding, by: Sequence[str], file: LabelFile | None) -> BoundColumns:
    """Which column plays which role, as a document says it."""
    labels = list(binding.labels.in_order)
    return BoundColumns(
        label=tuple(file.own_names(labels) if file else labels),
        predictions=tuple(binding.predictions),
        by=tuple(by),
        weight=binding.weight,
        bytes=binding.bytes,
        bytes_shape=binding.bytes_shape,
        id=binding.id,
        shape=binding.shape,
        label_shape=binding.labels.shape,
        labels_from=file.name if file else None,
        found_by=binding.found_by,
        tokens=binding.tokens,
        predicted_class=binding.predicted_class,
    )


def _cluster(computed: Computed) -> ClusterCount | None:
    """The column of the clusters, and how many there are."""
    clustered = computed.total.clustered
    if clustered is None or computed.spec.cluster is None:
        return None
    return ClusterCount(computed.spec.cluster, clustered.count)


def _about(computed: Computed, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """The class of each figure that is of one class."""
    of = {"of": "top class"}
    if len(computed.classes) == 2:
        of = {"of": "positive class", "class": computed.classes[1]}
    return {name: of for name in names if FIGURES[name].of_a_class}


def _not_applicable(computed: Computed) -> Iterator[tuple[str, str]]:
    """The chosen metrics that do not apply to such predictions, and why."""
    chosen = set(computed.spec.metric)
    for entry in registry.METRICS:
        names = entry.names if ALL in chosen else [name for name in entry.names if name in chosen]
        why = entry.load().why_not(computed.binding.space) if names else None
        if why is not None:
            yield from ((name, why) for name in names)
    if computed.spec.decompose:
        from ce_cli.scoring.decomposition import why_not

        why = why_not(computed.binding.space)
        if why is not None:
            yield "decomposition", why


def _decomposition(computed: Computed) -> Decomposed | None:
    """The decomposition, if it is chosen and applies."""
    if not computed.spec.decompose:
        return None
    from ce_cli.metrics.unsmoothed import Unsmoothed
    from ce_cli.scoring.decomposition import decomposed, why_not

    spec, space = computed.spec, computed.binding.space
    if why_not(space) is not None:
        return None
    states, clip = computed.whole, spec.clip or 0.0
    if spec.label_smoothing:
        states = states[Unsmoothed].states
    found = decomposed(states, space, spec.scored_as, clip, computed.classes, spec.scale)
    return found.replace(unsmoothed=bool(spec.label_smoothing))


def _calibration(computed: Computed) -> Iterator[CalibrationBin]:
    """The bins of the expected calibration error."""
    if Ece in computed.metrics:
        yield from computed.whole[Ece].bins()


def _conventions(computed: Computed) -> Iterator[ConventionScore]:
    """The same rows as other tools score them, with the reason for each difference."""
    sums = computed.total.by_convention
    if sums is None:
        return
    from ce_cli.binding.convention_choice import all_conventions
    from ce_cli.binding.conventions import Facts, why

    loss, scale = computed.whole[Loss], computed.spec.scale
    kinds = all_conventions(computed.binding, computed.spec)
    counts = [kind.floats() for kind in (sums.infinite, sums.raised, sums.lowered)]
    facts = []
    for place, kind in enumerate(kinds):
        divisor = loss.rows if kind.by_rows else loss.weight
        infinite, raised, lowered = (int(count[place]) for count in counts)
        mean = float(ratios(sums.loss.between(place, place + 1), divisor)[0])
        facts.append(
            Facts(
                math.nan if kind.unknown else math.inf if infinite else mean / scale,
                infinite,
                raised,
                lowered,
                int(loss.rows.floats()[0]),
                float(loss.weight.floats()[0]),
                (sums.lowest, sums.highest),
            )
        )
    for kind, own in zip(kinds, facts, strict=True):
        difference = own.mean - facts[0].mean if own.mean != facts[0].mean else 0.0
        reason = why(kind, own, kinds[0], facts[0])
        yield ConventionScore(kind.name, own.mean, difference, own.raised, reason)


def _per_class(computed: Computed) -> Iterator[ClassLoss]:
    """A line for each class, with the interval of its mean if that is chosen."""
    if PerClass not in computed.metrics:
        return
    scale, loss = computed.spec.scale, computed.whole[PerClass].loss
    ends: list[tuple[float, float] | None] = [None for _ in computed.classes]
    if ClassSpread in computed.metrics and computed.spec.cluster is None:
        spread = computed.whole[ClassSpread]
        level = Level(computed.spec.confidence, computed.spec.interval)
        bounds = spread.class_bounds(computed.whole, level)
        bounds = bounds.over(scale / weight_a_row(loss) if computed.by_rows else scale)
        ends = list(zip(bounds.low.tolist(), bounds.high.tolist(), strict=True))
    mean = loss.mean
    if computed.by_rows:
        mean = mean * weight_a_row(loss)
    figures = zip(loss.rows.floats(), loss.weight.floats(), mean, ends, strict=True)
    for name, (rows, weight, mean, own) in zip(computed.classes, figures, strict=True):
        yield ClassLoss(name, int(rows), float(weight), float(mean) / scale, own)


def _groups(by: Sequence[tuple[Sequence[str], Measured]], spec: Spec) -> Sequence[Group]:
    """The groups by each set of columns."""
    tables = [_group_table(names, measured, spec) for names, measured in by]
    return tables[0] if len(tables) == 1 else tuple(group for own in tables for group in own)


def _group_table(names: Sequence[str], measured: Measured, spec: Spec) -> GroupTable:
    loss = measured.states[Loss]
    rows = loss.rows.floats().astype(np.int64)
    order = measured.keys.order()
    order = order[rows[order] > 0]
    figures, bounds = chosen(measured.figures, spec), chosen(measured.compared, spec)
    return GroupTable(
        by=dict(zip(names, measured.keys.take(order).columns, strict=True)),
        rows=rows[order],
        weight_sum=loss.weight.floats()[order],
        metrics={name: values[order] for name, values in figures.items()},
        intervals={
            name: GroupIntervals(
                one.low[order],
                one.high[order],
                spec.confidence,
                one.method,
                None if one.counts is None else one.counts[order],
                None if one.skewness is None else one.skewness[order],
            )
            for name, one in bounds.items()
        },
    )


def _worst(computed: Computed) -> Iterator[dict[str, Scalar]]:
    worst = computed.total.worst
    if worst is None:
        return
    ids = [None] * len(worst) if worst.ids is None else worst.ids.to_pylist()
    several = len(computed.locations.names) > 1
    for place in range(len(worst)):
        row = int(worst.rows[place])
        line: dict[str, Scalar] = {"row": row + 1}
        if several:
            line["file"], line["file_row"] = computed.locations.of(row)
        if computed.binding.id:
            line["id"] = ids[place]
        yield line | {
            "label": _named(computed.classes, int(worst.labels[place])),
            "probability": float(worst.probability[place]),
            "predicted": _named(computed.classes, int(worst.predicted[place])),
            "prediction": float(worst.prediction[place]),
            "loss": float(worst.loss[place]) / computed.spec.scale,
        }


def _named(classes: Sequence[str], code: int) -> str | None:
    return None if code == NO_CLASS else classes[code]
