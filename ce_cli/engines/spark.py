"""Spark, by frames alone, so that Spark Connect and serverless sessions work as others do."""

from __future__ import annotations

import contextlib
import os
import pickle
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Thread
from typing import TYPE_CHECKING, Any, cast

from ce_cli.engines import spark_progress, spark_session
from ce_cli.engines.engine import Unwatched
from ce_cli.engines.extra import extra
from ce_cli.engines.handshake import VERSION, check_installed
from ce_cli.engines.package import zipped_package
from ce_cli.engines.shipped import Parcel, Shipped
from ce_cli.engines.tree import AT_ONCE
from ce_cli.errors import CeError, StorageError, UsageError
from ce_cli.process.signals import before_leaving
from ce_cli.text import plural, sanitize

if TYPE_CHECKING:
    import pyarrow as pa

    from ce_cli.engines.engine import Fold, Folded, FrameFold, Task, Watch

_LIBRARIES = ("pyspark", "py4j", "grpc", "databricks")
_TO_INTERRUPT = 1.5  # seconds that a signal waits for the server of Spark
_PARCELS = "place long, parcel binary"


class Spark:
    """A session of Spark; started, or joined, with the first task or question.

    Parameters
    ----------
    workers : int
        How many threads a session of this machine has.
    scheduler : str, SparkSession or None
        ``sc://…``, ``spark://…``, ``local[2]``, or a session; None for the session that the
        program has, or else one of this machine. Only a session that starts here is stopped.
    watch : Watch, optional
        Sees how far the work is.
    """

    def __init__(self, workers: int, scheduler: Any = None, watch: Watch | None = None) -> None:
        self._watch = watch or Unwatched()
        self.differences: tuple[str, ...] = ()
        extra("pyspark", "spark")
        self._threads = workers
        self._scheduler = scheduler
        self._session: Any = None
        self._parallel = 0
        self._own = contextlib.ExitStack()  # what is stopped at the end

    @property
    def workers(self) -> int:
        """The tasks that Spark does at once."""
        with _in_sentences():
            self._connected()
        return self._parallel

    def folded(self, fold: Fold[Task, Folded], tasks: Sequence[Task]) -> Folded:
        """The merged results of all tasks."""
        if not tasks:
            return fold.empty()
        with _in_sentences():
            session = self._connected()
            self._watch.running(f"{plural(self._parallel, 'core')} of Spark {session.version}")
            shipped = Shipped.of(fold)
            places = session.range(0, len(tasks), 1, len(tasks))
            work = _doing(pickle.dumps(shipped), [pickle.dumps(task) for task in tasks])
            parcels = places.mapInArrow(work, _PARCELS)
            with spark_progress.shown(session, tasks, self._watch):
                parcel = _merged(session, parcels, len(tasks), shipped)
        self.differences = parcel.differences
        return cast("Folded", parcel.opened())

    def first_rows(self, frame: Any, count: int) -> pa.Table:
        """Some rows of a frame."""
        with _in_sentences():
            return frame.limit(count).toArrow()

    def folded_frame(self, fold: FrameFold[Folded], frame: Any, columns: Sequence[str]) -> Folded:
        """The merged results of the partitions of a frame."""
        with _in_sentences():
            self._connected()
            self._watch.running(
                f"{plural(self._parallel, 'core')} of Spark {frame.sparkSession.version}"
            )
            shipped: Shipped[Any, Folded] = Shipped.of(fold)
            plain = frame.selectExpr(*map(_plain, range(len(columns)), columns))
            parcels = plain.mapInArrow(_folding(pickle.dumps(shipped), columns), _PARCELS)
            parcel = _merged(frame.sparkSession, parcels, AT_ONCE**3, shipped)
        self.differences = parcel.differences
        return cast("Folded", parcel.opened())

    def close(self) -> None:
        """Stop the session if it is this engine's own."""
        self._session = None
        with contextlib.suppress(Exception):  # what cannot be stopped ends with the process
            self._own.close()

    def _connected(self) -> Any:
        if self._session is None:
            session = self._found()
            self._parallel = _prepared(session)
            self._session = session
        return self._session

    def _found(self) -> Any:
        if spark_session.is_session(self._scheduler):
            return self._scheduler
        if not isinstance(self._scheduler, str | None):
            raise UsageError(
                "--scheduler must be an address of Spark (sc://…, spark://…, local[2]) or a "
                f"SparkSession, not a {type(self._scheduler).__name__}."
            )
        existing, address = spark_session.existing_session(), self._scheduler
        if existing is not None and (address is None or not spark_session.is_beside(address)):
            return existing
        session = spark_session.new_session(self._scheduler, self._threads)
        self._own.callback(session.stop)
        return session


