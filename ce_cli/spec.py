"""What to compute: every decision that changes a number, fixed before the first row is scored."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Self, get_args

from ce_cli import __version__
from ce_cli.errors import UsageError
from ce_cli.options import values
from ce_cli.options.choices import Base, Missing, OnBadSum, Task, Tool, Values
from ce_cli.options.commands import ScoreOptions
from ce_cli.options.option import options_of
from ce_cli.record import Record
from ce_cli.text import closest, quoted, quoted_list, sanitize

UNITS = {"e": "nats", "2": "bits", "10": "bans"}
CONVENTIONS: tuple[str, ...] = get_args(Tool)
ALL = "all"  # in the place of a metric: every one there is
_CHOICES = {
    "task": get_args(Task),
    "as_": get_args(Values),
    "missing": get_args(Missing),
    "on_bad_sum": get_args(OnBadSum),
    "base": get_args(Base),
}
_SIGNED = (  # in the order of the signature
    *("task", "as_", "clip", "base", "weight", "label_smoothing", "missing", "on_bad_sum"),
    *("convention", "class_weight", "ignore_label", "label_counts", "bytes"),
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

    ``auto`` and ``None`` stand until `ce_cli.binding` has seen the names and types of the columns;
    a spec that went through it holds no ``auto``, and only such a spec has a `signature`.

    Attributes
    ----------
    label, pred, by : tuple of str
        Columns or globs; labels and predictions that are not given are found by name.
    weight, id : str or None
        Columns.
    cluster : str or None
        A column: rows with one value belong together, and vary together.
    bytes : str or None
        A column of the number of bytes of each row, or of text, whose bytes in UTF-8 are counted.
    classes : tuple of str
        The class of each prediction, in their order.
    positive : str or None
        The class that a single prediction is the probability of.
    label_counts : bool
        Labels are counts of annotators, to be divided by their sum.
    label_smoothing : float
        The share e of each label that is spread over all classes.
    class_weight : tuple of (str, float), or "balanced"
        Factors for the weights of rows by their class, 1 for classes not named; or n / (K · n_k),
        from the rows themselves.
    ignore_label : tuple of str
        Rows with these labels are left out, before anything else in them is looked at.
    clip : float or None
        Probabilities are clipped into [clip, 1 − clip]; None until resolved, 0 for no clipping.
    sum_tolerance : float or None
        How far from 1 a row of probabilities may sum; None until resolved.
    convention : str or None
        The tool, one of `CONVENTIONS`, as which to score; `clip` is then its floor.
    conventions : bool
        Whether to score as every tool would, beside each other.
    metric : tuple of str
        Names of the registry; none means the default set.
    worst : int
        How many of the most surprising rows to keep.
    decompose : bool
        Whether the cross-entropy is taken apart.
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
    convention: str | None = None
    conventions: bool = False
    base: Base = "e"
    confidence: float = 0.95
    metric: tuple[str, ...] = ()
    worst: int = 0
    bytes: str | None = None
    decompose: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """The decisions that options of the command line, a file or Python make.

        Parameters
        ----------
        options : mapping
            Values by the names of `ce_cli.options`; what is not there or None has its default.

        Raises
        ------
        UsageError
            A value cannot be read, or is out of range.
        """
        fields = {
            name: _READ.get(name, _as_it_is)(value)
            for name, value in options.items()
            if value is not None
        }
        spec = cls(**{name: value for name, value in fields.items() if name in cls._fields})
        _check_convention(spec)
        return spec

    def check(self) -> None:
        """Refuse what is out of range."""
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"{name}={quoted(str(getattr(self, name)))} is none of {quoted_list(choices)}."
                )
        if not 0 < self.confidence < 1:
            raise UsageError(f"--confidence {self.confidence} is not between 0 and 1.")
        if self.clip is not None and not 0 <= self.clip < 0.5:
            raise UsageError(f"--clip {self.clip:g} is not between 0 and 0.5.")
        if self.sum_tolerance is not None and not self.sum_tolerance >= 0:
            raise UsageError(f"--sum-tolerance {self.sum_tolerance:g} is not 0 or more.")
        if not 0 <= self.label_smoothing < 1:
            raise UsageError(f"--label-smoothing {self.label_smoothing:g} is not between 0 and 1.")
        for name, weight in self.class_weights:
            if not 0 <= weight < math.inf:
                raise UsageError(f"--class-weight {quoted(name)}={weight:g} is not 0 or more.")
        if self.convention is not None and self.convention not in CONVENTIONS:
            near = closest(self.convention, CONVENTIONS)
            raise UsageError(
                f"--convention {quoted(self.convention)} is no tool that ce knows{near}: there is "
                f"{quoted_list(CONVENTIONS)}."
            )
        if self.worst < 0:
            raise UsageError(f"--worst {self.worst} is not 0 or more.")

    @property
    def balanced(self) -> bool:
        """Whether class weights are found from the rows themselves."""
        return self.class_weight == values.BALANCED

    @property
    def class_weights(self) -> tuple[tuple[str, float], ...]:
        """The class weights that are given."""
        return () if isinstance(self.class_weight, str) else self.class_weight

    @property
    def grouping(self) -> tuple[str, ...]:
        """The columns of the groups, and of the clusters."""
        return self.by if self.cluster is None else (*self.by, self.cluster)

    @property
    def unit(self) -> str:
        """Nats, bits or bans."""
        return UNITS[self.base]

    @property
    def scale(self) -> float:
        """What a number in nats is divided by to be in `unit`."""
        return {"e": 1.0, "2": math.log(2.0), "10": math.log(10.0)}[self.base]

    def signature(self) -> str:
        """Everything that changes the number, in one line that two people can compare."""
        keys = {name: one.signature for name, one in options_of(ScoreOptions).items()}
        parts = (f"{keys[name]}:{text}" for name in _SIGNED if (text := self._signed(name)))
        return "|".join((f"ce:{__version__}", *parts))

    def _signed(self, name: str) -> str:
        """The value of an option in the signature; nothing if it is left out."""
        value = getattr(self, name)
        if name == "clip":
            return f"{value:.2g}" if value else "none"
        if name == "label_smoothing":
            return f"{value:g}"
        if name == "label_counts":
            return "counts" if value else ""
        if name == "class_weight" and not self.balanced:
            return _plain(",".join(f"{one}={weight!r}" for one, weight in self.class_weights))
        if isinstance(value, tuple):
            return _plain(",".join(value))
        return _plain(value or ("none" if name == "weight" else ""))


def _plain(text: str) -> str:
    return sanitize(text).replace("|", "¦")


def _check_convention(spec: Spec) -> None:
    """Refuse what would be half of one rule and half of another, before anything is settled.

    Raises
    ------
    UsageError
        An option is part of what a convention is about.
    """
    if spec.convention and spec.conventions:
        raise UsageError(
            "--conventions shows every tool beside ce itself, and --convention scores as one of "
            "them: leave one of the two out."
        )
    if spec.convention and spec.clip is not None:
        raise UsageError(
            f"--convention {spec.convention} says itself how low a probability may count: leave "
            "--clip out."
        )
    option = f"--convention {spec.convention}" if spec.convention else "--conventions"
    if (spec.convention or spec.conventions) and spec.decompose:
        raise UsageError(
            f"--decompose takes the cross-entropy apart as ce itself has it: leave {option} out."
        )
    if (spec.convention or spec.conventions) and spec.on_bad_sum != "warn":
        raise UsageError(
            f"{option} treats sums that are not 1 as the tool does (of them, Keras alone divides "
            "rows by their sum): leave --on-bad-sum out."
        )


def check_names(spec: Spec, header: bool, labels_apart: bool = False) -> None:
    """Refuse to look for names where there are none.

    A file without labels holds nothing but predictions.

    Raises
    ------
    UsageError
        The columns are only counted, and no option says which hold the predictions.
    """
    if not header and not spec.pred and not labels_apart:
        raise UsageError(
            "--no-header leaves the columns without names: name the columns of the predictions, "
            "counted from 1, for example --label 1 --pred 2."
        )


def _as_it_is(value: Any) -> Any:
    return value
