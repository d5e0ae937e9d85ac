"""The descriptors of the standard streams, which stay theirs even where the streams are closed."""

from __future__ import annotations

import os


def reserve() -> None:
    """Open the null device in place of closed standard streams.

    A file that is opened later would have their numbers, and what libraries write to standard
    error would be written into it. For Python, the streams remain closed.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
