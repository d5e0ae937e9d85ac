"""Ranges of row numbers of several data sets at once, from what the files say of their rows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from ce_cli.findings.row_locations import RowLocations
from ce_cli.inputs.anywhere import Home, as_typed
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.locate import opened
from ce_cli.inputs.source import Source
from ce_cli.inputs.tasks import place_of, size_of_task
from ce_cli.inputs.unchanged import states_elsewhere
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.text import display_name


class RowRange(Record):
    """The rows of every data set from one number to another, exclusive; a task.

    Attributes
    ----------
    start, stop : int
        The numbers of the first row, from 0, and of the one after the last.
    size : int
        The bytes that are read, roughly.
    """

    start: int
    stop: int
    size: int = 0


class FilesOfRows(Record):
    """The files of a data set, and which rows each of them has; sent with the fold.

    Attributes
    ----------
    paths : tuple of str
        The files, for other processes.
    reading : Reading
        How they are read.
    starts : tuple of int
        The number of the first row of each file, from 0, and that of all rows.
    places : tuple of (int, tuple of (int, int) or None)
        The size of each file, and its state if it is a local one.
    groups : tuple of int
        The number of rows before each row group, and that of all rows.
    """

    paths: tuple[str, ...]
    reading: Reading
    starts: tuple[int, ...]
    places: tuple[tuple[int, tuple[int, int] | None], ...]
    groups: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(size for size, _ in self.places)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.starts[-1]

    def opened(self, first: int, last: int) -> Iterator[tuple[int, Source]]:
        """The files with rows from number `first` to `last`, exclusive, which read only these."""
        for part in range(max(0, bisect_right(self.starts, first) - 1), len(self.paths)):
            start, stop = self.starts[part : part + 2]
            if start >= last:
                return
            low, high = max(first, start), min(last, stop)
            if low < high:
                path, (_, state) = self.paths[part], self.places[part]
                reading = self.reading.replace(rows=(low - start, high - start))
                source = opened(path, reading, states_elsewhere(path, state))
                source.name = display_name(as_typed(path))
                yield part, source

    def locations(self, names: tuple[str, ...], read: int) -> RowLocations:
        """Where the rows of each file begin."""
        filled = [n for n in range(len(self.paths)) if self.starts[n] < self.starts[n + 1]]
        count = filled[-1] + 1 if filled else 0
        return RowLocations(names, self.starts[:count]).ended(read)


def files_of_rows(data: DataSet) -> FilesOfRows | None:
    """The files of a data set, or None if some does not say how many rows it has.

    Raises
    ------
    CeError
        A file cannot be opened.
    """
    files, home = data.files, Home.here()
    if files is None:
        return None
    counts: list[tuple[int, ...]] = []
    for source in data.sources():
        rows: tuple[int, ...] | None = getattr(source, "group_rows", None)
        if rows is None:
            return None
        counts.append(rows)
    starts = (0, *accumulate(map(sum, counts)))
    groups = (0, *accumulate(rows for several in counts for rows in several if rows))
    places = tuple(map(place_of, files.paths))
    return FilesOfRows(tuple(map(home.path, files.paths)), files.reading, starts, places, groups)


def ranges_of(
    sets: Sequence[FilesOfRows], workers: int, task_bytes: int | None = None
) -> list[RowRange]:
    """The ranges that hold all rows, in order.

    They end with row groups of the data set that has the fewest, so that only row groups of others
    are read in two of them.
    """
    total, rows = sum(one.size for one in sets), max(one.rows for one in sets)
    size = task_bytes or size_of_task(total, workers)
    count = max(1, size * rows // max(1, total))  # of rows in a range, at least
    cuts = [0]
    for end in min((one.groups for one in sets), key=len):
        if end - cuts[-1] >= count and end < rows:
            cuts.append(end)
    if len(cuts) > 1 and rows - cuts[-1] < count // 2:
        cuts.pop()
    ends = [*cuts[1:], rows]
    return [
        RowRange(start, stop, total * (stop - start) // max(1, rows))
        for start, stop in zip(cuts, ends, strict=True)
    ]
