"""The figures of a set of rows, by the definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mpmath import mp, mpf

from tests.fuzz import reference_means as means
from tests.fuzz.reference_areas import auc, calibration
from tests.fuzz.reference_rows import (
    INFINITY,
    ZERO,
    Number,
    Row,
    Rules,
    checked,
    cross_entropy,
    entropy,
    exact,
    label_shares,
    likeliest,
    loss,
    probabilities,
    smoothed,
    surprisals,
)

Figures = dict[str, Number | None]  # by the path in the JSON document; None where undefined

QUANTILES = {"median": Fraction(1, 2), "p90": Fraction(9, 10), "p99": Fraction(99, 100)}
UNITS = {"e": mpf(1), "2": mp.log(2), "10": mp.log(10)}


@dataclass(frozen=True)
class Scored:
    """The rows to score with their losses and weights."""

    rows: list[Row]
    weights: list[Number]
    losses: list[Number]
    clusters: list[str]
    rules: Rules

    @property
    def divisor(self) -> Number:
        """What the mean divides by: the sum of weights, or the rows for some tools."""
        rules = self.rules
        by_rows = rules.convention == "keras" or (
            rules.convention == "torch"
            and (rules.task == "multilabel" or len(self.rows[0].prediction) == 1)
        )
        return mpf(len(self.rows)) if by_rows else means.total(self.weights)

    def part(self, keep: Callable[[Row], bool]) -> Scored | None:
        """The rows that are kept, or None if no such row has a weight."""
        places = [i for i, row in enumerate(self.rows) if keep(row)]
        if not any(self.weights[i] for i in places):
            return None
        return Scored(
            [self.rows[i] for i in places],
            [self.weights[i] for i in places],
            [self.losses[i] for i in places],
            [self.clusters[i] for i in places] if self.clusters else [],
            self.rules,
        )


def scored(rows: Sequence[Row], rules: Rules, clustered: bool = False) -> Scored:
    """The rows that count, with their losses.

    Raises
    ------
    InvalidRowsError
        If the definitions refuse the rows.
    """
    kept = checked(rows, rules)
    factors = class_factors(kept, rules)
    weights = [exact(row.weight) * factors.get(_name(row), mpf(1)) for row in kept]
    losses = [loss(row, rules) for row in kept]
    return Scored(kept, weights, losses, [row.cluster for row in kept] if clustered else [], rules)


def _name(row: Row) -> str:
    return row.label if isinstance(row.label, str) else ""


def class_factors(rows: Sequence[Row], rules: Rules) -> Mapping[str, Number]:
    """By what the weights of a class are multiplied."""
    if not rules.balanced:
        return {name: exact(weight) for name, weight in rules.class_weight}
    sums = {
        name: mp.fsum(exact(row.weight) for row in rows if row.label == name)
        for name in rules.classes
    }
    present = {name: part for name, part in sums.items() if part}
    whole = mp.fsum(present.values())
    return {name: whole / (len(present) * part) for name, part in present.items()}


def figures(of: Scored) -> Figures:
    """The figures of these rows."""
    rules, unit = of.rules, UNITS[of.rules.base]
    summed = (
        INFINITY
        if any(w and v == INFINITY for v, w in zip(of.losses, of.weights, strict=True))
        else mp.fsum(w * v for v, w in zip(of.losses, of.weights, strict=True) if w)
    )
    mean_loss = summed / of.divisor
    spread = means.mean(of.losses, of.weights, of.clusters)
    result: Figures = {
        "cross_entropy": mean_loss / unit,
        "total": summed / unit,
        "perplexity": mp.exp(mean_loss),
    }
    if not rules.convention and (spread.error is None or spread.has_interval):
        result["standard_error"] = None if spread.error is None else spread.error / unit
    if rules.task == "likelihood":
        result["bits_per_token"] = mean_loss / mp.log(2)
        return result | _per_byte(of, summed)
    share = means.total(of.weights) / of.divisor
    noise = share * means.plain([_noise(row, rules) for row in of.rows], of.weights)
    result["entropy"] = noise / unit
    if not rules.convention:
        result["kl_divergence"] = (mean_loss - noise) / unit
        result |= _relative(of, unit)
    return result | _per_byte(of, summed) | _of_decisions(of, unit)


def _per_byte(of: Scored, summed: Number) -> Figures:
    if any(row.size is None for row in of.rows):
        return {}
    sizes = mp.fsum(w * exact(row.size or 0) for row, w in zip(of.rows, of.weights, strict=True))
    return {"bits_per_byte": summed / mp.log(2) / sizes if sizes else None}


def _noise(row: Row, rules: Rules) -> Number:
    """The entropy of the smoothed label."""
    parts = [entropy(smoothed(shares, rules)) for shares in _labels(row, rules)]
    return mp.fsum(parts) / len(parts)


def _labels(row: Row, rules: Rules) -> list[list[Number]]:
    """The distribution of each label of a row: of several for independent labels."""
    if rules.task != "multilabel":
        return [label_shares(row.label, rules)]
    assert isinstance(row.label, tuple)
    return [label_shares((y,), rules) for y in row.label]


def _predictions(row: Row, rules: Rules) -> list[list[Number]]:
    if rules.task != "multilabel":
        return [probabilities(row.prediction, rules)]
    return [probabilities((z,), rules) for z in row.prediction]


def _relative(of: Scored, unit: Number) -> Figures:
    """The baseline, and the cross-entropy, without smoothing, in relation to it."""
    baseline = baseline_of(of)
    if of.rules.task == "multilabel" and baseline < mpf("0.01"):
        return {}  # 1 − share of a label is known to 1e-16 of 1 only
    plain_rules = Rules(**{**of.rules.__dict__, "smoothing": 0.0})
    plain = means.plain([loss(row, plain_rules) for row in of.rows], of.weights)
    ratio = plain / baseline if baseline else None
    return {
        "baseline": baseline / unit,
        "normalized_cross_entropy": ratio,
        "skill": None if ratio is None else 1 - ratio,
    }


def baseline_of(of: Scored) -> Number:
    """The entropy of the class shares; the mean over independent labels."""
    labels = [_labels(row, of.rules) for row in of.rows]
    parts = []
    for place in range(len(labels[0])):
        columns = zip(*(shares[place] for shares in labels), strict=True)
        parts.append(entropy([means.plain(column, of.weights) for column in columns]))
    return mp.fsum(parts) / len(parts)


def quantiles(of: Scored) -> Figures:
    pairs = sorted((v, w) for v, w in zip(of.losses, of.weights, strict=True) if w)
    result: Figures = {"min": pairs[0][0], "max": pairs[-1][0]}
    whole = means.total([w for _, w in pairs])
    for name, share in QUANTILES.items():
        reached, wanted = ZERO, whole * share.numerator / share.denominator
        for value, weight in pairs:
            reached += weight
            if reached >= wanted * (1 - mpf(10) ** -30):
                result[name] = value
                break
    return result


def row_figures(of: Scored) -> dict[str, list[Number]]:
    """Accuracy, Brier score and confidence of each row."""
    result: dict[str, list[Number]] = {"accuracy": [], "brier": [], "confidence": []}
    for row in of.rows:
        labels, predictions = _labels(row, of.rules), _predictions(row, of.rules)
        count = len(labels)
        result["brier"].append(
            mp.fsum(map(_brier, labels, predictions, [of.rules] * count)) / count
        )
        result["confidence"].append(mp.fsum(_expected(row, of.rules)) / count)
        result["accuracy"].append(mp.fsum(_right(row, of.rules)) / count)
    return result


def _expected(row: Row, rules: Rules) -> list[Number]:
    """The loss that the model expects, Σ q · (−log q), clipped as losses are; of each label."""
    parts = [row.prediction]
    if rules.task == "multilabel":
        parts = [(z,) for z in row.prediction]
    return [cross_entropy(probabilities(q, rules), surprisals(q, rules)) for q in parts]


def _brier(label: list[Number], prediction: list[Number], rules: Rules) -> Number:
    halves = 2 if len(label) == 2 or rules.convention == "yardstick" else 1
    squares = ((q - p) ** 2 for p, q in zip(label, prediction, strict=True))
    return mp.fsum(squares) / halves


def _right(row: Row, rules: Rules) -> list[Number]:
    """Whether the likeliest class is that of the label; of each independent label."""
    if rules.task == "multilabel":
        assert isinstance(row.label, tuple)
        pairs = zip(row.label, row.prediction, strict=True)
        return [mpf(likeliest((z,), rules) == int(y > 0.5)) for y, z in pairs]
    if isinstance(row.label, tuple):
        label = row.label if len(row.label) > 1 else (1 - row.label[0], row.label[0])
        happened = likeliest(label, Rules(classes=rules.classes))
    else:
        happened = rules.classes.index(str(row.label))
    return [mpf(likeliest(row.prediction, rules) == happened)]


def _of_decisions(of: Scored, unit: Number) -> Figures:
    per_row = row_figures(of)
    result: Figures = {
        "accuracy": means.plain(per_row["accuracy"], of.weights),
        "brier": means.plain(per_row["brier"], of.weights),
    }
    if of.rules.convention != "keras":  # which rounds the probabilities of classes, too
        expected = means.plain(per_row["confidence"], of.weights)
        result["confidence"] = expected * means.total(of.weights) / of.divisor / unit
    if of.rules.task == "binary":
        positive = [probabilities(row.prediction, of.rules)[1] for row in of.rows]
        observed = [label_shares(row.label, of.rules)[1] for row in of.rows]
        gaps = [q - y for q, y in zip(positive, observed, strict=True)]
        result["bias"] = means.plain(gaps, of.weights)
        if all(y in (0, 1) for y in observed):
            result["auc"] = auc(scores(of), observed, of.weights)
        result["ece"] = calibration(positive, observed, of.weights)
    elif of.rules.task == "multiclass":
        top = [max(probabilities(row.prediction, of.rules)) for row in of.rows]
        result["ece"] = calibration(top, per_row["accuracy"], of.weights)
    return result


def scores(of: Scored) -> list[Number]:
    """By what rows of two classes rank: the probability of the second, or its log-odds."""
    if of.rules.values == "probabilities":
        return [probabilities(row.prediction, of.rules)[1] for row in of.rows]
    costs = [surprisals(row.prediction, of.rules) for row in of.rows]
    return [first - second for first, second in costs]
