"""A Dask cluster: one that runs already, or one of this machine for the time of the call."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import socket
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, cast

from ce_cli.engines.engine import Unwatched
from ce_cli.engines.extra import extra
from ce_cli.engines.handshake import VERSION, check_installed
from ce_cli.engines.package import zipped_package
from ce_cli.engines.shipped import Parcel, Shipped
from ce_cli.engines.tree import Tree
from ce_cli.errors import CeError, StorageError, UsageError
from ce_cli.memory.limit import LEAST, limit
from ce_cli.process.variables import variables_kept, variables_set
from ce_cli.text import display_name, plural, sanitize, system_reason

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from ce_cli.engines.engine import Fold, Folded, FrameFold, Task, Watch

    _Do = Callable[[Any, Any, Any], Any]

_PATIENCE = 10  # seconds for a scheduler to answer, or for its first worker
_AHEAD = 4  # tasks that are submitted for each thread of a worker
_LEAST_AHEAD = 64  # with fewer, workers would wait for the scheduler
_LIBRARIES = ("distributed", "dask", "tornado", "asyncio", "concurrent")
_OF_NETWORK = (None, errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EHOSTUNREACH, errno.ENETUNREACH)
_OWN = "a Dask cluster of this machine"
_NO_LEAKS = "ignore::UserWarning:multiprocessing.resource_tracker"
_OF_NANNIES = ("PYTHONHASHSEED", "__DASK_PARENT_PID")  # variables that they set, as do settings
_SETTINGS = {
    # The nanny sets this, and thereby ends glibc's habit of keeping memory that is used again and
    # again (mallopt(3)): arrays would take twice the time. None leaves the variable as it is.
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": None,
    # Workers watch themselves for a page that nobody opens here.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "1h",
    "distributed.admin.system-monitor.interval": "10s",
}


class Dask:
    """A client of a Dask cluster; connected with the first task or question.

    Parameters
    ----------
    workers : int
        How many processes a cluster of its own has.
    scheduler : str, os.PathLike, distributed.Client or None
        The address of a scheduler, the file that it wrote its address to, or a client, which is
        not closed; None for a cluster of this machine.
    watch : Watch, optional
        Sees how far the work is.
    """

    def __init__(self, workers: int, scheduler: Any = None, watch: Watch | None = None) -> None:
        self._watch = watch or Unwatched()
        self.differences: tuple[str, ...] = ()
        self._distributed = extra("distributed", "dask")
        self._processes = workers
        self._scheduler = self._checked(scheduler)
        self._client: Any = None
        self._own = contextlib.ExitStack()  # what is closed at the end

    @property
    def workers(self) -> int:
        """The threads of all workers."""
        with _in_sentences(self._where):
            threads: int = sum(self._connected().nthreads().values())
            return max(1, threads)

    def folded(self, fold: Fold[Task, Folded], tasks: Sequence[Task]) -> Folded:
        """The merged results of all tasks."""
        return self._folded(fold, tasks, _doing) if tasks else fold.empty()

    def first_rows(self, frame: Any, count: int) -> pa.Table:
        """Some rows of a frame."""
        import pyarrow as pa

        with _in_sentences(self._where):
            client = self._connected()
            parts = frame.to_delayed()
            found = [client.compute(part).result().head(count) for part in parts[:1]]
            while sum(map(len, found)) < count and len(found) < len(parts):
                found.append(client.compute(parts[len(found)]).result().head(count))
        tables = [pa.Table.from_pandas(one, preserve_index=False) for one in found]
        filled = [one for one in tables if one.num_rows] or tables[:1]
        return pa.concat_tables(filled, promote_options="permissive").slice(0, count)

    def folded_frame(self, fold: FrameFold[Folded], frame: Any, columns: Sequence[str]) -> Folded:
        """The merged results of the partitions of a frame."""
        parts = frame[list(columns)].to_delayed()
        return self._folded(fold, parts, _folding)

    def _folded(self, fold: Fold[Any, Folded], tasks: Sequence[Any], do: _Do) -> Folded:
        with _in_sentences(self._where):
            client = self._connected()
            threads = client.nthreads()
            if self._scheduler is not None:
                self._prepare(client)
            self._watch.running(f"{plural(len(threads), 'worker')} of {self._where}")
            try:
                parcel = self._parcel(client, fold, tasks, do)
            except CancelledError:
                if client.status != "running":
                    raise
                parcel = self._parcel(client, fold, tasks, do)  # its holders ended: once more
        self.differences = parcel.differences
        return cast("Folded", parcel.opened())

    def close(self) -> None:
        """Disconnect, and end the cluster if it is this engine's own."""
        self._client = None
        with contextlib.suppress(Exception):  # what cannot be closed ends with the process
            self._own.close()

    def _checked(self, scheduler: Any) -> Any:
        if isinstance(scheduler, os.PathLike):
            scheduler = os.fspath(scheduler)
        if not isinstance(scheduler, str | self._distributed.Client | None):
            raise UsageError(
                "--scheduler must be the address of a Dask scheduler, the file that it wrote, or a "
                f"distributed.Client, not a {type(scheduler).__name__}."
            )
        return scheduler

    def _parcel(
        self,
        client: Any,
        fold: Fold[Any, Folded],
        tasks: Sequence[Any],
        do: _Do,
    ) -> Parcel:
        memory = None if self._scheduler else max(LEAST, limit() // self._processes)
        shipped = client.scatter(Shipped.of(fold, memory), broadcast=True, hash=False)
        finished: SimpleQueue[tuple[str, Any]] = SimpleQueue()
        running: dict[str, Any] = {}

        def merge(several: Sequence[Any]) -> Any:
            return client.submit(Shipped.merge, shipped, list(several), pure=False, priority=1)

        def finish_one() -> None:
            key, task = _next(finished, client)
            future = running.pop(key)
            if future.status == "error":
                future.result()
            self._watch.done(task)

        tree: Tree[Any] = Tree(merge)
        most = max(_LEAST_AHEAD, _AHEAD * sum(client.nthreads().values()))
        try:
            for task in tasks:
                future = do(client, shipped, task)
                running[future.key] = future
                future.add_done_callback(_noting(finished, task))
                tree.add(future)
                if len(running) >= most:
                    finish_one()
            total = tree.total()
            while running:
                finish_one()
            return cast(Parcel, cast(Any, total).result())
        except BaseException:
            with contextlib.suppress(Exception):  # it is the first error that counts
                client.cancel(list(running.values()))
            raise

    @property
    def _where(self) -> str:
        """The cluster, as messages call it."""
        if self._scheduler is None:
            return _OWN
        if isinstance(self._scheduler, str):
            return display_name(self._scheduler)
        found = self._scheduler.scheduler  # None if the client is closed
        return "a client" if found is None else sanitize(str(found.address))

    def _connected(self) -> Any:
        if self._client is None:
            self._client = self._connection()
        return self._client

    def _connection(self) -> Any:
        if isinstance(self._scheduler, self._distributed.Client):
            if self._scheduler.asynchronous:
                raise UsageError("The Dask client must not be asynchronous.")
            return self._scheduler
        self._own.callback(_be_quiet())
        with warnings.catch_warnings():
            # About other versions, which are compared below, and ports that others have.
            warnings.simplefilter("ignore")
            address = self._local() if self._scheduler is None else _address(self._scheduler)
            try:
                client = self._distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
            except (ValueError, TypeError) as error:  # of an address without a port, or of TLS
                reason = sanitize(str(error).rstrip("."), 200)
                raise UsageError(f"--scheduler {self._where}: {reason}.") from None
        self._own.callback(client.close)
        self._wait_for_workers(client)
        return client

    def _local(self) -> Any:
        import dask

        set_by_nannies = dask.config.get("distributed.nanny.pre-spawn-environ", {})
        self._own.enter_context(variables_kept(*_OF_NANNIES, *set_by_nannies))
        with dask.config.set(_SETTINGS), _without_counting_leaks():
            cluster = self._distributed.LocalCluster(
                n_workers=self._processes,
                threads_per_worker=1,
                dashboard_address=None,
                memory_limit=0,  # ce has its own, which ends in a sentence
                silence_logs=logging.CRITICAL,
            )
        self._own.callback(cluster.close)
        return cluster

    def _wait_for_workers(self, client: Any) -> None:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError:
            raise StorageError(
                f"the Dask scheduler at {self._where} has no workers: start one (dask worker)."
            ) from None

    def _prepare(self, client: Any) -> None:
        """Send ce to a cluster without it, and refuse one with another version."""
        found = {f"the worker {name}": one for name, one in client.run(eval, VERSION).items()}
        found["the scheduler"] = client.run_on_scheduler(eval, VERSION)
        if None in found.values():
            client.upload_file(zipped_package())
        check_installed({name: version for name, version in found.items() if version is not None})


def _doing(client: Any, shipped: Any, task: Any) -> Any:
    return client.submit(Shipped.__call__, shipped, task, pure=False)


def _folding(client: Any, shipped: Any, part: Any) -> Any:
    import dask

    return client.compute(dask.delayed(Shipped.of_frame, pure=False)(shipped, part))


def _noting(finished: SimpleQueue[tuple[str, Any]], task: Any) -> Any:
    return lambda future: finished.put((future.key, task))


def _next(finished: SimpleQueue[tuple[str, Any]], client: Any) -> tuple[str, Any]:
    """The next future that is done, as long as there is a scheduler."""
    from distributed.comm import CommClosedError

    while True:
        with contextlib.suppress(Empty):
            return finished.get(timeout=1)
        if client.status != "running":
            raise CommClosedError("the scheduler is gone")


def _address(scheduler: str) -> str:
    """The address of a scheduler, which may stand in a file that it wrote."""
    path = Path(scheduler)
    if not (scheduler.endswith(".json") or path.is_file()):
        return scheduler
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["address"])
    except OSError as error:
        reason = system_reason(error)
        raise StorageError(f"{display_name(scheduler)}: the scheduler file: {reason}.") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(
            f"{display_name(scheduler)}: this is not a scheduler file of Dask, which "
            "dask scheduler --scheduler-file writes."
        ) from None


