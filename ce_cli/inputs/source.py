"""The interface of input formats: columns by name, and rows in splits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.errors import DataError
from ce_cli.findings.row_issues import RowIssue
from ce_cli.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["number", "boolean", "text", "list", "map", "nested", "other"]
Stored = Literal["text", "float64", "float32", "float16"]


FORMATS = (
    "CSV, TSV, JSON, JSON Lines, Parquet, Arrow, ORC, NumPy, safetensors, Excel, SQLite and DuckDB "
    "files"
)
MOST_COLUMNS = 1 << 15
LONGEST_RECORD = 64 << 20  # bytes, also of one text in a binary file
NO_TEXTS = ("\0",)  # for `Projection.missing_texts`: no text means a missing value


class Column(Record):
    """A column as its file declares it, or as the first rows of a text file show it.

    Attributes
    ----------
    kind : str
        Kind of the values: a ``list`` holds numbers, a ``map`` numbers by name, and ``nested`` is
        any other structure.
    type : str
        The type in the file's own terms, for messages.
    stored : str
        Precision of the stored numbers, which decides the clip and the tolerance for sums.
    width : int or None
        Length of the lists, where it is fixed or the same in the first rows.
    named : bool
        Whether the name is from the file; otherwise it is a mere column number.
    of_names : bool
        Whether it has lists of texts, which may name the classes of another column.
    own_classes : bool
        Whether the lists of each row have classes of their own, as many as there are.
    by_token : bool
        Whether each row has several numbers, which become rows of their own if they are read.
    of_texts : bool
        Whether its file declares texts, although these can be read as numbers.
    from_labels : bool
        Whether it is from the file of labels; it is then a prediction only if ``--pred`` names it.
    classes : tuple of str
        The names that the file gives to the numbers 0, 1, … of a label.
    name_in_file : str or None
        Its name in the file, where that is not `name`; options may use either.
    """

    name: str
    kind: Kind
    type: str
    stored: Stored = "float64"
    width: int | None = None
    named: bool = True
    of_names: bool = False
    own_classes: bool = False
    by_token: bool = False
    of_texts: bool = False
    from_labels: bool = False
    classes: tuple[str, ...] = ()
    name_in_file: str | None = None


class Projection(Record):
    """The columns to read: as numbers, texts, lists of numbers or texts, or numbers by name.

    In `verbatim` texts, ``None`` and the like are words of the data, not missing values. The
    texts in `ids` have few values that occur twice.
    """

    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    lists: tuple[str, ...] = ()
    missing_texts: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()
    verbatim: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every column to read, once."""
        every = (*self.numbers, *self.texts, *self.lists, *self.maps, *self.words)
        return tuple(dict.fromkeys(every))

    def only(self, kept: Callable[[str], bool]) -> Self:
        """The columns whose names `kept` accepts."""
        return self._mapped(lambda names: tuple(name for name in names if kept(name)))

    def renamed(self, new: Callable[[str], str]) -> Self:
        """The same columns under other names."""
        return self._mapped(lambda names: tuple(map(new, names)))

    def with_text(self, name: str | None) -> Self:
        """The same columns and one more, as text."""
        if name is None or name in self.texts:
            return self
        return self.replace(texts=(*self.texts, name))

    def with_id(self, name: str | None) -> Self:
        """The same columns and one more, as text, with a value of its own for each row."""
        if name is None or name in self.ids:
            return self
        return self.with_text(name).replace(ids=(*self.ids, name))

    def union(self, other: Self) -> Self:
        """The columns of both; `other` has the same `missing_texts`."""
        kinds = ("numbers", "texts", "lists", "maps", "verbatim", "words", "ids")
        both = {kind: (*getattr(self, kind), *getattr(other, kind)) for kind in kinds}
        return self.replace(**{kind: tuple(dict.fromkeys(names)) for kind, names in both.items()})

    def _mapped(self, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Self:
        kinds = ("numbers", "texts", "lists", "maps", "verbatim", "words", "ids")
        return self.replace(**{kind: change(getattr(self, kind)) for kind in kinds})


def check_columns(name: str, count: int) -> None:
    """Check how many columns, or keys of JSON objects, a file has.

    Raises
    ------
    DataError
        There are more than `MOST_COLUMNS`, and choosing among them would take too long.
    """
    if count > MOST_COLUMNS:
        raise DataError(
            f"{name}: has more than {MOST_COLUMNS:,} columns; keep those of labels and "
            "predictions, or write the predictions of a row as one list."
        )


def repeated(columns: Iterable[Column]) -> set[str]:
    """The names that several columns have."""
    counts = Counter(column.name for column in columns)
    return {name for name, count in counts.items() if count > 1}


@lru_cache(maxsize=4)
def first_numbers(count: int) -> NDArray[np.int64]:
    """The numbers from 0 up to, but excluding, `count`; made once, since many frames are alike."""
    numbers = np.arange(count, dtype=np.int64)
    numbers.flags.writeable = False
    return numbers


class Frame(Record):
    """Some consecutive rows of one file.

    Attributes
    ----------
    columns : dict of str to pyarrow.Array
        The columns that were read, all of one length: a map is an Arrow map or struct of numbers.
    rows : int
        Number of rows in this part of the file, including those left out.
    left_out : tuple of int
        Rows, from 0, that are not in `columns`, since their fields could not be separated.
    issues : tuple of RowIssue
        The issues of these rows.
    invalid_cells : tuple of (str, tuple of int)
        Columns with cells that are not numbers, and the positions of these, which hold 0.
    """

    columns: dict[str, pa.Array]
    rows: int
    left_out: tuple[int, ...] = ()
    issues: tuple[RowIssue, ...] = ()
    invalid_cells: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def row_numbers(self) -> NDArray[np.int64]:
        """The number, from 0, of each row that `columns` has."""
        rows = first_numbers(self.rows)
        return np.delete(rows, self.left_out) if self.left_out else rows

    def take(self, places: NDArray[np.intp]) -> Self:
        """Some of the rows in `columns`, in their order; the others are left out."""
        import pyarrow as pa

        rows = self.row_numbers
        at = pa.array(places, pa.int64())
        new = {old: place for place, old in enumerate(places.tolist())}
        return self.replace(
            columns={name: column.take(at) for name, column in self.columns.items()},
            left_out=(*self.left_out, *np.delete(rows, places).tolist()),
            invalid_cells=tuple(
                (name, tuple(new[place] for place in bad if place in new))
                for name, bad in self.invalid_cells
            ),
        )


class Split(Protocol):
    """A part of a file that one worker reads: cheap and picklable."""

    @property
    def size(self) -> int:
        """The bytes of the file that it covers, for showing progress; 0 if that is not known."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Read the rows, in order, in frames of bounded size."""
        ...


class Source(Protocol):
    """One open file."""

    name: str

    @property
    def format(self) -> str:
        """The format, in words."""
        ...

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        ...

    def columns(self) -> Sequence[Column]:
        """The columns in file order."""
        ...

    def sample(self, projection: Projection) -> Frame:
        """The first rows, which show the names of classes; `splits` returns them again."""
        ...

    def splits(self, projection: Projection) -> Iterator[Split]:
        """All rows, in file order."""
        ...


class SourceWrapper:
    """Base of sources that change the columns of another source."""

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self._source = source

    @property
    def format(self) -> str:
        """The format of the file."""
        return self._source.format

    @property
    def is_empty(self) -> bool:
        """Whether there are no rows."""
        return self._source.is_empty

    @property
    def group_rows(self) -> tuple[int, ...] | None:
        """The number of rows of each part, if the file says so, and the rows are as in the file."""
        found: tuple[int, ...] | None = getattr(self._source, "group_rows", None)
        return found


class EmptySource:
    """A file that holds nothing.

    Parameters
    ----------
    name : str
        For messages.
    """

    format = "empty file"
    is_empty = True
    group_rows = ()

    def __init__(self, name: str) -> None:
        self.name = name

    def columns(self) -> Sequence[Column]:
        """There are none."""
        return ()

    def sample(self, projection: Projection) -> Frame:
        """No rows."""
        return Frame({}, 0)

    def splits(self, projection: Projection) -> Iterator[Split]:
        """There are none."""
        return iter(())
