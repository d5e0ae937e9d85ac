"""``ce compare``: which of several models is better, and whether that may be chance."""

from __future__ import annotations

import sys

from ce_cli.cli.command import Call, command
from ce_cli.cli.common import (
    all_read,
    check_read_twice,
    check_targets,
    paths_of,
    running,
    show,
)
from ce_cli.registry import output as output_format

_FILES_HELP = (
    "A file, directory or URI for each model, or one with the predictions of all; - is standard "
    "input."
)


@command(_FILES_HELP)
def compare(call: Call) -> None:
    """Compare models on the same rows: the paired difference, its interval, and a verdict.

    Rows are matched by --id, or by their order, and their labels must agree.
    A file may have the predictions of several models: --pred 'old_*' --pred 'new_*'.

    Examples, with files from sample_data:

      ce compare digits.csv digits_logits.parquet
      ce compare breast_cancer.csv breast_cancer_forest.csv --id id --worst 5
    """
    from ce_cli.comparing.naming import check_without_bytes, families, file_models, place_of
    from ce_cli.reading import Reading
    from ce_cli.spec import Spec

    options, form = call.options, output_format("compare", call.options["format"])
    spec = Spec.from_options({**options, "cluster": None, "worst": None})  # which the plan has
    reading = Reading.from_options(options)
    check_without_bytes(spec)
    paths = paths_of(call.files, "compare")
    named = options["model"] or ()
    models = file_models(paths, spec, named) if len(paths) > 1 else families(spec, named)
    place = place_of(options["reference"], [name for name, _ in models])
    from ce_cli.comparing.bound_models import ComparisonPlan, data_sets
    from ce_cli.comparing.compare import compare as compared

    data = data_sets(paths, models, reading, options["labels"])
    read = [name for one in data for name in all_read(one.data.names, options["labels"])]
    check_targets(all_read(read, None), None, options["output"])
    counted = data[place if len(data) > 1 else 0].data.names if spec.balanced else ()
    check_read_twice(spec, counted)
    plan = ComparisonPlan.from_options(options, place)
    files = [*counted, *(name for one in data for name in one.data.names)]
    with running(call, reading.threads, files) as run:
        result = compared(data, plan, run)
    show(result, call, form, sys.stdout)
