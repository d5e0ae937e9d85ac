"""A session of Spark: the caller's, the active one, or one of this call."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ce_cli.errors import StorageError, UsageError
from ce_cli.process.variables import variables_set
from ce_cli.text import display_name, sanitize

_PATIENCE = 10  # seconds for a server to answer
_TRIES = 4  # of a task in a session of this machine, which by itself tries once
_PORTS = {"sc": 15002, "spark": 7077}  # of Spark Connect, and of a master
_KINDS = ("sc://", "spark://", "local", "yarn", "k8s://")
_SET_OUTSIDE = ("SPARK_REMOTE", "MASTER", "PYSPARK_SUBMIT_ARGS", "SPARK_CONNECT_MODE_ENABLED")
_QUIET = {
    "spark.log.level": "OFF",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def is_session(value: object) -> bool:
    """Whether it is a session, of this machine's Spark or of Spark Connect."""
    kind = type(value)
    return kind.__name__ == "SparkSession" and kind.__module__.startswith(
        ("pyspark.", "databricks")
    )


def existing_session() -> Any:
    """The session that the program has already, whichever thread has started it, or None."""
    from pyspark.errors import PySparkRuntimeError
    from pyspark.sql import SparkSession

    context = _existing_context()
    with contextlib.suppress(PySparkRuntimeError):  # there is none, neither active nor by default
        session = SparkSession.active()
        if getattr(session, "_sc", context) is context:  # and its context was not stopped
            return session
    return None if context is None else SparkSession(context)


def _existing_context() -> Any:
    """What a session of this machine's Spark works in, or None."""
    try:
        from pyspark.core.context import SparkContext
    except ImportError:  # the client of Spark Connect alone
        return None
    return SparkContext._active_spark_context


def is_beside(address: str) -> bool:
    """Whether a session at an address can be had beside the one that the program has.

    Raises
    ------
    UsageError
        It cannot, and that one is at another address.
    """
    context = _existing_context()
    master = "Spark Connect" if context is None else context.master
    if context is None and address.startswith("sc://") and "SPARK_LOCAL_REMOTE" not in os.environ:
        return True
    if address == master or (address.startswith("local") and master.startswith("local")):
        return False
    raise UsageError(
        f"--scheduler {shown_address(address)}: this process has a session of Spark already "
        f"({shown_address(master)}): leave --scheduler out to use it, or stop it first."
    )


def new_session(address: str | None, workers: int) -> Any:
    """A session of this call, which has to be stopped; the program has none.

    Parameters
    ----------
    address : str or None
        As of ``--scheduler``: ``sc://…``, ``spark://…``, ``local[2]``; None for what Spark's own
        variables say, or else for this machine.
    workers : int
        The threads of Spark on this machine.

    Raises
    ------
    StorageError
        There is no server at the address, or no Java on this machine.
    UsageError
        It is no address.
    """
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("ce")
    address = _full(address, workers)
    if address is None and os.environ.get("SPARK_REMOTE"):
        return builder.getOrCreate()
    if address is not None and address.startswith("sc://"):
        _check_answers(address)
        return builder.remote(address).create()
    _check_java()
    options, variables = dict(_QUIET), {}
    if address is not None:
        _check_answers(address)
        options["spark.master"] = address
        if address.startswith("local"):  # or the workers would be whatever python3 is
            variables["PYSPARK_PYTHON"] = os.environ.get("PYSPARK_PYTHON", sys.executable)
            for name in ("spark.driver.host", "spark.driver.bindAddress"):  # nobody else connects
                options[name] = "127.0.0.1"
    with variables_set(**variables), _keeping_handler():
        _start_java(address)
        return builder.config(map=options).getOrCreate()


def _full(address: str | None, workers: int) -> str | None:
    if address is None:
        return None if any(map(os.environ.get, _SET_OUTSIDE)) else f"local[{workers},{_TRIES}]"
    if local := re.fullmatch(r"local(?:\[(\d+|\*)\])?", address):
        return f"local[{local[1] or 1},{_TRIES}]"
    if not address.startswith(_KINDS):
        raise UsageError(
            f"--scheduler {shown_address(address)} is not an address of Spark: use sc://HOST, "
            "spark://HOST or local[N]."
        )
    return address


def _check_answers(address: str) -> None:
    """Refuse a server that nobody runs; Spark would try for ten minutes."""
    scheme, _, rest = address.partition("://")
    if scheme not in _PORTS:
        return
    servers = [_host_and_port(one, _PORTS[scheme]) for one in re.split("[/;]", rest)[0].split(",")]
    for server in servers:
        with contextlib.suppress(OSError, UnicodeError):
            socket.create_connection(server, _PATIENCE).close()
            return
    kind = "Spark Connect server" if scheme == "sc" else "Spark master"
    raise StorageError(
        f"there is no {kind} at {shown_address(address)}, or it does not answer: start one, or "
        "correct --scheduler."
    )


def _host_and_port(text: str, default: int) -> tuple[str, int]:
    found = re.fullmatch(r"(?:\[([^]]+)\]|([^:]+))(?::(\d{1,5}))?", text)
    if not found:
        raise UsageError(f"--scheduler: {sanitize(text)} is not a host with a port.")
    return found[1] or found[2], int(found[3] or default)


def shown_address(address: str) -> str:
    """An address without its parameters, which may hold a token."""
    return display_name(re.split("/?;", address)[0])


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if not (shutil.which("java") or (home and (Path(home) / "bin" / "java").exists())):
        raise StorageError(
            "Spark needs Java, and there is none: install it, or name a Spark Connect server "
            "(--scheduler sc://HOST)."
        )


@contextlib.contextmanager
def _keeping_handler() -> Iterator[None]:
    """Keep what Ctrl-C does, for which Spark installs a handler of its own."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # another thread than the main one, where it is kept
            signal.signal(signal.SIGINT, before)


def _start_java(address: str | None) -> None:
    """Start the Java process of this machine's Spark, whose log is not for the user's stderr.

    It stays for later sessions of the program, so it gets no settings but what it cannot do
    without: the address of a cluster.

    Raises
    ------
    StorageError
        It ends at once; the message has the last line of its log.
    """
    if os.environ.get("SPARK_REMOTE"):
        return
    from pyspark import SparkConf, SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    with SparkContext._lock, tempfile.TemporaryFile() as log:
        if SparkContext._gateway:
            return
        conf = SparkConf()
        if address is not None and not address.startswith("local"):
            conf.setMaster(address)
        try:
            gateway = launch_gateway(conf, {"stderr": log, "stdout": log})
        except PySparkRuntimeError:
            log.seek(0)
            raise StorageError(
                f"Spark could not start Java: {_reason(log.read())}; check the installation of "
                "Java (JAVA_HOME), or use --engine threads."
            ) from None
        SparkContext._ensure_initialized(gateway=gateway, conf=conf)


def _reason(log: bytes) -> str:
    """The last line of a log that is not about the script that starts Java."""
    lines = (line.strip() for line in reversed(log.decode(errors="replace").splitlines()))
    said = (line for line in lines if line and "spark-class" not in line)
    return sanitize(next(said, "it gave no reason").rstrip("."), 200)
