"""From merged states to the result that is shown: figures, units, tables and warnings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ce_cli import registry
from ce_cli.binding.binding import Binding
from ce_cli.binding.classes import names_of_two
from ce_cli.binding.rows import GroupKey
from ce_cli.errors import DataError
from ce_cli.groups import coarser, regrouped, sortable
from ce_cli.kernels.exact import ratios
from ce_cli.kernels.losses import LOG_2
from ce_cli.kernels.outcomes import NO_CLASS
from ce_cli.ledger import Ledger
from ce_cli.messages import no_bytes, no_weight, rest_warning, sum_warning
from ce_cli.metrics.bounds import STUDENT, Bounds, reach_of
from ce_cli.metrics.class_spread import ClassSpread
from ce_cli.metrics.ece import Ece
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.per_class import PerClass
from ce_cli.metrics.quantiles import Quantiles
from ce_cli.metrics.spread import bounds_of_loss
from ce_cli.metrics.state import State, figures_of
from ce_cli.places import Places
from ce_cli.reduce import Outcome
from ce_cli.result import Group, Interval, Note, Result, Scalar
from ce_cli.spec import ALL, Spec
from ce_cli.text import counted, listed
from ce_cli.value import Value

if TYPE_CHECKING:
    from ce_cli.binding.label_file import LabelFile
    from ce_cli.conventions import Convention
    from ce_cli.decomposed import Decomposed

Figure = TypeVar("Figure", float, Interval)

Floats = NDArray[np.float64]

_UNITLESS = {
    *("perplexity", "normalized_cross_entropy", "skill", "accuracy", "brier"),
    *("bias", "ece", "auc", "auc_error", "bits_per_token", "bits_per_byte"),
}
_MEAN_LOSSES = {
    *("standard_error", "bits_per_token", "entropy", "kl_divergence", "baseline", "confidence"),
}
_TOP_SHARE = 0.001  # the largest 0.1 % of the rows …
_TOP_HEAVY = 0.5  # … must not carry most of the variance, or the interval says little
_ROWS_A_SKEW = 5.0  # rows by squared skewness below which it does not cover: Cochran's rule (1977)

_FEW_CLUSTERS = 30

NO_LOSS = 1e-6  # nats: a mean below this is no prediction but knowledge
FEW_ROWS = 10  # too few to say so
_WRONG = 0.4  # accuracy of a binary model that is more than unlucky
_ROWS_A_CLASS = 10  # with fewer, a class that never happens says nothing
_MANY_ROWS = 30  # fewer may be bad luck


class Computed(Value):
    """All that a result is made of; `label_file` is the file of labels, if there is one."""

    total: Outcome
    binding: Binding
    spec: Spec
    metrics: tuple[type[State], ...]
    places: Places
    label_file: LabelFile | None = None

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the codes.

        Raises
        ------
        DataError
            The labels of a single prediction are not two classes.
        """
        try:
            return class_names(self.binding, self.total.ledger.labels)
        except DataError as error:
            raise error.about(self.places.title) from None

    @cached_property
    def whole(self) -> Mapping[type[State], State]:
        """States of all rows as one group."""
        return regrouped(self.total.states, np.zeros(len(self.total.keys), np.intp), 1)

    @cached_property
    def convention(self) -> Convention | None:
        """What ``--convention`` means here."""
        if self.spec.convention is None:
            return None
        from ce_cli.binding.conventions import chosen_convention

        return chosen_convention(self.binding, self.spec)

    @property
    def by_rows(self) -> bool:
        """Whether weighted losses are divided by the number of rows, as conventions may."""
        return self.convention is not None and self.convention.by_rows

    def measured(self, names: Sequence[str]) -> Measured:
        """Figures of the groups by some of the grouping columns; of all rows, by none."""
        places = [self.spec.by.index(name) for name in names]
        keys, states = coarser(self.total.keys, self.total.states, places)
        kinds = [kind for kind in self.metrics if kind.grouped or not names]
        own = {kind: states[kind] for kind in kinds}
        figures = figures_of(own)
        if self.total.clustered is None:
            bounds = {
                name: one
                for state in own.values()
                for name, one in state.bounds(own, self.spec.confidence).items()
            }
        else:
            clustered = self.total.clustered.by(places)
            errors, bounds = clustered.bounds(keys, own, self.spec.confidence)
            figures |= {"standard_error": errors} if "standard_error" in figures else {}
        if self.by_rows:
            figures, bounds = _divide_by_rows(figures, bounds, cast(Loss, own[Loss]))
        scales = {name: 1.0 if name in _UNITLESS else self.spec.scale for name in figures}
        with np.errstate(over="ignore", invalid="ignore"):
            return Measured(
                keys,
                own,
                {name: values / scales[name] for name, values in figures.items()},
                {name: bounds[name].over(scales[name]) for name in figures if name in bounds},
            )


