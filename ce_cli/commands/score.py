"""``ce score``: how surprised a model is, in aggregate, by group and by row."""

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
from ce_cli.errors import UsageError
from ce_cli.text import STDIN


def score(
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
    base: opt.Base = "e",
    metric: opt.Metric = None,
    confidence: opt.Confidence = 0.95,
    worst: opt.Worst = 0,
    per_row: opt.PerRow = None,
    format_: opt.Format = "table",
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
    """Score predictions: cross-entropy with its interval and companions.

    Columns are found by their names, and what was found is shown. Examples:

      ce score preds.csv

      ce score preds.parquet --by segment --worst 10

      cat preds.csv | ce score --json | jq .metrics.cross_entropy
    """
    from ce_cli import registry
    from ce_cli.spec import Reading, Spec, check_names, class_weights_of, clip_of

    renderer = registry.find(registry.OUTPUTS, "json" if json else format_, "format")
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
        base=base,
        confidence=confidence,
        metrics=tuple(metric or ()),
        worst=worst,
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
    check_names(spec, reading, labels is not None)
    paths = paths_of(files, "score")
    from ce_cli import pipeline
    from ce_cli.inputs.locate import located, opened
    from ce_cli.outputs.files import written
    from ce_cli.outputs.rows import row_writer

    names = located(paths)
    read = all_read(names, labels)
    check_targets(read, per_row, output)
    if balanced and STDIN in read:
        raise UsageError(
            "--class-weight balanced reads the data twice, which a pipe does not allow: "
            "name a file."
        )
    with contextlib.ExitStack() as stack:
        every_row = None if per_row is None else stack.enter_context(row_writer(per_row))
        progress = None if quiet else stack.enter_context(progress_shown())
        result = pipeline.run(
            lambda: (opened(name, reading) for name in names),
            names,
            spec,
            reading.threads,
            every_row,
            progress,
            labels_opener(labels, reading, spec),
        )
        summary = sys.stderr if per_row == "-" else sys.stdout
        text = renderer.load()(result, canvas_of(summary, output))
        written(text, output, summary)
    if not quiet and summary is sys.stdout and (json or format_ in ("json", "csv") or output):
        for warning in result.warnings:
            typer.echo(f"ce: warning: {warning.message}", err=True)
