"""The limit of memory of a call, and the refusal of what takes more.

What grows with the data asks `require` before it takes a lot, or `check` after each part. What a
library takes at once, such as a page of a file that it unpacks, is refused by the system inside
`guarded`. Where memory runs out, `limited` turns the error of any library into the same sentence.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from functools import cached_property

from ce_cli.errors import CeError, DataError, StorageError
from ce_cli.record import Record
from ce_cli.text import sanitize

SHARE = 0.8  # of what is left when it is first asked for: the rest is for the system and for others
_NO_THREAD = ("can't start new thread", "Failed to launch worker thread")  # Python and Arrow
_UNLOADED = ("failed to map segment", "cannot allocate memory")  # a library without room for it
LEAST = 100_000_000  # bytes; about what a run on a small file takes, with what it imports
_ADDRESSES = 400 << 20  # bytes that numpy, Arrow and some threads need to start
_THREADS = 3  # that Arrow starts whatever it is asked for
_FEW_THREADS = 64  # a limit of threads below which it is tried whether so many start
_SMALL = 1 << 25  # bytes that are never refused
_RESERVED = 1 << 30  # addresses that Arrow's own allocator takes at once, and may never use
_BESIDE = 1 << 27  # bytes of code and buffers that no data causes …
_OF_WORKER = 1 << 25  # … and those of each worker: the stack of its thread
_SIZE_OF_ARROW = re.compile(r"\b(?:m|re)alloc of size (\d+) failed")


class Limit(Record):
    """The limit of a call: what was typed, or else what is found when it is first asked for.

    Attributes
    ----------
    by_system : bool
        Whether the system refuses what exceeds it.
    """

    typed: int | None = None
    by_system: bool = False

    @cached_property
    def size(self) -> int:
        """In bytes."""
        if self.typed is not None:
            return self.typed
        from ce_cli.memory import machine

        return machine.used() + int(SHARE * machine.available())


_limit: ContextVar[Limit] = ContextVar("limit")


class OutOfMemoryError(DataError):
    """The data takes more memory than there is."""


@contextlib.contextmanager
def limited(size: str | int | None) -> Iterator[None]:
    """Limit the memory of what runs inside, and report where it runs out.

    Parameters
    ----------
    size : str, int or None
        The value of ``--max-memory``; None for a limit that is found from the machine.

    Raises
    ------
    UsageError
        It is not a size.
    OutOfMemoryError
        The memory ran out, or there was not enough to start a thread.
    """
    _check_address_space()
    _check_threads()
    token = _limit.set(Limit(None if size is None else typed_bytes(size)))
    try:
        with _in_words():
            yield
    finally:
        _limit.reset(token)


@contextlib.contextmanager
def guarded(workers: int) -> Iterator[None]:
    """Let the system refuse what exceeds the limit, whichever library asks for it.

    It holds for the whole process, so that only the command line does this. A limit that was
    typed is kept closely; one that was found allows for what Arrow reserves.

    Parameters
    ----------
    workers : int
        How many threads there will be.
    """
    from ce_cli.memory import machine

    found = _limit.get(Limit())
    beside = _BESIDE + workers * _OF_WORKER
    if found.typed is None:
        beside += _RESERVED
    else:
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    token = _limit.set(Limit(found.size, by_system=True))
    try:
        with _in_words(), machine.held_to(found.size + beside):
            yield
    finally:
        _limit.reset(token)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """Report where memory runs out, whichever library says so."""
    try:
        yield
    except BaseException as error:
        if not is_lack_of_memory(error):
            raise
        raise ran_out(error) from None


def _check_address_space() -> None:
    """Refuse to start where libraries would end the process, since they find no room to load.

    Raises
    ------
    OutOfMemoryError
        The limit of the address space is too low.
    """
    limit = _system_limit("RLIMIT_AS")
    if limit >= 0:  # mimalloc, Arrow's own choice, takes 1 GiB of addresses as soon as they fit
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if 0 <= limit < _ADDRESSES:
        raise OutOfMemoryError(
            f"the limit of the address space is {limit >> 10:,} kB, and ce needs "
            f"{_ADDRESSES >> 10:,} kB: raise it (ulimit -v)."
        )


def _check_threads() -> None:
    """Refuse to start where Arrow would end the process, since it finds no room for its threads.

    Raises
    ------
    StorageError
        No more threads are allowed.
    """
    if not 0 <= _system_limit("RLIMIT_NPROC") < _FEW_THREADS:
        return
    enough = threading.Event()
    started = [threading.Thread(target=enough.wait) for _ in range(_THREADS)]
    try:
        for thread in started:
            thread.start()
    except RuntimeError as error:
        raise ran_out(error) from None
    finally:
        enough.set()


def _system_limit(name: str) -> int:
    """A limit that the system sets to this process; negative if there is none."""
    try:
        import resource
    except ImportError:  # on Windows
        return -1
    return resource.getrlimit(getattr(resource, name))[0]


def typed_bytes(size: str | int) -> int:
    """The bytes of a value of ``--max-memory``; a percentage is one of all there is.

    Raises
    ------
    UsageError
        It is not a size.
    """
    from ce_cli.memory import machine
    from ce_cli.memory.sizes import bytes_of

    return bytes_of(size, machine.total, LEAST)


def limit() -> int:
    """The bytes of memory that the call may use: ``--max-memory``, or a share of what is left."""
    return _limit.get(Limit()).size


def require(size: int, what: str, instead: str = "") -> None:
    """Refuse what takes more memory than is left, before it is tried.

    Parameters
    ----------
    size : int
        The bytes that it takes.
    what : str
        What takes them, as the beginning of a sentence.
    instead : str
        What would take less, as an order; the sentence goes on with how to raise the limit.

    Raises
    ------
    OutOfMemoryError
        There is less.
    """
    if size < _SMALL:
        return
    from ce_cli.memory import machine
    from ce_cli.memory.sizes import shown

    most, before = limit(), machine.used()
    if before + size <= most:
        return
    beside = f" beside the {shown(before)} that are in use" if size <= most else ""
    raise OutOfMemoryError(
        f"{what} would take {shown(size)} of memory{beside}, and the limit is {shown(most)}: "
        f"{_advice(instead)}."
    )


def check(what: str, instead: str = "", growth: float = 1.0) -> None:
    """Stop if the process uses more memory than it may, or will with the next part.

    Parameters
    ----------
    what : str
        What takes it, as the beginning of a sentence, in the plural: ``1,000,000 groups``.
    instead : str
        As for `require`.
    growth : float
        What will be in use with the next part, as a multiple of what is in use now.

    Raises
    ------
    OutOfMemoryError
        It uses more.
    """
    from ce_cli.memory import machine

    expected = machine.used() * growth
    if expected > LEAST and expected > limit():
        from ce_cli.memory.sizes import shown

        raise OutOfMemoryError(
            f"{what} take more memory than the limit of {shown(limit())}: {_advice(instead)}."
        )


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an error says that there is no more memory, or that no thread can be started."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, ImportError):
        return any(words in str(error) for words in _UNLOADED)
    if isinstance(error, MemoryError) or _is_lack_of_threads(error):
        return True
    return type(error).__name__ == "ArrowException" and "std::bad_alloc" in str(error)


def ran_out(error: BaseException) -> CeError:
    """What to raise instead of an error that says that there is no more memory."""
    if _is_lack_of_threads(error):
        return StorageError(
            "the system allows no more threads: raise its limits (ulimit -u, ulimit -v), or set "
            "--threads 1."
        )
    error.__traceback__ = None  # which keeps what filled the memory
    reason = "" if isinstance(error, ImportError) else _reason(str(error).rstrip("."))
    if _limit.get(Limit()).by_system:
        from ce_cli.memory.sizes import shown

        return OutOfMemoryError(
            f"memory ran out{reason}: the limit is {shown(limit())}; raise it with --max-memory, "
            "use --threads 1, or split the file."
        )
    return OutOfMemoryError(
        f"memory ran out{reason}{_in_use()}; use --threads 1, split the file, or run it where "
        "there is more memory."
    )


def _reason(text: str) -> str:
    """What a library says, in parentheses; a size in bytes that Arrow asked for as one to read."""
    from ce_cli.memory.sizes import shown

    if found := _SIZE_OF_ARROW.search(text):
        text = f"{shown(int(found[1]))} more were needed"
    return f" ({sanitize(text, 120)})" if text else ""


def _in_use() -> str:
    """How much memory is in use, unless there is too little left to find out."""
    try:
        from ce_cli.memory import machine
        from ce_cli.memory.sizes import shown

        return f": ce uses {shown(machine.used())}, and the system gives no more"
    except (MemoryError, ImportError, OSError):
        return ""


def _is_lack_of_threads(error: BaseException) -> bool:
    known = isinstance(error, RuntimeError) or type(error).__name__ == "ArrowException"
    return known and any(words in str(error) for words in _NO_THREAD)


def _advice(instead: str) -> str:
    return f"{instead}, or raise it with --max-memory" if instead else "raise it with --max-memory"
