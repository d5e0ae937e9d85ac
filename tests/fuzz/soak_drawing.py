"""How a random case is drawn: its predictions, labels, weights, options and faults."""

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


class Drawing:
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
