"""Choosing the column of labels where no option names it: by name, and then by its values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ce_cli.binding.chosen import Chosen
from ce_cli.binding.classes import UNKNOWN, ConventionalBinary, NamedClasses
from ce_cli.binding.evidence import FirstRows
from ce_cli.binding.label_names import find_label_family, labels_by_name
from ce_cli.binding.names import has_word_of_label, has_word_of_prediction, is_aside
from ce_cli.errors import DataError, Suggestion
from ce_cli.text import quoted_list

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
            and not has_word_of_prediction(column.name)
        ]
        return [name for name in names if self._may_be_classes(name)]

    def by_values(self, namings: Sequence[tuple[str, ...]] | None) -> Chosen | None:
        """The only column whose values are the classes.

        Parameters
        ----------
        namings : sequence of tuple of str, or None
            Possible names of the classes of the predictions; None for a single prediction, whose
            labels are of two classes.

        Raises
        ------
        DataError
            There is more than one.
        """
        found = [name for name in self.candidates() if self._fits(name, namings)]
        if namings is None:
            usual = [name for name in found if self._is_conventional(name)]
            found = usual or [name for name in found if self._rows.repeats(name)]
        if len(found) > 1:
            found = [name for name in found if has_word_of_label(name)] or found
        if len(found) > 1:
            raise self.ambiguous(found)
        return Chosen((found[0],), "values") if found else None

    def likeliest(self) -> list[str]:
        """Columns with values of classes, those that a word in the name shows first."""
        return sorted(self.candidates(), key=lambda name: not has_word_of_label(name))

    def ambiguous(self, names: Sequence[str]) -> DataError:
        """The error that several columns may hold the label."""
        return DataError(
            f"more than one column may hold the label: {quoted_list(names)}; choose one with "
            "--label.",
            suggestions=[Suggestion((("--label", name),)) for name in names[:2]],
        )

    def _may_be_label(self, name: str) -> bool:
        """Whether numbers are classes or shares, not measurements."""
        if self._rows.kind(name) != "number":
            return True
        (kind,) = self._rows.numbers([name])
        return kind.are_whole or kind.in_unit or kind.bad

    def _are_classes(self, name: str) -> bool:
        return self._rows.kind(name) in _PLAIN and self._may_be_classes(name)

    def _may_be_classes(self, name: str) -> bool:
        if self._rows.kind(name) == "number":
            (kind,) = self._rows.numbers([name])
            if not kind.are_whole or kind.bad:
                return False
        return self._rows.are_few(name)

    def _fits(self, name: str, namings: Sequence[tuple[str, ...]] | None) -> bool:
        values = self._rows.classes(name)
        if namings is None:
            return len(self._rows.distinct(name)) == 2
        return any(UNKNOWN not in NamedClasses(naming).codes(values) for naming in namings)

    def _is_conventional(self, name: str) -> bool:
        return bool((ConventionalBinary().codes(self._rows.classes(name)) != UNKNOWN).all())
