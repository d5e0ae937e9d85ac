"""Gates made by hand for the tests of what writes them."""

from __future__ import annotations

import math
from typing import Any

from ce_cli.results.compare import Comparison
from ce_cli.results.gate import Check, Gate, Gated
from ce_cli.results.lines import BoundColumns
from ce_cli.results.score import Interval, Note, Result

HOSTILE = (
    "two\nlines\r\nand\ttabs",
    "a|b",
    "back\\|slash\\",
    "`code` ``more``",
    "]]><!--&amp;<b>",
    "\x1b[31mred\x07\x00",
    "😀 é ﷽",
    "::set-output name=x::y",
    "%0A::error::100%25",
    "a, b: c = 'd' \"e\"",
    "*bold* _it_ ~~no~~ [l](u) ![i](u) <u>",
    " @me #1 $x$ ",
    "- 1. # +",
    "\ufffe\uffff\ud800\u2028\u202e\x85",
    "x" * 5000,
    "..",
    "/a//b/",
    "",
    " ",
    "   ",
)


def interval(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, confidence=0.95, method="t")


def score(**changes: Any) -> Result:
    """Figures of 569 rows, with one interval."""
    made = Result(
        signature="ce:0.1.0|task:binary|base:e",
        inputs=("preds.csv",),
        task="binary",
        columns=BoundColumns(("label",), ("prob",)),
        classes=("0", "1"),
        values="probabilities",
        unit="nats",
        rows={"read": 570, "scored": 569, "skipped": 1, "ignored": 0, "clipped": 0, "infinite": 0},
        weight_sum=569.0,
        metrics={"cross_entropy": 0.0738371, "perplexity": 1.07663, "accuracy": 0.978910369},
        intervals={"cross_entropy": interval(0.0450381, 0.102636)},
    )
    return made.replace(**changes)


def check(name: str = "cross_entropy <= 0.5", value: float = 0.25, **changes: Any) -> Check:
    """A check that passes if `value` is up to 0.5, and is held against the limit as it is."""
    made = Check(
        name=name,
        metric="cross_entropy",
        by=None,
        operator="<=",
        limit=0.5,
        relative=False,
        value=value,
        compared=value,
        interval=None,
        passed=value <= 0.5,
    )
    return made.replace(**changes)


def group_checks(count: int, value: float, name: str = "cross_entropy.by(s) <= 0.5") -> list[Check]:
    return [check(name, value + n / 1e6, by={"s": f"g{n}"}) for n in range(count)]


def comparison(absolute: float, relative: float, reach: float = 0.25) -> Comparison:
    return Comparison(
        model="new",
        reference="old",
        difference={"absolute": absolute, "relative": relative, "bits": absolute / math.log(2)},
        intervals={"absolute": interval(absolute - reach, absolute + reach)},
        standard_error=reach / 2,
        p_value=0.5,
        p_adjusted=0.5,
        win_rate=0.5,
        tie_rate=0.0,
        verdict="unclear",
    )


def gate(*checks: Check, name: str = "gate", **changes: Any) -> Gate:
    return Gate(name=name, score=score(), checks=checks).replace(**changes)


def gated(*gates: Gate) -> Gated:
    return Gated(gates=gates)


def hostile_gate(name: str) -> Gate:
    """A gate in which all that a file or a configuration names is called `name`."""
    own = {"metric": name, "by": {name: name}, "reason": name}
    return Gate(
        name=name,
        score=score(inputs=(name, name), signature=name, warnings=(Note("odd", name),)),
        checks=(
            check(name, 0.75, **own),
            check(name, math.nan, **own),
            check(name, 0.25, by={name: None}, metric=name),
            check(name, 0.25),
        ),
        baseline=name,
        paired=True,
        comparisons=(comparison(0.5, 0.0625),),
        warnings=(Note("odd", f"again {name}"),),
    )


BROKEN = check(value=math.inf, interval=interval(-math.inf, math.nan), limit=-math.inf)
EXAMPLES = {
    "one passed": gated(gate(check())),
    "one failed": gated(gate(check(value=0.75, interval=interval(0.625, 0.875)))),
    "no gates": gated(),
    "no checks": gated(gate()),
    "several": gated(gate(check(), name="a"), gate(check(value=0.75), name="a"), gate(name="b")),
    "many groups": gated(gate(*group_checks(80, 0.75), *group_checks(30, 0.25), check())),
    "not finite": gated(
        gate(
            BROKEN,
            check(value=math.nan, relative=True),
            score=score(metrics={"cross_entropy": math.inf, "accuracy": math.nan}, intervals={}),
            baseline="b.json",
            comparisons=(comparison(math.inf, math.nan),),
        )
    ),
    **{f"hostile {n}": gated(hostile_gate(name)) for n, name in enumerate(HOSTILE)},
}
