"""Check that models predict the same outcomes: the same classes, and the same labels by row."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.naming.classes import UNKNOWN, ConventionalBinary
from ce_cli.binding.rows.prediction_rows import somewhere
from ce_cli.comparing.bound_models import BoundModel
from ce_cli.comparing.other_labels import labels_of_one, only_file
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.errors import DataError, Suggestion
from ce_cli.kernels.outcomes import indicator
from ce_cli.record import Record
from ce_cli.text import comma_separated, plural, quoted, quoted_list

Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

_Pair = tuple[int, str, str | int, str | int]  # row, its id, and the two values there

_ENDS = ("0", "1")  # the limits of a share of the positive class
_SHARES_AGREE = 1e-6  # how far shares of soft labels may differ by their storage


class ClassOrder(Record):
    """The reference's code of each class of a model, shape (K,)."""

    codes: Codes

    @cached_property
    def is_same(self) -> bool:
        """Whether both models have the same codes."""
        return bool((self.codes == np.arange(len(self.codes))).all())

    def differing(self, reference: ScoredRows, other: ScoredRows) -> Bools:
        """Where the labels of two models differ, for the same rows in the same order."""
        if reference.masses is None and other.masses is None:
            if not len(self.codes):
                return np.zeros(len(other.codes), np.bool_)
            theirs = other.codes if self.is_same else self.codes[other.codes]
            differ: Bools = theirs != reference.codes
            return differ
        count = len(self.codes)
        ours, masses = _masses(reference, count), _masses(other, count)
        ordered = np.empty_like(masses)
        ordered[self.codes] = masses
        return somewhere(np.abs(ours - ordered) > _SHARES_AGREE)


def class_order(
    reference: Binding, other: Binding, names: tuple[str, str], file: str = ""
) -> ClassOrder:
    """Match classes by the names and labels that both models have.

    Parameters
    ----------
    reference, other : Binding
        Those of the two models.
    names : (str, str)
        The names of the models.
    file : str
        The only file of the reference, whose labels the other may take; empty if there are more.

    Raises
    ------
    DataError
        Their tasks or classes differ, or the classes of their only predictions.
    """
    if reference.task != other.task:
        raise DataError(
            f"{names[0]} is {reference.task}, but {names[1]} is {other.task}: they cannot be "
            "compared."
        )
    if not reference.class_count:
        return ClassOrder(np.zeros(0, np.intp))
    if not all(one.classes or one.sample for one in (reference, other)):
        return ClassOrder(np.arange(reference.class_count))  # no rows, which is reported later
    matches = _matches(reference, other)
    if reference.class_count == other.class_count == 2 and len(matches) == 1:
        matches |= {1 - theirs: 1 - ours for theirs, ours in matches.items()}
    complete = len(matches) == other.class_count == len(set(matches.values()))
    if not complete or reference.class_count != other.class_count:
        raise DataError(
            f"{names[0]} predicts the classes {_shown(reference)}, but {names[1]} predicts "
            f"{_shown(other)}: they cannot be compared{labels_of_one(reference, other, file)}."
        )
    order = ClassOrder(np.array([matches[code] for code in range(len(matches))], np.intp))
    if is_of_positive(reference) and is_of_positive(other) and not order.is_same:
        raise _turned_round(reference, other, names)
    return order


def is_of_positive(binding: Binding) -> bool:
    """Whether a single prediction is that of one class of two."""
    return binding.shape == "single" and binding.class_count == 2 and not binding.predicted_class


def _turned_round(reference: Binding, other: Binding, names: tuple[str, str]) -> DataError:
    """The error about predictions of which one is of the other's negative class.

    Columns called p0 and p1 may be two models, or the two classes of one: nothing in them shows it.
    """
    texts = list(dict.fromkeys((*(reference.classes or reference.sample), *_ENDS)))
    ours, theirs = (_positive(binding, texts) for binding in (reference, other))
    columns = (quoted(binding.predictions[0]) for binding in (reference, other))
    first, second = (
        f"{name}, in {column}, is of the class {quoted(own)}"
        for name, column, own in zip(names, columns, (ours, theirs), strict=True)
    )
    usual = ConventionalBinary().codes([ours])[0] == 1
    choices = [(theirs, ours), (ours, theirs)] if usual else [(ours, theirs), (theirs, ours)]
    return DataError(
        f"The prediction of {first}, but that of {second}: models are compared by predictions of "
        "the same class; if the columns are of one model, use ce score; if both are of one class, "
        "whatever their names, name it with --positive, and both classes with --classes.",
        suggestions=[
            Suggestion((("--positive", both[1]), ("--classes", comma_separated(both))))
            for both in choices
        ],
    )


def _positive(binding: Binding, texts: Sequence[str]) -> str:
    codes = binding.labels.reader.codes(texts).tolist()
    return texts[codes.index(1)] if 1 in codes else "1"


def _matches(reference: Binding, other: Binding) -> dict[int, int]:
    """The reference's code for each code of the other model that the known texts identify."""
    texts = [*(other.classes or ()), *(reference.classes or ())]
    for binding in (reference, other):
        seen = _ENDS if binding.labels.shape == "share" else binding.sample
        texts += [text for text in seen if text not in texts]
    ours, theirs = (binding.labels.reader.codes(texts) for binding in (reference, other))
    known = (ours != UNKNOWN) & (theirs != UNKNOWN)
    return dict(zip(theirs[known].tolist(), ours[known].tolist(), strict=True))


