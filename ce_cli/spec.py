"""What to compute: every decision that changes a number, fixed before the first row is scored."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, get_args

from ce_cli import __version__
from ce_cli.errors import UsageError
from ce_cli.options import values
from ce_cli.options.choices import Base, IntervalMethod, Missing, OnBadSum, Task, Tool, Values
from ce_cli.options.commands import ScoreOptions
from ce_cli.options.option import options_of
from ce_cli.record import Record
from ce_cli.text import closest, is_unicode, quoted, quoted_list, sanitize

if TYPE_CHECKING:
    from ce_cli.kernels.calibration import Calibration

UNITS = {"e": "nats", "2": "bits", "10": "bans"}
CONVENTIONS: tuple[str, ...] = get_args(Tool)
ALL = "all"  # in place of a metric: all of them
_CHOICES = {
    "task": get_args(Task),
    "as_": get_args(Values),
    "missing": get_args(Missing),
    "on_bad_sum": get_args(OnBadSum),
    "base": get_args(Base),
    "interval": get_args(IntervalMethod),
}
_SIGNED = (  # in the order of the signature
    *("task", "as_", "clip", "base", "weight", "label_smoothing", "missing", "on_bad_sum"),
    *("convention", "class_weight", "ignore_label", "label_counts", "bytes"),
    *("tokens", "predicted_class", "calibrate"),
)
_READ: dict[str, Callable[[Any], Any]] = {
    "label": values.names,
    "pred": values.names,
    "by": values.names,
    "metric": values.names,
    "na_value": values.names,
    "ignore_label": values.names,
    "classes": values.separated_names,
    "positive": str,
    "class_weight": values.class_weights,
    "clip": values.clip,
    "base": str,  # 2 as well as "2"
}
MISSING_TEXTS = ("", "NA", "N/A", "NaN", "nan", "null", "NULL", "None")


class Spec(Record):
    """The decisions behind a score.

    ``auto`` and ``None`` are resolved by `ce_cli.binding`, from the names and types of the columns;
    only a resolved spec has a `signature`.

    Attributes
    ----------
    label, pred, by : tuple of str
        Columns or globs; if there are none, labels and predictions are found by name.
    weight, id : str or None
        Columns.
    cluster : str or None
        A column; rows with the same value in it are dependent on each other.
    bytes : str or None
        A column with the number of bytes of each row, with a list of them, or with its text, whose
        bytes in UTF-8 are counted.
    tokens : str or None
        A column with the number of tokens of each row, over which its loss is divided.
    predicted_class : str or None
        A column with the class that a single prediction is the probability of.
    classes : tuple of str
        The class of each prediction, in the order of the predictions.
    positive : str or None
        The class whose probability a single prediction is.
    label_counts : bool
        Whether labels are counts of annotators, which are divided by their sum.
    label_smoothing : float
        The share e of each label that is spread over all classes.
    class_weight : tuple of (str, float), or "balanced"
        A factor for the weight of rows by class, 1 for classes not named; or n / (K · n_k),
        computed from the rows.
    ignore_label : tuple of str
        Rows with these labels are left out before anything else in them is checked.
    clip : float or None
        Probabilities are clipped into [clip, 1 − clip]; None until resolved, 0 for no clipping.
    clip_zeros : bool
        Whether only probabilities of exactly 0 are clipped, as by default without labels.
    sum_tolerance : float or None
        How far from 1 a row of probabilities may sum; None until resolved.
    convention : str or None
        The tool, one of `CONVENTIONS`, by whose rules to score; `clip` is then its floor.
    conventions : bool
        Whether to score by the rules of every tool, side by side.
    metric : tuple of str
        Names of the registry; empty for the default set.
    worst : int
        How many of the most surprising rows to keep.
    decompose : bool
        Whether the cross-entropy is taken apart.
    calibrate : Calibration or None
        What recalibrates the predictions before they are scored.
    """

    label: tuple[str, ...] = ()
    pred: tuple[str, ...] = ()
    weight: str | None = None
    id: str | None = None
    by: tuple[str, ...] = ()
    cluster: str | None = None
    classes: tuple[str, ...] = ()
    positive: str | None = None
    task: Task = "auto"
    as_: Values = "auto"
    label_counts: bool = False
    label_smoothing: float = 0.0
    class_weight: values.ClassWeights = ()
    ignore_label: tuple[str, ...] = ()
    missing: Missing = "error"
    na_value: tuple[str, ...] = ()
    on_bad_sum: OnBadSum = "warn"
    sum_tolerance: float | None = None
    clip: float | None = None
    clip_zeros: bool = False
    convention: str | None = None
    conventions: bool = False
    base: Base = "e"
    confidence: float = 0.95
    interval: IntervalMethod = "hall"
    metric: tuple[str, ...] = ()
    worst: int = 0
    bytes: str | None = None
    decompose: bool = False
    tokens: str | None = None
    predicted_class: str | None = None
    calibrate: Calibration | None = None

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """The decisions made by options of the command line, a configuration file or Python.

        Parameters
        ----------
        options : mapping
            Values by the names of `ce_cli.options`; one that is missing or None has its default.

        Raises
        ------
        UsageError
            A value cannot be read, or is out of range.
        """
        fields = {
            name: _READ.get(name, _unchanged)(value)
            for name, value in options.items()
            if value is not None
        }
        spec = cls(**{name: value for name, value in fields.items() if name in cls._fields})
        _check_convention(spec)
        return spec

    def check(self) -> None:
        """Raise if a value is out of range."""
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"{name} must be one of {quoted_list(choices)}, "
                    f"not {quoted(str(getattr(self, name)))}."
                )
        if not 0 < self.confidence < 1:
            raise UsageError(f"--confidence must be between 0 and 1, not {self.confidence:g}.")
        if self.clip is not None and not 0 <= self.clip < 0.5:
            raise UsageError(f"--clip must be 0 or more and below 0.5, not {self.clip:g}.")
        if self.sum_tolerance is not None and not self.sum_tolerance >= 0:
            raise UsageError(f"--sum-tolerance must be 0 or more, not {self.sum_tolerance:g}.")
        if not 0 <= self.label_smoothing < 1:
            raise UsageError(
                f"--label-smoothing must be 0 or more and below 1, not {self.label_smoothing:g}."
            )
        for name, weight in self.class_weights:
            if not 0 <= weight < math.inf:
                raise UsageError(
                    f"--class-weight of {quoted(name)} must be 0 or more, not {weight:g}."
                )
        if self.convention is not None and self.convention not in CONVENTIONS:
            near = closest(self.convention, CONVENTIONS)
            raise UsageError(
                f"There is no convention {quoted(self.convention)}{near}. "
                f"Choose from: {quoted_list(CONVENTIONS)}."
            )
        _check_once(self.by)
        for text in self.na_value:
            if not is_unicode(text):
                raise UsageError(f"--na-value {quoted(text)} is not UTF-8 text.")
        if self.worst < 0:
            raise UsageError(f"--worst must be 0 or more, not {self.worst}.")

    @property
    def balanced(self) -> bool:
        """Whether class weights are computed from the rows."""
        return self.class_weight == values.BALANCED

    @property
    def class_weights(self) -> tuple[tuple[str, float], ...]:
        """The class weights by class; empty if they are computed from the rows."""
        return () if isinstance(self.class_weight, str) else self.class_weight

    @property
    def missing_texts(self) -> tuple[str, ...]:
        """The texts that mean a missing value."""
        return (*MISSING_TEXTS, *self.na_value)

    @property
    def grouping(self) -> tuple[str, ...]:
        """The columns of the groups, and of the clusters."""
        return self.by if self.cluster is None else (*self.by, self.cluster)

    @property
    def other_columns(self) -> tuple[str, ...]:
        """The columns that are neither labels nor predictions."""
        named = (self.weight, self.bytes, self.tokens, self.predicted_class, self.id)
        return (*(name for name in named if name is not None), *self.grouping)

    @property
    def lowest(self) -> float:
        """Probabilities below this are clipped; 0 if none are."""
        return math.ulp(0.0) if self.clip_zeros and self.clip else self.clip or 0.0

    @property
    def scored_as(self) -> str:
        """The kind of the predictions that are scored: calibrated ones are logits."""
        return self.as_ if self.calibrate is None else "logits"

    @property
    def unit(self) -> str:
        """Nats, bits or bans."""
        return UNITS[self.base]

    @property
    def scale(self) -> float:
        """The divisor that converts a number in nats to `unit`."""
        return {"e": 1.0, "2": math.log(2.0), "10": math.log(10.0)}[self.base]

    def signature(self) -> str:
        """Everything that changes the number, in one line that two people can compare."""
        keys = {name: one.signature for name, one in options_of(ScoreOptions).items()}
        parts = (f"{keys[name]}:{text}" for name in _SIGNED if (text := self._signed(name)))
        return "|".join((f"ce:{__version__}", *parts))

    def _signed(self, name: str) -> str:
        """The value of an option in the signature; empty if the option is not in it."""
        value = getattr(self, name)
        if name == "clip":
            zeros = "0=" if self.clip_zeros else ""
            return f"{zeros}{value:.2g}" if value else "none"
        if name == "calibrate":
            return "" if value is None else str(value.signed)
        if name == "label_smoothing":
            return f"{value:g}"
        if name == "class_weight" and not self.balanced:
            return _plain(",".join(f"{one}={weight!r}" for one, weight in self.class_weights))
        if isinstance(value, tuple):
            return _plain(",".join(value))
        words = {"weight": "none" if value is None else value or "''"}
        words["label_counts"] = "counts" if value else ""
        return _plain(words.get(name, value or ""))


def _plain(text: str) -> str:
    return sanitize(text).replace("|", "¦")


def _check_once(names: Sequence[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise UsageError(f"--by names {quoted(name)} twice.")


def _check_convention(spec: Spec) -> None:
    """Check that no other option contradicts the convention, before anything is resolved.

    Raises
    ------
    UsageError
        An option sets what the convention sets.
    """
    if spec.convention and spec.conventions:
        raise UsageError(
            "--conventions compares all tools, and --convention scores by the rules of one: leave "
            "one of the two out."
        )
    if spec.convention and spec.clip is not None:
        raise UsageError(
            f"--convention {spec.convention} sets the lowest probability itself: leave --clip out."
        )
    option = f"--convention {spec.convention}" if spec.convention else "--conventions"
    if (spec.convention or spec.conventions) and spec.calibrate is not None:
        raise UsageError(
            f"{option} scores the predictions as they are in the file: leave --calibrate out."
        )
    if (spec.convention or spec.conventions) and spec.decompose:
        raise UsageError(
            f"--decompose splits the cross-entropy by the rules of ce: leave {option} out."
        )
    if (spec.convention or spec.conventions) and spec.on_bad_sum != "warn":
        raise UsageError(
            f"{option} treats rows that do not sum to 1 as the tool does (only Keras divides them "
            "by their sum): leave --on-bad-sum out."
        )


def _unchanged(value: Any) -> Any:
    return value