@contextlib.contextmanager
def _without_counting_leaks() -> Iterator[None]:
    """Let the process that watches for leaks, which starts here, count none after a signal."""
    warned = filter(None, (os.environ.get("PYTHONWARNINGS"), _NO_LEAKS))
    with variables_set(PYTHONWARNINGS=",".join(warned)):
        yield


def _be_quiet() -> Callable[[], None]:
    """Let Dask log nothing, as what goes wrong is said in sentences; the result takes that back."""
    each = (one for one in list(logging.root.manager.loggerDict) if one.startswith("distributed."))
    loggers = [logging.getLogger(name) for name in ("distributed", "asyncio", "tornado", *each)]
    before = [one.level for one in loggers]
    for one in loggers:  # most have a level of their own
        one.setLevel(logging.CRITICAL)

    def restore() -> None:
        for one, level in zip(loggers, before, strict=True):
            one.setLevel(level)

    return restore


@contextlib.contextmanager
def _in_sentences(where: str) -> Iterator[None]:
    """Say in a sentence what Dask raises: the one place for all of its errors."""
    try:
        yield
    except CeError:
        raise
    except Exception as error:  # Dask's own errors have no class in common
        if not _is_dasks(error):
            raise
        raise _in_a_sentence(error, where) from error


def _is_dasks(error: Exception) -> bool:
    if type(error).__module__.partition(".")[0] in _LIBRARIES:
        return True
    # Dask's own errors of this class have no number; those of the system that do, and are of no
    # network, are about files of this machine.
    is_of_network = isinstance(error, ConnectionError | TimeoutError | socket.gaierror)
    return is_of_network or (isinstance(error, OSError) and error.errno in _OF_NETWORK)


def _in_a_sentence(error: Exception, where: str) -> CeError:
    kind, reason = type(error).__name__, sanitize(str(error).rstrip("."), 200)
    if kind == "KilledWorker":
        return StorageError(
            f"workers of {where} ended, one after another, on the same task: if their memory is "
            "short, give them more, or fewer threads to each."
        )
    if isinstance(error, CancelledError) or kind == "CommClosedError":
        return StorageError(
            f"the connection to {where} was lost, or all workers that held the work ended: run it "
            "again when they are back."
        )
    if "Timed out trying to connect" in reason:
        return StorageError(
            f"there is no Dask scheduler at {where}, or it does not answer: start one (dask "
            "scheduler), or correct --scheduler."
        )
    return StorageError(
        f"the Dask cluster failed ({where}): {kind}: {reason}; its logs may say more, and "
        "--engine threads does without it."
    )
