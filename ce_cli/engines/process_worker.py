"""A process that does what another one asks for, until that one ends."""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NoReturn

LENGTH = struct.Struct("<Q")
FOLD, TASK, MERGE = b"F", b"T", b"M"


def send(stream: IO[bytes], *parts: bytes) -> None:
    """Write one message."""
    stream.write(LENGTH.pack(sum(map(len, parts))))
    for part in parts:
        stream.write(part)
    stream.flush()


def received(stream: IO[bytes]) -> bytes:
    """Read one message.

    Raises
    ------
    EOFError
        The other process has ended.
    """
    (length,) = LENGTH.unpack(_read(stream, LENGTH.size))
    return _read(stream, length)


def _read(stream: IO[bytes], size: int) -> bytes:
    found = stream.read(size)
    if found is None or len(found) < size:
        raise EOFError
    return found


def main() -> None:
    """Answer messages on standard input; what anything prints goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115 - open until the end
    for message in _messages():
        send(answers, message)


def _messages() -> Any:
    """The answers to what is asked, as it is asked.

    A thread reads ahead, so that the process ends with the one that asks, even amidst a task.
    """
    import threading
    from queue import SimpleQueue

    from ce_cli.engines.shipped import failed

    asked: SimpleQueue[bytes] = SimpleQueue()
    requests = os.fdopen(os.dup(0), "rb")

    def read() -> None:
        try:
            while True:
                asked.put(received(requests))
        except (EOFError, OSError):
            _leave()

    threading.Thread(target=read, daemon=True).start()
    fold: Any = None
    while True:
        message = asked.get()
        kind, rest = message[:1], message[1:]
        if kind == FOLD:
            fold = rest
        else:
            try:
                fold = pickle.loads(fold) if isinstance(fold, bytes) else fold
                yield _answer(fold, kind, rest)
            except Exception as error:  # whatever it is, the process that asks has to see it
                yield pickle.dumps(failed(error))


def _answer(fold: Any, kind: bytes, rest: bytes) -> bytes:
    if kind == TASK:
        return pickle.dumps(fold(pickle.loads(rest)))
    parts: Sequence[bytes] = pickle.loads(rest)
    return pickle.dumps(fold.merge([pickle.loads(part) for part in parts]))


def _leave() -> NoReturn:
    from ce_cli.process.temporary import remove_all

    remove_all()
    os._exit(0)
