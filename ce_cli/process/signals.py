"""SIGINT, SIGTERM and SIGHUP end the process at once and in order, whatever it is doing.

An exception would have to unwind the program, which waits for what other threads do, and is lost
where Python cannot raise it, as in a finalizer. So the handler ends the process itself: it removes
what is temporary, and touches nothing else. While it runs, the main thread does nothing else. Where
the main thread does not come to its handler, since it waits inside a library (for a cloud, or for
a query), a second thread does the same.
"""

from __future__ import annotations

import os
import signal
from _thread import allocate_lock, get_ident, start_new_thread  # threading takes longer to load

from ce_cli.process.temporary import remove_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
_SAID = {"SIGTERM": b"ce: terminated.\n", "SIGHUP": b"ce: hung up.\n"}  # whoever types Ctrl-C knows
_FOR_MAIN = 0.2  # seconds that the main thread has to come to its handler
_IN_ORDER = 2.0  # seconds that leaving in order may take

_leaving = allocate_lock()  # held from the first signal to the end
_pause = allocate_lock()  # always held: waiting for it with a time limit is a pause
_pause.acquire()
_leavers: list[int] = []  # the thread that leaves
_before: list[Callable[[], None]] = []
_holding: list[None] = []  # one for each step that no signal may interrupt
_held: list[int] = []  # signals that came during it


def install() -> None:
    """Handle the signals, but for those that are ignored (``nohup``) or handled by the caller."""
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    usual = (signal.SIG_DFL, signal.default_int_handler)
    numbers = [number for number in numbers if signal.getsignal(number) in usual]
    try:
        for number in numbers:
            signal.signal(number, _handle)
    except ValueError:  # not in the main thread, so it is for the caller to handle them
        return
    if not hasattr(signal, "pthread_sigmask"):  # on Windows, the handlers do without the thread
        return
    try:
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        start_new_thread(_watch, (reading, frozenset(numbers)))
    except (OSError, RuntimeError):  # no room for a thread; the handlers do without
        signal.set_wakeup_fd(-1)


def before_leaving(undo: Callable[[], None]) -> Callable[[], None]:
    """Let `undo` be called before a signal ends the process; the result takes that back."""
    _before.append(undo)
    return lambda: _before.remove(undo)


class undone_unless_complete:  # noqa: N801 - reads as a phrase: with undone_unless_complete(undo)
    """Call `undo` where the block fails, or a signal ends the process; its own errors say nothing.

    Parameters
    ----------
    undo : callable
        Takes back what the block has done by then.
    """

    def __init__(self, undo: Callable[[], None]) -> None:
        self._undo = undo

    def __enter__(self) -> None:
        self._forget = before_leaving(self._undo)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is not None:
                self._undo()
        except Exception:  # why the block failed is what the user has to know
            return
        finally:
            self._forget()


class held:  # noqa: N801 - reads as a phrase: with held()
    """Let signals wait for the end of a step, which has to be short: such as renaming files."""

    def __enter__(self) -> None:
        _holding.append(None)

    def __exit__(self, *_: object) -> None:
        _holding.pop()
        if _held and not _holding:
            _leave(_held[0])


def _handle(number: int, frame: FrameType | None) -> None:
    if _holding:
        _held.append(number)
    else:
        _leave(number)


def _watch(reading: int, numbers: frozenset[int]) -> None:
    """Leave if the main thread does not do so in time."""
    while True:
        number = os.read(reading, 1)[0]
        if number in numbers:
            _pause.acquire(timeout=_FOR_MAIN)
            while _holding:
                _pause.acquire(timeout=_FOR_MAIN)
            _leave(number)


def _leave(number: int) -> NoReturn:
    """End the process in order; another signal meanwhile ends it without the rest of that."""
    if _leaving.acquire(blocking=False):
        _leavers.append(get_ident())
        remove_all()
        _put_in_order()
        _say(_SAID.get(signal.Signals(number).name, b""))
    elif get_ident() not in _leavers:
        _pause.acquire(timeout=_IN_ORDER)
    remove_all()
    os._exit(128 + number)


def _put_in_order() -> None:
    for undo in reversed(_before):
        try:
            undo()
        except Exception:  # it was interrupted anywhere, and nothing may keep the process here
            continue


def _say(sentence: bytes) -> None:
    """Write to stderr, without Python's own stream, which may have been interrupted."""
    try:
        os.write(2, sentence)
    except OSError:  # it is closed, or its terminal is gone
        return
