"""A process that has imported everything, and forks for each run of ce that is requested.

It reads a request from each line of stdin and answers with a line on stdout, both JSON. A fork
starts in a hundredth of the time of a new process. The limits on time count the CPU time of the
run, so that a busy machine makes no hang; one that only waits is ended by the clock.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import sys
import threading
import time
import traceback
from typing import Any, NoReturn, TextIO, cast

HANG = 20  # seconds of CPU time
STALL = 90  # seconds by the clock
ADDRESSES = 8 << 30  # bytes of address space
FILE_SIZE = 1 << 30
FAILED = 99  # the exit code if the run did not even end with an exit code
LAZY = (
    *("numpy.ma", "pandas", "pyarrow.csv", "pyarrow.feather", "pyarrow.fs", "pyarrow.orc"),
    *("pyarrow.parquet", "duckdb", "python_calamine", "deltalake", "sqlite3", "tomllib"),
    *("typer.rich_utils", "zoneinfo", "encodings.idna", "encodings.utf_8_sig", "zipfile"),
)


def main() -> None:
    """Answer requests until there are no more."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as ce does; threads and forks do not go together
    _import_everything()
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)


def _import_everything() -> None:
    import ce_cli

    for module in pkgutil.walk_packages(ce_cli.__path__, "ce_cli."):
        importlib.import_module(module.name)
    for name in LAZY:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # so that the children share these pages


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    start = time.monotonic()
    child = os.fork()
    if not child:
        _run(request)
    with contextlib.suppress(OSError):
        os.setpgid(child, child)
    stalled = not _ended(child)
    if stalled:
        os.killpg(child, signal.SIGKILL)
    _, status, used = os.wait4(child, 0)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "stalled": stalled,
        "orphans": _killed(child),
        "cpu": used.ru_utime + used.ru_stime,
        "seconds": time.monotonic() - start,
        "memory": used.ru_maxrss * 1024,
    }


def _ended(child: int) -> bool:
    watched = os.pidfd_open(child)
    try:
        return bool(select.select([watched], [], [], STALL)[0])
    finally:
        os.close(watched)


def _killed(group: int) -> bool:
    """Whether processes of the run were left, which are killed."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def _run(request: dict[str, Any]) -> NoReturn:
    """Become the run of ce."""
    code = FAILED
    try:
        os.setpgid(0, 0)
        os.chdir(request["folder"])
        os.environ.clear()
        os.environ.update(request["environment"])
        _set_streams(request)
        for limit, value in (
            (resource.RLIMIT_CPU, HANG),
            (resource.RLIMIT_AS, ADDRESSES),
            (resource.RLIMIT_FSIZE, FILE_SIZE),
            (resource.RLIMIT_CORE, 0),
        ):
            resource.setrlimit(limit, (value, value))
        code = _exit_code(request["arguments"])
        threading._shutdown()  # type: ignore[attr-defined] # what Python's own exit calls
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        os.write(2, traceback.format_exc().encode("utf-8", "backslashreplace"))
    finally:
        os._exit(code)


def _set_streams(request: dict[str, Any]) -> None:
    """Standard streams as files, or a pipe where something is piped in."""
    stdin = os.open(request["stdin"] or os.devnull, os.O_RDONLY)
    if request["stdin"]:
        stdin = _as_pipe(stdin)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, opened in (
        (0, stdin),
        (1, os.open(request["stdout"], flags)),
        (2, os.open(request["stderr"], flags)),
    ):
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = _stream(0, "r"), _stream(1, "w"), _stream(2, "w")


def _stream(number: int, mode: str) -> TextIO:
    errors = "backslashreplace" if number == 2 else "strict"
    text = os.fdopen(number, mode, encoding="utf-8", closefd=False, errors=errors)
    return cast(TextIO, text)


def _as_pipe(file: int) -> int:
    """The reading end of a pipe that holds a file; the file itself if it does not fit."""
    content = os.read(file, 1 << 16)
    if len(content) == 1 << 16:
        os.lseek(file, 0, os.SEEK_SET)
        return file
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    os.close(file)
    return reading


def _exit_code(arguments: list[str]) -> int:
    from ce_cli.__main__ import main as ce

    sys.argv = ["ce", *arguments]
    try:
        ce()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED


if __name__ == "__main__":
    main()
