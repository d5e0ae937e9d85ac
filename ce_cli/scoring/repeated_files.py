"""Files that are read as parts of one data set although they seem to hold the same rows."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from shlex import quote

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.joining.fingerprints import fingerprints
from ce_cli.binding.naming.names import is_id, is_index
from ce_cli.binding.rows.columns import tokens
from ce_cli.errors import CeError
from ce_cli.inputs.arrow.arrays import texts
from ce_cli.inputs.source import Projection, Source, repeated
from ce_cli.record import Record
from ce_cli.results.score import Note
from ce_cli.spec import Spec
from ce_cli.text import comma_separated, display_name, plural, quoted, shell_word

Hashes = NDArray[np.uint64]

_MOST_FILES = 64  # further files are not compared, so that memory is bounded
_MOST_ROWS = 4096  # of each file
_BITS = 16.0  # of evidence that rows are the same: by chance, one pair in 65,000 agrees so
_OVERLAP = 0.5  # of the ids
_SHOWN = 5


class Beginning(Record):
    """The first rows of a file.

    Attributes
    ----------
    part : int
        The number of the file.
    labels : tuple of (str, ndarray of uint64)
        A fingerprint of each value in columns that seldom agree by chance: labels and texts.
    ids : tuple of (str, ndarray of uint64)
        The ids, where each is unique.
    counts : bool
        Whether these merely count the rows of the file, in order.
    """

    part: int
    labels: tuple[tuple[str, Hashes], ...]
    ids: tuple[tuple[str, Hashes], ...]
    counts: bool = False


class RepeatedFiles:
    """Remembers how the files of a data set begin, as they are opened.

    Parameters
    ----------
    binding : Binding
        That of all files.
    """

    def __init__(self, binding: Binding | None) -> None:
        self._binding = binding
        self._known: list[Beginning] = []

    def noted(self, sources: Iterator[Source]) -> Iterator[Source]:
        """The same sources, each once its beginning is noted."""
        for part, source in enumerate(sources):
            self.add(beginning(source, part, self._binding))
            yield source

    def add(self, beginnings: Iterable[Beginning]) -> None:
        """Remember how further files begin, which were opened elsewhere."""
        self._known += beginnings

    def notes(self, names: Sequence[str], starts: Sequence[int], spec: Spec) -> Iterator[Note]:
        """The warning about files that hold the same rows, if any do.

        Parameters
        ----------
        names : sequence of str
            All files.
        starts : sequence of int
            Number of rows before each of them, and of all rows.
        spec : Spec
            The options as they were typed, which a command that compares the files repeats.
        """
        places = [name if "://" in name else os.path.realpath(name) for name in names]
        earliest = {place: n for n, place in reversed(list(enumerate(places)))}
        twice = [name for n, name in enumerate(names) if earliest[places[n]] < n]
        if twice:
            verb = "is" if len(twice) == 1 else "are"
            shown = " and ".join(map(display_name, twice[:_SHOWN]))
            yield Note(
                "file_twice",
                f"{shown} {verb} given more than once, so the same rows are counted more than "
                "once: name each file once.",
            )
        rows = {one.part: starts[one.part + 1] - starts[one.part] for one in self._known}
        groups: list[list[int]] = []
        what = ""
        pairs = max(1, math.comb(len(self._known), 2))
        for first, second in combinations(self._known, 2):
            if places[first.part] == places[second.part]:
                continue
            if second.part in next((one for one in groups if first.part in one), ()):
                continue  # it is there already
            same = _same(first, second, rows[first.part] == rows[second.part], pairs)
            if same:
                what = what or same
                _put_together(groups, first.part, second.part)
        if groups:
            yield Note("same_rows", _message([[names[n] for n in g] for g in groups], what, spec))


def beginning(source: Source, part: int, binding: Binding | None) -> Iterator[Beginning]:
    """How file number `part` begins, if it is one of the first and shows what tells rows apart."""
    if part >= _MOST_FILES or source.is_empty:
        return
    columns = [one for one in source.columns() if not one.from_labels]
    names, twice = {column.name for column in columns}, repeated(columns)
    own = () if binding is None else binding.labels.columns
    used = {*own} if binding is None else {*own, *binding.predictions}
    plain = [c for c in columns if c.name not in twice and c.kind in ("number", "text")]
    ids = [c.name for c in plain if c.name not in used and is_id(c.name) and not is_index(c.name)]
    if binding is not None and binding.id in names:
        ids = [binding.id or ""]
    texts = [c.name for c in plain if c.kind == "text" and c.name not in (*ids, *used)]
    shape = "none" if binding is None else binding.labels.shape
    labels = [name for name in own if name in names and shape in ("single", "columns", "share")]
    wanted = list(dict.fromkeys((*labels, *ids[:1], *texts[:1])))
    if not wanted:
        return
    try:
        frame = source.sample(Projection((), tuple(wanted)))
    except CeError:
        return  # reported when the rows are read
    if frame.left_out:
        return
    found = {name: _hashes(frame.columns[name].slice(0, _MOST_ROWS)) for name in wanted}
    both = [("label", _joined([found[name] for name in labels]))] if labels else []
    both += [(name, found[name]) for name in texts[:1]]
    unique = [(name, found[name]) for name in ids[:1] if _identifies(found[name])]
    counts = any(_count_rows(values) for _, values in unique)
    yield Beginning(part, tuple(both), tuple(unique), counts)


def _hashes(column: object) -> Hashes:
    codes, words = tokens(column)
    known = np.append(fingerprints(texts(words)), np.uint64(0))
    return known[codes]


def _joined(columns: Sequence[Hashes]) -> Hashes:
    """One fingerprint for each row of several columns."""
    total = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        total = total * np.uint64(0x9E3779B97F4A7C15) + column
    return total


def _identifies(hashes: Hashes) -> bool:
    """Whether ids are unique, and none is missing."""
    return len(hashes) > 1 and len(np.unique(hashes)) == len(hashes) and bool(hashes.all())


def _count_rows(hashes: Hashes) -> bool:
    """Whether ids are 0, 1, 2, … or 1, 2, 3, … in this order, which each part may have anew."""
    counted = fingerprints(texts([str(n) for n in range(len(hashes) + 1)]))
    return np.array_equal(hashes, counted[:-1]) or np.array_equal(hashes, counted[1:])


def _same(first: Beginning, second: Beginning, of_one_length: bool, pairs: int) -> str:
    """What is the same in two files; empty if they hold different rows."""
    theirs = dict(second.ids)
    for name, ids in () if first.counts and second.counts else first.ids:
        others = theirs.get(name)
        if others is not None:
            shared = int(np.isin(ids, others).sum())
            if shared > 1 and shared >= _OVERLAP * min(len(ids), len(others)):
                return f"the same {quoted(name)}"
            return ""
    others_by_name = dict(second.labels)
    for name, values in first.labels if of_one_length else ():
        others = others_by_name.get(name)
        count = 0 if others is None else min(len(values), len(others))
        if others is None or not np.array_equal(values[:count], others[:count]):
            return ""
        if bits_of(values[:count]) >= _BITS + math.log2(pairs):
            return "the same labels row by row" if name == "label" else f"the same {quoted(name)}"
    return ""


def bits_of(values: Hashes) -> float:
    """How unlikely it is, in bits, that other rows have the same values in the same order.

    Each value is predicted from the one before it, so values that are sorted, alternate or come in
    cycles are no evidence.
    """
    count = len(values)
    cycles = (np.array_equal(values[n:], values[:-n]) for n in range(1, min(count // 2, 200) + 1))
    if count < 2 or any(cycles):
        return 0.0
    known, codes = np.unique(values, return_inverse=True)
    before, after = codes[:-1].astype(np.int64), codes[1:].astype(np.int64)
    _, place, pairs = np.unique(before * len(known) + after, return_index=True, return_counts=True)
    of_each = np.bincount(before, minlength=len(known))
    agree = np.bincount(before[place], (pairs / of_each[before[place]]) ** 2, minlength=len(known))
    if len(known) == count:  # every value is unique, so that none is predicted
        return count * math.log2(count)
    return float(-(of_each[of_each > 0] * np.log2(agree[of_each > 0])).sum())


def _put_together(groups: list[list[int]], first: int, second: int) -> None:
    group = next((one for one in groups if first in one), None)
    if group is None:
        groups.append([first, second])
    elif second not in group:
        group.append(second)


def _message(groups: Sequence[Sequence[str]], what: str, spec: Spec) -> str:
    first = groups[0]
    shown = " and ".join(map(display_name, first[:2]))
    more = sum(map(len, groups)) - 2
    if len(first) > 2 or len(groups) > 1:
        shown += f" (and {plural(more, 'more file')} so)"
    models = _models(groups)
    how = f"if they are of several models, compare these: {_command(models, spec)}"
    if not models:
        how = "if they are of several models, compare these with ce compare"
    return f"{shown} have {what}, but are scored as parts of one data set; {how}."


def _models(groups: Sequence[Sequence[str]]) -> list[str]:
    """The files, or else the directories, of the models; empty if these are not clear."""
    if len(groups) == 1:
        return list(groups[0])
    parents = {tuple(str(Path(name).parent) for name in group) for group in groups}
    return list(parents.pop()) if len(parents) == 1 else []


def _command(models: Sequence[str], spec: Spec) -> str:
    """The command that compares them."""
    options = [("--label", one) for one in spec.label] + [("--pred", one) for one in spec.pred]
    options += [
        (option, value)
        for option, value in (
            ("--weight", spec.weight),
            ("--id", spec.id),
            ("--positive", spec.positive),
            ("--as", None if spec.as_ == "auto" else spec.as_),
            ("--task", None if spec.task == "auto" else spec.task),
            ("--classes", comma_separated(spec.classes) or None),
        )
        if value is not None
    ]
    words = [f"{option} {shell_word(value)}" for option, value in options]
    return " ".join(["ce compare", *(quote(display_name(one)) for one in models), *words])
