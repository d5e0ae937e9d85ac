"""How other tools score the same rows: their rules in one table, and why their numbers differ.

Sources, read at these places: scikit-learn 1.9 `metrics.log_loss`; the documentation of torch 2
for `BCELoss`, `NLLLoss` and `CrossEntropyLoss`; Keras 3 `binary_crossentropy`,
`categorical_crossentropy` and `Loss`; XGBoost 3 `logloss` and `mlogloss`; LightGBM 4
`binary_logloss`, `multi_logloss` and `cross_entropy`; yardstick 1 `mn_log_loss` and `brier_class`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from ce_cli.kernels.rules import UNBOUNDED, Rule, clipped, most_of, without_zeros
from ce_cli.record import Record
from ce_cli.spec import CONVENTIONS
from ce_cli.text import plural

OWN = "ce"

_SAME = 1e-12  # relative; numbers closer than this differ by rounding alone …
_SAME_IN_SINGLE = 1e-6  # … also if one is of a tool that computes in single precision
_SUM_SHOWN = 1e-6  # row sums closer to 1 than this are not mentioned
_NO_SUCH_LABELS = "does not take such labels; its rule is applied nevertheless"
_NO_SEVERAL_CLASSES = "takes no class columns; its rule is applied nevertheless"
_SINGLE = 2.0**-23  # eps of the single precision that Keras and XGBoost compute in


class ConventionCase(Record):
    """The properties of labels and predictions that a rule may depend on.

    Attributes
    ----------
    values : str
        Probabilities, logits or logprobs.
    alone : bool
        Whether each prediction is separate, as for a positive class or independent labels, and not
        one of several classes.
    shares : bool
        Whether labels are shares of the classes.
    several : bool
        Whether several labels may apply at once.
    epsilon : float
        Machine epsilon of the stored type.
    mixed : bool
        Whether label smoothing and class weights are combined.
    """

    values: str
    alone: bool
    shares: bool
    several: bool
    epsilon: float
    mixed: bool = False


class Convention(Record):
    """How one tool scores.

    Attributes
    ----------
    rule : Rule
        The bounds on surprisals.
    floor, rest_floor : float
        The values that probabilities below `floor`, and 1 − q of a single one below `rest_below`,
        are raised to; 0 for no floor.
    by_rows : bool
        Whether the weighted sum is divided by the number of rows, not by the sum of weights.
    remarks : tuple of str
        Remarks about such predictions and labels.
    beyond : str
        A remark about rows below the floor.
    unknown : str
        Why there is no number; empty if there is one.
    """

    name: str
    rule: Rule
    floor: float = 0.0
    rest_below: float = 0.0
    rest_floor: float = 0.0
    by_rows: bool = False
    remarks: tuple[str, ...] = ()
    beyond: str = ""
    unknown: str = ""


class Facts(Record):
    """The figures of the data that reasons refer to.

    Attributes
    ----------
    mean : float
        The cross-entropy, in any unit.
    infinite, raised, lowered : int
        Rows with an infinite loss, and with a probability below the floor or above the
        ceiling.
    rows, weight : float
        Number of rows, and Σ w.
    sums : tuple of float
        The smallest and largest sum of a row.
    """

    mean: float
    infinite: int
    raised: int
    lowered: int
    rows: int
    weight: float
    sums: tuple[float, float]


def convention_of(name: str, case: ConventionCase) -> Convention:
    """The convention of a tool for such predictions and labels."""
    return _TABLE[name](case)


def own_convention(clip: float, only_zeros: bool = False) -> Convention:
    """What `ce` does by default."""
    rule = without_zeros(clip) if only_zeros else clipped(clip)
    return Convention(OWN, rule, clip, clip, clip)


def every_convention(
    case: ConventionCase, clip: float, only_zeros: bool = False
) -> tuple[Convention, ...]:
    """`ce` itself, and all tools."""
    own = own_convention(clip, only_zeros)
    return (own, *(convention_of(name, case) for name in CONVENTIONS))


def _sklearn(case: ConventionCase) -> Convention:
    """Clips to eps of the type, both ends; rows are not divided by their sum."""
    eps = case.epsilon
    remarks = _as_probabilities(case) + _one_class(case)
    return Convention("sklearn", clipped(eps), eps, eps, eps, remarks=remarks)


def _torch(case: ConventionCase) -> Convention:
    """`BCELoss` lets no log fall below −100; `CrossEntropyLoss` and `NLLLoss` have no bound.

    The mean of `BCELoss` divides by the number of rows, that of `NLLLoss` by Σ w. No loss takes
    the probabilities of several classes; they get the bound of `BCELoss`.
    """
    unknown = ""
    if case.mixed and not case.alone:
        unknown = "weights each class's share of a smoothed label separately: not computed"
    if case.values != "probabilities":
        remarks = (f"scores {_named(case)} as they are",)
        return Convention("torch", UNBOUNDED, by_rows=case.alone, remarks=remarks, unknown=unknown)
    floor = math.exp(-100.0)
    rule = Rule(most=100.0, rest_most=100.0)
    beyond = "" if case.alone else " (NLLLoss of their log has no bound)"
    return Convention(
        "torch", rule, floor, floor, floor, case.alone, beyond=beyond, unknown=unknown
    )


def _keras(case: ConventionCase) -> Convention:
    """Clips to [1e-7, 1 − 1e-7] in single precision; class columns are divided by their sum.

    The upper end is 1 − 2**-23 there, which leaves 1 − q of a single prediction 1.2e-7. Logits are
    scored as they are. The mean divides by the number of rows.
    """
    if case.values == "logits":
        return Convention("keras", UNBOUNDED, by_rows=True, remarks=("scores logits as they are",))
    least = float(-math.log1p(-_SINGLE))
    rule = Rule(most_of(1e-7), least, most_of(_SINGLE), divided=not case.alone)
    rule = rule.replace(stored="float32") if case.alone else rule
    rest = _SINGLE if case.alone else 1e-7
    return Convention(
        "keras", rule, 1e-7, rest, rest, by_rows=True, remarks=_as_probabilities(case)
    )


def _xgboost(case: ConventionCase) -> Convention:
    """A floor of 1e-16 on probabilities, which it has in single precision, and 1 − q likewise.

    There, 1 − q is 0 for a q nearer to 1 than 2**-25, and for a logit above 24 log 2.
    """
    most = most_of(1e-16)
    remarks = _as_probabilities(case) + _share_of_two(case)
    rule = Rule(most=most, rest_most=most, stored="float32")
    unseen = _SINGLE / (2.0 if case.values == "logits" else 4.0)
    below = unseen if case.alone else 1e-16
    return Convention("xgboost", rule, 1e-16, below, 1e-16, remarks=remarks)


def _lightgbm(case: ConventionCase) -> Convention:
    """A floor of 1e-15 (`binary_logloss`, `multi_logloss`); for shares, `cross_entropy`."""
    if case.shares:
        return _lightgbm_xentropy(case).replace(name="lightgbm", remarks=_lightgbm_remarks(case))
    return Convention(
        "lightgbm", _in_double(1e-15), 1e-15, 1e-15, 1e-15, remarks=_lightgbm_remarks(case)
    )


def _lightgbm_xentropy(case: ConventionCase) -> Convention:
    """A floor of 1e-12 (`cross_entropy`), for a single probability and labels of any kind."""
    remarks = _as_probabilities(case) + (() if case.alone else (_NO_SEVERAL_CLASSES,))
    return Convention("lightgbm-xentropy", _in_double(1e-12), 1e-12, 1e-12, 1e-12, remarks=remarks)


def _lightgbm_remarks(case: ConventionCase) -> tuple[str, ...]:
    return _as_probabilities(case) + _share_of_two(case)


def _in_double(floor: float) -> Rule:
    """A floor on probabilities that are made of logits in double precision."""
    return Rule(most_of(floor), rest_most=most_of(floor), stored="float64")


def _yardstick(case: ConventionCase) -> Convention:
    """Clips to eps of a double, both ends; `brier_class` is half of Brier's sum."""
    eps = 2.0**-52
    remarks = _as_probabilities(case) + _one_class(case)
    rule = clipped(eps).replace(brier=0.5)
    return Convention("yardstick", rule, eps, eps, eps, remarks=remarks)


