"""Tasks: where the rows are that one worker reads, and nothing of what they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import PurePath

from ce_cli import registry
from ce_cli.inputs.bytestream import PACKED
from ce_cli.inputs.databases.urls import is_database
from ce_cli.inputs.dataset import Files
from ce_cli.inputs.sizes import file_status
from ce_cli.record import Record
from ce_cli.text import STDIN

SMALLEST, LARGEST = 64 << 20, 1 << 30  # bytes of a task
_ROUNDS = 4  # tasks for each worker, so that none waits long for the last
_NAMES = 512  # bytes of the names in a task
_WHOLE = {  # by their suffixes, files that are read from their start to their end
    *(suffix.removeprefix(".") for suffix in PACKED),
    *(name for entry in registry.INPUTS if not entry.text for name in entry.names),
} - {"parquet", "parq", "pq"}


class Task(Record):
    """A part of a file, or a few small files; a few hundred bytes when it is sent.

    Attributes
    ----------
    part : int
        The number of the first file, from 0.
    folder : str
        What the paths of all files begin with.
    names : tuple of str
        The rest of each path, of consecutive files.
    size : int
        The bytes that are read, roughly; 0 if that is not known.
    start, stop : int or None
        The part of a single file, in bytes; None is its end.
    exact : int or None
        Where the first record of a text begins, if it is known.
    state : (int, int) or None
        The size of a single file, and when it was modified, as it was when the task was made.
    """

    part: int
    folder: str
    names: tuple[str, ...]
    size: int = 0
    start: int = 0
    stop: int | None = None
    exact: int | None = None
    state: tuple[int, int] | None = None

    @property
    def files(self) -> Iterator[tuple[int, str]]:
        """The number and the path of each file."""
        for place, name in enumerate(self.names):
            yield self.part + place, self.folder + name


def planned(files: Files, workers: int, task_bytes: int | None = None) -> list[Task]:
    """The tasks that read all files, in order.

    Parameters
    ----------
    files : Files
        The files.
    workers : int
        How many tasks are worked on at once.
    task_bytes : int, optional
        The size of a task; by default, from 64 MB to 1 GB, so that each worker gets several.
    """
    places = [place_of(path) for path in files.paths]
    total = sum(length for length, _ in places)
    size = task_bytes or size_of_task(total, workers)
    form = files.reading.input_format
    tasks: list[Task] = []
    for part, (path, (length, state)) in enumerate(zip(files.paths, places, strict=True)):
        one = Task(part, "", (path,), length, state=state)
        if length > size and _is_divisible(path, form):
            tasks += _divided(one, size)
            continue
        both = _packed(tasks[-1], one, size) if tasks else None
        if both is None:
            tasks.append(one)
        else:
            tasks[-1] = both
    return tasks


def size_of_task(total: int, workers: int) -> int:
    """The bytes of each task of some data, so that each worker gets several."""
    return min(max(total // (_ROUNDS * workers), SMALLEST), LARGEST)


def whole_of(paths: Sequence[str]) -> Task:
    """A task for work on all files together, which knows them; it has only their size."""
    return Task(0, "", (), sum(place_of(path)[0] for path in paths))


def read_here_only(files: Files | None) -> str | None:
    """What of the data only this process can read, if there is such a thing."""
    if files is None:
        return "a table in memory"
    if STDIN in files.paths:
        return "standard input"
    names = registry.names_with_choice()
    for path in files.paths:
        form = files.reading.input_format or PurePath(path).suffix[1:].lower()
        if is_database(path) or form in names:
            return "a database or a workbook"
    return None


def place_of(path: str) -> tuple[int, tuple[int, int] | None]:
    """The bytes of a file, 0 if they are not known, and its state, of a local one."""
    if "://" in path:
        from ce_cli.inputs.remote.listing import known_size

        return known_size(path) or 0, None
    status = file_status(path)
    return (0, None) if status is None else (status.st_size, (status.st_size, status.st_mtime_ns))


def _is_divisible(path: str, form: str | None) -> bool:
    return (form or PurePath(path).suffix[1:].lower()) not in _WHOLE


def _divided(whole: Task, size: int) -> Iterator[Task]:
    """Parts of a file of about one size; the last goes on to the end, whatever that is."""
    count = -(-whole.size // size)
    places = [whole.size * place // count for place in range(count + 1)]
    for start, stop in pairwise(places):
        end = None if stop == whole.size else stop
        yield whole.replace(size=stop - start, start=start, stop=end)


def _packed(earlier: Task, later: Task, size: int) -> Task | None:
    """Both tasks in one, if they are of whole files and small enough."""
    whole = earlier.start == 0 and earlier.stop is None and earlier.size and later.size
    if not whole or earlier.size + later.size > size:
        return None
    paths = [path for task in (earlier, later) for _, path in task.files]
    folders = {path[: path.rfind("/") + 1] for path in paths}
    folder = folders.pop() if len(folders) == 1 else ""
    names = tuple(path[len(folder) :] for path in paths)
    if sum(len(name.encode()) for name in names) > _NAMES:
        return None
    return Task(earlier.part, folder, names, earlier.size + later.size)
