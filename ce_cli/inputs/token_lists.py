"""Lists of log-probabilities, losses or probabilities of tokens: each token is a row, if read.

The other columns are then repeated, and a column `document` numbers the lists. Where the lists are
not read, as when another column is scored, each row stays one row.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.findings.row_issues import RowIssue
from ce_cli.inputs.arrow import arrays
from ce_cli.inputs.source import Column, Frame, Projection, Source, SourceWrapper, Split
from ce_cli.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

DOCUMENT = "document"
_ROWS = 200  # that are examined
_SUM = 1e-3
_NAME = re.compile(r"(?i)([a-z]+_)?log_?(p|probs?|probabilit(y|ies)|likelihoods?)s?")
_LOSSES = re.compile(r"(?i)([a-z]+_)?(nll|losse|surprisal)s?|(neg(ative)?_)log_?(p|prob)s?")
_PROBS = re.compile(r"(?i)(token|word)_?(p|prob|proba|probabilitie)s?")
_BESIDE = re.compile(r"(?i)([a-z]+_)?(tokens?|token_?ids?|input_?ids|n_?tokens|len(gths?)?|words)")
_OF_TOKENS = re.compile(r"(?i)([a-z]+_)?(token|word|piece)s?(_texts?|_strs?|_strings?)?")
LABEL = re.compile(r"(?i)(y_?)?(true_?)?(label|target|class|gold|y)s?(_?true)?|ground_?truth")

Places = NDArray[np.int64]


def token_lists(source: Source) -> Source | None:
    """A row for each token, None if no list is shown to hold those of tokens.

    It is named after log-probabilities or losses in a file without a label, and is no distribution
    over classes: it is named after tokens or losses, there are as many tokens beside, or the
    probabilities do not sum to 1.
    """
    columns = source.columns()
    if any(LABEL.fullmatch(column.name) for column in columns):
        return None
    named = [column.name for column in columns if _may_be(column)]
    clear = [one for one in named if "token" in one.lower() or _LOSSES.fullmatch(one)]
    chosen = clear or named
    if len(chosen) != 1:
        return None
    if not _are_of_tokens(source, chosen[0], bool(clear)):
        return None
    tokens = [one.name for one in columns if one.of_names and _OF_TOKENS.fullmatch(one.name)]
    return TokenLists(source, chosen[0], tokens[0] if len(tokens) == 1 else None)


class TokenLists(SourceWrapper):
    """A file with a row for each token.

    Parameters
    ----------
    source : Source
        The file itself, with a row for each document.
    logprobs : str
        The column of lists of log-probabilities, losses or probabilities.
    tokens : str or None
        The column of lists of the tokens themselves.
    """

    group_rows = None  # a row of the file becomes several

    def __init__(self, source: Source, logprobs: str, tokens: str | None) -> None:
        super().__init__(source)
        self._lists = Lists(logprobs=logprobs, tokens=tokens)

    def columns(self) -> Sequence[Column]:
        """The columns of the file, with one number and text for each token, and the document."""
        own = [self._of_tokens(column) for column in self._source.columns()]
        if any(column.name == DOCUMENT for column in own):
            return own
        return [*own, Column(DOCUMENT, "text", "number of the list")]

    def sample(self, projection: Projection) -> Frame:
        """The first rows."""
        return self._lists.rows(self._source.sample(self._inner(projection)), projection, "", 0)

    def splits(self, projection: Projection) -> Iterator[TokenListsSplit]:
        """The splits of the file."""
        for number, split in enumerate(self._source.splits(self._inner(projection))):
            yield TokenListsSplit(split, self._lists, projection, f"{number}-" if number else "")

    def _of_tokens(self, column: Column) -> Column:
        if column.name == self._lists.logprobs:
            type_ = f"{column.type}, by token"
            return column.replace(kind="number", type=type_, width=None, by_token=True)
        if column.name == self._lists.tokens:
            return column.replace(kind="text", of_names=False)
        return column

    def _inner(self, projection: Projection) -> Projection:
        """What to read from the file itself."""
        lists = self._lists
        own = {lists.logprobs, lists.tokens}
        if not any(column.name == DOCUMENT for column in self._source.columns()):
            own.add(DOCUMENT)
        inner = projection.only(lambda name: name not in own)
        words = (lists.tokens,) if lists.tokens in projection.names and lists.tokens else ()
        if not inner.names or lists.logprobs in projection.names:  # or there would be no rows
            inner = inner.replace(lists=(*inner.lists, lists.logprobs))
        return inner.replace(words=(*inner.words, *words))


class TokenListsSplit(Record):
    """A part of the file.

    Attributes
    ----------
    prefix : str
        The beginning of the names of its documents.
    """

    split: Split
    lists: Lists
    projection: Projection
    prefix: str

    @property
    def size(self) -> int:
        """That of the part."""
        return self.split.size

    def frames(self) -> Iterator[Frame]:
        """The rows of the tokens."""
        before = 0
        for frame in self.split.frames():
            yield self.lists.rows(frame, self.projection, self.prefix, before)
            before += frame.rows


class Lists(Record):
    """The columns that hold lists."""

    logprobs: str
    tokens: str | None

    def rows(self, frame: Frame, projection: Projection, prefix: str, before: int) -> Frame:
        """A row for each token of a frame of documents, if the projection has their numbers."""
        if self.logprobs not in projection.names:
            return self._documents(frame, projection, prefix, before)
        column = frame.columns[self.logprobs]
        values, starts, counts = _parts(column)
        owners = np.repeat(np.arange(len(column)), counts)
        places = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
        places += np.repeat(starts, counts)
        at = arrays.numbers(owners)
        columns = {
            name: one.take(at)
            for name, one in frame.columns.items()
            if name in projection.names and name not in (self.logprobs, self.tokens)
        }
        columns[self.logprobs] = values.take(arrays.numbers(places))
        if self.tokens is not None and self.tokens in projection.names:
            columns[self.tokens] = _texts(frame.columns[self.tokens], column, counts)
        if DOCUMENT in projection.names and DOCUMENT not in frame.columns:
            columns[DOCUMENT] = _numbered(prefix, frame.row_numbers[owners] + before)
        return _renumbered(frame, columns, counts)

    def _documents(self, frame: Frame, projection: Projection, prefix: str, before: int) -> Frame:
        """The rows of the file itself, with the text of all tokens."""
        columns = {name: one for name, one in frame.columns.items() if name in projection.names}
        if self.tokens is not None and self.tokens in columns:
            lists = columns[self.tokens].to_pylist()
            columns[self.tokens] = arrays.encoded([one and "".join(one) for one in lists])
        if DOCUMENT in projection.names and DOCUMENT not in columns:
            columns[DOCUMENT] = _numbered(prefix, frame.row_numbers + before)
        return frame.replace(columns=columns)


def _numbered(prefix: str, rows: Places) -> pa.Array:
    return arrays.encoded([f"{prefix}{row + 1}" for row in rows.tolist()])


def _renumbered(frame: Frame, columns: dict[str, pa.Array], counts: Places) -> Frame:
    """The frame with these columns; a document that was left out is one row."""
    lengths = np.ones(frame.rows, np.int64)
    lengths[frame.row_numbers] = counts
    first = np.cumsum(lengths) - lengths

    def moved(issue: RowIssue) -> RowIssue:
        worst = issue.worst and (issue.worst[0], int(first[issue.worst[1]]), issue.worst[2])
        return issue.replace(rows=tuple(int(first[row]) for row in issue.rows), worst=worst)

    ends = np.cumsum(counts)
    return Frame(
        columns,
        int(lengths.sum()),
        tuple(int(first[row]) for row in frame.left_out),
        tuple(map(moved, frame.issues)),
        tuple(
            (name, tuple(row for at in bad for row in range(ends[at] - counts[at], ends[at])))
            for name, bad in frame.invalid_cells
        ),
    )


def _parts(column: pa.Array) -> tuple[pa.Array, Places, Places]:
    """The numbers of all lists, and where those of each list begin and how many they are.

    The first token of a text has no log-probability and is left out; a list that is missing is
    one missing number.
    """
    import pyarrow as pa

    numbers = column.values
    if pa.types.is_fixed_size_list(column.type):
        width = column.type.list_size
        offsets = (np.arange(len(column) + 1) + column.offset) * width
    else:
        offsets = arrays.offsets(column)
    starts, counts = offsets[:-1].copy(), np.diff(offsets)
    known = np.ones(len(column), np.bool_)
    if column.null_count:
        known = np.array([one is not None for one in column.to_pylist()], np.bool_)
    full = np.flatnonzero(known & (counts > 0))
    leading = full[_unknown(numbers.take(arrays.numbers(starts[full])))]
    starts[leading] += 1
    counts[leading] -= 1
    starts[~known], counts[~known] = len(numbers), 1
    return pa.concat_arrays([numbers, pa.nulls(1, numbers.type)]), starts, counts


def _unknown(numbers: pa.Array) -> NDArray[np.bool_]:
    """Where numbers are null or NaN."""
    return np.array([_is_unknown(one) for one in numbers.to_pylist()], np.bool_)


def _is_unknown(number: float | None) -> bool:
    return number is None or math.isnan(number)


def _texts(tokens: pa.Array, logprobs: pa.Array, counts: Places) -> pa.Array:
    """The text of each token, null for all of a document where there are more or fewer."""
    found: list[str | None] = []
    pairs = zip(tokens.to_pylist(), logprobs.to_pylist(), counts.tolist(), strict=True)
    for texts, numbers, count in pairs:
        whole = texts is not None and numbers is not None and len(texts) == len(numbers)
        found += texts[len(texts) - count :] if whole else [None] * count
    return arrays.encoded(found)


def _may_be(column: Column) -> bool:
    names = (_NAME, _LOSSES, _PROBS)
    named = column.named and any(pattern.fullmatch(column.name) for pattern in names)
    return column.kind == "list" and named


def _has_tokens(source: Source, name: str) -> bool:
    """Whether a column beside has the tokens of each list, or their number."""
    beside = [one for one in source.columns() if one.named and _BESIDE.fullmatch(one.name)]
    words = tuple(one.name for one in beside if one.of_names)
    numbers = tuple(one.name for one in beside if one.kind == "number")
    lists = tuple(one.name for one in beside if one.kind == "list")
    if not beside:
        return False
    frame = source.sample(Projection(numbers, (), (*lists, name), words=words))
    sizes = _sizes(frame, name)
    return any(_sizes(frame, one) == sizes for one in (*words, *lists)) or any(
        frame.columns[one][:_ROWS].to_pylist() == sizes for one in numbers
    )


def _sizes(frame: Frame, name: str) -> list[int]:
    return [len(one or ()) for one in frame.columns[name][:_ROWS].to_pylist()]


def _are_of_tokens(source: Source, name: str, clear: bool) -> bool:
    """Whether lists are in the range of their name and, unless it is clear, no distribution."""
    frame = source.sample(Projection((), (), (name,)))
    lists = [one for one in frame.columns[name][:_ROWS].to_pylist() if one]
    numbers = [
        [one for place, one in enumerate(own) if place or not _is_unknown(one)] for own in lists
    ]
    low, high = (0.0, math.inf) if _LOSSES.fullmatch(name) else (-math.inf, 0.0)
    low, high = (0.0, 1.0) if _PROBS.fullmatch(name) else (low, high)
    known = [one for own in numbers for one in own if not _is_unknown(one)]
    if not any(numbers) or any(not low <= one <= high for one in known if one is not None):
        return False
    if clear:
        return True
    whole = [np.array(own, np.float64) for own in lists if None not in own]
    sums = np.array([np.exp(own).sum() for own in whole])
    if 2 * int((np.abs(sums - 1.0) <= _SUM).sum()) >= len(lists):
        return False
    of_one_length = len(lists) > 2 and len(set(map(len, lists))) == 1
    few = of_one_length and bool((sums <= 1.0 + _SUM).all())  # rather some of the classes
    return not few or _has_tokens(source, name)
