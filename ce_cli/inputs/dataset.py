"""A data set: the files that are read as one, and the file that has their labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ce_cli.inputs.source import Source
from ce_cli.record import Record

if TYPE_CHECKING:
    from ce_cli.reading import Reading


class Files(Record):
    """Files by their paths, for whoever else opens them, and the file that has their labels."""

    paths: tuple[str, ...]
    reading: Reading
    labels: str | None = None


class DataSet(Record):
    """Files or tables whose rows are one data set.

    Attributes
    ----------
    names : tuple of str
        What they are called in messages and documents.
    sources : callable
        Opens them one after another, each time anew.
    labels : callable or None
        Opens the file that has the labels, if the others have none.
    files : Files or None
        The files; None for what is in memory.
    """

    names: tuple[str, ...]
    sources: Callable[[], Iterator[Source]]
    labels: Callable[[], Source] | None = None
    files: Files | None = None

    def open_labels(self) -> Source | None:
        """The file that has the labels, if it is another."""
        return None if self.labels is None else self.labels()
