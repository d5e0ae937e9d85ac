"""``ce inspect``: what a doctor would tell of a file before it is scored."""

from __future__ import annotations

import sys

import typer

from ce_cli.cli import options as opt
from ce_cli.cli.common import (
    check_targets,
    data_of,
    paths_of,
    running,
    show,
)


@opt.asking
def inspect(
    asked: opt.DataOptions,
    files: opt.Files = None,
    by: opt.By = None,
    format_: opt.InspectFormat = "table",
    json: opt.Json = False,
    output: opt.Output = None,
    quiet: opt.Quiet = False,
) -> None:
    """Look at a file before scoring: its columns and their parts, its classes, and every problem.

    What ce score would refuse is a finding here, with the rows and the option that helps, beside
    traps that it would not see: flipped or permuted classes, percentages, logits, shifted labels.

      ce inspect preds.csv

      ce inspect preds.parquet --json | jq '.findings[] | .code'
    """
    from ce_cli.inspection.score_command import typed
    from ce_cli.registry import output as output_format

    form = output_format("inspect", "json" if json else format_)
    spec, reading = asked.spec(by=tuple(by or ())), asked.reading()
    paths = paths_of(files, "inspect")
    from ce_cli.inspection.inspect import inspect as inspected

    data, read = data_of(paths, asked.labels, spec, reading)
    check_targets(read, None, output)
    command = typed(paths, asked.labels, spec, reading)
    with running(reading, quiet) as run:
        result = inspected(data, spec, command, run)
    show(result, form.load(), output, sys.stdout)
    if not quiet and (output or not form.shows_warnings):
        for finding in result.findings:
            if finding.severity != "note":
                typer.echo(f"ce: {finding.severity}: {finding.message}", err=True)
