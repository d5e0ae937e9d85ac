"""``ce score``: how surprised a model is, in aggregate, by group and by row."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from ce_cli import options as opt
from ce_cli.errors import UsageError
from ce_cli.text import STDIN, display_name

if TYPE_CHECKING:
    from ce_cli.outputs.canvas import Canvas

_PROGRESS_SECONDS = 0.3


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
        classes=_names(classes),
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
        _delimiter(delimiter),
        encoding,
        _threads(threads),
        decimal=decimal,
        header=not no_header,
        comment=comment,
        input_format=input_format,
    )
    check_names(spec, reading, labels is not None)
    paths = _paths(files)
    from ce_cli import pipeline
    from ce_cli.binding.joined import reading_of_labels
    from ce_cli.inputs.locate import located, opened
    from ce_cli.outputs.files import written
    from ce_cli.outputs.rows import row_writer

    names = located(paths)
    read = names if labels is None else [*names, labels]
    if read.count(STDIN) > 1:
        raise UsageError("Standard input (-) can be read only once.")
    _check_targets(read, per_row, output)
    if balanced and STDIN in read:
        raise UsageError(
            "--class-weight balanced reads the data twice, which a pipe does not allow: "
            "name a file."
        )
    with contextlib.ExitStack() as stack:
        every_row = None if per_row is None else stack.enter_context(row_writer(per_row))
        progress = None if quiet else stack.enter_context(_progress())
        result = pipeline.run(
            lambda: (opened(name, reading) for name in names),
            names,
            spec,
            reading.threads,
            every_row,
            progress,
            None if labels is None else lambda: opened(labels, reading_of_labels(reading, spec)),
        )
        summary = sys.stderr if per_row == "-" else sys.stdout
        text = renderer.load()(result, _canvas(summary, output))
        written(text, output, summary)
    if not quiet and summary is sys.stdout and (json or format_ in ("json", "csv") or output):
        for warning in result.warnings:
            typer.echo(f"ce: warning: {warning.message}", err=True)


def _names(classes: str | None) -> tuple[str, ...]:
    """Split at commas; quotes protect a comma, as in a CSV file."""
    if classes is None:
        return ()
    import csv

    return tuple(name.strip() for name in next(csv.reader([classes], skipinitialspace=True), []))


def _delimiter(text: str | None) -> str | None:
    return {"\\t": "\t", "tab": "\t"}.get(text, text) if text is not None else None


def _threads(asked: int | None) -> int:
    if asked is not None:
        return asked
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _paths(files: Sequence[str] | None) -> list[str]:
    if files:
        if list(files).count("-") > 1:
            raise UsageError("Standard input (-) can be read only once.")
        return list(files)
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("Name a file to score, or pipe one in: ce score preds.csv")
    return ["-"]


def _check_targets(inputs: Sequence[str], per_row: str | None, output: str | None) -> None:
    """Refuse to write two things to one file, or to write over what is read."""
    targets = [Path(path).resolve() for path in (per_row, output) if path and path != "-"]
    read = {Path(path).resolve() for path in inputs if path != "-"}
    if len(set(targets)) < len(targets):
        raise UsageError("--per-row and --output cannot write to the same file.")
    for target in targets:
        if target in read and target.is_file():
            raise UsageError(f"{display_name(str(target))}: is read, and cannot be written over.")


def _canvas(stream: TextIO | None, output: str | None) -> Canvas:
    from ce_cli.outputs.canvas import Canvas

    if output is not None or stream is None:
        return Canvas()
    forced = bool(os.environ.get("FORCE_COLOR"))
    colour = (stream.isatty() or forced) and not os.environ.get("NO_COLOR")
    if not stream.isatty():
        return Canvas(colour=colour)
    return Canvas(shutil.get_terminal_size().columns, colour)


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[int], None] | None]:
    """A running count of rows on a terminal's stderr, wiped at the end; elsewhere nothing."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    shown = time.monotonic()
    started = False

    def show(rows: int) -> None:
        nonlocal shown, started
        if time.monotonic() - shown > _PROGRESS_SECONDS:
            shown, started = time.monotonic(), True
            sys.stderr.write(f"\r{rows:,} rows …")
            sys.stderr.flush()

    try:
        yield show
    finally:
        if started:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
