"""Random data sets and options, the same for the same seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fuzz.reference_rows import Row, Rules

Cell = str | float | int | bool | list[float] | None
Columns = dict[str, list[Cell]]

TINY = (5e-324, 1e-300, 1e-17, 2.0**-52, 1e-9)
NEAR_ONE = (1.0, 1 - 2.0**-53, 1 - 2.0**-52, 1 - 1e-9)
NAMES = (
    ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"),
    ("cat", "dog", "cow", "ant", "bee", "fox", "gnu", "hen", "jay", "koi", "owl", "yak"),
    ("10", "9", "2.5", "-1", "x", "y", "é", "B", "b", "a b", "ß", "Z"),
)


@dataclass(frozen=True)
class Case:
    """Rows, what is decided about them, and how ce is asked for it."""

    seed: int
    kind: str
    rows: tuple[Row, ...]
    rules: Rules
    options: tuple[str, ...]
    columns: Columns = field(repr=False)
    clustered: bool = False
    grouped: bool = False


def case_of(seed: int, most: int = 300) -> Case:
    """The case of a seed, with up to `most` rows."""
    rng = random.Random(seed)
    kind = rng.choice(sorted(KINDS))
    n = rng.choice([1, 2, 3, rng.randint(4, 40), rng.randint(40, most), rng.randint(40, most)])
    builder = _Builder(rng, n, seed, kind)
    KINDS[kind](builder)
    return builder.built()


class _Builder:
    """A case while its parts are drawn."""

    def __init__(self, rng: random.Random, n: int, seed: int, kind: str) -> None:
        self.rng, self.n, self.seed, self.kind = rng, n, seed, kind
        self.columns: Columns = {}
        self.options: list[str] = []
        self.rules: dict[str, object] = {}
        self.labels: list[str | tuple[float, ...] | None] = [None] * n
        self.predictions: list[tuple[float, ...]] = []
        self.style = rng.choice(["smooth", "smooth", "coarse", "extreme", "sure"])

    # Parts of a prediction

    def probability(self) -> float:
        rng = self.rng
        if self.style == "coarse":
            return rng.randint(0, 8) / 8
        if self.style == "extreme" and rng.random() < 0.3:
            return rng.choice([0.0, *TINY, *NEAR_ONE])
        if self.style == "sure":
            return 1 / (1 + math.exp(rng.gauss(0, 8)))
        return rng.random()

    def distribution(self, count: int) -> tuple[float, ...]:
        rng = self.rng
        if self.style == "extreme" and rng.random() < 0.3:
            values = [rng.choice([0.0, *TINY[:3]]) for _ in range(count)]
            values[rng.randrange(count)] = 1.0
            return tuple(values)
        if self.style == "coarse":
            values = [0.0] * count
            for _ in range(8):
                values[rng.randrange(count)] += 1 / 8
            return tuple(values)
        raw = [math.exp(rng.gauss(0, 6 if self.style == "sure" else 1)) for _ in range(count)]
        return tuple(v / sum(raw) for v in raw)

    def logit(self) -> float:
        """On a grid, so that differences of two are exact."""
        rng = self.rng
        if self.style == "extreme" and rng.random() < 0.3:
            return rng.choice([1e4, -1e4, 745.0, -745.0, 36.75, -36.75, 0.0, -math.inf, 709.0])
        if self.style == "coarse":
            return float(rng.randint(-3, 3))
        return round(rng.gauss(0, 12 if self.style == "sure" else 2) * 64) / 64

    def logits(self, count: int) -> tuple[float, ...]:
        values = [self.logit() for _ in range(count)]
        if self.style == "extreme" and self.rng.random() < 0.05:
            values[self.rng.randrange(count)] = math.inf
        if all(v == -math.inf for v in values):
            values[0] = 0.0
        return tuple(values)

    def values(self, count: int, kind: str) -> tuple[float, ...]:
        if kind == "logits":
            return self.logits(count)
        shares = self.distribution(count)
        if kind == "logprobs":
            return tuple(math.log(q) if q else -math.inf for q in shares)
        return shares

    # Columns

    def draw_labels(self, classes: tuple[str, ...], sharp: bool = True) -> None:
        """Labels that agree with the predictions more often than not."""
        rng = self.rng
        single = rng.random() < 0.1
        for i, values in enumerate(self.predictions):
            if single:
                self.labels[i] = classes[-1]
            elif len(values) == len(classes) and sharp and rng.random() < 0.7:
                self.labels[i] = classes[max(range(len(values)), key=values.__getitem__)]
            else:
                self.labels[i] = rng.choice(classes)

    def take(self, *options: str) -> None:
        self.options += options

    def pred_columns(self, names: list[str]) -> None:
        for k, name in enumerate(names):
            self.columns[name] = [values[k] for values in self.predictions]
            self.take("--pred", name)

    def built(self) -> Case:
        rng = self.rng
        weights = self._weights()
        groups, clusters = self._names("segment", "--by"), self._names("user", "--cluster")
        self._values_options()
        self._faults(weights)
        rules = Rules(**self.rules)  # type: ignore[arg-type]
        rows = tuple(
            Row(self.labels[i], self.predictions[i], weights[i], groups[i], clusters[i])
            for i in range(self.n)
        )
        order = list(self.columns)
        rng.shuffle(order)
        return Case(
            self.seed,
            f"{self.kind} {self.style}",
            rows,
            rules,
            tuple(self.options),
            {name: self.columns[name] for name in order},
            "--cluster" in self.options,
            "--by" in self.options,
        )

    def _weights(self) -> list[float]:
        rng = self.rng
        how = rng.choice(["", "", "", "even", "counts", "wide", "equal"])
        if not how:
            return [1.0] * self.n
        draw: Callable[[], float] = {
            "even": lambda: rng.random() + 0.01,
            "counts": lambda: float(rng.choice([0, 1, 1, 2, 5])),
            "wide": lambda: 10 ** rng.uniform(-12, 12),
            "equal": lambda: 0.1,
        }[how]
        weights = [draw() for _ in range(self.n)]
        self.columns["w"] = list(weights)
        self.take("--weight", "w")
        return weights

    def _names(self, name: str, option: str) -> list[str]:
        rng = self.rng
        if rng.random() < 0.75:
            return [""] * self.n
        count = rng.randint(1, 6 if option == "--by" else max(2, self.n // 3))
        names = [f"{name[0]}{rng.randrange(count)}" for _ in range(self.n)]
        self.columns[name] = list(names)
        self.take(option, name)
        return names

    def _values_options(self) -> None:
        rng, rules = self.rng, self.rules
        if rng.random() < 0.4:
            rules["base"] = rng.choice(["2", "10"])
            self.take("--base", str(rules["base"]))
        if rng.random() < 0.3:
            rules["confidence"] = rng.choice([0.5, 0.9, 0.99, 0.999])
            self.take("--confidence", str(rules["confidence"]))
        if rng.random() < 0.3:
            rules["skewed"] = False
            self.take("--interval", "t")
        likelihood = rules.get("task") == "likelihood"
        if rules.get("values", "probabilities") == "probabilities" and not likelihood:
            if rng.random() < 0.25 and "--on-bad-sum" not in self.options:
                rules["convention"] = rng.choice(["torch", "sklearn", "yardstick", "keras"])
                self.take("--convention", str(rules["convention"]))
                if rules["convention"] == "sklearn":
                    rules["convention"] = ""
            elif rng.random() < 0.4:
                clip = rng.choice(["none", "1e-15", "0.001", "1e-300", "0.2"])
                rules["clip"] = None if clip == "none" else float(clip)
                self.take("--clip", clip)
        if not likelihood and rng.random() < 0.2:
            rules["smoothing"] = rng.choice([0.1, 0.01, 0.5, 0.9])
            self.take("--label-smoothing", str(rules["smoothing"]))
        if self.hard and rng.random() < 0.2 and "convention" not in rules:
            self._class_weights()

    @property
    def hard(self) -> bool:
        return all(isinstance(label, str) for label in self.labels)

    def _class_weights(self) -> None:
        rng = self.rng
        if rng.random() < 0.4:
            self.rules["balanced"] = True
            self.take("--class-weight", "balanced")
            return
        classes = self.rules["classes"]
        assert isinstance(classes, tuple)
        chosen = rng.sample(classes, rng.randint(1, min(3, len(classes))))
        pairs = tuple((name, rng.choice([0.5, 2.0, 3.25, 10.0])) for name in chosen)
        self.rules["class_weight"] = pairs
        for name, weight in pairs:
            self.take("--class-weight", f"{name}={weight}")

    def _faults(self, weights: list[float]) -> None:
        """Now and then a row that is missing or bad, and the option that leaves it out."""
        rng = self.rng
        place = rng.randrange(self.n)
        if rng.random() < 0.12:
            self._spoil(place, math.nan)
            if rng.random() < 0.6:
                self.rules["skip_missing"] = True
                self.take("--missing", "skip")
        elif rng.random() < 0.05 and self.rules.get("values", "probabilities") == "probabilities":
            self._spoil(place, rng.choice([1.5, -0.25, math.inf]))
        elif rng.random() < 0.04 and "w" in self.columns:
            weights[place] = rng.choice([-1.0, math.inf, math.nan])
            self.columns["w"][place] = weights[place]
        elif rng.random() < 0.02 and "w" in self.columns:
            weights[:] = [0.0] * self.n
            self.columns["w"][:] = weights
        elif self.hard and rng.random() < 0.08:
            name = str(rng.choice(self.labels))
            self.rules["ignore"] = (name,)
            self.take("--ignore-label", name)

    def _spoil(self, place: int, value: float) -> None:
        values = list(self.predictions[place])
        k = self.rng.randrange(len(values))
        before, values[k] = self.predictions[place], value
        self.predictions[place] = tuple(values)
        for column in self.columns.values():
            if isinstance(column[place], list):
                column[place] = list(values)
                return
        names = [self.options[i + 1] for i, o in enumerate(self.options) if o == "--pred"]
        assert len(names) == len(before)
        self.columns[names[k]][place] = value


def _task(b: _Builder, task: str, values: str, classes: tuple[str, ...] = ()) -> None:
    b.rules |= {"task": task, "values": values, "classes": classes}
    b.take("--task", task, "--as", values)


def _single(b: _Builder, values: str) -> None:
    classes = b.rng.choice([("0", "1"), ("no", "yes"), ("b", "a"), ("False", "True"), ("-1", "1")])
    _task(b, "binary", values, classes)
    if values == "logits":
        b.predictions = [(b.logit(),) for _ in range(b.n)]
    else:
        shares = [b.probability() for _ in range(b.n)]
        b.predictions = [
            ((math.log(q) if q else -math.inf) if values == "logprobs" else q,) for q in shares
        ]
    b.draw_labels(classes)
    b.columns["y"] = list(b.labels)  # type: ignore[arg-type]
    b.take("--label", "y", "--positive", classes[1], "--classes", ",".join(classes))
    b.pred_columns(["score"])


def _columns(b: _Builder, values: str, count: int) -> None:
    names = b.rng.choice(NAMES)
    classes = tuple(b.rng.sample(names, count))
    _task(b, "binary" if count == 2 else "multiclass", values, classes)
    b.predictions = [b.values(count, values) for _ in range(b.n)]
    if values == "probabilities" and b.rng.random() < 0.3:
        _off_sums(b)
    b.draw_labels(classes)
    b.columns["y"] = list(b.labels)  # type: ignore[arg-type]
    b.take("--label", "y", "--classes", ",".join(classes))
    b.pred_columns([f"p_{name}" for name in classes])


def _off_sums(b: _Builder) -> None:
    """Some rows that do not sum to 1."""
    for i in range(b.n):
        if b.rng.random() < 0.2:
            factor = b.rng.choice([0.5, 0.9, 1.01, 1.0001])
            b.predictions[i] = tuple(min(1.0, q * factor) for q in b.predictions[i])
    if b.rng.random() < 0.5:
        b.rules["renormalize"] = True
        b.take("--on-bad-sum", "renormalize")
    elif b.rng.random() < 0.2:
        b.rules["refuse_bad_sum"] = True
        b.take("--on-bad-sum", "error")
    b.rules["sum_tolerance"] = b.rng.choice([1e-3, 0.05])
    b.take("--sum-tolerance", str(b.rules["sum_tolerance"]))


def _lists(b: _Builder, values: str) -> None:
    count = b.rng.randint(3, 12)
    classes = tuple(str(k) for k in range(count))
    _task(b, "multiclass", values, classes)
    b.predictions = [b.values(count, values) for _ in range(b.n)]
    b.draw_labels(classes)
    b.columns["y"] = [int(str(label)) for label in b.labels]
    b.columns["scores"] = [list(v) for v in b.predictions]
    b.take("--label", "y", "--pred", "scores", "--classes", ",".join(classes))


def _soft(b: _Builder, values: str) -> None:
    count = b.rng.randint(2, 5)
    classes = tuple(b.rng.sample(NAMES[1], count))
    _task(b, "binary" if count == 2 else "multiclass", values, classes)
    b.predictions = [b.values(count, values) for _ in range(b.n)]
    style, b.style = b.style, b.rng.choice(["smooth", "coarse", "sure"])
    b.labels = [b.distribution(count) for _ in range(b.n)]
    b.style = style
    for k, name in enumerate(classes):
        b.columns[f"y_{name}"] = [label[k] for label in b.labels]  # type: ignore[index]
        b.take("--label", f"y_{name}")
    b.pred_columns([f"p_{name}" for name in classes])


def _multilabel(b: _Builder, values: str) -> None:
    count = b.rng.randint(2, 5)
    classes = tuple(b.rng.sample(NAMES[1], count))
    _task(b, "multilabel", values, classes)
    draw = b.logit if values == "logits" else b.probability
    b.predictions = [tuple(draw() for _ in classes) for _ in range(b.n)]
    b.labels = [tuple(float(b.rng.random() < 0.4) for _ in classes) for _ in range(b.n)]
    for k, name in enumerate(classes):
        b.columns[f"y_{name}"] = [int(label[k]) for label in b.labels]  # type: ignore[index]
        b.take("--label", f"y_{name}")
    b.pred_columns([f"p_{name}" for name in classes])


def _likelihood(b: _Builder, values: str) -> None:
    _task(b, "likelihood", values)
    shares = [b.probability() for _ in range(b.n)]
    logs = [math.log(q) if q else -800.0 for q in shares]
    numbers = {"logprobs": logs, "losses": [0.0 - v for v in logs]}.get(values, shares)
    b.predictions = [(v,) for v in numbers]
    b.pred_columns(["score"])


KINDS: dict[str, Callable[[_Builder], None]] = {
    "single probability": lambda b: _single(b, "probabilities"),
    "single logit": lambda b: _single(b, "logits"),
    "single log-probability": lambda b: _single(b, "logprobs"),
    "two columns": lambda b: _columns(b, "probabilities", 2),
    "two logits": lambda b: _columns(b, "logits", 2),
    "columns": lambda b: _columns(b, "probabilities", b.rng.randint(3, 12)),
    "columns of logits": lambda b: _columns(b, "logits", b.rng.randint(3, 12)),
    "columns of log-probabilities": lambda b: _columns(b, "logprobs", b.rng.randint(2, 8)),
    "list": lambda b: _lists(b, "probabilities"),
    "list of logits": lambda b: _lists(b, "logits"),
    "soft": lambda b: _soft(b, "probabilities"),
    "soft logits": lambda b: _soft(b, "logits"),
    "several labels": lambda b: _multilabel(b, "probabilities"),
    "several logits": lambda b: _multilabel(b, "logits"),
    "outcomes": lambda b: _likelihood(b, "probabilities"),
    "outcome log-probabilities": lambda b: _likelihood(b, "logprobs"),
    "losses": lambda b: _likelihood(b, "losses"),
}