def _shown(binding: Binding) -> str:
    return quoted_list(binding.classes or binding.sample[:2])


def _masses(scored: ScoredRows, classes: int) -> Floats:
    if scored.masses is not None:
        return scored.masses
    return indicator(scored.codes.astype(np.intp), classes)


class Agreement:
    """Compares the labels and weights of each model with the reference's, row by row.

    Parameters
    ----------
    models : sequence of BoundModel
        The models, the reference first.

    Attributes
    ----------
    left_out : int
        How many rows some model could not score.
    differing : list of Disagreements
        Where each model disagrees with the reference.
    """

    def __init__(self, models: Sequence[BoundModel]) -> None:
        own, file = models[0], only_file(models[0].files)
        self.models = models
        self.left_out = 0
        self._orders = [
            class_order(own.binding, one.binding, (own.name, one.name), file) for one in models
        ]
        self.differing = [Disagreements() for _ in models]

    def __call__(self, parts: Sequence[ScoredRows]) -> list[ScoredRows]:
        """The rows that all models could score; disagreements are recorded."""
        common = common_rows(parts)
        own = common[0]
        self.left_out += parts[0].read - len(own.rows)
        weighted = next((part for part in common if part.weights is not None), own)
        for order, other, disagreements in zip(
            self._orders[1:], common[1:], self.differing[1:], strict=True
        ):
            disagreements.labels(own, other, order.differing(own, other), order)
            disagreements.weights(weighted, other)
        return common

    def merge(self, later: Agreement, rows: int) -> None:
        """Add what was found in later rows, `rows` other rows after the first."""
        self.left_out += later.left_out
        for own, other in zip(self.differing, later.differing, strict=True):
            own.merge(other, rows)

    def refuse(self, classes: Sequence[str], key: str | None) -> None:
        """Reject models that disagree about labels or weights.

        Parameters
        ----------
        classes : sequence of str
            Class names by the reference's codes.
        key : str or None
            The id column by which rows were matched; None if they were matched by row order.

        Raises
        ------
        DataError
            Labels or weights differ.
        """
        for one, disagreements in zip(self.models, self.differing, strict=True):
            message = disagreements.message(self.models[0].name, one.name, classes, key)
            if message is not None:
                raise DataError(message)


class Disagreements:
    """Rows in which a model and the reference disagree: the first of them, and their count."""

    def __init__(self) -> None:
        self._counts = {"label": 0, "weight": 0}
        self._first: dict[str, _Pair] = {}

    def labels(self, own: ScoredRows, other: ScoredRows, differ: Bools, order: ClassOrder) -> None:
        """Record where the labels differ."""
        if not differ.any():
            return
        at = int(np.argmax(differ))
        soft = own.masses is not None or other.masses is not None
        pair = ("", "") if soft else (int(own.codes[at]), int(order.codes[other.codes[at]]))
        self._record("label", own, at, pair, int(differ.sum()))

    def weights(self, own: ScoredRows, other: ScoredRows) -> None:
        """Record where the weights differ, if both have any."""
        if own.weights is None or other.weights is None:
            return
        differ: Bools = own.weights != other.weights
        if differ.any():
            at = int(np.argmax(differ))
            pair = (f"{own.weights[at]:g}", f"{other.weights[at]:g}")
            self._record("weight", own, at, pair, int(differ.sum()))

    def _record(
        self, kind: str, own: ScoredRows, at: int, pair: tuple[str | int, str | int], count: int
    ) -> None:
        self._counts[kind] += count
        row = int(own.rows[at])
        if kind not in self._first or row < self._first[kind][0]:
            name = own.ids_of(np.array([at]))
            self._first[kind] = (row, "" if name is None else str(name[0]), *pair)

    def merge(self, later: Disagreements, rows: int) -> None:
        """Add those of later rows, `rows` other rows after the first."""
        for kind, count in later._counts.items():
            self._counts[kind] += count
        for kind, (row, name, ours, theirs) in later._first.items():
            self._first.setdefault(kind, (row + rows, name, ours, theirs))

    def message(
        self, reference: str, model: str, classes: Sequence[str], key: str | None
    ) -> str | None:
        """An error about the labels, or else the weights; None if the models agree."""
        kind = next((kind for kind, count in self._counts.items() if count), None)
        if kind is None:
            return None
        row, name, ours, theirs = self._first[kind]
        count = self._counts[kind]
        more = f" (and {plural(count - 1, 'more row')})" if count > 1 else ""
        shown = [classes[one] if isinstance(one, int) else one for one in (ours, theirs)]
        values = f": {quoted(shown[0])} and {quoted(shown[1])}" if shown[0] else ""
        start = f"{reference} and {model} have different {kind}s"
        if key is None:
            return (
                f"{start} in row {row + 1:,}{values}{more}; if their rows are in different orders, "
                "join them with --id."
            )
        return (
            f"{start} for {quoted(key)} {quoted(name)}{values}{more}; models can be compared only "
            "on the same outcomes."
        )


def common_rows(parts: Sequence[ScoredRows]) -> list[ScoredRows]:
    """The same rows of each model: those that all of them could score."""
    rows = parts[0].rows
    if all(len(part.rows) == len(rows) and (part.rows == rows).all() for part in parts[1:]):
        return list(parts)
    for part in parts[1:]:
        rows = np.intersect1d(rows, part.rows, assume_unique=True)
    return [part.taken(np.searchsorted(part.rows, rows)) for part in parts]