def _merged(session: Any, parcels: Any, count: int, shipped: Shipped[Any, Any]) -> Parcel:
    """The parcels of a frame, merged in the order of their places, neighbours at a time."""
    work = _merging(pickle.dumps(shipped))
    while count > AT_ONCE:
        placed = parcels.selectExpr(f"place DIV {AT_ONCE} AS merged", "place", "parcel")
        parcels = placed.groupBy("merged").applyInArrow(work, _PARCELS)
        count = -(-count // AT_ONCE)
    with _interrupted_by_signals(session):
        rows = sorted(parcels.collect(), key=lambda row: cast(int, row[0]))
    return shipped.merge([pickle.loads(row[1]) for row in rows])


@contextlib.contextmanager
def _interrupted_by_signals(session: Any) -> Iterator[None]:
    """Let a signal, also as a KeyboardInterrupt, end what Spark does here, wherever it runs."""
    tag = f"ce-{os.getpid()}-{os.urandom(4).hex()}"
    session.addTag(tag)

    def interrupt() -> None:
        asking = Thread(target=session.interruptTag, args=(tag,), daemon=True)
        asking.start()
        asking.join(_TO_INTERRUPT)

    take_back = before_leaving(interrupt)
    try:
        yield
    except KeyboardInterrupt:
        interrupt()
        raise
    finally:
        take_back()
        session.removeTag(tag)


def _prepared(session: Any) -> int:
    """Send ce to workers without it, refuse another version, and count what works at once."""
    columns = "host string, version string"
    found = session.range(1 << 16).mapInArrow(_answering(VERSION), columns).collect()
    if any(version is None for _, version in found):
        session.addArtifacts(zipped_package(), pyfile=True)
    versions = {f"the worker {host}": version for host, version in found if version is not None}
    check_installed(versions)
    return max(1, len(found))


# What runs on workers. Functions within functions are sent as they are, so that a worker without ce
# can answer, too; all others are sent by their names.


def _answering(version: str) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """One row for each partition: the host, and the version of ce that is installed there."""

    def answer(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import platform

        import pyarrow as pa

        for _ in batches:
            pass
        own = [pa.array([platform.node()]), pa.array([eval(version)], pa.string())]
        yield pa.RecordBatch.from_arrays(own, names=["host", "version"])

    return answer


def _doing(
    fold: bytes, tasks: Sequence[bytes]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The parcels of the tasks whose numbers are given."""

    def do(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pickle

        shipped = pickle.loads(fold)
        for batch in batches:
            for (place,) in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield shipped.row(place, shipped(pickle.loads(tasks[place])))

    return do


def _plain(place: int, name: str) -> str:
    """A column under a name without dots, which `mapInArrow` takes for those of a structure."""
    return f"`{name.replace('`', '``')}` AS c{place}"


def _folding(
    fold: bytes, columns: Sequence[str]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """The parcel of the rows of a partition, whose number is its place."""

    def of_partition(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pickle

        from pyspark import TaskContext

        shipped, context = pickle.loads(fold), TaskContext.get()
        place = 0 if context is None else context.partitionId()
        named = (batch.rename_columns(list(columns)) for batch in batches)
        yield shipped.row(place, shipped.of_batches(named))

    return of_partition


def _merging(fold: bytes) -> Callable[[pa.Table], pa.Table]:
    """The parcels of a table as one."""
    at_once = AT_ONCE

    def merge(table: pa.Table) -> pa.Table:
        import pickle

        import pyarrow as pa

        shipped = pickle.loads(fold)
        columns = [table.column(name).to_pylist() for name in ("place", "parcel")]
        rows = sorted(zip(*columns, strict=True))
        parcel = shipped.merge([pickle.loads(parcel) for _, parcel in rows])
        return pa.Table.from_batches([shipped.row(rows[0][0] // at_once, parcel)])

    return merge


@contextlib.contextmanager
def _in_sentences() -> Iterator[None]:
    """Say in a sentence what Spark raises: the one place for all of its errors."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about versions of pandas, which is not used here
            yield
    except CeError:
        raise
    except Exception as error:  # those of Java, of Connect and of Python have no class in common
        if type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        reason = sanitize(_reason(str(error)).rstrip("."), 300)
        raise StorageError(
            f"Spark failed: {type(error).__name__}: {reason}; the logs of Spark may say more, and "
            "--engine threads does without it."
        ) from error


def _reason(text: str) -> str:
    """The cause in a text of several lines, which may have the traceback of a worker in it."""
    causes = re.findall(r"(?m)^\s*(?:: |Caused by: )?([\w.$]*(?:Error|Exception): .+)$", text)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return str([*lines[:1], *causes][-1]) if lines else "it gave no reason"
