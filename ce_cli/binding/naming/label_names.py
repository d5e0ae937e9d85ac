"""Finding label columns by name, and the classes in those names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ce_cli.binding.naming.names import (
    SEPARATORS,
    are_fractions,
    is_prediction,
    pattern_of,
    plain,
    usable,
    without_common,
)
from ce_cli.errors import DataError, Suggestion
from ce_cli.inputs.source import Column
from ce_cli.spec import Spec
from ce_cli.text import is_number, quoted, quoted_list, shell_word

_LABELS = frozenset(
    "label labels y y_true ytrue y_test true true_label truth target targets class actual actuals "
    "ground_truth gold outcome observed obs true_labels label_ids soft_label soft_labels "
    "soft_target soft_targets".split()
)
_LABEL_STEMS = (
    "true_label y_true ground_truth labels label targets target outcome observed actual onehot "
    "one_hot votes counts count truth gold true obs y"
).split()
_DELIMITED = r"\w+([~^:!%])[\w.]+(?:\1[\w.]+)*"  # names in one field
_FIRST_LABEL = rf"(?i)({'|'.join(_LABEL_STEMS)})(?:{SEPARATORS}+(.+)|[\[(](.+)[\])]|(\d+))"
_LAST_LABEL = rf"(?i)(.+?){SEPARATORS}+({'|'.join(_LABEL_STEMS)})"


def labels_by_name(columns: Sequence[Column]) -> list[str]:
    """The columns that are named like a label."""
    return [column.name for column in columns if plain(column.name) in _LABELS]


def no_label(columns: Sequence[Column]) -> str:
    """The message that no column is named like a label, nor has the values of one."""
    names = [column.name for column in columns]
    if first_row_for_names(columns):
        return f"{numbers_for_names(names)}, and name columns by number, as in --label 1 --pred 2."
    if len(names) == 1 and (match := re.fullmatch(_DELIMITED, names[0])):
        return (
            f"the only column is {quoted(names[0])}; if {quoted(match[1])} separates its fields, "
            f"use --delimiter {shell_word(match[1])}."
        )
    return (
        "no column is named like a label (label, y, y_true, target, class, …) or is the only one "
        f"with values of classes; the columns are {quoted_list(names)}; name the label with "
        "--label."
    )


def first_row_for_names(columns: Sequence[Column]) -> bool:
    """Whether the names look like a first row: numbers, or a fraction among them."""
    names = [column.name for column in columns if column.named]
    return bool(names) and (all(map(is_number, names)) or any(map(is_fraction, names)))


def is_fraction(name: str) -> bool:
    """Whether a name is a number that is not whole."""
    return are_fractions([name])


def numbers_for_names(names: Sequence[str]) -> str:
    """The message that a file has no header."""
    return (
        f"the first line holds numbers ({quoted_list(names, 3)}) instead of the names of columns; "
        "use --no-header"
    )


def names_label(names: Iterable[str], spec: Spec) -> bool:
    """Whether the first record of a file of labels is a header: it has a known column name.

    ``true`` is a label more often than it is the name of one.
    """
    known = {*spec.label, *spec.other_columns}
    return any(name in known or plain(name) in _LABELS - {"true"} for name in names)


def find_label_family(columns: Sequence[Column], taken: Iterable[str]) -> tuple[str, ...]:
    """Columns of numbers named like a label for each class; empty if there are none.

    Raises
    ------
    DataError
        There is more than one such family.
    """
    taken = set(taken)
    groups: dict[tuple[str, str], list[str]] = {}
    for column in columns:
        name = column.name
        if column.kind not in ("number", "boolean") or name in taken or is_prediction(name):
            continue
        if match := re.fullmatch(_FIRST_LABEL, name):
            groups.setdefault(("first", match[1].lower()), []).append(name)
        elif match := re.fullmatch(_LAST_LABEL, name):
            groups.setdefault(("last", match[2].lower()), []).append(name)
    families = [tuple(group) for group in groups.values() if len(group) > 1]
    if len(families) > 1:
        shown = "; ".join(quoted_list(family, 3) for family in families[:4])
        raise DataError(
            f"more than one set of columns may hold the labels: {shown}; choose one with --label.",
            suggestions=[Suggestion((("--label", pattern_of(families[0])),))],
        )
    return families[0] if families else ()


def label_namings(columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Possible names of the classes of several label `columns`, the most likely first."""
    namings = [tuple(map(_labelled, columns)), without_common(columns), tuple(columns)]
    return usable(namings, len(columns)) or [tuple(columns)]  # one of them has no name


def _labelled(name: str) -> str:
    if match := re.fullmatch(_FIRST_LABEL, name):
        return match[2] or match[3] or match[4] or ""
    if match := re.fullmatch(_LAST_LABEL, name):
        return match[1] or ""
    return name
