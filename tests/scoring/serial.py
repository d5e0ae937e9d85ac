"""An engine in this process that treats tasks as one on other machines would."""

from __future__ import annotations

import pickle
import random
from collections.abc import Sequence
from typing import TypeVar, cast

from ce_cli.engines.engine import Fold, Folded, Task
from ce_cli.engines.threads import Threads
from ce_cli.scoring.run import Run

Value = TypeVar("Value")


class Serial:
    """Works on one task after another, and merges neighbours in a random order.

    The fold, the tasks and the results are pickled, as if they were sent.
    """

    def __init__(self, workers: int = 2, seed: int = 0) -> None:
        self.workers = workers
        self.task_sizes: list[int] = []
        self.result_sizes: list[int] = []
        self.differences: tuple[str, ...] = ()
        self._random = random.Random(seed)

    def folded(self, fold: Fold[Task, Folded], tasks: Sequence[Task]) -> Folded:
        found = [self._made(fold, task) for task in tasks]
        self.result_sizes += [len(pickle.dumps(one)) for one in found]
        while len(found) > 1:
            first = self._random.randrange(len(found) - 1)
            some = found[first : first + self._random.randint(2, 16)]
            found[first : first + len(some)] = [_sent(_sent(fold).merge(some))]
        return fold.merge([fold.empty(), *found, fold.empty()])

    def close(self) -> None:
        """Nothing was started."""

    def _made(self, fold: Fold[Task, Folded], task: Task) -> Folded:
        self.task_sizes.append(len(pickle.dumps(task)))
        return _sent(_sent(fold)(_sent(task)))


def serial_run(task_bytes: int | None = None, seed: int = 0) -> Run:
    """A run whose tasks are of `task_bytes`."""
    return Run(Threads(1), elsewhere=Serial(seed=seed), task_bytes=task_bytes, name="serial")


def _sent(value: Value) -> Value:
    return cast(Value, pickle.loads(pickle.dumps(value)))
