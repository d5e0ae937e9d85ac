"""Work that is not divided into tasks: one worker does all of it, as threads would do it here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, cast

from ce_cli.binding.data_set import data_set
from ce_cli.engines.threads import Threads
from ce_cli.errors import CeError
from ce_cli.inputs.anywhere import Home, as_typed
from ce_cli.inputs.dataset import DataSet, Files
from ce_cli.inputs.source import Source
from ce_cli.inputs.tasks import Task, whole_of
from ce_cli.record import Record
from ce_cli.results.score import Result
from ce_cli.scoring.run import Run
from ce_cli.spec import Spec
from ce_cli.storage.options import StorageOptions, in_force, using
from ce_cli.text import display_name

Made = TypeVar("Made")


class FilesElsewhere(Record):
    """The files of a data set, for a worker that opens them.

    Attributes
    ----------
    names : tuple of str
        What they are called.
    files : Files
        Their paths, which mean the same there.
    """

    names: tuple[str, ...]
    files: Files

    @classmethod
    def of(cls, data: DataSet) -> FilesElsewhere:
        """Those of a data set, which is not in memory."""
        files, home = data.files, Home.here()
        assert files is not None
        labels = None if files.labels is None else home.path(files.labels)
        paths = tuple(map(home.path, files.paths))
        return cls(data.names, files.replace(paths=paths, labels=labels))

    def opened(self, spec: Spec) -> DataSet:
        """The data set."""
        files = self.files
        data = data_set(files.paths, files.reading, spec, files.labels)
        labels = data.labels

        def sources() -> Iterator[Source]:
            for path, source in zip(files.paths, data.sources(), strict=True):
                yield _named(source, path)

        named = data.replace(names=self.names, sources=sources)
        if labels is None:
            return named
        return named.replace(labels=lambda: _named(labels(), files.labels or ""))


class ScoreAll(Record):
    """``ce score`` on a worker.

    Attributes
    ----------
    data : FilesElsewhere
        The files.
    spec : Spec
        What to compute.
    groupings : sequence of sequence of str, optional
        As for `ce_cli.scoring.pipeline.score`.
    """

    data: FilesElsewhere
    spec: Spec
    groupings: Sequence[Sequence[str]] | None = None

    def __call__(self) -> Result:
        """The result."""
        from ce_cli.scoring.pipeline import score

        return score(self.data.opened(self.spec), self.spec, worker_run(), None, self.groupings)


class Answer(Record, Generic[Made]):
    """What a worker made, or why it did not; neither for no work."""

    made: Made | None = None
    error: CeError | None = None


class OneFold(Record, Generic[Made]):
    """The fold of a single task, which is all of the work; picklable.

    Attributes
    ----------
    work : callable
        Makes the result.
    storage : StorageOptions
        How stores are reached.
    """

    work: Callable[[], Made]
    storage: StorageOptions = StorageOptions()

    def __call__(self, task: Task) -> Answer[Made]:
        """Do the work."""
        try:
            with using(self.storage):
                return Answer(self.work())
        except CeError as error:
            return Answer(None, error)

    def merge(self, several: Sequence[Answer[Made]]) -> Answer[Made]:
        """The answer of the task, which is the only one."""
        return next((one for one in several if one != self.empty()), self.empty())

    def empty(self) -> Answer[Made]:
        """That of no task."""
        return Answer()


def on_worker(run: Run, work: Callable[[], Made], data: Sequence[FilesElsewhere]) -> Made:
    """What `work`, which reads some files, makes on a worker of a run.

    Raises
    ------
    CeError
        The work raised it.
    """
    engine = run.elsewhere
    assert engine is not None
    task = whole_of([path for one in data for path in one.files.paths])
    answer = engine.folded(OneFold(work, in_force()), [task])
    if answer.error is not None:
        error = Home.here().at_home(answer.error, f"the workers of --engine {run.name}")
        raise error from None
    return cast(Made, answer.made)


def worker_run() -> Run:
    """The run of a worker, which is one of several on its machine."""
    return Run(Threads(1))


def _named(source: Source, path: str) -> Source:
    source.name = display_name(as_typed(path))
    return source
