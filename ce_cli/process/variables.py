"""Variables of the environment that a library reads, for the time in which it does so."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from threading import RLock

_one_at_a_time = RLock()


@contextlib.contextmanager
def variables_set(**values: str) -> Iterator[None]:
    """Set variables; afterwards they are as before, and absent if they were.

    Only one thread of `ce` at a time has variables of its own. Other threads of the program see
    them too, so this is for what takes its settings in no other way.
    """
    with _one_at_a_time, variables_kept(*values):
        os.environ.update(values)
        yield


@contextlib.contextmanager
def variables_kept(*names: str) -> Iterator[None]:
    """Let a library set variables; afterwards they are as before, and absent if they were."""
    before = {name: os.environ.get(name) for name in names}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
