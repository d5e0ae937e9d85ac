"""The explanation of one row: frozen records that renderers read."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ce_cli import __version__
from ce_cli.record import Record
from ce_cli.results.document import Scalar, strict, strict_row
from ce_cli.results.explain_curves import CrossEntropyCurve, Curve, EntropyCurve
from ce_cli.results.result import CommandResult, beginning_with
from ce_cli.results.score import Note, Result

if TYPE_CHECKING:
    import pandas as pd


class ClassTerm(Record):
    """One class of the row, or one of several independent labels.

    Attributes
    ----------
    name : str or None
        The class; None where only the observed outcome has a prediction.
    label : float or None
        p, the label's share of this class, after any smoothing; None as above.
    stated : float or None
        p before smoothing.
    given : float or None
        The predicted number as written in the input: a logit, a log-probability, or a
        probability before its row was renormalized. None for the other class of a single
        prediction.
    prediction : float
        q, before any clipping; NaN where there is no prediction, or there are several.
    surprisal : float
        −log q after clipping: the loss if the class happens, in the unit of the result. Without a
        single prediction, −log p.
    otherwise : float or None
        −log(1 − q): the loss if an independent label does not hold.
    product : float
        p · surprisal; for an independent label, its loss.
    clipped : bool
        Whether q was clipped before its surprisal was computed.
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
        """The record as JSON can write it."""
        fields = {name: getattr(self, name) for name in self._fields}
        return strict_row({"class": fields.pop("name"), **fields})


class LossRank(Record):
    """The rank of the loss among all rows.

    Attributes
    ----------
    rank : int
        1 for the largest loss; rows with equal losses share a rank.
    rows : int
        How many rows were scored.
    lower, equal : int
        How many of the other rows have a smaller loss, and how many the same loss.
    mean, total : float
        Cross-entropy of all rows, and Σ w·loss, in the unit of the result.
    share : float
        This row's share of the total; NaN where the total is 0 or infinite.
    """

    rank: int
    rows: int
    lower: int
    equal: int
    mean: float
    total: float
    share: float


class Compared(Record):
    """One of several predictions of the same label.

    Attributes
    ----------
    name : str
        ``q1`` for the first.
    parts : tuple of ClassTerm
        The classes, in their order.
    cross_entropy, kl_divergence : float
        In the unit of the result.
    perplexity : float
        e to the power of the cross-entropy in nats.
    """

    name: str
    parts: tuple[ClassTerm, ...]
    cross_entropy: float
    kl_divergence: float
    perplexity: float

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON can write it."""
        figures = ("cross_entropy", "kl_divergence", "perplexity")
        return {
            "name": self.name,
            **{name: strict(getattr(self, name)) for name in figures},
            "classes": [part.to_dict() for part in self.parts],
        }


class Explained(CommandResult):
    """The result of `explain`.

    Attributes
    ----------
    task, values, unit, signature : str
        The task, the kind of the predictions, the unit of losses, and every setting that
        changes them.
    parts : tuple of ClassTerm
        The classes, in their order.
    entropy, cross_entropy, kl_divergence : float
        Those of the row; `cross_entropy` is its loss. NaN where there is no label, and the last
        two without a single prediction.
    clip, smoothing : float
        How near probabilities may come to 0 and 1, and the share of the label that was spread
        over all classes; 0 for none.
    row : dict or None
        Number, file, id and weight; None for typed numbers.
    score : Result or None
        The score of all rows.
    standing : LossRank or None
        The rank of the row among them.
    curve : Curve or None
        −log q; present if requested.
    perplexity : float
        e to the power of the cross-entropy in nats, or of the entropy without a prediction.
    predictions : tuple of Compared
        The predictions, if there are several.
    nearest : tuple of str
        The names of those whose KL divergence is smallest; several if they tie.
    entropy_curve : EntropyCurve or None
        Present if requested, for two classes without a prediction.
    cross_entropy_curve : CrossEntropyCurve or None
        Present if requested, for two classes that are both possible.
    """

    command = "explain"

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
    perplexity: float = math.nan
    predictions: tuple[Compared, ...] = ()
    nearest: tuple[str, ...] = ()
    entropy_curve: EntropyCurve | None = None
    cross_entropy_curve: CrossEntropyCurve | None = None

    @property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """Every warning."""
        return tuple(("warning", one.message) for one in self.warnings)

    def to_dict(self) -> dict[str, Any]:
        """The JSON document ``ce.explain/1``: None replaces numbers that JSON cannot write."""
        score, standing = self.score, self.standing
        rank = standing and {name: getattr(standing, name) for name in standing._fields}
        return {
            "schema": "ce.explain/1",
            "version": __version__,
            "signature": self.signature,
            "inputs": list(score.inputs) if score else [],
            "task": self.task,
            "columns": score.columns.to_dict() if score else None,
            "values": self.values,
            "unit": self.unit,
            "clip": self.clip,
            "label_smoothing": self.smoothing,
            "row": self.row and strict_row(self.row),
            "classes": [part.to_dict() for part in self.parts],
            "entropy": strict(self.entropy),
            "cross_entropy": strict(self.cross_entropy),
            "kl_divergence": strict(self.kl_divergence),
            "perplexity": strict(self.perplexity),
            "predictions": [one.to_dict() for one in self.predictions],
            "nearest": list(self.nearest),
            "standing": rank and strict_row(rank),
            "curve": self.curve and self.curve.to_dict(),
            "entropy_curve": self.entropy_curve and self.entropy_curve.to_dict(),
            "cross_entropy_curve": self.cross_entropy_curve and self.cross_entropy_curve.to_dict(),
            "warnings": [warning.to_dict() for warning in self.warnings],
        }

    def frame(self) -> pd.DataFrame:
        """One row per class: its share of the label, its prediction, its surprisal, the product.

        Of several predictions, one row per prediction and class.
        """
        import pandas as pd

        names = ["class", *ClassTerm._fields[1:]]
        tables = [(one.name, one.parts) for one in self.predictions] or [("", self.parts)]
        rows = [
            [name, *(getattr(part, field) for field in ClassTerm._fields)]
            for name, parts in tables
            for part in parts
        ]
        frame = pd.DataFrame(rows, columns=["name", *names])
        frame = frame if self.predictions else frame.drop(columns="name")
        first = ("name", "class", "label", "prediction", "surprisal", "product")
        return beginning_with(frame, first)
