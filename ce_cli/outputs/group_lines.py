"""Very many groups as JSON and CSV, a column at a time."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from ce_cli.results.group_table import GroupTable

_AT_ONCE = 1 << 14  # groups whose cells are texts at the same time


def json_lines(table: GroupTable, encode: Callable[[object], str]) -> Iterator[str]:
    """The objects of some groups after another, joined by commas and new lines.

    Parameters
    ----------
    table : GroupTable
        The groups.
    encode : callable
        Writes a text as JSON.
    """
    line = _line(table, encode)
    for part in table.pieces(_AT_ONCE):
        cells: list[Sequence[str]] = [
            [encode(text) for text in texts.to_pylist()] for texts in part.by.values()
        ]
        cells += [list(map(str, part.rows.tolist())), _numbers(part.weight_sum)]
        cells += [_numbers(values) for values in part.metrics.values()]
        for one in part.intervals.values():
            shown = (one.low, one.high, one.n, one.skewness)
            cells += [_numbers(values) for values in shown if values is not None]
        yield ",\n    ".join([line % row for row in zip(*cells, strict=True)])


def _line(table: GroupTable, encode: Callable[[object], str]) -> str:
    """The object of a group, with ``%s`` for each cell."""

    def fixed(value: object) -> str:
        return encode(value).replace("%", "%%")

    def objects(cells: dict[str, str]) -> str:
        return "{" + ", ".join(f"{fixed(name)}: {cell}" for name, cell in cells.items()) + "}"

    intervals = {
        name: objects(
            {
                "low": "%s",
                "high": "%s",
                "confidence": fixed(one.confidence),
                "method": fixed(one.method),
                **({} if one.n is None else {"n": "%s", "skewness": "%s"}),
            }
        )
        for name, one in table.intervals.items()
    }
    return objects(
        {
            "by": objects(dict.fromkeys(table.by, "%s")),
            "rows": objects({"scored": "%s"}),
            "weight_sum": "%s",
            "metrics": objects(dict.fromkeys(table.metrics, "%s")),
            "intervals": objects(intervals),
        }
    )


def _numbers(values: Any) -> list[str]:
    """Numbers as JSON; those that are not finite are null."""
    return [repr(value) if math.isfinite(value) else "null" for value in values.tolist()]


def write_csv(table: GroupTable, file: TextIO) -> None:
    """Write a header and a line for each group; what is not defined is an empty cell."""
    writer = csv.writer(file, lineterminator="\n")
    for place, part in enumerate(table.pieces(_AT_ONCE)):
        columns = part.columns()
        if not place:
            writer.writerow(columns)
        writer.writerows(zip(*map(_cells, columns.values()), strict=True))


def _cells(values: Any) -> list[Any]:
    cells = values if isinstance(values, list) else values.tolist()
    return [cell if cell == cell else "" for cell in cells]  # noqa: PLR0124 - NaN is not itself
