"""Writing a result in several formats, each to its own file."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ce_cli.cli.common import drawn, echo_notices, naming_what_is_written
from ce_cli.errors import UsageError
from ce_cli.registry import output as output_format
from ce_cli.text import STDIN, quoted

if TYPE_CHECKING:
    from ce_cli.cli.command import Call
    from ce_cli.results.gate import Gated


class Target(NamedTuple):
    """A format to write.

    Attributes
    ----------
    form : str
        Its name.
    path : str or None
        The file; None for standard output.
    option : str
        The option that asks for it.
    """

    form: str
    path: str | None
    option: str


def targets_of(
    form: str, explicit: bool, output: str | None, reports: Sequence[str]
) -> list[Target]:
    """All formats to write, each with its file.

    Parameters
    ----------
    form : str
        The main format.
    explicit : bool
        Whether it was typed; if not, a report to standard output replaces it.
    output : str or None
        The file of the main format.
    reports : sequence of str
        Further formats, each FORMAT=FILE.

    Raises
    ------
    UsageError
        There is no such format, a report is not FORMAT=FILE, or two go to standard output.
    """
    further: list[Target] = []
    for report in reports:
        name, equals, path = report.partition("=")
        if not (name and equals and path):
            raise UsageError(f"--report must be FORMAT=FILE, not {quoted(report)}.")
        further.append(Target(name, None if path == STDIN else path, "--report"))
    main = Target(form, None if output == STDIN else output, "--output")
    piped = [target for target in further if target.path is None]
    if not (piped and main.path is None and not explicit):
        further.insert(0, main)
    if [target.path for target in further].count(None) > 1:
        raise UsageError("Only one report can go to standard output: name a file for the others.")
    for target in further:
        output_format("gate", target.form)
    return further


def write(gated: Gated, targets: Sequence[Target], call: Call) -> None:
    """Render all formats, then write them, then publish what else they need."""
    from ce_cli.outputs.files import written, written_together

    texts = [
        (drawn(gated, call, output_format("gate", one.form), sys.stdout, one.path), one.path)
        for one in targets
    ]
    done: list[str] = []
    with naming_what_is_written(done):
        written_together([(text, path) for text, path in texts if path is not None], done)
        for text, path in texts:
            if path is None:
                written(text, None, sys.stdout)
    for one in dict.fromkeys(output_format("gate", target.form) for target in targets):
        one.publish(gated, os.environ)


def warn(gated: Gated, targets: Sequence[Target]) -> None:
    """Write the warnings to stderr, unless the output on stdout shows them."""
    piped = (one.form for one in targets if one.path is None)
    if any(output_format("gate", form).shows_warnings for form in piped):
        return
    echo_notices(gated)
