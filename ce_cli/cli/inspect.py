"""``ce inspect``: the columns of a file, its classes and its problems, before scoring."""

from __future__ import annotations

import sys

from ce_cli.cli.command import Call, command
from ce_cli.cli.common import check_targets, data_of, paths_of, running, show
from ce_cli.registry import output as output_format


@command()
def inspect(call: Call) -> None:
    """Check a file before scoring: its columns and their roles, its classes, and every problem.

    Finds errors that stop ce score, with the rows and the option that helps, and problems that it
    cannot see: flipped or permuted classes, percentages, logits, shifted labels.

    Examples, with files from sample_data:

      ce inspect wine.csv
      ce inspect breast_cancer_weighted.csv --json | jq '.findings[] | .code'
    """
    from ce_cli.inspection.score_command import score_command
    from ce_cli.reading import Reading
    from ce_cli.spec import Spec

    options, form = call.options, output_format("inspect", call.options["format"])
    spec, reading = Spec.from_options(options), Reading.from_options(options)
    paths = paths_of(call.files, "inspect")
    from ce_cli.inspection.inspect import inspect as inspected

    data, read = data_of(paths, options["labels"], spec, reading)
    check_targets(read, None, options["output"])
    with running(call, reading.threads, data.names) as run:
        result = inspected(data, spec, score_command(paths, options), run)
    show(result, call, form, sys.stdout)
