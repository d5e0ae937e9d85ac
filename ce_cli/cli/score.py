"""``ce score``: how surprised a model is, in aggregate, by group and by row."""

from __future__ import annotations

import contextlib
import sys

from ce_cli.cli import options as opt
from ce_cli.cli.common import (
    all_read,
    canvas_of,
    check_read_twice,
    check_targets,
    echo_warnings,
    labels_opener,
    paths_of,
    progress_shown,
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
    from ce_cli.inputs.locate import located, opener
    from ce_cli.outputs.files import written
    from ce_cli.outputs.tables.rows import row_writer
    from ce_cli.scoring import pipeline

    names = located(paths)
    read = all_read(names, asked.labels)
    check_targets(read, per_row, output)
    check_read_twice(spec, read)
    with contextlib.ExitStack() as stack:
        every_row = None if per_row is None else stack.enter_context(row_writer(per_row))
        progress = None if quiet else stack.enter_context(progress_shown())
        result = pipeline.run(
            opener(names, reading),
            names,
            spec,
            reading.threads,
            every_row,
            progress,
            labels_opener(asked.labels, reading, spec),
        )
        summary = sys.stderr if per_row == "-" else sys.stdout
        text = form.load()(result, canvas_of(summary, output))
        written(text, output, summary)
    if not quiet and summary is sys.stdout and (output or not form.shows_warnings):
        echo_warnings(result.warnings)
