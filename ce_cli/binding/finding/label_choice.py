"""Choosing the column of labels where no option names it: by name, and then by its values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ce_cli.binding.finding.chosen import Chosen
from ce_cli.binding.finding.evidence import FirstRows
from ce_cli.binding.naming.classes import UNKNOWN, ConventionalBinary, NamedClasses
from ce_cli.binding.naming.label_names import find_label_family, labels_by_name
from ce_cli.binding.naming.names import class_named, is_aside, plain
from ce_cli.binding.naming.words import (
    has_word_of_label,
    has_word_of_prediction,
    is_decision,
    relation,
)
from ce_cli.errors import DataError, Suggestion
from ce_cli.text import quoted, quoted_list

_VAGUE = ("class", "y", "true")  # names of labels that features have as well
_PLAIN = ("number", "boolean", "text")


class LabelChoice:
    """The choice among the columns of a file.

    Parameters
    ----------
    rows : FirstRows
        The first rows.
    taken : iterable of str
        Columns with another role.
    """

    def __init__(self, rows: FirstRows, taken: Iterable[str]) -> None:
        self._rows = rows
        self._taken = set(taken)
        self._free = [c for c in rows.columns if c.name not in self._taken]

    def by_name(self) -> Chosen | None:
        """The column, or the family of columns, named like a label.

        Raises
        ------
        DataError
            There is more than one.
        """
        named = labels_by_name(self._free)
        for agrees in (self._may_be_label, self._are_classes):
            if len(named) > 1:
                named = [name for name in named if agrees(name)] or named
        if len(named) > 1:
            raise self.ambiguous(named)
        if named and (self._may_be_label(named[0]) or len(self.candidates()) != 1):
            return Chosen((named[0],))
        family = () if named else find_label_family(self._free, ())
        return Chosen(family) if family else None

    def candidates(self) -> list[str]:
        """Columns whose values may be classes, and that are not named like something else."""
        names = [
            column.name
            for column in self._free
            if column.kind in _PLAIN
            and column.name not in self._rows.repeated
            and not is_aside(column.name)
            and not is_decision(column.name)
        ]
        self._rows.numbers([name for name in names if self._rows.kind(name) == "number"])  # at once
        able = [name for name in names if self._may_be_whole(name)]
        self._rows.read_labels(able)
        return [name for name in able if self._rows.are_few(name)]

    def by_values(
        self, predictions: Sequence[str], namings: Sequence[tuple[str, ...]] | None
    ) -> Chosen | None:
        """The only column whose values are the classes, or whose name is that of the predictions.

        Parameters
        ----------
        predictions : sequence of str
            Their columns.
        namings : sequence of tuple of str, or None
            Possible names of the classes of the predictions; None for a single prediction, whose
            labels are of two classes.

        Raises
        ------
        DataError
            There is more than one.
        """
        found = [name for name in self.candidates() if self._fits(name, predictions[0], namings)]
        if namings is None:
            found = [name for name in found if self._are_two_classes(name)]
            found = self._only(found, lambda name: self._has_class_of(name, predictions[0]))
            nearest = max((relation(name, predictions[0]) for name in found), default=0)
            if nearest:
                found = [one for one in found if relation(one, predictions[0]) == nearest]
        found = self._only(found, has_word_of_label)
        if len(found) > 1:
            raise self.ambiguous(found, predictions)
        return Chosen((found[0],), "values") if found else None

    def rivals(self, label: str, prediction: str) -> list[str]:
        """Columns whose names are nearer to that of the prediction than a label of a vague name."""
        if relation(label, prediction) or plain(label) not in _VAGUE:
            return []
        others = [name for name in self.candidates() if name != label]
        if self._rows.kind(label) == "number":
            kind = self._rows.label_numbers(label)
            if kind.are_fractions:  # shares of a class, or a measurement
                return others
        return [name for name in others if relation(name, prediction)]

    def likeliest(self, predictions: Sequence[str] = ()) -> list[str]:
        """Columns with values of classes, the likeliest first."""
        return self._ranked(self.candidates(), predictions)

    def ambiguous(self, names: Sequence[str], predictions: Sequence[str] = ()) -> DataError:
        """The error that several columns may hold the label."""
        if all(name in self._rows.repeated for name in names):
            return DataError(
                f"more than one column is named {quoted(names[0])}; give each a name of its own."
            )
        from ce_cli.binding.finding.top_class import label_beside_top_class

        scores = [*predictions] or self._scores()
        suggestions = [Suggestion((("--label", n),)) for n in self._ranked(names, predictions)[:3]]
        top_class = label_beside_top_class(self._rows, names, scores)
        return DataError(
            f"more than one column may hold the label: {quoted_list(names)}; choose one with "
            "--label.",
            suggestions=suggestions if top_class is None else [top_class],
        )

    def _scores(self) -> list[str]:
        """Columns of numbers that are named like predictions."""
        return [
            column.name
            for column in self._free
            if column.kind == "number" and has_word_of_prediction(column.name)
        ]

    def _ranked(self, names: Sequence[str], predictions: Sequence[str]) -> list[str]:
        """By the words of the names, then by their place: the label is often the last column."""
        places = {column.name: place for place, column in enumerate(self._rows.columns)}

        def rank(name: str) -> tuple[int, bool, bool, bool, int]:
            related = sum(relation(name, one) for one in predictions)
            named = plain(name) == "label", has_word_of_label(name)
            return -related, not named[0], not named[1], self._is_unique(name), -places[name]

        return sorted(dict.fromkeys(names), key=rank)

    @staticmethod
    def _only(names: list[str], shows: Callable[[str], bool]) -> list[str]:
        """The one that `shows` the role; all, if none or several do."""
        shown = [name for name in names if shows(name)]
        return shown if len(shown) == 1 else names

    def _has_class_of(self, name: str, prediction: str) -> bool:
        """Whether a value of the column is a class that the prediction is named after."""
        values = self._rows.classes(name)
        return not self._is_conventional(name) and class_named(prediction, values) is not None

    def _are_two_classes(self, name: str) -> bool:
        """Whether the values may be those of two classes, one of which may occur later."""
        return self._is_conventional(name) or not self._is_unique(name)

    def _is_unique(self, name: str) -> bool:
        return not self._rows.repeats(name)

    def _may_be_label(self, name: str) -> bool:
        """Whether numbers are classes or shares, not measurements."""
        if self._rows.kind(name) != "number":
            return True
        kind = self._rows.label_numbers(name)
        return kind.are_whole or kind.in_unit or kind.bad

    def _are_classes(self, name: str) -> bool:
        return self._rows.kind(name) in _PLAIN and self._may_be_classes(name)

    def _may_be_classes(self, name: str) -> bool:
        return self._may_be_whole(name) and self._rows.are_few(name)

    def _may_be_whole(self, name: str) -> bool:
        """Whether numbers are whole; true for columns of other kinds."""
        if self._rows.kind(name) != "number":
            return True
        (kind,) = self._rows.numbers([name])
        return kind.are_whole and not kind.bad

    def _fits(self, name: str, prediction: str, namings: Sequence[tuple[str, ...]] | None) -> bool:
        values = self._rows.classes(name)
        if namings is None:
            lone = self._is_conventional(name) and relation(name, prediction)
            return len(self._rows.distinct(name)) in ((1, 2) if lone else (2,))
        return any(UNKNOWN not in NamedClasses(naming).codes(values) for naming in namings)

    def _is_conventional(self, name: str) -> bool:
        return bool((ConventionalBinary().codes(self._rows.classes(name)) != UNKNOWN).all())
