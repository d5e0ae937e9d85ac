"""The progress bar that rich draws; only long work on a terminal loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn

if TYPE_CHECKING:
    from ce_cli.cli.progress import Counter

_NARROW = 60  # columns of a terminal below which there is room for the rows and the share only
_PER_SECOND = 8


class _Terminal(Console):
    """Standard error, whose cursor stays visible, since a killed process could not restore it."""

    def show_cursor(self, show: bool = True) -> bool:
        """Do nothing."""
        return False


def bar(counter: Counter, total: int | None) -> Progress:
    """A bar of the bytes done or, if the total is not known, a spinner; with rows and times."""
    console = _Terminal(stderr=True)
    wide = console.width >= _NARROW
    columns = _spinner(wide) if total is None else _bar(wide)
    progress = Progress(
        *columns,
        console=console,
        refresh_per_second=_PER_SECOND,
        transient=True,  # nothing is left behind
        redirect_stdout=False,
        redirect_stderr=False,
    )
    progress.add_task("", total=total, completed=counter.done, counter=counter)
    return progress


def _bar(wide: bool) -> list[ProgressColumn]:
    share = TextColumn("{task.percentage:>3.0f}%")
    if not wide:
        return [share, _text("rows:,", " rows")]
    return [BarColumn(20), share, _text("rows:,", " rows"), _text("rate"), _text("left")]


def _spinner(wide: bool) -> list[ProgressColumn]:
    spinner = SpinnerColumn("line")  # which every encoding can write
    rows = _text("rows:,", " rows")
    return [spinner, rows, _text("rate"), _text("spent")] if wide else [spinner, rows]


def _text(property_: str, unit: str = "") -> TextColumn:
    """A property of the counter, looked up at each refresh."""
    return TextColumn(f"{{task.fields[counter].{property_}}}{unit}", markup=False)
