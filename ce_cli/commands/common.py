"""What commands share: from what was typed to paths, names, threads and a place to write."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ce_cli.errors import UsageError
from ce_cli.text import STDIN, display_name

if TYPE_CHECKING:
    from ce_cli.inputs.source import Source
    from ce_cli.outputs.canvas import Canvas
    from ce_cli.spec import Reading, Spec

_PROGRESS_SECONDS = 0.3


def paths_of(files: Sequence[str] | None, command: str) -> list[str]:
    """What to read: the files named, or what is piped in.

    Raises
    ------
    UsageError
        There is neither.
    """
    if files:
        if list(files).count("-") > 1:
            raise UsageError("Standard input (-) can be read only once.")
        return list(files)
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError(f"Name a file to {command}, or pipe one in: ce {command} preds.csv")
    return ["-"]


def all_read(names: Sequence[str], labels: str | None) -> list[str]:
    """Everything that is read.

    Raises
    ------
    UsageError
        Standard input would be read twice.
    """
    read = [*names] if labels is None else [*names, labels]
    if read.count(STDIN) > 1:
        raise UsageError("Standard input (-) can be read only once.")
    return read


def check_targets(inputs: Sequence[str], per_row: str | None, output: str | None) -> None:
    """Refuse to write two things to one file, or to write over what is read."""
    targets = [Path(path).resolve() for path in (per_row, output) if path and path != "-"]
    read = {Path(path).resolve() for path in inputs if path != "-"}
    if len(set(targets)) < len(targets):
        raise UsageError("--per-row and --output cannot write to the same file.")
    for target in targets:
        if target in read and target.is_file():
            raise UsageError(f"{display_name(str(target))}: is read, and cannot be written over.")


def labels_opener(labels: str | None, reading: Reading, spec: Spec) -> Callable[[], Source] | None:
    """What opens the file of ``--labels``, if there is one."""
    if labels is None:
        return None
    from ce_cli.binding.joined import reading_of_labels
    from ce_cli.inputs.locate import opened

    return lambda: opened(labels, reading_of_labels(reading, spec))


def canvas_of(stream: TextIO | None, output: str | None) -> Canvas:
    """How wide and colourful the place is that the page is drawn on."""
    from ce_cli.outputs.canvas import Canvas

    if output is not None or stream is None:
        return Canvas()
    forced = bool(os.environ.get("FORCE_COLOR"))
    colour = (stream.isatty() or forced) and not os.environ.get("NO_COLOR")
    if not stream.isatty():
        return Canvas(colour=colour)
    return Canvas(shutil.get_terminal_size().columns, colour)


@contextlib.contextmanager
def progress_shown() -> Iterator[Callable[[int], None] | None]:
    """A running count of rows on a terminal's stderr, wiped at the end; elsewhere nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    shown = time.monotonic()
    started = False

    def show(rows: int) -> None:
        nonlocal shown, started
        if time.monotonic() - shown > _PROGRESS_SECONDS:
            shown, started = time.monotonic(), True
            sys.stderr.write(f"\r{rows:,} rows …")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if started:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