class Measured(Value):
    """Groups, their states, and figures and intervals of each, in the unit asked for."""

    keys: tuple[GroupKey, ...]
    states: Mapping[type[State], State]
    figures: dict[str, Floats]
    bounds: dict[str, Bounds]

    def at(self, place: int, spec: Spec) -> tuple[dict[str, float], dict[str, Interval]]:
        """Those of one group that were asked for."""
        figures = {name: float(values[place]) for name, values in self.figures.items()}
        intervals = {
            name: Interval(
                float(one.low[place]), float(one.high[place]), spec.confidence, one.method
            )
            for name, one in self.bounds.items()
        }
        return _chosen(figures, spec), _chosen(intervals, spec)


def class_names(binding: Binding, seen: Sequence[str]) -> tuple[str, ...]:
    """Names of the classes; for a single prediction they are what the labels `seen` say.

    Raises
    ------
    DataError
        The labels are no two classes.
    """
    if binding.task == "likelihood":
        return ()
    return binding.classes or names_of_two(binding.labels.reader, seen)


def report(computed: Computed, groupings: Sequence[Sequence[str]] | None = None) -> Result:
    """Turn states into figures, in the unit asked for.

    Parameters
    ----------
    computed : Computed
        The states.
    groupings : sequence of sequence of str, optional
        Sets of grouping columns, to make the groups of one after another; by default all columns
        together.

    Raises
    ------
    DataError
        All weights are 0, or the labels are more than two classes.
    """
    spec, binding, ledger = computed.spec, computed.binding, computed.total.ledger
    loss = cast(Loss, computed.whole[Loss])
    weight_sum = float(loss.weight.floats()[0])
    if not weight_sum > 0:
        raise DataError(no_weight(computed.places, spec.weight or ""))
    measured = computed.measured(())
    if np.isnan(measured.figures.get("bits_per_byte", np.zeros(1))[0]):
        raise DataError(no_bytes(computed.places, spec.bytes or ""))
    metrics = {name: float(values[0]) for name, values in measured.figures.items()}
    chosen, intervals = measured.at(0, spec)
    labels = list(binding.labels.in_order)
    return Result(
        signature=spec.signature(),
        inputs=computed.places.names,
        task=spec.task,
        columns={
            "label": computed.label_file.own_names(labels) if computed.label_file else labels,
            "predictions": list(binding.predictions),
            "weight": binding.weight,
            "bytes": binding.bytes,
            "bytes_shape": binding.bytes_shape,
            "id": binding.id,
            "by": list(spec.by),
            "shape": binding.shape,
            "label_shape": binding.labels.shape,
            "labels_from": computed.label_file.name if computed.label_file else None,
        },
        classes=computed.classes,
        values=spec.values,
        unit=spec.unit,
        rows={
            "read": ledger.read,
            "scored": ledger.scored,
            "skipped": ledger.skipped,
            "ignored": ledger.ignored,
            "clipped": ledger.count("clipped"),
            "infinite": ledger.count("infinite"),
        },
        weight_sum=weight_sum,
        cluster=_cluster(computed),
        metrics=chosen,
        intervals=intervals,
        not_applicable=dict(_not_applicable(computed)),
        per_class=tuple(_per_class(computed)),
        calibration=tuple(_calibration(computed)),
        groups=tuple(
            group
            for names in ([spec.by] if groupings is None else groupings)
            for group in _groups(computed, names)
        ),
        worst=tuple(_worst(computed)),
        conventions=tuple(_conventions(computed)),
        decomposition=_decomposition(computed),
        warnings=tuple(_warnings(computed, metrics)),
    )


def _cluster(computed: Computed) -> dict[str, Scalar] | None:
    """The column of the clusters, and how many there are."""
    clustered = computed.total.clustered
    if clustered is None:
        return None
    return {"column": computed.spec.cluster, "count": clustered.count}


