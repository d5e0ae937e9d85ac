"""Suggested commands: the options given and those that fix problems, quoted for a shell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ce_cli.options import values
from ce_cli.options.commands import InspectOptions
from ce_cli.options.option import flag, options_of
from ce_cli.record import Record
from ce_cli.text import STDIN, comma_separated, shell_word, shell_words

_SWITCHES = tuple(
    flag(name) for name, option in options_of(InspectOptions).items() if option.typed is bool
)
_NO_MATTER = ("threads", "engine", "scheduler")  # they change no number
READ_OTHERWISE = {  # options by which the same bytes are other rows
    *("--decimal", "--no-header", "--comment", "--encoding", "--input-format"),
    *("--query", "--table", "--delimiter"),
}
_ONE_OF = ("--classes", "--positive")  # each sets the class of a prediction


class ScoreCommand(Record):
    """A command line of ``ce score``.

    Attributes
    ----------
    paths : tuple of str
        The paths as typed.
    options : tuple of (str, str or None)
        Names and values, in order; a switch has no value.
    """

    paths: tuple[str, ...]
    options: tuple[tuple[str, str | None], ...]

    def adding(self, options: str) -> ScoreCommand:
        """The command with more options, which replace those of the same name."""
        new = _parsed(options)
        names = {name for name, _ in new if name != "--na-value"}
        if names & set(_ONE_OF):
            names |= set(_ONE_OF)
        kept = [(name, value) for name, value in self.options if name not in names]
        added = [one for one in new if one not in kept]
        return self.replace(options=(*kept, *added))

    @property
    def is_plain(self) -> bool:
        """Whether pandas reads the file the same way without options for its format."""
        return (READ_OTHERWISE - {"--delimiter"}).isdisjoint(name for name, _ in self.options)

    def line(self, verb: str = "score") -> str:
        """The command line, quoted for a shell."""
        words = [word for one in self.options for word in one if word is not None]
        return " ".join(("ce", verb, *map(shell_word, (*self.paths, *words))))


def score_command(paths: Sequence[str], options: Mapping[str, Any]) -> ScoreCommand:
    """The command with the options that are not their defaults.

    Parameters
    ----------
    paths : sequence of str
        The paths as typed.
    options : mapping
        Values as typed or passed from Python; one that is missing or None is left out.
    """
    words: list[tuple[str, str | None]] = []
    for name, option in options_of(InspectOptions).items():
        value = options.get(name)
        if name in _NO_MATTER or value is None:
            continue
        if option.is_secret:
            from ce_cli.storage.options import storage_options

            keys = (key for key, _ in storage_options(value).values)
            words += [(flag(name), f"{key}=***") for key in keys]
        elif option.typed == list[str]:
            words += [(flag(name), text) for text in _texts(value)]
        elif name == "classes" and not isinstance(value, str):
            words.append((flag(name), comma_separated(values.names(value))))
        elif option.default is not None and str(value) == str(option.default):
            continue
        else:
            words.append((flag(name), None if option.typed is bool else str(value)))
    return ScoreCommand(tuple(paths), tuple(words))


def _texts(value: Any) -> tuple[str, ...]:
    """The values of a repeatable option, as they are typed."""
    if not isinstance(value, Mapping):
        return values.names(value)
    return tuple(f"{name}={weight!r}" for name, weight in values.weights_of(value))


def _parsed(options: str) -> list[tuple[str, str | None]]:
    words = iter(shell_words(options))
    return [(name, None if name in _SWITCHES else next(words)) for name in words]


def option(name: str, value: str) -> str:
    """An option and its value, quoted for a shell."""
    return f"{name} {shell_word(value)}"


def fixed_path(path: str) -> str | None:
    """The path of a corrected copy of a file; None if pandas would read it differently."""
    suffixes = (".csv", ".tsv", ".txt", ".parquet", ".pq")
    place = Path(path)
    if path == STDIN or "://" in path or place.suffix.lower() not in suffixes:
        return None
    return str(place.with_name(f"{place.stem}-fixed{place.suffix}"))


def rewrite_command(typed: ScoreCommand, delimiter: str, statement: str) -> str | None:
    """A command that loads a table as `f` with pandas, changes it, and writes a corrected copy."""
    path = typed.paths[0]
    target = fixed_path(path)
    if target is None or not typed.is_plain or "--labels" in dict(typed.options):
        return None
    if Path(path).suffix.lower() in (".parquet", ".pq"):
        read, write = f"read_parquet({json.dumps(path)})", f"to_parquet({json.dumps(target)})"
    else:
        separated = "" if delimiter == "," else f", sep={json.dumps(delimiter)}"
        read = f"read_csv({json.dumps(path)}{separated}, dtype=str, keep_default_na=False)"
        write = f"to_csv({json.dumps(target)}{separated}, index=False)"
    code = f"import pandas as pd; f = pd.{read}; {statement}; f.{write}"
    return f"python3 -c {shlex.quote(code)}"
