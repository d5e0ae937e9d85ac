"""Finding the columns of classes by the labels: their names carry the labels, in whatever dress."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from ce_cli.binding.naming.spelling import as_name, canonical
from ce_cli.binding.naming.words import has_word_of_prediction, has_words, words_of
from ce_cli.record import Record

_MOST_COMPARED = 1 << 19  # names in turn without each beginning and end, of a table with many
_LONGEST_DRESS = 1000  # characters before the label in a name
_FORMS: tuple[Callable[[str], str], ...] = (
    canonical,
    as_name,
    lambda text: as_name(text).casefold(),
    lambda text: canonical(text).strip(" .'\"").casefold(),
)


class ClassColumns(Record):
    """A column for each class.

    Attributes
    ----------
    columns : tuple of str
        In the order of the file.
    classes : tuple of str
        The class of each column: the rest of its name, or the label if that is another value.
    others : tuple of (str, str)
        Columns of the same beginning and end for which no label was seen, with the rest of their
        names.
    is_dressed : bool
        Whether the names have a common beginning or end.
    """

    columns: tuple[str, ...]
    classes: tuple[str, ...]
    others: tuple[tuple[str, str], ...] = ()
    is_dressed: bool = False

    def extended(self, names: Sequence[str]) -> ClassColumns:
        """With the columns of classes that were not seen, in the order of `names`."""
        every = {**dict(zip(self.columns, self.classes, strict=True)), **dict(self.others)}
        columns = tuple(name for name in names if name in every)
        return self.replace(columns=columns, classes=tuple(every[c] for c in columns), others=())


def class_columns(names: Sequence[str], labels: Sequence[str]) -> list[ClassColumns]:
    """Sets of columns whose names, less a common beginning and end, are exactly the labels.

    Parameters
    ----------
    names : sequence of str
        Columns that may hold predictions.
    labels : sequence of str
        The labels of the first rows, each once.
    """
    for form in _FORMS:
        found: dict[tuple[str, ...], ClassColumns] = {}
        for one in _with_form(names, labels, form):  # those with the shortest dress first
            found.setdefault(one.columns, one)
        if found:
            return list(found.values())
    return list(_with_words(names, labels))


def naming_by_labels(names: Sequence[str], labels: Sequence[str]) -> tuple[str, ...] | None:
    """The class of each of these columns, if their names carry all labels; None if they do not."""
    for one in class_columns(names, labels):
        whole = one.extended(names)
        if whole.columns == tuple(names) and len(set(whole.classes)) == len(names):
            return whole.classes
    return None


def _with_words(names: Sequence[str], labels: Sequence[str]) -> Iterator[ClassColumns]:
    """Columns each of which has the words of one label: ``home_win_prob`` and ``draw_prob``."""
    found: dict[str, str] = {}
    for label in labels:
        words = words_of(label)
        own = [name for name in names if words and has_words(name, words)]
        if len(own) != 1 or own[0] in found:
            return
        found[own[0]] = label
    if len(found) > 1 and all(map(has_word_of_prediction, found)):
        columns = tuple(name for name in names if name in found)
        yield ClassColumns(columns, tuple(found[name] for name in columns), is_dressed=True)


def _with_form(
    names: Sequence[str], labels: Sequence[str], form: Callable[[str], str]
) -> Iterator[ClassColumns]:
    spelled: dict[str, str] = {}
    for label in labels:
        spelled.setdefault(form(label), label)
    distinct = {canonical(label) for label in labels}
    if not spelled or len(spelled) < len(distinct):
        return
    texts = {name: unicodedata.normalize("NFC", name) for name in names}
    longest = max(spelled, key=len)
    most = max(1, _MOST_COMPARED // len(names)) if names else 0
    for start, end in islice(dict.fromkeys(_around(texts.values(), longest, form)), most):
        found: dict[str, str] = {}
        carrying: set[str] = set()
        classes: dict[str, str] = {}
        others: list[tuple[str, str]] = []
        for name, text in texts.items():
            rest = _between(text, start, end)
            if rest is None:
                continue
            carried = spelled.get(form(rest))
            if carried is None:
                others.append((name, rest))
            elif carried not in carrying:
                carrying.add(carried)
                found[name] = carried
                classes[name] = rest if canonical(rest) == canonical(carried) else carried
        if len(found) == len(spelled):
            yield ClassColumns(
                tuple(found), tuple(classes.values()), tuple(others), bool(start or end)
            )


def _around(
    texts: Iterable[str], label: str, form: Callable[[str], str]
) -> Iterator[tuple[str, str]]:
    """What is before and after a label in each name that has it somewhere, the least first."""
    found = []
    for text in texts:
        for size in _sizes(text, label):
            for at in range(min(len(text) - size, _LONGEST_DRESS) + 1):
                if form(text[at : at + size]) == label:
                    found.append((text[:at], text[at + size :]))
    yield from sorted(found, key=lambda around: len(around[0]) + len(around[1]))


def _sizes(text: str, label: str) -> Iterable[int]:
    """How long a spelling of `label` in `text` may be; numbers also have longer ones."""
    if label.removeprefix("-").isdigit():
        longer = {"0": ("false",), "1": ("true",)}.get(label, ())
        tail = (2, 3) if "." in text else ()
        sizes = {len(label), *(len(label) + more for more in tail), *map(len, longer)}
        return sorted(size for size in sizes if size <= len(text))
    return (len(label),) if len(label) <= len(text) else ()


def _between(text: str, start: str, end: str) -> str | None:
    """The rest of a name without its beginning and end; None if it has others."""
    if not (text.startswith(start) and text.endswith(end)):
        return None
    rest = text[len(start) : len(text) - len(end)]
    return rest or None
