"""``ce inspect``: what a doctor would tell of a file before it is scored."""

from __future__ import annotations

import contextlib
import sys

import typer

from ce_cli import options as opt
from ce_cli.commands.common import (
    all_read,
    canvas_of,
    check_targets,
    delimiter_of,
    labels_opener,
    names_in,
    paths_of,
    progress_shown,
    thread_count,
)


def inspect(
    files: opt.Files = None,
    label: opt.Label = None,
    labels: opt.LabelsFile = None,
    pred: opt.Pred = None,
    weight: opt.Weight = None,
    id_: opt.Id = None,
    by: opt.By = None,
    classes: opt.Classes = None,
    positive: opt.Positive = None,
    task: opt.TaskOption = "auto",
    values: opt.As = None,
    label_counts: opt.LabelCounts = False,
    label_smoothing: opt.LabelSmoothing = 0.0,
    class_weight: opt.ClassWeight = None,
    ignore_label: opt.IgnoreLabel = None,
    missing: opt.Missing = "error",
    na_value: opt.NaValue = None,
    on_bad_sum: opt.OnBadSum = "warn",
    sum_tolerance: opt.SumTolerance = None,
    clip: opt.Clip = "auto",
    format_: opt.InspectFormat = "table",
    json: opt.Json = False,
    output: opt.Output = None,
    quiet: opt.Quiet = False,
    input_format: opt.InputFormat = None,
    delimiter: opt.Delimiter = None,
    encoding: opt.Encoding = "utf-8",
    decimal: opt.Decimal = ".",
    no_header: opt.NoHeader = False,
    comment: opt.Comment = None,
    threads: opt.Threads = None,
) -> None:
    """Look at a file before scoring: its columns and their parts, its classes, and every problem.

    What ce score would refuse is a finding here, with the rows and the option that helps, beside
    traps that it would not see: flipped or permuted classes, percentages, logits, shifted labels.

      ce inspect preds.csv

      ce inspect preds.parquet --json | jq '.findings[] | .code'
    """
    from ce_cli import registry
    from ce_cli.inspection.typed import typed
    from ce_cli.spec import Reading, Spec, class_weights_of, clip_of

    form = "json" if json else format_
    renderer = registry.find(registry.INSPECT_OUTPUTS, form, "format")
    class_weights, balanced = class_weights_of(class_weight or ())
    spec = Spec(
        labels=tuple(label or ()),
        predictions=tuple(pred or ()),
        weight=weight,
        id=id_,
        by=tuple(by or ()),
        classes=names_in(classes),
        positive=positive,
        task=task,
        values=values or "auto",
        label_counts=label_counts,
        label_smoothing=label_smoothing,
        class_weights=class_weights,
        balanced=balanced,
        ignore_labels=tuple(ignore_label or ()),
        missing=missing,
        na_values=tuple(na_value or ()),
        on_bad_sum=on_bad_sum,
        sum_tolerance=sum_tolerance,
        clip=clip_of(clip),
    )
    reading = Reading(
        delimiter_of(delimiter),
        encoding,
        thread_count(threads),
        decimal=decimal,
        header=not no_header,
        comment=comment,
        input_format=input_format,
    )
    paths = paths_of(files, "inspect")
    from ce_cli.inputs.locate import located, opened
    from ce_cli.inspection.inspect import inspect as inspected
    from ce_cli.outputs.files import written

    names = located(paths)
    check_targets(all_read(names, labels), None, output)
    sources = (opened(name, reading) for name in names)
    with contextlib.ExitStack() as stack:
        progress = None if quiet else stack.enter_context(progress_shown())
        command = typed(paths, labels, spec, reading)
        open_labels = labels_opener(labels, reading, spec)
        result = inspected(
            sources, names, spec, command, reading.threads, progress, open_labels and open_labels()
        )
    text = renderer.load()(result, canvas_of(sys.stdout, output))
    written(text, output, sys.stdout)
    if not quiet and (form == "json" or output):
        for finding in result.findings:
            if finding.severity != "note":
                typer.echo(f"ce: {finding.severity}: {finding.message}", err=True)
