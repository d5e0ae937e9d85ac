"""The curves of an explanation: surprisal, entropy and cross-entropy against a probability."""

from __future__ import annotations

from typing import Any

from ce_cli.record import Record
from ce_cli.results.document import Scalar, strict_row


class Curve(Record):
    """The curve −log q, with the observed outcomes marked on it.

    Attributes
    ----------
    points : tuple of (float, float)
        Probability and surprisal, from 0 to 1.
    marks : tuple of (str or None, float, float)
        The outcome, its predicted probability, and its surprisal.
    more : int
        How many marks were left out.
    """

    points: tuple[tuple[float, float], ...]
    marks: tuple[tuple[str | None, float, float], ...]
    more: int = 0

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can write it."""
        return {
            "points": [_point(*point) for point in self.points],
            "marks": [{"class": name, **_point(*point)} for name, *point in self.marks],
        }


class EntropyCurve(Record):
    """H(p) of two classes over p.

    Attributes
    ----------
    name : str or None
        The class whose share is p.
    points : tuple of (float, float)
        p and H(p), from 0 to 1.
    mark : (float, float) or None
        The label's p and its entropy.
    """

    name: str | None
    points: tuple[tuple[float, float], ...]
    mark: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can write it."""
        return {
            "class": self.name,
            "points": [{"label": x, "entropy": y} for x, y in self.points],
            "mark": self.mark and dict(zip(("label", "entropy"), self.mark, strict=True)),
        }


class CrossEntropyCurve(Record):
    """H(p, q) of two classes over q, for the p of the label.

    Attributes
    ----------
    name : str
        The class whose probabilities are p and q.
    points : tuple of (float, float)
        q and H(p, q), from 0 to 1.
    minimum : (float, float)
        p and H(p): the curve is lowest where q = p.
    marks : tuple of (str or None, float, float)
        Each prediction: its name, if there are several, its q and its H(p, q).
    """

    name: str
    points: tuple[tuple[float, float], ...]
    minimum: tuple[float, float]
    marks: tuple[tuple[str | None, float, float], ...]

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can write it."""
        names = ("prediction", "cross_entropy")
        marks = [
            {"name": name, **strict_row(dict(zip(names, mark, strict=True)))}
            for name, *mark in self.marks
        ]
        return {
            "class": self.name,
            "points": [strict_row(dict(zip(names, one, strict=True))) for one in self.points],
            "minimum": strict_row(dict(zip(names, self.minimum, strict=True))),
            "marks": marks,
        }


def _point(prediction: float, surprisal: float) -> dict[str, Scalar]:
    return strict_row({"prediction": prediction, "surprisal": surprisal})
