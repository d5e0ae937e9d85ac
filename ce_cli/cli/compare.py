"""``ce compare``: which of several models is less surprised, and whether that is chance."""

from __future__ import annotations

import sys

from ce_cli.cli import options as opt
from ce_cli.cli.common import (
    all_read,
    check_targets,
    echo_warnings,
    paths_of,
    running,
    show,
)


@opt.asking
def compare(
    asked: opt.DataOptions,
    files: opt.Models = None,
    model: opt.Model = None,
    by: opt.By = None,
    reference: opt.Reference = None,
    cluster: opt.Cluster = None,
    join: opt.Join = "all",
    test: opt.TestOption = "t",
    base: opt.Base = "e",
    confidence: opt.Confidence = 0.95,
    worst: opt.MovedMost = 0,
    format_: opt.CompareFormat = "table",
    json: opt.Json = False,
    output: opt.Output = None,
    quiet: opt.Quiet = False,
) -> None:
    """Compare models on the same rows: the paired difference, its interval, and a verdict.

    Rows meet by --id, or by their order, and their labels have to agree. Examples:

      ce compare old.csv new.csv --by segment

      ce compare old.parquet new.parquet --id case --worst 5

      ce compare both.csv --pred 'old_*' --pred 'new_*' --cluster user
    """
    from ce_cli.comparing.naming import check_without_bytes, families, file_models, place_of
    from ce_cli.registry import output as output_format
    from ce_cli.spec import check_names

    form = output_format("compare", "json" if json else format_)
    spec = asked.spec(by=tuple(by or ()), base=base, confidence=confidence)
    check_without_bytes(spec)
    reading = asked.reading()
    paths = paths_of(files, "compare")
    models = (
        file_models(paths, spec, model or ()) if len(paths) > 1 else families(spec, model or ())
    )
    place = place_of(reference, [name for name, _ in models])
    for _, own in models:
        check_names(own, reading, asked.labels is not None)
    from ce_cli.comparing.bound_models import ComparisonPlan, data_sets
    from ce_cli.comparing.compare import compare as compared

    data = data_sets(paths, models, reading, asked.labels)
    read = [name for one in data for name in all_read(one.data.names, asked.labels)]
    check_targets(all_read(read, None), None, output)
    plan = ComparisonPlan(place, join == "inner", cluster, test, worst)
    with running(reading, quiet) as run:
        result = compared(data, plan, run)
    show(result, form.load(), output, sys.stdout)
    if not quiet and (output or not form.shows_warnings):
        echo_warnings(result.warnings)