def _divide_by_rows(
    figures: dict[str, Floats], bounds: dict[str, Bounds], loss: Loss
) -> tuple[dict[str, Floats], dict[str, Bounds]]:
    """Means of losses as Σ w·loss / n; what is no loss, or a ratio of two, stays as it is."""
    share, figures, bounds = _weight_a_row(loss), dict(figures), dict(bounds)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for name in figures.keys() & {*_MEAN_LOSSES, "cross_entropy"}:
            figures[name] = figures[name] * share
            if name in bounds:
                bounds[name] = bounds[name].over(1.0 / share)
        if "cross_entropy" in figures:
            mean = np.where(loss.infinite.floats() > 0, np.inf, ratios(loss.loss, loss.rows))
            figures |= {"cross_entropy": mean, "perplexity": np.exp(mean)}
        if "cross_entropy" in bounds:
            bounds |= bounds_of_loss(bounds["cross_entropy"], loss.rows.floats())
    return figures, bounds


def _weight_a_row(loss: Loss) -> Floats:
    """Σ w / n by group, 0 where there is no row."""
    return loss.weight.floats() / np.maximum(loss.rows.floats(), 1.0)


def _chosen(metrics: Mapping[str, Figure], spec: Spec) -> dict[str, Figure]:
    if not spec.metrics or ALL in spec.metrics:
        return dict(metrics)
    return {name: value for name, value in metrics.items() if name in spec.metrics}


def interval(mean: float, error: float, count: int, confidence: float, method: str) -> Interval:
    """Mean ± t · standard error of `count` independent numbers; NaN where there is none."""
    reach = reach_of(count, confidence) * error if math.isfinite(mean) else math.nan
    return Interval(mean - reach, mean + reach, confidence, method)


def _not_applicable(computed: Computed) -> Iterator[tuple[str, str]]:
    """Metrics that were asked for and mean nothing for such predictions, and why."""
    asked = set(computed.spec.metrics)
    for entry in registry.METRICS:
        names = entry.names if ALL in asked else [name for name in entry.names if name in asked]
        why = entry.load().why_not(computed.binding.space) if names else None
        if why is not None:
            yield from ((name, why) for name in names)
    if computed.spec.decompose:
        from ce_cli.decomposition import why_not

        why = why_not(computed.binding.space)
        if why is not None:
            yield "decomposition", why


def _decomposition(computed: Computed) -> Decomposed | None:
    """The cross-entropy taken apart, if that was asked for and means something."""
    if not computed.spec.decompose:
        return None
    from ce_cli.decomposition import decomposed, why_not

    spec, space = computed.spec, computed.binding.space
    if why_not(space) is not None:
        return None
    clip = spec.clip or 0.0
    return decomposed(computed.whole, space, spec.values, clip, computed.classes, spec.scale)


def _calibration(computed: Computed) -> Iterator[dict[str, Scalar]]:
    """The bins of the expected calibration error."""
    if Ece in computed.metrics:
        yield from cast(Ece, computed.whole[Ece]).bins()


def _conventions(computed: Computed) -> Iterator[dict[str, Scalar]]:
    """The same rows as other tools score them, with the reason for each difference."""
    sums = computed.total.by_convention
    if sums is None:
        return
    from ce_cli.binding.conventions import all_conventions
    from ce_cli.conventions import Facts, why

    loss, scale = cast(Loss, computed.whole[Loss]), computed.spec.scale
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
        yield {
            "convention": kind.name,
            "cross_entropy": own.mean,
            "difference": own.mean - facts[0].mean if own.mean != facts[0].mean else 0.0,
            "raised": own.raised,
            "why": why(kind, own, kinds[0], facts[0]),
        }


def _per_class(computed: Computed) -> Iterator[dict[str, Scalar]]:
    """A line for each class; with the interval of its mean where that was asked for."""
    if PerClass not in computed.metrics:
        return
    scale, loss = computed.spec.scale, cast(PerClass, computed.whole[PerClass]).loss
    ends: list[dict[str, Scalar]] = [{} for _ in computed.classes]
    if ClassSpread in computed.metrics and computed.spec.cluster is None:
        spread = cast(ClassSpread, computed.whole[ClassSpread])
        bounds = spread.class_bounds(computed.whole, computed.spec.confidence).over(scale)
        pairs = zip(bounds.low.tolist(), bounds.high.tolist(), strict=True)
        ends = [{"low": low, "high": high} for low, high in pairs]
    mean = loss.mean
    if computed.by_rows:
        mean = mean * _weight_a_row(loss)
    figures = zip(loss.rows.floats(), loss.weight.floats(), mean, ends, strict=True)
    for name, (rows, weight, mean, own) in zip(computed.classes, figures, strict=True):
        yield {
            "class": name,
            "rows": int(rows),
            "weight_sum": float(weight),
            "cross_entropy": float(mean) / scale,
            **own,
        }


