"""From the options of a call to decisions: what to compute, how to read, and where to work."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

from ce_cli.options import checked as types
from ce_cli.options.option import options_of
from ce_cli.reading import Reading
from ce_cli.scoring.run import Run, run_on
from ce_cli.spec import Spec
from ce_cli.text import closest

_FORMER = {"values": "as_", "na_values": "na_value", "metrics": "metric", "header": "no_header"}


def checked(options: Mapping[str, Any], declared: Any) -> dict[str, Any]:
    """Every option that is declared, with its default or a value of its type.

    Raises
    ------
    TypeError
        There is no such option.
    UsageError
        A value is not of the type of its option.
    """
    known = options_of(declared)
    for name in options:
        if name not in known:
            near = _FORMER.get(name)
            hint = f" (it is called {near!r})" if near in known else closest(name, list(known))
            raise TypeError(f"there is no option {name!r}{hint}")
    return types.checked(options, declared)


def settings(options: Mapping[str, Any]) -> tuple[Spec, Reading]:
    """What to compute, and how bytes become rows.

    Raises
    ------
    UsageError
        A value cannot be read, or is out of range.
    """
    if options.get("calibrate") is not None:
        from ce_cli.calibrating.document import with_calibration

        options = with_calibration(options)
    return Spec.from_options(options), Reading.from_options(options)


def run_of(options: Mapping[str, Any], reading: Reading) -> closing[Run]:
    """Where the work is done, until the end of a ``with`` statement."""
    return closing(run_on(options["engine"], reading.threads, None, options["scheduler"]))
