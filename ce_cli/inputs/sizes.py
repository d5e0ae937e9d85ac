"""Sizes of files, by which the progress of reading them is measured."""

from __future__ import annotations

import os
import stat
import sys

from ce_cli.text import STDIN


def file_size(path: str) -> int | None:
    """The bytes of a local file, or of one that is redirected to standard input.

    Returns
    -------
    int or None
        None for anything else, such as a pipe or a URI, and for a file that cannot be examined.
    """
    status = file_status(path)
    return None if status is None else status.st_size


def file_status(path: str) -> os.stat_result | None:
    """The status of a local file, or of one that is redirected to standard input, as above."""
    if "://" in path:
        return None
    try:
        status = os.stat(sys.stdin.fileno() if path == STDIN else path)  # noqa: PTH116
    except (OSError, ValueError, AttributeError):
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def share_of(path: str, done: int, total: int) -> int:
    """The bytes that `done` of `total` rows or parts are of a file; 0 if its size is not known."""
    return (file_size(path) or 0) * done // max(1, total)
