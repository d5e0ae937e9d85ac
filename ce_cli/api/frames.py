"""Frames that are spread over machines: those of Spark, and of Dask."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

from ce_cli import registry
from ce_cli.api.data import data_set, given
from ce_cli.api.settings import settings
from ce_cli.errors import UsageError
from ce_cli.findings.row_locations import UnnumberedRows
from ce_cli.results.score import Note, Result
from ce_cli.scoring.plan import InTurn

if TYPE_CHECKING:
    from ce_cli.engines.engine import FrameEngine
    from ce_cli.scoring.plan import Plan

_FIRST = 10_000  # rows, from which the columns are bound
_NOT_HERE = {  # options, and what they would need
    "labels": "is another table: join it to this one first",
    "worst": "needs the numbers of rows, which a table that is spread over machines does not have",
}


def engine_of(data: object) -> str | None:
    """The engine whose frame it is, or None."""
    library = type(data).__module__.partition(".")[0]
    if type(data).__name__ != "DataFrame":
        return None
    return next((one.names[0] for one in registry.ENGINES if one.frames == library), None)


def scored_frame(data: Any, engine: str, options: Mapping[str, Any]) -> Result:
    """Score a frame where it is: only the first rows, and results, come to this process.

    Its rows have no numbers: messages count them instead.

    Raises
    ------
    CeError
        The options, or the rows, are invalid.
    """
    _check(data, engine, options)
    spec, reading = settings(options)
    scheduler = options["scheduler"]
    if scheduler is None:
        scheduler = data.sparkSession if engine == "spark" else _current_client()
    kind = registry.find(registry.ENGINES, engine, "engine").load()
    engine_of_frames: FrameEngine = kind(reading.threads, scheduler)
    with closing(engine_of_frames) as running:
        first = given(running.first_rows(data, _FIRST), called=type(data).__name__)
        from ce_cli.scoring.plan import plan

        planned = plan(data_set(first, options, spec, reading), spec)
        columns = planned.begun.work.binding.projection.names
        folded = running.folded_frame(planned.fold, data, sorted(columns))
        return _result(planned, folded, running.differences)


def _result(planned: Plan, folded: Any, differences: tuple[str, ...]) -> Result:
    """The result, without the numbers of rows."""
    from ce_cli.scoring import folding
    from ce_cli.scoring.result import report

    begun = planned.begun
    scored, _ = folding.whole(InTurn(), planned.fold, (), folded)
    rows = scored.result.issues.read
    result = report(begun.ended(scored.result, UnnumberedRows(begun.names, (0,)).ended(rows)))
    notes = [note.replace(rows=()) for note in result.warnings]
    notes += [Note("other_arithmetic", sentence) for sentence in differences]
    return result.replace(warnings=tuple(notes))


def _check(data: Any, engine: str, options: Mapping[str, Any]) -> None:
    if options["engine"] not in ("threads", engine):
        raise UsageError(f"This table is one of {engine}: leave engine out.")
    if engine == "spark" and options["scheduler"] not in (None, data.sparkSession):
        raise UsageError("This table is in a session of Spark already: leave scheduler out.")
    for name, why in _NOT_HERE.items():
        if options[name]:
            raise UsageError(f"{name} {why}.")


def _current_client() -> Any:
    """The client of Dask that the program works with, or None."""
    from ce_cli.engines.extra import extra

    try:
        return cast(Any, extra("distributed", "dask")).default_client()
    except ValueError:
        return None
