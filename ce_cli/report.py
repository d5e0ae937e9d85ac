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
from ce_cli.kernels.losses import LOG_2
from ce_cli.kernels.outcomes import NO_CLASS
from ce_cli.kernels.student import t_quantile
from ce_cli.ledger import Ledger
from ce_cli.messages import no_weight, rest_warning, sum_warning
from ce_cli.metrics.ece import Ece
from ce_cli.metrics.loss import Loss
from ce_cli.metrics.per_class import PerClass
from ce_cli.metrics.quantiles import Quantiles
from ce_cli.metrics.state import State
from ce_cli.places import Places
from ce_cli.reduce import Outcome, coarser, regrouped
from ce_cli.result import Group, Interval, Note, Result, Scalar
from ce_cli.spec import ALL, Spec
from ce_cli.text import counted, listed
from ce_cli.value import Value

if TYPE_CHECKING:
    from ce_cli.binding.label_file import LabelFile
    from ce_cli.decomposed import Decomposed

Figure = TypeVar("Figure", float, Interval)

Floats = NDArray[np.float64]

_UNITLESS = {
    *("perplexity", "normalized_cross_entropy", "skill", "accuracy", "brier"),
    *("bias", "ece", "auc", "auc_error"),
}
_TOP_SHARE = 0.001  # the largest 0.1 % of the rows …
_TOP_HEAVY = 0.5  # … must not carry most of the variance, or the interval says little
METHOD = "Student t on the weighted mean"

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

    def grouped(
        self, names: Sequence[str]
    ) -> tuple[tuple[GroupKey, ...], Mapping[type[State], State]]:
        """Groups by some of the grouping columns, and their states."""
        places = [self.binding.by.index(name) for name in names]
        return coarser(self.total.keys, self.total.states, places)


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
    figures = _figures(computed, computed.whole, computed.metrics)
    metrics = {name: float(values[0]) for name, values in figures.items()}
    found = _errors(computed, computed.whole, computed.metrics, figures)
    errors = {name: float(values[0]) for name, values in found.items()}
    labels = list(binding.labels.in_order)
    return Result(
        signature=spec.signature(),
        inputs=computed.places.names,
        task=spec.task,
        columns={
            "label": computed.label_file.own_names(labels) if computed.label_file else labels,
            "predictions": list(binding.predictions),
            "weight": binding.weight,
            "id": binding.id,
            "by": list(binding.by),
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
        metrics=_chosen(metrics, spec),
        intervals=_chosen(_intervals(metrics, errors, ledger.scored, spec), spec),
        not_applicable=dict(_not_applicable(computed)),
        per_class=tuple(_per_class(computed)),
        calibration=tuple(_calibration(computed)),
        groups=tuple(
            group
            for names in ([binding.by] if groupings is None else groupings)
            for group in _groups(computed, names)
        ),
        worst=tuple(_worst(computed)),
        decomposition=_decomposition(computed),
        warnings=tuple(_warnings(computed, metrics)),
    )


def _figures(
    computed: Computed, states: Mapping[type[State], State], kinds: Sequence[type[State]]
) -> dict[str, Floats]:
    figures: dict[str, Floats] = {}
    for kind in kinds:
        if kind is PerClass:
            continue
        for name, values in states[kind].figures(states).items():
            with np.errstate(over="ignore", invalid="ignore"):
                figures[name] = values if name in _UNITLESS else values / computed.spec.scale
    return figures


def _chosen(metrics: Mapping[str, Figure], spec: Spec) -> dict[str, Figure]:
    if not spec.metrics or ALL in spec.metrics:
        return dict(metrics)
    return {name: value for name, value in metrics.items() if name in spec.metrics}


def _errors(
    computed: Computed,
    states: Mapping[type[State], State],
    kinds: Sequence[type[State]],
    figures: Mapping[str, Floats],
) -> dict[str, Floats]:
    """Standard errors of the metrics that have one, in their units."""
    errors: dict[str, Floats] = {}
    if "standard_error" in figures:
        errors["cross_entropy"] = figures["standard_error"]
    for kind in kinds:
        for name, values in states[kind].errors(states).items():
            errors[name] = values if name in _UNITLESS else values / computed.spec.scale
    return errors


def _intervals(
    metrics: Mapping[str, float], errors: Mapping[str, float], rows: int, spec: Spec
) -> dict[str, Interval]:
    return {
        name: interval(metrics[name], error, rows, spec.confidence, METHOD)
        for name, error in errors.items()
    }


def interval(mean: float, error: float, count: int, confidence: float, method: str) -> Interval:
    """Mean ± t · standard error of `count` independent numbers; NaN where there is none."""
    known = count > 1 and math.isfinite(mean)
    reach = t_quantile(confidence, count - 1) * error if known else math.nan
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


def _per_class(computed: Computed) -> Iterator[dict[str, Scalar]]:
    if PerClass not in computed.metrics:
        return
    loss = cast(PerClass, computed.whole[PerClass]).loss
    figures = zip(loss.rows.floats(), loss.weight.floats(), loss.mean, strict=True)
    for name, (rows, weight, mean) in zip(computed.classes, figures, strict=True):
        yield {
            "class": name,
            "rows": int(rows),
            "weight_sum": float(weight),
            "cross_entropy": float(mean) / computed.spec.scale,
        }


def _groups(computed: Computed, names: Sequence[str]) -> Iterator[Group]:
    if not names:
        return
    kinds = [kind for kind in computed.metrics if kind.grouped]
    keys, states = computed.grouped(names)
    figures = _figures(computed, states, kinds)
    columns = [
        {name: values.tolist() for name, values in table.items()}
        for table in (figures, _errors(computed, states, kinds, figures))
    ]
    loss = cast(Loss, states[Loss])
    rows, weights = loss.rows.floats().astype(np.int64).tolist(), loss.weight.floats().tolist()
    occurring = [place for place, count in enumerate(rows) if count]
    for place in sorted(occurring, key=lambda place: sortable(keys[place])):
        metrics, errors = (
            {name: values[place] for name, values in table.items()} for table in columns
        )
        yield Group(
            dict(zip(names, keys[place], strict=True)),
            rows[place],
            weights[place],
            _chosen(metrics, computed.spec),
            _chosen(_intervals(metrics, errors, rows[place], computed.spec), computed.spec),
        )


def sortable(key: Sequence[str | None]) -> tuple[tuple[int, float, str], ...]:
    """Order keys of groups: numbers by size, before text by letters, before what is missing."""
    return tuple(_rank(text) for text in key)


def _rank(text: str | None) -> tuple[int, float, str]:
    if text is None:
        return 2, 0.0, ""
    try:
        number = float(text)
    except ValueError:
        return 1, 0.0, text
    return (0, number, text) if math.isfinite(number) else (1, 0.0, text)


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
    yield from ledger_notes(ledger, computed.places, clip, raised, loss)
    if computed.label_file is not None and computed.label_file.unused:
        unused = computed.label_file.unused
        message = f"{counted(unused, 'row')} of {computed.label_file.name} have no prediction."
        yield Note("unpredicted", message, unused)
    yield from _figure_warnings(computed, metrics)
    yield from _trap_warnings(computed, metrics)
    yield from _overflow(computed, _chosen(metrics, computed.spec))


def _figure_warnings(computed: Computed, metrics: Mapping[str, float]) -> Iterator[Note]:
    if "standard_error" in metrics and computed.total.ledger.scored < 2:
        yield Note("no_interval", "One row has no standard error.")
    if metrics.get("baseline") == 0.0:
        yield Note("one_class", "All labels are one class, so skill is not defined.")
    if Quantiles in computed.metrics and "standard_error" in metrics:
        share = cast(Quantiles, computed.whole[Quantiles]).top_heaviness(_TOP_SHARE)
        if share > _TOP_HEAVY and computed.total.ledger.scored * _TOP_SHARE >= 1:
            yield Note(
                "heavy_tail",
                f"The largest 0.1 % of the losses carry {100 * share:.0f} % of the variance: "
                "the interval may be too narrow.",
            )


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
    low = interval(mean, error, rows, computed.spec.confidence, METHOD).low
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
    ledger: Ledger, places: Places, clip: float, raised: float, total: float
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
    """
    for finding in ledger.findings.values():
        message = ""
        if finding.code in ("bad-sum", "renormalized"):
            message = sum_warning(finding, places)
        elif finding.code == "rest-missing":
            message = rest_warning(finding, places)
        elif finding.code == "clipped":
            share = min(1.0, raised / total) if 0 < total < math.inf else 1.0
            message = _clip_message(finding.count, clip, share)
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


def _clip_message(count: int, clip: float, share: float) -> str:
    carries = "it carries" if count == 1 else "they carry"
    return (
        f"{counted(count, 'row')} gave what happened a probability below {clip:.2g}; "
        f"clipped to that, {carries} {100 * share:.1f} % of the total loss "
        "(--clip none shows infinity)."
    )
