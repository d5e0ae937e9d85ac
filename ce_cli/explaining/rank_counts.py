"""Rank one row by loss among all rows, even if it is found late."""

from __future__ import annotations

import io
from typing import IO

import numpy as np
from numpy.typing import NDArray

from ce_cli.process import temporary

Floats = NDArray[np.float64]

_IN_MEMORY = 64 << 20
_BLOCK = 1 << 20


class RankCounts:
    """Counts the rows with a larger and the same loss as one that is found while reading.

    Until it is found all losses are kept: 8 bytes per row, beyond 64 MB in a temporary file.

    Attributes
    ----------
    rows : int
        How many losses were added.
    larger, same : int
        How many of them are larger than the row's loss, and how many equal to it.
    """

    def __init__(self) -> None:
        self.rows = self.larger = self.same = 0
        self._loss: float | None = None
        self._kept: IO[bytes] = io.BytesIO()

    def add(self, losses: Floats) -> None:
        """Add the losses of some rows."""
        self.rows += len(losses)
        if self._loss is None:
            self._keep(losses.tobytes())
        else:
            self._count(losses, self._loss)

    def settle(self, loss: float) -> None:
        """Set the loss of the row."""
        self._loss = loss
        self._kept.seek(0)
        while block := self._kept.read(_BLOCK):
            self._count(np.frombuffer(block, np.float64), loss)
        self.close()

    def close(self) -> None:
        """Discard the losses kept."""
        self._kept.close()

    def _keep(self, losses: bytes) -> None:
        with temporary.naming_the_folder():
            if isinstance(self._kept, io.BytesIO) and self._kept.tell() > _IN_MEMORY:
                from tempfile import TemporaryFile

                # It has no name, so there is nothing for a signal to remove.
                file: IO[bytes] = TemporaryFile(dir=temporary.folder())  # noqa: SIM115
                file.write(self._kept.getbuffer())
                self._kept = file
            self._kept.write(losses)

    def _count(self, losses: Floats, loss: float) -> None:
        self.larger += int(np.count_nonzero(losses > loss))
        self.same += int(np.count_nonzero(losses == loss))


class LargestLoss:
    """The same counts for the first row with the largest loss.

    Attributes
    ----------
    rows, larger, same : int
        As in `RankCounts`.
    """

    def __init__(self) -> None:
        self.rows = self.larger = self.same = 0
        self._loss = -np.inf

    def place(self, losses: Floats) -> int | None:
        """Add some rows; the place of the largest loss so far, if it is one of theirs."""
        self.rows += len(losses)
        first = int(losses.argmax()) if len(losses) else 0
        found = len(losses) > 0 and losses[first] > self._loss
        if found:
            self._loss, self.same = float(losses[first]), 0
        self.same += int(np.count_nonzero(losses == self._loss))
        return first if found else None