def _groups(computed: Computed, names: Sequence[str]) -> Iterator[Group]:
    if not names:
        return
    measured = computed.measured(names)
    loss = cast(Loss, measured.states[Loss])
    rows, weights = loss.rows.floats().astype(np.int64).tolist(), loss.weight.floats().tolist()
    occurring = [place for place, count in enumerate(rows) if count]
    for place in sorted(occurring, key=lambda place: sortable(measured.keys[place])):
        by = dict(zip(names, measured.keys[place], strict=True))
        yield Group(by, rows[place], weights[place], *measured.at(place, computed.spec))


def _worst(computed: Computed) -> Iterator[dict[str, Scalar]]:
    worst = computed.total.worst
    if worst is None:
        return
    ids = [None] * len(worst) if worst.ids is None else worst.ids.to_pylist()
    several = len(computed.places.names) > 1
    for place in range(len(worst)):
        row = int(worst.rows[place])
        line: dict[str, Scalar] = {"row": row + 1}
        if several:
            line["file"], line["file_row"] = computed.places.of(row)
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


def _warnings(computed: Computed, metrics: Mapping[str, float]) -> Iterator[Note]:
    loss = float(cast(Loss, computed.whole[Loss]).loss.floats()[0])
    raised = float(computed.total.clipped.floats()[0])
    ledger, clip = computed.total.ledger, computed.spec.clip or 0.0
    yield from ledger_notes(ledger, computed.places, clip, raised, loss, computed.spec.convention)
    if computed.convention is not None:
        yield from _convention_note(computed, computed.convention)
    if computed.label_file is not None and computed.label_file.unused:
        unused = computed.label_file.unused
        message = f"{counted(unused, 'row')} of {computed.label_file.name} have no prediction."
        yield Note("unpredicted", message, unused)
    yield from _figure_warnings(computed, metrics)
    yield from _trap_warnings(computed, metrics)
    yield from _overflow(computed, _chosen(metrics, computed.spec))


def _convention_note(computed: Computed, convention: Convention) -> Iterator[Note]:
    from ce_cli.conventions import told

    loss = cast(Loss, computed.whole[Loss])
    message = told(convention, computed.total.ledger.scored, float(loss.weight.floats()[0]))
    if message:
        yield Note("convention", message)


def _figure_warnings(computed: Computed, metrics: Mapping[str, float]) -> Iterator[Note]:
    if "standard_error" in metrics and computed.total.ledger.scored < 2:
        yield Note("no_interval", "One row has no standard error.")
    if metrics.get("baseline") == 0.0:
        yield Note("one_class", "All labels are one class, so skill is not defined.")
    clustered = computed.total.clustered
    if clustered is not None:
        yield from few_clusters(clustered.count)
    elif Quantiles in computed.metrics and "standard_error" in metrics:
        yield from _tail_warnings(cast(Quantiles, computed.whole[Quantiles]), computed)


def _tail_warnings(losses: Quantiles, computed: Computed) -> Iterator[Note]:
    """Whether the interval of the mean covers what it says."""
    rows, level = computed.total.ledger.scored, f"{100 * computed.spec.confidence:.10g} %"
    share = losses.top_heaviness(_TOP_SHARE)
    if share > _TOP_HEAVY and rows * _TOP_SHARE >= 1:
        yield Note(
            "heavy_tail",
            f"The largest 0.1 % of the losses carry {100 * share:.0f} % of the variance: "
            "the interval may be too narrow.",
        )
        return
    needed = _ROWS_A_SKEW * losses.skewness() ** 2
    if rows < needed:
        yield Note(
            "few_rows",
            f"A handful of rows carry the variance: the {level} interval covers the true mean less "
            f"often than it says with fewer than {float(f'{needed:.2g}'):,.0f} such rows.",
        )


def few_clusters(count: int) -> Iterator[Note]:
    """That t on sums by cluster is too narrow by more than rounding."""
    if count < _FEW_CLUSTERS:
        message = f"Only {counted(count, 'cluster')}: the interval may be too narrow."
        yield Note("few_clusters", message)


