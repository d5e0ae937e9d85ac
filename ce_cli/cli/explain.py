"""``ce explain``: the loss of one row, or of typed numbers, step by step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ce_cli.cli.command import Call, command
from ce_cli.cli.common import (
    check_read_twice,
    check_targets,
    data_of,
    passes,
    paths_of,
    running,
    show,
)
from ce_cli.errors import UsageError
from ce_cli.options.choices import COLUMNS
from ce_cli.options.commands import ExplainCommandOptions, OutputOptions
from ce_cli.options.option import flag, options_of
from ce_cli.registry import output as output_format

if TYPE_CHECKING:
    from ce_cli.results.explain import Explained
    from ce_cli.spec import Spec


@command()
def explain(call: Call) -> None:
    """Explain the loss of one row: surprisal, entropy, cross-entropy and KL divergence, with bars.

    Choose the row by number or id; by default it is the most surprising one. Or type numbers.

    Examples, with files from sample_data:

      ce explain wine.csv --row 17 --curve
      ce explain breast_cancer.csv --id id --of case-017 --base 2
      ce explain --p 0.5,0.5 --q 0.9,0.1
      ce explain --q 2.1,-0.3,0.4 --as logits --classes cat,dog,cow --label dog
    """
    from ce_cli.spec import Spec

    form = output_format("explain", call.options["format"])
    if call.options["q"] is None:
        result = _of_files(call, Spec.from_options(call.options))
    else:
        result = _of_numbers(call)
    show(result, call, form, sys.stdout)


def _of_numbers(call: Call) -> Explained:
    """Explain a typed prediction; options about files are errors."""
    from ce_cli.explaining.anatomy import explained
    from ce_cli.explaining.typed_numbers import TypedNumbers, subject_of
    from ce_cli.spec import Spec

    if call.files:
        raise UsageError("--q replaces the files: use one or the other.")
    declared = options_of(ExplainCommandOptions)
    for name in call.typed:
        if not declared[name].of_numbers and name not in options_of(OutputOptions):
            raise UsageError(f"{flag(name)} applies to files and cannot be used with --q.")
    about_files = {name for name, one in declared.items() if one.panel == COLUMNS}
    options = {
        name: declared[name].default if name in about_files - call.typed.keys() else value
        for name, value in call.options.items()
    }
    spec = Spec.from_options(options)
    labels = spec.label
    if len(labels) > 1:
        raise UsageError("With --q, --label is a single class; for a distribution, use --p.")
    typed = TypedNumbers(options["q"], options["p"], labels[0] if labels else None)
    return explained(subject_of(typed, spec), options["curve"])


def _of_files(call: Call, spec: Spec) -> Explained:
    from ce_cli.explaining.row_search import row_selector
    from ce_cli.reading import Reading
    from ce_cli.spec import check_names

    options = call.options
    if options["p"] is not None:
        raise UsageError("--p is the label of a typed prediction: use it with --q.")
    selector = row_selector(options["row"], options["of"], options["id"])
    reading = Reading.from_options(options)
    check_names(spec, reading.header, options["labels"] is not None)
    paths = paths_of(call.files, "explain")
    from ce_cli.explaining.explain import explain as explained

    data, read = data_of(paths, options["labels"], spec, reading)
    check_targets(read, None, options["output"])
    check_read_twice(spec, read)
    with running(call, reading.threads, [*data.names] * passes(spec)) as run:
        return explained(data, spec, selector, run, options["curve"])
