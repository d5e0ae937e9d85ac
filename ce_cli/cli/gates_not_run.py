"""Gates of a configuration, and piped input, that a call of ``ce gate`` leaves out."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ce_cli.cli.config import FILES, GATE
from ce_cli.errors import UsageError
from ce_cli.results.score import Note
from ce_cli.text import STDIN, display_name, plural, quoted_list, shell_word

if TYPE_CHECKING:
    from ce_cli.cli.config import Config

CODE = "not_run"


def not_run(config: Config | None, files: Sequence[str], typed_config: str | None) -> Note | None:
    """The warning that gates of the configuration are not run, since files are typed.

    Parameters
    ----------
    config : Config or None
        The configuration.
    files : sequence of str
        The files as they were typed.
    typed_config : str or None
        The value of ``--config``, which the commands in messages repeat.

    Raises
    ------
    UsageError
        One of these gates is for a typed file.
    """
    if config is None or not config.gates or not files:
        return None
    run = "ce gate" if typed_config is None else f"ce gate --config {shell_word(typed_config)}"
    shared = config.options_for(GATE)
    for name, options in config.gates.items():
        own: Any = {**shared, **options}.get(FILES) or ()
        found = _in_both(files, own)
        if found is not None:
            raise UsageError(
                f"{config.table_of(GATE, name)} is the gate of {display_name(found)}, and it is "
                f"not run if files are typed: run {run} --gate {shell_word(name)}."
            )
    names = list(config.gates)
    noun = "gate" if len(names) == 1 else "gates"
    return Note(
        CODE,
        f"The {noun} {quoted_list(names)} of {config.shown} {_were(len(names))} not run, since "
        f"files are typed; {run} runs {'it' if len(names) == 1 else 'all of them'}.",
        len(names),
    )


def not_read(config: Config | None) -> Note | None:
    """The warning that piped input was not read, since the configuration names files."""
    if config is None or not _has_piped_data():
        return None
    return Note(
        "not_read",
        f"Standard input was not read, since {config.shown} names the files of "
        f"{plural(max(1, len(config.gates)), 'gate')}; ce gate - reads it.",
    )


def _were(count: int) -> str:
    return "was" if count == 1 else "were"


def _in_both(typed: Sequence[str], files: Sequence[str]) -> str | None:
    """The first typed file that is among the files of a gate, or in one of their directories."""
    known = {_resolved(name) for name in files}
    for name in typed:
        path = _resolved(name)
        if name != STDIN and (path in known or not known.isdisjoint(path.parents)):
            return name
    return None


def _resolved(name: str) -> Path:
    return Path(name if "://" in name else os.path.realpath(name))


def _has_piped_data() -> bool:
    """Whether standard input holds something: an open pipe without data is no input."""
    try:
        import fcntl  # not on Windows
        import termios

        number = sys.stdin.fileno()
        status = os.fstat(number)
        if stat.S_ISREG(status.st_mode):
            return status.st_size > os.lseek(number, 0, os.SEEK_CUR)
        waiting = fcntl.ioctl(number, termios.FIONREAD, bytes(4))  # nothing is taken from it
        return stat.S_ISFIFO(status.st_mode) and any(waiting)
    except (ImportError, OSError, ValueError, AttributeError):  # it is closed, or not a file
        return False
