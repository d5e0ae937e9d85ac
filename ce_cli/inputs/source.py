"""What every input format offers: columns by name, and the rows in splits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ce_cli.findings.row_issues import RowIssue
from ce_cli.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["number", "boolean", "text", "list", "map", "nested", "other"]
Stored = Literal["text", "float64", "float32", "float16"]


FORMATS = "CSV, TSV, JSON Lines, Parquet, Arrow and NumPy files"
NO_TEXTS = ("\0",)  # for `Projection.missing_texts`: no text stands for a missing value


class Column(Record):
    """A column as its file declares it, or as the first rows of a text file show it.

    Attributes
    ----------
    kind : str
        What the values are: a ``list`` holds numbers, a ``map`` numbers by name, and ``nested`` is
        any other structure.
    type : str
        The file's own word for the type, for messages.
    stored : str
        How finely numbers are stored: decides the clip and the tolerance of sums.
    width : int or None
        Length of a list, where it is fixed or the first rows agree.
    named : bool
        Whether the name is from the file; if not, it is a number and says nothing.
    from_labels : bool
        Whether it is from the file of labels, so that it is no prediction unless it is asked for.
    """

    name: str
    kind: Kind
    type: str
    stored: Stored = "float64"
    width: int | None = None
    named: bool = True
    from_labels: bool = False


class Projection(Record):
    """The columns to read: as numbers, texts, lists of numbers, or numbers by name.

    Those of the texts that are `verbatim` hold words of the data, so ``None`` is no missing value.
    """

    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    lists: tuple[str, ...] = ()
    missing_texts: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()
    verbatim: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every column to read, once."""
        return tuple(dict.fromkeys((*self.numbers, *self.texts, *self.lists, *self.maps)))

    def only(self, kept: Callable[[str], bool]) -> Self:
        """Some of the columns."""
        return self._mapped(lambda names: tuple(name for name in names if kept(name)))

    def renamed(self, new: Callable[[str], str]) -> Self:
        """The same columns by other names."""
        return self._mapped(lambda names: tuple(map(new, names)))

    def with_text(self, name: str | None) -> Self:
        """One column more, as text."""
        if name is None or name in self.texts:
            return self
        return self.replace(texts=(*self.texts, name))

    def union(self, other: Self) -> Self:
        """The columns of both; `other` has the same texts for a missing value."""
        kinds = ("numbers", "texts", "lists", "maps", "verbatim")
        both = {kind: (*getattr(self, kind), *getattr(other, kind)) for kind in kinds}
        return self.replace(**{kind: tuple(dict.fromkeys(names)) for kind, names in both.items()})

    def _mapped(self, change: Callable[[tuple[str, ...]], tuple[str, ...]]) -> Self:
        kinds = ("numbers", "texts", "lists", "maps", "verbatim")
        return self.replace(**{kind: change(getattr(self, kind)) for kind in kinds})


class Frame(Record):
    """Some consecutive rows of one file.

    Attributes
    ----------
    columns : dict of str to pyarrow.Array
        The columns that were read, all of one length: a map is an Arrow map or struct of numbers.
    rows : int
        Rows that the file has here, those left out included.
    left_out : tuple of int
        Rows, from 0, that are not in `columns` since their fields could not be told apart.
    issues : tuple of RowIssue
        What is wrong with these rows.
    spoiled : tuple of (str, tuple of int)
        Columns with cells that are no numbers, which are 0 there, and their places, from 0.
    """

    columns: dict[str, pa.Array]
    rows: int
    left_out: tuple[int, ...] = ()
    issues: tuple[RowIssue, ...] = ()
    spoiled: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @property
    def row_numbers(self) -> NDArray[np.int64]:
        """The number, from 0, of each row that `columns` has."""
        rows = np.arange(self.rows, dtype=np.int64)
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
            spoiled=tuple(
                (name, tuple(new[place] for place in bad if place in new))
                for name, bad in self.spoiled
            ),
        )


class Split(Protocol):
    """A piece of a file that one worker reads: cheap and picklable."""

    def frames(self) -> Iterator[Frame]:
        """Read the rows, in order, in pieces of bounded size."""
        ...


class Source(Protocol):
    """One open file."""

    name: str

    @property
    def format(self) -> str:
        """What it is, in words."""
        ...

    @property
    def is_empty(self) -> bool:
        """Whether there is no row."""
        ...

    def columns(self) -> Sequence[Column]:
        """The columns in file order."""
        ...

    def sample(self, projection: Projection) -> Frame:
        """The first rows, for the names of the classes; reading them again is not a second pass."""
        ...

    def splits(self, projection: Projection) -> Iterator[Split]:
        """All rows, in file order."""
        ...


class SourceWrapper:
    """What a source has in common with the one that it changes the columns of."""

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self._source = source

    @property
    def format(self) -> str:
        """That of the file."""
        return self._source.format

    @property
    def is_empty(self) -> bool:
        """Whether there is no row."""
        return self._source.is_empty
