"""``ce explain``: one row, or numbers that are typed, taken apart."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ce_cli.cli import options as opt
from ce_cli.cli.common import (
    check_read_twice,
    check_targets,
    data_of,
    echo_warnings,
    paths_of,
    running,
    show,
)
from ce_cli.errors import UsageError

if TYPE_CHECKING:
    from ce_cli.explaining.row_search import RowSelector
    from ce_cli.results.explain import Explained
    from ce_cli.spec import Spec

_WITH_NUMBERS = {  # what says something about numbers that are typed
    *("label", "classes", "task", "as_", "label_counts", "label_smoothing"),
    *("on_bad_sum", "sum_tolerance", "clip"),
}


@opt.asking
def explain(
    asked: opt.DataOptions,
    files: opt.Files = None,
    row: opt.Row = None,
    of: opt.Of = None,
    q: opt.PredictionTyped = None,
    p: opt.LabelTyped = None,
    curve: opt.Curve = False,
    base: opt.Base = "e",
    format_: opt.ExplainFormat = "table",
    json: opt.Json = False,
    output: opt.Output = None,
    quiet: opt.Quiet = False,
) -> None:
    """Take one row apart: surprisal, entropy, cross-entropy and KL divergence, with bars.

    The row is that of a number or an id, or the most surprising one; or type the numbers. Examples:

      ce explain preds.csv --row 17 --curve

      ce explain preds.csv --id case --of c17 --base 2

      ce explain --p 0.5,0.5 --q 0.9,0.1

      ce explain --q 2.1,-0.3,0.4 --as logits --classes cat,dog,cow --label dog
    """
    from ce_cli.registry import output as output_format

    form = output_format("explain", "json" if json else format_)
    spec = asked.spec(base=base)
    if q is not None:
        _check_typed(asked, files, row, of)
        from ce_cli.explaining.anatomy import explained
        from ce_cli.explaining.typed_numbers import TypedNumbers, subject_of

        labels = spec.labels
        if len(labels) > 1:
            raise UsageError("--label names one class that happened; for several, say --p.")
        typed = TypedNumbers(q, p, labels[0] if labels else None)
        result = explained(subject_of(typed, spec), curve)
    else:
        if p is not None:
            raise UsageError("--p is the label of a prediction that is typed: give it with --q.")
        from ce_cli.explaining.row_search import row_selector

        wanted = row_selector(row, of, asked.id_)
        result = _of_files(asked, spec, files, wanted, curve, output, quiet)
    show(result, form.load(), output, sys.stdout)
    if not quiet and (output or not form.shows_warnings):
        echo_warnings(result.warnings)


def _of_files(
    asked: opt.DataOptions,
    spec: Spec,
    files: Sequence[str] | None,
    wanted: RowSelector,
    curve: bool,
    output: str | None,
    quiet: bool,
) -> Explained:
    from ce_cli.spec import check_names

    reading = asked.reading()
    check_names(spec, reading, asked.labels is not None)
    paths = paths_of(files, "explain")
    from ce_cli.explaining.explain import explain as explained

    data, read = data_of(paths, asked.labels, spec, reading)
    check_targets(read, None, output)
    check_read_twice(spec, read)
    with running(reading, quiet) as run:
        return explained(data, spec, wanted, run, curve)


def _check_typed(
    asked: opt.DataOptions, files: Sequence[str] | None, row: int | None, of: str | None
) -> None:
    """Refuse what is about files where the numbers are typed."""
    if files:
        raise UsageError("--q takes the place of files: give one or the other.")
    given = {"row": row, "of": of}
    given |= {
        name: getattr(asked, name)
        for name in asked._fields
        if name not in _WITH_NUMBERS and getattr(asked, name) != getattr(opt.DataOptions, name)
    }
    for name, value in given.items():
        if value is not None:
            option = name.rstrip("_").replace("_", "-")
            raise UsageError(f"--{option} is about files, and does not go with --q.")
