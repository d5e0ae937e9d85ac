"""Paths that mean the same in every process, and what is said about them, as they were typed."""

from __future__ import annotations

import os
from pathlib import Path

from ce_cli.errors import CeError, UnseenFileError
from ce_cli.record import Record

_HERE = "/././"  # between the directory of this process and a path in it; systems skip it


class Home(Record):
    """The directory that paths are relative to; empty if there is none."""

    directory: str

    @classmethod
    def here(cls) -> Home:
        """That of this process."""
        try:
            return cls(os.getcwd())  # noqa: PTH109 - a text is needed
        except OSError:  # it was deleted
            return cls("")

    def path(self, path: str) -> str:
        """A path for processes that may be in another directory."""
        if not self.directory or Path(path).is_absolute() or "://" in path:
            return path
        return f"{self.directory}{_HERE}{path}"

    def at_home(self, error: CeError, workers: str) -> CeError:
        """An error from elsewhere, with paths as they were typed.

        If it is about a file that this process can read, it says that `workers` cannot.
        """
        start = f"{self.directory}{_HERE}"
        sentences = [one.replace(start, "") for one in error.sentences]
        if isinstance(error, UnseenFileError) and os.access(error.path, os.R_OK):
            sentences = [_unseen(one, workers) for one in sentences]
        return type(error)(*sentences, suggestions=error.suggestions)


def as_typed(path: str) -> str:
    """The part of a path that was typed."""
    return path.partition(_HERE)[2] or path


def _unseen(sentence: str, workers: str) -> str:
    return (
        f"{sentence.rstrip('.')} where {workers} run: put it where all of them can read it, such "
        "as a shared folder or object storage, or leave out --engine."
    )
