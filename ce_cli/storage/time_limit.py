"""A limit on the time of calls that may wait for ever, such as those to a server."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import NoReturn, TypeVar

Result = TypeVar("Result")

SECONDS = 60  # without an answer


def within(seconds: float, call: Callable[[], Result]) -> Result:
    """The result of a call.

    A call that takes longer is left alone, in a thread that ends with the process, so it must write
    to nothing that others use. Ctrl-C ends the wait for it.

    Raises
    ------
    TimeoutError
        It takes longer.
    """
    ended: SimpleQueue[Callable[[], Result]] = SimpleQueue()
    context = copy_context()  # a thread does not inherit the options in force
    threading.Thread(target=lambda: ended.put(context.run(_outcome, call)), daemon=True).start()
    try:
        outcome = ended.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    return outcome()


def in_time(call: Callable[[], Result], more: float = 0.0) -> Result:
    """The result of a call to a store, within the usual limit and some seconds more.

    Raises
    ------
    TimeoutError
        It takes longer.
    """
    try:
        return within(SECONDS + more, call)
    except TimeoutError:
        _end_without_s3()
        raise


def _end_without_s3() -> None:
    """Keep the end of the process from waiting for requests of S3 that got no answer."""
    import atexit

    with contextlib.suppress(ImportError):  # an Arrow without S3
        from pyarrow import _s3fs

        atexit.unregister(_s3fs.ensure_s3_finalized)


def _outcome(call: Callable[[], Result]) -> Callable[[], Result]:
    """Call, and return a function that returns the result or raises the error."""
    try:
        result = call()
    except BaseException as error:  # whatever it is, it belongs to the thread that waits
        return partial(_raised, error)
    return lambda: result


def _raised(error: BaseException) -> NoReturn:
    raise error
