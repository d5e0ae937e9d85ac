"""``ce score``: how surprised a model is, in aggregate, by group and by row."""

from __future__ import annotations

import contextlib
import sys

from ce_cli.cli import options as opt
from ce_cli.cli.common import (
    check_read_twice,
    check_targets,
    data_of,
    echo_warnings,
    paths_of,
    running,
    show,
)


@opt.asking
def score(
    asked: opt.DataOptions,
    files: opt.Files = None,
    by: opt.By = None,
    convention: opt.Convention = None,
    conventions: opt.Conventions = False,
    base: opt.Base = "e",
    metric: opt.Metric = None,
    confidence: opt.Confidence = 0.95,
    cluster: opt.Cluster = None,
    worst: opt.Worst = 0,
    decompose: opt.Decompose = False,
    per_row: opt.PerRow = None,
    format_: opt.Format = "table",
    json: opt.Json = False,
    output: opt.Output = None,
    quiet: opt.Quiet = False,
) -> None:
    """Score predictions: cross-entropy with its interval and companions.

    Columns are found by their names, and what was found is shown. Examples:

      ce score preds.csv

      ce score preds.parquet --by segment --worst 10

      cat preds.csv | ce score --json | jq .metrics.cross_entropy
    """
    from ce_cli.registry import output as output_format
    from ce_cli.spec import check_convention, check_names

    form = output_format("score", "json" if json else format_)
    spec = asked.spec(
        by=tuple(by or ()),
        convention=convention,
        conventions=conventions,
        base=base,
        metrics=tuple(metric or ()),
        confidence=confidence,
        cluster=cluster,
        worst=worst,
        decompose=decompose,
    )
    check_convention(spec)
    reading = asked.reading()
    check_names(spec, reading, asked.labels is not None)
    paths = paths_of(files, "score")
    from ce_cli.outputs.tables.rows import row_writer
    from ce_cli.scoring.pipeline import score as scored

    data, read = data_of(paths, asked.labels, spec, reading)
    check_targets(read, per_row, output)
    check_read_twice(spec, read)
    with contextlib.nullcontext() if per_row is None else row_writer(per_row) as every_row:
        with running(reading, quiet) as run:
            result = scored(data, spec, run, every_row)
        summary = sys.stderr if per_row == "-" else sys.stdout
        show(result, form.load(), output, summary)
    if not quiet and summary is sys.stdout and (output or not form.shows_warnings):
        echo_warnings(result.warnings)
