"""``ce calibrate``: fitting a calibration, applying it, and showing its formula."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from ce_cli import registry
from ce_cli.cli.command import Call, command
from ce_cli.cli.common import (
    all_read,
    check_read_twice,
    check_written,
    data_of,
    drawn,
    echo_notices,
    is_piped_in,
    passes,
    paths_of,
    running,
)
from ce_cli.errors import UsageError
from ce_cli.registry import output as output_format
from ce_cli.text import STDIN, plural

if TYPE_CHECKING:
    from ce_cli.results.calibrate import Calibrated

_FIT, _APPLY, _SHOW = "calibrate fit", "calibrate apply", "calibrate show"
_ONE_HELP = "The calibration that ce calibrate fit wrote; - is standard input."
_APPLY_HELP = (
    "The calibration that ce calibrate fit wrote, then the files to recalibrate; without files, "
    "piped input is read."
)


@command(name=_FIT)
def fit(call: Call) -> None:
    """Fit a calibration, and say what it gains on rows that it was not fitted to.

    The gain is cross-fitted, in all, by class and with --by by group. Nothing to gain is an answer.

    Examples, with files from sample_data:

      ce calibrate fit wine.csv
      ce calibrate fit digits.csv --method vector --json
      ce calibrate fit breast_cancer.csv --method offset --prior 0.03
    """
    from ce_cli.reading import Reading
    from ce_cli.spec import Spec

    options, form = call.options, output_format(_FIT, call.options["format"])
    spec, reading = Spec.from_options(options), Reading.from_options(options)
    paths = paths_of(call.files, _FIT)
    from ce_cli.calibrating.fit import Plan
    from ce_cli.calibrating.fit import fit as fitted

    plan = Plan(options["method"], tuple(options["prior"] or ()))
    data, read = data_of(paths, options["labels"], spec, reading)
    target = options["output"]
    check_written(read, [("--output", target)])
    check_read_twice(spec, read)
    with running(call, reading.threads, [*data.names] * passes(spec)) as run:
        result = fitted(data, spec, plan, run)
    _write(result, target)
    stream = sys.stderr if target == STDIN else sys.stdout
    stream.write(drawn(result, call, form, stream, None))
    stream.flush()
    if not (options["quiet"] or form.shows_warnings):
        echo_notices(result)


def _write(result: Calibrated, target: str | None) -> None:
    """Write the calibration, if a file is named for it."""
    if target is None:
        return
    from ce_cli.outputs.files import written
    from ce_cli.registry import OUTPUTS, find

    written(find(OUTPUTS, "json", "format").plain(result), target, sys.stdout)


@command(_APPLY_HELP, name=_APPLY, metavar="CAL [FILES]...")
def apply(call: Call) -> None:
    """Write the rows of files with recalibrated predictions; all other columns remain.

    Predictions are found by the names that they had, or by --pred, and bound to classes by name.

    Examples, with files from sample_data:

      ce calibrate fit wine.csv --json | ce calibrate apply - wine.csv
    """
    from ce_cli.calibrating.apply import apply as applied
    from ce_cli.calibrating.document import calibration_at
    from ce_cli.outputs.tables.rows import row_writer
    from ce_cli.reading import Reading
    from ce_cli.spec import Spec

    options = call.options
    path, *files = _with_calibration(call, "ce calibrate apply cal.json preds.csv")
    if not files and not is_piped_in():
        raise UsageError("Name the files to recalibrate: ce calibrate apply cal.json preds.csv")
    spec, reading = Spec.from_options(options), Reading.from_options(options)
    names = files or [STDIN]
    all_read(names, path)
    data, read = data_of(names, None, spec, reading)
    target = options["output"] or STDIN
    check_written([path, *read], [("--output", target)])
    calibration = calibration_at(path)
    with row_writer(target, "--output") as write, running(call, reading.threads, read) as run:
        count = applied(data, spec, calibration, run, write)
    if not options["quiet"]:
        rows = plural(count, "row")
        typer.echo(f"ce: recalibrated {rows} by {calibration.method}.", err=True)


@command(_ONE_HELP, name=_SHOW, metavar="CAL")
def show(call: Call) -> None:
    """Show the formula of a calibration: for Python, for arrays of numpy, or for SQL.

    Examples, with files from sample_data:

      ce calibrate fit wine.csv --json | ce calibrate show -
      ce calibrate fit wine.csv --json | ce calibrate show - --as sql
    """
    from ce_cli.calibrating.document import calibration_at
    from ce_cli.outputs.files import written

    path, *others = _with_calibration(call, "ce calibrate show cal.json")
    if others:
        raise UsageError(f"ce calibrate show takes one calibration, not {len(others) + 1} files.")
    form = registry.find(registry.FORMULAS, call.options["as_"], "language").load()
    target = call.options["output"]
    check_written([path], [("--output", target)])
    written(form(calibration_at(path)), target, sys.stdout)


def _with_calibration(call: Call, example: str) -> list[str]:
    """The files that were typed, of which the first is a calibration."""
    if not call.files:
        raise UsageError(f"Name the calibration that ce calibrate fit wrote: {example}")
    return list(call.files)
