"""``ce inspect``: what a doctor would tell of a file before it is scored."""

from __future__ import annotations

import contextlib
import sys

import typer

from ce_cli.cli import options as opt
from ce_cli.cli.common import (
    all_read,
    canvas_of,
    check_targets,
    labels_opener,
    paths_of,
    progress_shown,
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
    from ce_cli.inputs.locate import located, opener
    from ce_cli.inspection.inspect import inspect as inspected
    from ce_cli.outputs.files import written

    names = located(paths)
    check_targets(all_read(names, asked.labels), None, output)
    sources = opener(names, reading)()
    with contextlib.ExitStack() as stack:
        progress = None if quiet else stack.enter_context(progress_shown())
        command = typed(paths, asked.labels, spec, reading)
        open_labels = labels_opener(asked.labels, reading, spec)
        result = inspected(
            sources, names, spec, command, reading.threads, progress, open_labels and open_labels()
        )
    text = form.load()(result, canvas_of(sys.stdout, output))
    written(text, output, sys.stdout)
    if not quiet and (output or not form.shows_warnings):
        for finding in result.findings:
            if finding.severity != "note":
                typer.echo(f"ce: {finding.severity}: {finding.message}", err=True)
