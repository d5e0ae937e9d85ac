"""How many rows cost more than one of them, which may come late."""

from __future__ import annotations

import tempfile

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_IN_MEMORY = 64 << 20
_BLOCK = 1 << 20


class RankCounts:
    """Rows with a larger, the same, and a smaller loss than one that is found on the way.

    Until then the losses wait: 8 bytes a row, beyond 64 MB in a temporary file.

    Attributes
    ----------
    rows : int
        How many losses there were.
    larger, same : int
        How many of them were larger than that of the row, or the same.
    """

    def __init__(self) -> None:
        self.rows = self.larger = self.same = 0
        self._loss: float | None = None
        self._waiting = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115

    def add(self, losses: Floats) -> None:
        """Some rows more."""
        self.rows += len(losses)
        if self._loss is None:
            self._waiting.write(losses.tobytes())
        else:
            self._count(losses, self._loss)

    def settle(self, loss: float) -> None:
        """Say what the row costs."""
        self._loss = loss
        self._waiting.seek(0)
        while block := self._waiting.read(_BLOCK):
            self._count(np.frombuffer(block, np.float64), loss)
        self.close()

    def close(self) -> None:
        """Let go of what waits."""
        self._waiting.close()

    def _count(self, losses: Floats, loss: float) -> None:
        self.larger += int(np.count_nonzero(losses > loss))
        self.same += int(np.count_nonzero(losses == loss))


class LargestLoss:
    """The same of the first row of the largest loss.

    Attributes
    ----------
    rows, larger, same : int
        As of `RankCounts`.
    """

    def __init__(self) -> None:
        self.rows = self.larger = self.same = 0
        self._loss = -np.inf

    def place(self, losses: Floats) -> int | None:
        """Add some rows: the place of the one among them that costs most so far, if it is here."""
        self.rows += len(losses)
        first = int(losses.argmax()) if len(losses) else 0
        found = len(losses) > 0 and losses[first] > self._loss
        if found:
            self._loss, self.same = float(losses[first]), 0
        self.same += int(np.count_nonzero(losses == self._loss))
        return first if found else None
