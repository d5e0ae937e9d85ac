"""The progress bar that rich draws; only long work on a terminal loads it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn

if TYPE_CHECKING:
    from ce_cli.cli.progress import Counter

_ROOM_FOR_TIMES, _ROOM_FOR_BAR = 56, 76  # columns of a terminal, for billions of rows
_PER_SECOND = 8


class _Terminal(Console):
    """Standard error, whose cursor stays visible, since a killed process could not restore it."""

    def show_cursor(self, show: bool = True) -> bool:
        """Do nothing."""
        return False


def bar(counter: Counter, total: int | None) -> Progress:
    """A bar of the bytes done or, if the total is not known, a spinner; with rows and times."""
    console = _Terminal(stderr=True)
    progress = Progress(
        *_columns(console.width, total is not None),
        console=console,
        refresh_per_second=_PER_SECOND,
        transient=True,  # nothing is left behind
        redirect_stdout=False,
        redirect_stderr=False,
    )
    progress.add_task("", total=total, completed=counter.done, counter=counter)
    return progress


def _columns(width: int, has_total: bool) -> Iterator[ProgressColumn]:
    if not has_total:
        yield SpinnerColumn("line")  # which every encoding can write
    elif width >= _ROOM_FOR_BAR:
        yield BarColumn(20)
    if has_total:
        yield TextColumn("{task.percentage:>3.0f}%")
    yield _text("rows:,", " rows")
    if width >= _ROOM_FOR_TIMES:
        yield _text("rate")
        yield _text("left" if has_total else "spent")


def _text(property_: str, unit: str = "") -> TextColumn:
    """A property of the counter, looked up at each refresh."""
    return TextColumn(f"{{task.fields[counter].{property_}}}{unit}", markup=False)
