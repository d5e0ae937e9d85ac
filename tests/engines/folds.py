"""Folds that show the order in which they are merged, and do what workers should not do."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence


class InOrder:
    """Puts the tasks in a row."""

    def __call__(self, task: int, /) -> list[int]:
        return [task]

    def merge(self, several: Sequence[list[int]], /) -> list[int]:
        return [task for one in several for task in one]

    def empty(self) -> list[int]:
        return []


class Deadly(InOrder):
    """Kills its process at task 7, as often as there is a file to be removed."""

    def __init__(self, *files: str) -> None:
        self._files = files

    def __call__(self, task: int, /) -> list[int]:
        for file in self._files if task == 7 else ():
            if os.path.exists(file):  # noqa: PTH110
                os.unlink(file)  # noqa: PTH108
                os.kill(os.getpid(), signal.SIGKILL)
        return [task]


class Wrong(InOrder):
    """Has a mistake at task 7."""

    def __call__(self, task: int, /) -> list[int]:
        return [task // (task - 7)]


class Slow(InOrder):
    """Takes minutes for each task."""

    def __call__(self, task: int, /) -> list[int]:
        time.sleep(300)
        return [task]
