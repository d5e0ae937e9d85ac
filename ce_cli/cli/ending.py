"""The end of the process: in order, but without taking apart all that was imported."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from types import FrameType
from typing import NoReturn


def end(code: int, caller: FrameType | None) -> NoReturn:
    """Exit with `code`.

    Python frees every module and object at its exit, which is a twentieth of the time of a short
    run. Where nothing is left to do but that, the process ends once the functions registered
    with `atexit` have run, so what has to be undone (a temporary file) is registered there, most
    simply by `weakref.finalize`. Nothing may rely on ``__del__``.

    Parameters
    ----------
    code : int
        The exit code.
    caller : frame or None
        What called the command line. Whatever else is on the stack (a profiler, a debugger,
        coverage) goes on after the exit, which is then Python's own.
    """
    if _is_outermost(caller) and not sys.flags.inspect and _is_last_thread():
        with contextlib.suppress(OSError, KeyboardInterrupt):  # then Python's own exit reports it
            atexit._run_exitfuncs()  # not public, but what Python's own exit calls
            for stream in (sys.stdout, sys.stderr):
                if stream is not None and not stream.closed:
                    stream.flush()
            os._exit(code)
    raise SystemExit(code)


def _is_last_thread() -> bool:
    """Whether no thread works but this one, or one that nothing waits for any longer."""
    this = threading.current_thread()
    return all(one is this or one.daemon for one in threading.enumerate())


def _is_outermost(frame: FrameType | None) -> bool:
    """Whether a frame is a program's own code, below which there is at most ``python -m``."""
    if frame is None or frame.f_code.co_name != "<module>":
        return False
    below = frame.f_back
    while below is not None and below.f_globals.get("__name__") == "runpy":
        below = below.f_back
    return below is None
