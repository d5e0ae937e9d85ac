"""One row taken apart: a frozen value that renderers read."""

from __future__ import annotations

from typing import Any

from ce_cli import __version__
from ce_cli.record import Record
from ce_cli.results.document import Scalar, strict, strict_row
from ce_cli.results.score import Note, Result


class ClassTerm(Record):
    """One class of the row; of independent labels, one of them.

    Attributes
    ----------
    name : str or None
        Of the class; None where only what happened has a prediction.
    label : float or None
        p, how much of it happened, smoothed if asked for; None as above.
    stated : float or None
        p before smoothing.
    given : float or None
        The number of the prediction as it was given: a logit, a log-probability, a probability
        before its row was renormalised. None for the other class of a lone number.
    prediction : float
        q, before any clipping.
    surprisal : float
        What the class costs where it happens, in the unit of the result.
    otherwise : float or None
        What an independent label costs where it does not hold.
    product : float
        p · surprisal; of an independent label, its loss.
    clipped : bool
        Whether its surprisal is that of a probability that was clipped.
    """

    name: str | None
    label: float | None
    stated: float | None
    given: float | None
    prediction: float
    surprisal: float
    product: float
    otherwise: float | None = None
    clipped: bool = False

    def to_dict(self) -> dict[str, Scalar]:
        """What JSON can write."""
        fields = {name: getattr(self, name) for name in self._fields}
        return strict_row({"class": fields.pop("name"), **fields})


class LossRank(Record):
    """Where the loss stands among all rows.

    Attributes
    ----------
    rank : int
        1 for the largest loss; rows of one loss have the same rank.
    rows : int
        How many were scored.
    lower, equal : int
        How many of the others have a smaller loss, and how many the same.
    mean, total : float
        Cross-entropy of all rows, and Σ w·loss, in the unit of the result.
    share : float
        How much of the total this row carries; NaN where that is 0 or infinite.
    """

    rank: int
    rows: int
    lower: int
    equal: int
    mean: float
    total: float
    share: float


class Curve(Record):
    """−log q, and where what happened lies on it.

    Attributes
    ----------
    points : tuple of (float, float)
        Probability and surprisal, from 0 to 1.
    marks : tuple of (str or None, float, float)
        What happened, the probability that it was given, and its surprisal.
    more : int
        How many marks were left out.
    """

    points: tuple[tuple[float, float], ...]
    marks: tuple[tuple[str | None, float, float], ...]
    more: int = 0

    def to_dict(self) -> dict[str, Any]:
        """What JSON can write."""
        return {
            "points": [_point(*point) for point in self.points],
            "marks": [{"class": name, **_point(*point)} for name, *point in self.marks],
        }


class Explained(Record):
    """The result of `explain`.

    Attributes
    ----------
    task, values, unit, signature : str
        What is predicted, what the numbers are, what losses are in, and what changes them.
    parts : tuple of ClassTerm
        The classes, in their order.
    entropy, cross_entropy, kl_divergence : float
        Of the row; `cross_entropy` is its loss. NaN where there is no label.
    clip, smoothing : float
        What probabilities were clipped to, and the share of the label that was spread; 0 for none.
    row : dict or None
        Number, file, id and weight; None for numbers that were typed.
    score : Result or None
        The score of all rows.
    standing : LossRank or None
        Where the row stands among them.
    curve : Curve or None
        If asked for.
    """

    task: str
    values: str
    unit: str
    signature: str
    parts: tuple[ClassTerm, ...]
    entropy: float
    cross_entropy: float
    kl_divergence: float
    clip: float
    smoothing: float
    row: dict[str, Scalar] | None = None
    score: Result | None = None
    standing: LossRank | None = None
    curve: Curve | None = None
    warnings: tuple[Note, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON document ``ce.explain/1``: numbers that JSON cannot write are None."""
        score, standing = self.score, self.standing
        places = standing and {name: getattr(standing, name) for name in standing._fields}
        return {
            "schema": "ce.explain/1",
            "version": __version__,
            "signature": self.signature,
            "inputs": list(score.inputs) if score else [],
            "task": self.task,
            "columns": score.columns if score else None,
            "values": self.values,
            "unit": self.unit,
            "clip": self.clip,
            "label_smoothing": self.smoothing,
            "row": self.row and strict_row(self.row),
            "classes": [part.to_dict() for part in self.parts],
            "entropy": strict(self.entropy),
            "cross_entropy": strict(self.cross_entropy),
            "kl_divergence": strict(self.kl_divergence),
            "standing": places and strict_row(places),
            "curve": self.curve and self.curve.to_dict(),
            "warnings": [warning.to_dict() for warning in self.warnings],
        }


def _point(prediction: float, surprisal: float) -> dict[str, Scalar]:
    return strict_row({"prediction": prediction, "surprisal": surprisal})