_TABLE: dict[str, Callable[[ConventionCase], Convention]] = {
    "sklearn": _sklearn,
    "torch": _torch,
    "keras": _keras,
    "xgboost": _xgboost,
    "lightgbm": _lightgbm,
    "lightgbm-xentropy": _lightgbm_xentropy,
    "yardstick": _yardstick,
}


def _named(case: ConventionCase) -> str:
    return "logits" if case.values == "logits" else "log-probabilities"


def _as_probabilities(case: ConventionCase) -> tuple[str, ...]:
    """For tools that score only probabilities."""
    if case.values == "probabilities":
        return ()
    return (f"scores {_named(case)} as probabilities",)


def _one_class(case: ConventionCase) -> tuple[str, ...]:
    """For tools that take hard labels only."""
    if case.shares or case.several:
        return (_NO_SUCH_LABELS,)
    return ()


def _share_of_two(case: ConventionCase) -> tuple[str, ...]:
    """For tools that take shares of the positive class, but not of several classes."""
    return (_NO_SUCH_LABELS,) if case.shares and not case.alone else ()


def _differs(mean: float, own: float, stored: str) -> bool:
    """Whether the mean of a tool differs from that of `ce` by more than rounding."""
    same = _SAME_IN_SINGLE if stored == "float32" else _SAME
    return mean != own and not abs(mean - own) <= same * min(abs(own), abs(mean))


