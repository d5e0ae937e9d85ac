"""``ce explain``: the loss of one row, or of typed numbers, step by step."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from ce_cli.cli.command import Call, command
from ce_cli.cli.common import (
    check_read_twice,
    check_targets,
    data_of,
    is_piped_in,
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
      ce explain --p 0.5,0.25,0.25
      ce explain --p 0.5,0.5 --q 0.9,0.1 --q 0.6,0.4 --curve
      ce explain --q 2.1,-0.3,0.4 --as logits --classes cat,dog,cow --label dog
    """
    from ce_cli.spec import Spec

    form = output_format("explain", call.options["format"])
    if call.options["q"]:
        result = _of_numbers(call, "--q")
    elif call.options["p"] is not None:
        result = _of_numbers(call, "--p")
    elif _is_curve_alone(call):
        result = _of_no_numbers(call)
    else:
        result = _of_files(call, Spec.from_options(call.options))
    show(result, call, form, sys.stdout)


def _is_curve_alone(call: Call) -> bool:
    """Whether only the curve of the entropy is requested: ``ce explain --curve``."""
    shown = {"curve", "base", "storage_options", *options_of(OutputOptions)}
    return bool(
        call.typed.get("curve")
        and not call.files
        and call.typed.keys() <= shown
        and not is_piped_in()
    )


def _of_no_numbers(call: Call) -> Explained:
    from ce_cli.explaining.typed import entropy_over_p
    from ce_cli.spec import Spec

    check_targets((), None, call.options["output"])
    return entropy_over_p(Spec.from_options({"base": call.options["base"]}))


def _of_numbers(call: Call, replacing: str) -> Explained:
    """Explain typed numbers; options about files are errors."""
    from ce_cli.explaining.typed import explained_numbers
    from ce_cli.spec import Spec

    if call.files:
        raise UsageError(f"{replacing} replaces the files: use one or the other.")
    declared = options_of(ExplainCommandOptions)
    for name in call.typed:
        if not declared[name].of_numbers and name not in options_of(OutputOptions):
            raise UsageError(f"{flag(name)} applies to files and cannot be used with {replacing}.")
    check_targets((), None, call.options["output"])
    about_files = {name for name, one in declared.items() if one.panel == COLUMNS}
    about_files |= set() if call.options["q"] else {"as_", "clip"}
    options = {
        name: declared[name].default if name in about_files - call.typed.keys() else value
        for name, value in call.options.items()
    }
    spec = Spec.from_options(options)
    labels = spec.label
    if len(labels) > 1:
        raise UsageError(
            f"With {replacing}, --label is a single class; for a distribution, use --p."
        )
    label = labels[0] if labels else None
    return explained_numbers(options["q"] or (), options["p"], label, spec, options["curve"])


def _of_files(call: Call, spec: Spec) -> Explained:
    from ce_cli.explaining.row_search import row_selector
    from ce_cli.reading import Reading

    options = call.options
    selector = row_selector(options["row"], options["of"], options["id"])
    reading = Reading.from_options(options)
    paths = paths_of(call.files, "explain")
    from ce_cli.explaining.explain import explain as explained

    data, read = data_of(paths, options["labels"], spec, reading)
    check_targets(read, None, options["output"])
    check_read_twice(spec, read)
    with running(call, reading.threads, [*data.names] * passes(spec)) as run:
        return explained(data, spec, selector, run, options["curve"])