def _trap_warnings(computed: Computed, metrics: Mapping[str, float]) -> Iterator[Note]:
    """What `ce inspect` would look into, as far as the figures at hand tell."""
    loss, rows = cast(Loss, computed.whole[Loss]), computed.total.ledger.scored
    if loss.mean[0] < NO_LOSS and metrics.get("baseline", 0.0) > 0.0 and rows >= FEW_ROWS:
        yield Note(
            "no_loss",
            "All losses are nearly 0: were these rows trained on, or were the predictions made "
            "from the labels?",
        )
    if PerClass not in computed.metrics:
        return
    own = cast(PerClass, computed.whole[PerClass]).loss
    accuracy, task = metrics.get("accuracy", 1.0), computed.binding.task
    flipped = task == "binary" and accuracy < _WRONG and own.mean.min() > LOG_2
    if flipped and rows >= _MANY_ROWS:
        yield Note(
            "flipped_positive",
            f"Both classes are mostly given less than 1/2 (accuracy {100 * accuracy:.1f} %): is "
            "the positive class flipped? ce inspect tells.",
        )
    weights = own.weight.floats()
    mean, error = (metrics.get(name, math.nan) for name in ("cross_entropy", "standard_error"))
    low = interval(mean, error, rows, computed.spec.confidence, STUDENT).low
    worse = low > metrics.get("baseline", math.inf) > 0 and not flipped
    with np.errstate(over="ignore", invalid="ignore"):
        guessing = accuracy < weights.max() / weights.sum()
    if worse and guessing and task in ("binary", "multiclass") and rows >= _MANY_ROWS:
        yield Note(
            "worse_than_constant",
            "Always predicting the share of each class would score better: do predictions and "
            "labels belong to the same rows and classes? ce inspect looks for the cause.",
        )
    absent = np.flatnonzero(own.rows.floats() == 0)
    enough = rows >= _ROWS_A_CLASS * len(computed.classes)
    if task == "multiclass" and enough and 0 < len(absent) < len(computed.classes) - 1:
        names = listed(computed.classes[code] for code in absent)
        what = "class" if len(absent) == 1 else "classes"
        yield Note("class_never_seen", f"No row is of the {what} {names}.")


def _overflow(computed: Computed, metrics: Mapping[str, float]) -> Iterator[Note]:
    """Say why what JSON shows as null is not a number, where nothing else has said it."""
    if computed.total.ledger.count("infinite"):
        return
    beyond = [name for name, value in metrics.items() if math.isinf(value)]
    if beyond and metrics.get("baseline") != 0.0:
        yield Note("overflow", f"Beyond the range of a float64: {', '.join(beyond)}.")


def ledger_notes(
    ledger: Ledger,
    places: Places,
    clip: float,
    raised: float,
    total: float,
    convention: str | None = None,
) -> Iterator[Note]:
    """What happened to rows that were scored all the same, and which were left out.

    Parameters
    ----------
    ledger, places
        What happened, and where.
    clip : float
        What probabilities were raised to.
    raised, total : float
        Σ w·loss of the rows that were, and of all.
    convention : str, optional
        The tool as which they were scored.
    """
    for finding in ledger.findings.values():
        message = ""
        if finding.code in ("bad-sum", "renormalized"):
            message = sum_warning(finding, places, convention)
        elif finding.code == "rest-missing":
            message = rest_warning(finding, places)
        elif finding.code == "clipped":
            share = min(1.0, raised / total) if 0 < total < math.inf else 1.0
            message = _clip_message(finding.count, clip, share, convention)
        elif finding.code == "infinite":
            what = "it" if finding.count == 1 else "them"
            message = (
                f"{counted(finding.count, 'row')} gave what happened a probability of 0: the loss "
                f"of {what}, and so the cross-entropy, is infinite."
            )
        if message:
            rows = tuple(row + 1 for row in finding.rows)
            yield Note(finding.code.replace("-", "_"), message, finding.count, rows)
    if ledger.skipped:
        message = f"{counted(ledger.skipped, 'row')} with a missing value left out."
        yield Note("skipped", message, ledger.skipped)


def _clip_message(count: int, clip: float, share: float, convention: str | None) -> str:
    carries = "it carries" if count == 1 else "they carry"
    how = "--clip none shows infinity" if convention is None else f"--convention {convention}"
    return (
        f"{counted(count, 'row')} gave what happened a probability below {clip:.2g}; "
        f"clipped to that, {carries} {100 * share:.1f} % of the total loss ({how})."
    )
