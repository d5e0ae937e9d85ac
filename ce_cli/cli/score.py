"""``ce score``: the cross-entropy of a data set, with its interval and other figures."""

from __future__ import annotations

import contextlib
import sys
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from ce_cli.cli.command import Call, command
from ce_cli.cli.common import (
    all_read,
    check_read_twice,
    check_targets,
    data_of,
    naming_what_is_written,
    passes,
    paths_of,
    running,
    show,
)
from ce_cli.registry import output as output_format

if TYPE_CHECKING:
    from ce_cli.scoring.pipeline import RowSink


@command()
def score(call: Call) -> None:
    """Score predictions: the cross-entropy with its interval, and other figures.

    Columns are found by name and by their values; the output shows which.

    Examples, with files from sample_data:

      ce score wine.csv
      ce score tokens.csv --by doc --worst 10
      cat wine.csv | ce score --json | jq .metrics.cross_entropy
    """
    from ce_cli.reading import Reading
    from ce_cli.spec import Spec

    options, form = call.options, output_format("score", call.options["format"])
    calibration: str | None = options["calibrate"]
    if calibration is not None:
        from ce_cli.calibrating.document import with_calibration

        options = with_calibration(options)
    spec, reading = Spec.from_options(options), Reading.from_options(options)
    paths = paths_of(call.files, "score")
    from ce_cli.scoring.pipeline import score as scored

    per_row = options["per_row"]
    data, read = data_of(paths, options["labels"], spec, reading)
    folder = per_row if per_row is not None and per_row.endswith("/") else None
    check_targets(all_read(read, calibration), None if folder else per_row, options["output"])
    check_read_twice(spec, read)
    every_file = [*data.names] * passes(spec)
    writer = _row_writer(None if folder else per_row)
    with writer as every_row, running(call, reading.threads, every_file) as run:
        result = scored(data, spec, run, every_row, rows_in=folder)
    with naming_what_is_written([] if per_row is None else [per_row]):
        show(result, call, form, sys.stderr if per_row == "-" else sys.stdout)


def _row_writer(per_row: str | None) -> AbstractContextManager[RowSink | None]:
    """What writes the loss of every row, if it is to be written."""
    if per_row is None:
        return contextlib.nullcontext()
    from ce_cli.outputs.tables.rows import row_writer

    return row_writer(per_row)
