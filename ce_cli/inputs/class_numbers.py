"""Lists of whole numbers that are the classes of the numbers in another list of the same row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

Numbers = Sequence[float | None] | None
Cells = Sequence[str | None]

_PLACES = re.compile(r"(?i).*(token|word|piece|rank|order|sort|count|offset|mask)s?(_.*)?")
_NAMED = re.compile(r"(?i)(.*_)?(id|idx|index|indexes|indices|label|class|classes|name)s?")
_LABEL = re.compile(
    r"(?i)(y_?)?(true_?)?(label|target|class|gold|y)(_?(true|id))?|ground_?truth|gt"
)
_MAY_BE_LABELS = re.compile(r"(?i)(.*_)?(label|class|classe)s?")
_FEW = 3  # rows in which a column is only by chance one of the numbers beside


def are_class_numbers(
    name: str, lists: Sequence[Numbers], numbers: Sequence[Numbers], cells: Mapping[str, Cells]
) -> bool:
    """Whether the first rows show that a list of whole numbers has the classes of `numbers`.

    In each row, they are as many and different; they are the same in every row, or the list is
    named like classes; and they hold the label of most rows, unless it is in another file. One-hot
    labels are not classes.

    Parameters
    ----------
    name : str
        The name of the list.
    lists, numbers : sequence of list
        The rows of the list and of the numbers.
    cells : mapping of str to sequence of str
        The columns that may be the label.
    """
    rows = [place for place, own in enumerate(lists) if own and numbers[place]]
    if not rows or _PLACES.fullmatch(name) or _LABEL.fullmatch(name):
        return False
    sets = []
    for place in rows:
        own, those = lists[place], numbers[place]
        classes = {str(int(one)) for one in own or () if one is not None and one >= 0}
        if len(classes) != len(own or ()) or len(classes) != len(those or ()):
            return False
        sets.append(classes)
    if len(set(map(frozenset, sets))) > 1 and not _NAMED.fullmatch(name):
        return False
    if all(list(lists[place] or ()) == list(range(len(lists[place] or ()))) for place in rows):
        return False  # by position
    every = None if _NAMED.fullmatch(name) else set().union(*sets)
    if every is None and not any(map(_LABEL.fullmatch, cells)):
        return not _MAY_BE_LABELS.fullmatch(name)
    return any(
        _are_labels(label, [cell[place] for place in rows], sets, every)
        and not _is_one_hot([lists[place] for place in rows], [cell[place] for place in rows])
        for label, cell in cells.items()
    )


def _are_labels(name: str, cells: Cells, sets: Sequence[set[str]], every: set[str] | None) -> bool:
    """Whether a column is the label of most rows, and of `every` class if these are known."""
    within = sum(cell in classes for cell, classes in zip(cells, sets, strict=True))
    if _LABEL.fullmatch(name):
        known = {cell for cell in cells if cell is not None}
        return 2 * within >= len(cells) and (every is None or every >= known)
    return within == len(cells) >= _FEW and len(set(cells)) > 1


def _is_one_hot(lists: Sequence[Numbers], cells: Cells) -> bool:
    """Whether lists of two are 1 at the place of the label and 0 elsewhere."""
    return all(
        own is not None
        and sorted(one or 0.0 for one in own) == [0.0, 1.0]
        and cell == str(list(own).index(1.0))
        for own, cell in zip(lists, cells, strict=True)
    )