def why(convention: Convention, facts: Facts, own: Convention, own_facts: Facts) -> str:
    """Why the number of a tool differs, or not, from that of `ce`."""
    if convention.unknown:
        return convention.unknown
    differing = _differs(facts.mean, own_facts.mean, convention.rule.stored)
    reasons = [*convention.remarks, *_reasons(convention, facts, own, own_facts, differing)]
    if not reasons:
        reasons = ["nothing to clip"]
    every = "; ".join(reasons)
    if differing or convention.name == OWN:
        return every
    exact = not _differs(facts.mean, own_facts.mean, "")
    rounded = "" if exact else ", but for single precision"
    return f"same here{rounded}: {every}"


def remark(convention: Convention, rows: int, weight: float) -> str:
    """Remarks where only this convention is used; may be empty."""
    known = "; ".join((*convention.remarks, *_division(convention, rows, weight)))
    return f"{convention.name} {known}." if known else ""


def _division(convention: Convention, rows: int, weight: float) -> tuple[str, ...]:
    if not convention.by_rows or weight == rows:
        return ()
    return (f"divides by the number of rows, {rows:,}, not by the sum of weights, {weight:,.6g}",)


def _reasons(
    convention: Convention, facts: Facts, own: Convention, own_facts: Facts, differing: bool
) -> Iterator[str]:
    yield from _division(convention, facts.rows, facts.weight)
    low, high = facts.sums
    if convention.rule.divided and max(1.0 - low, high - 1.0) > _SUM_SHOWN and low <= high:
        yield f"divides rows by their sums ({low:.6g} to {high:.6g})"
    if facts.infinite:
        verb = "is" if facts.infinite == 1 else "are"
        yield f"no floor, and {plural(facts.infinite, 'row')} {verb} infinite"
    if facts.raised:
        yield _raised(convention, facts.raised)
    kept = own_facts.raised - facts.raised
    if kept > 0 and own.floor > convention.floor:
        unchanged = "it is" if kept == 1 else "they are"
        yield f"leaves {plural(kept, 'row')} below {own.floor:.2g} as {unchanged}"
    if facts.lowered and differing and convention.rule.least != own.rule.least:
        ceiling = -math.expm1(-convention.rule.least)
        yield f"{plural(facts.lowered, 'row')} above 1 − {ceiling:.2g} lowered to it"


def _raised(convention: Convention, count: int) -> str:
    rows = plural(count, "row")
    if convention.rule.most == 100.0:
        return f"{rows} with a log below −100 taken as −100{convention.beyond}"
    if math.isinf(convention.rule.bounded_from):
        return f"{rows} of probability 0 raised to {convention.floor:.2g}"
    rest = ""
    if convention.rest_below != convention.floor:
        rounded = "" if convention.rest_below == convention.rest_floor else ", which is 0 to it"
        rest = f" (1 − q below {convention.rest_below:.2g}{rounded})"
    return f"{rows} below {convention.floor:.2g}{rest} raised to it"
