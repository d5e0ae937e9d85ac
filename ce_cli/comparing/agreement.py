"""Whether models were asked the same: the same classes, and the same labels row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.classes import UNKNOWN
from ce_cli.binding.prediction_rows import somewhere
from ce_cli.comparing.bound_models import BoundModel
from ce_cli.comparing.scored_rows import ScoredRows
from ce_cli.errors import DataError
from ce_cli.kernels.outcomes import indicator
from ce_cli.record import Record
from ce_cli.text import plural, quoted, quoted_list

Bools = NDArray[np.bool_]
Codes = NDArray[np.intp]
Floats = NDArray[np.float64]

_Pair = tuple[int, str, str | int, str | int]  # row, its name, and what both say there

_ENDS = ("0", "1")  # what a share of the positive class is between
_SHARES_AGREE = 1e-6  # as far apart as shares of soft labels may be that are stored differently


class ClassOrder(Record):
    """The reference's code of each class of a model, shape (K,)."""

    codes: Codes

    def differing(self, reference: ScoredRows, other: ScoredRows) -> Bools:
        """Where the labels of two models are not the same, for the same rows in the same order."""
        if reference.masses is None and other.masses is None:
            if not len(self.codes):
                return np.zeros(len(other.codes), np.bool_)
            moved: Codes = self.codes[other.codes]
            differ: Bools = moved != reference.codes
            return differ
        count = len(self.codes)
        ours, theirs = _masses(reference, count), _masses(other, count)
        ordered = np.empty_like(theirs)
        ordered[self.codes] = theirs
        return somewhere(np.abs(ours - ordered) > _SHARES_AGREE)


def class_order(reference: Binding, other: Binding, names: tuple[str, str]) -> ClassOrder:
    """Match classes by the names and labels that both models know.

    Parameters
    ----------
    reference, other : Binding
        Of the two models.
    names : (str, str)
        What they are called.

    Raises
    ------
    DataError
        They predict something else.
    """
    if reference.task != other.task:
        raise DataError(
            f"{names[0]} is {reference.task}, and {names[1]} is {other.task}: they cannot be "
            "compared."
        )
    if not reference.class_count:
        return ClassOrder(np.zeros(0, np.intp))
    if not all(one.classes or one.sample for one in (reference, other)):
        return ClassOrder(np.arange(reference.class_count))  # there is no row, as is told later
    found = _matches(reference, other)
    if reference.class_count == other.class_count == 2 and len(found) == 1:
        found |= {1 - theirs: 1 - ours for theirs, ours in found.items()}
    complete = len(found) == other.class_count == len(set(found.values()))
    if not complete or reference.class_count != other.class_count:
        raise DataError(
            f"{names[0]} predicts the classes {_shown(reference)}, and {names[1]} "
            f"{_shown(other)}: they cannot be compared; --classes names them."
        )
    return ClassOrder(np.array([found[code] for code in range(len(found))], np.intp))


def _matches(reference: Binding, other: Binding) -> dict[int, int]:
    """From the codes of one model to those of the other, as far as texts tell."""
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
    return indicator(scored.codes, classes) if scored.masses is None else scored.masses


class Agreement:
    """Holds the models against the reference, row by row.

    Parameters
    ----------
    entrants : sequence of BoundModel
        The models, the reference first.

    Attributes
    ----------
    left_out : int
        How many rows some model could not score.
    """

    def __init__(self, entrants: Sequence[BoundModel]) -> None:
        own = entrants[0]
        self.entrants = entrants
        self.left_out = 0
        self._orders = [
            class_order(own.binding, one.binding, (own.name, one.name)) for one in entrants
        ]
        self._differing = [_Differing() for _ in entrants]

    def __call__(self, parts: Sequence[ScoredRows]) -> list[ScoredRows]:
        """The rows that all models could score; where they do not agree is remembered."""
        common = common_rows(parts)
        own = common[0]
        self.left_out += parts[0].read - len(own.rows)
        weighted = next((part for part in common if part.weights is not None), own)
        for order, other, found in zip(
            self._orders[1:], common[1:], self._differing[1:], strict=True
        ):
            found.labels(own, other, order.differing(own, other), order)
            found.weights(weighted, other)
        return common

    def refuse(self, classes: Sequence[str], key: str | None) -> None:
        """Refuse models that were not asked the same.

        Parameters
        ----------
        classes : sequence of str
            Names by the reference's codes.
        key : str or None
            The column by which rows met; None is by their order.

        Raises
        ------
        DataError
            Labels or weights differ.
        """
        for one, found in zip(self.entrants, self._differing, strict=True):
            told = found.sentence(self.entrants[0].name, one.name, classes, key)
            if told is not None:
                raise DataError(told)


class _Differing:
    """Where a model and the reference do not agree: the first such row, and how many there are."""

    def __init__(self) -> None:
        self._counts = {"label": 0, "weight": 0}
        self._first: dict[str, _Pair] = {}

    def labels(self, own: ScoredRows, other: ScoredRows, differ: Bools, order: ClassOrder) -> None:
        """Note where the labels differ."""
        if not differ.any():
            return
        at = int(np.argmax(differ))
        soft = own.masses is not None or other.masses is not None
        pair = ("", "") if soft else (int(own.codes[at]), int(order.codes[other.codes[at]]))
        self._note("label", own, at, pair, int(differ.sum()))

    def weights(self, own: ScoredRows, other: ScoredRows) -> None:
        """Note where the weights differ, if both have any."""
        if own.weights is None or other.weights is None:
            return
        differ: Bools = own.weights != other.weights
        if differ.any():
            at = int(np.argmax(differ))
            pair = (f"{own.weights[at]:g}", f"{other.weights[at]:g}")
            self._note("weight", own, at, pair, int(differ.sum()))

    def _note(
        self, what: str, own: ScoredRows, at: int, pair: tuple[str | int, str | int], count: int
    ) -> None:
        self._counts[what] += count
        row = int(own.rows[at])
        if what not in self._first or row < self._first[what][0]:
            name = own.called(np.array([at]))
            self._first[what] = (row, "" if name is None else str(name[0]), *pair)

    def sentence(
        self, reference: str, model: str, classes: Sequence[str], key: str | None
    ) -> str | None:
        """What differs, labels before weights, where first, and what to do; None if nothing."""
        what = next((what for what, count in self._counts.items() if count), None)
        if what is None:
            return None
        row, name, ours, theirs = self._first[what]
        count = self._counts[what]
        more = f" (and {plural(count - 1, 'more row')})" if count > 1 else ""
        shown = [classes[one] if isinstance(one, int) else one for one in (ours, theirs)]
        told = f": {quoted(shown[0])} and {quoted(shown[1])}" if shown[0] else ""
        start = f"{reference} and {model} have different {what}s"
        if key is None:
            return (
                f"{start} in row {row + 1:,}{told}{more}: rows that do not stand in one order "
                "have to be joined with --id."
            )
        return f"{start} for {quoted(key)} {quoted(name)}{told}{more}: they tell of other outcomes."


def common_rows(parts: Sequence[ScoredRows]) -> list[ScoredRows]:
    """The same rows of each model: those that all of them could score."""
    rows = parts[0].rows
    if all(len(part.rows) == len(rows) and (part.rows == rows).all() for part in parts[1:]):
        return list(parts)
    for part in parts[1:]:
        rows = np.intersect1d(rows, part.rows, assume_unique=True)
    return [part.taken(np.searchsorted(part.rows, rows)) for part in parts]
