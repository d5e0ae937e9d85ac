"""Suggested commands: the options given and those that fix problems, quoted for a shell."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Sequence
from pathlib import Path

from ce_cli.record import Record
from ce_cli.spec import Reading, Spec
from ce_cli.text import STDIN

_SWITCHES = ("--label-counts", "--no-header")
_READ_OTHERWISE = {"--decimal", "--no-header", "--comment", "--encoding", "--input-format"}
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
        return _READ_OTHERWISE.isdisjoint(name for name, _ in self.options)

    def line(self, verb: str = "score") -> str:
        """The command line, quoted for a shell."""
        words = [word for one in self.options for word in one if word is not None]
        return " ".join(("ce", verb, *map(pasted, (*self.paths, *words))))


def typed(paths: Sequence[str], labels: str | None, spec: Spec, reading: Reading) -> ScoreCommand:
    """The ``ce score`` command with every option whose value is not its default."""
    several = {
        "--label": spec.labels,
        "--pred": spec.predictions,
        "--by": spec.by,
        "--na-value": spec.na_values,
        "--ignore-label": spec.ignore_labels,
        "--class-weight": ("balanced",)
        if spec.balanced
        else tuple(f"{name}={weight!r}" for name, weight in spec.class_weights),
    }
    single = {
        "--labels": labels,
        "--weight": spec.weight,
        "--bytes": spec.bytes,
        "--id": spec.id,
        "--classes": joined(spec.classes) if spec.classes else None,
        "--positive": spec.positive,
        "--task": None if spec.task == "auto" else spec.task,
        "--as": None if spec.values == "auto" else spec.values,
        "--missing": None if spec.missing == "error" else spec.missing,
        "--label-smoothing": f"{spec.label_smoothing!r}" if spec.label_smoothing else None,
        "--sum-tolerance": None if spec.sum_tolerance is None else f"{spec.sum_tolerance!r}",
        "--clip": None if spec.clip is None else (f"{spec.clip!r}" if spec.clip else "none"),
        "--on-bad-sum": None if spec.on_bad_sum == "warn" else spec.on_bad_sum,
        "--delimiter": reading.delimiter,
        "--encoding": None if reading.encoding == "utf-8" else reading.encoding,
        "--decimal": None if reading.decimal == "." else reading.decimal,
        "--comment": reading.comment,
        "--input-format": reading.input_format,
    }
    options: list[tuple[str, str | None]] = []
    options += [(name, value) for name, values in several.items() for value in values]
    options += [(name, value) for name, value in single.items() if value is not None]
    options += [("--label-counts", None)] if spec.label_counts else []
    options += [] if reading.header else [("--no-header", None)]
    return ScoreCommand(tuple(paths), tuple(options))


def _parsed(options: str) -> list[tuple[str, str | None]]:
    words = iter(shlex.split(options))
    return [(name, None if name in _SWITCHES else next(words)) for name in words]


def joined(classes: Sequence[str]) -> str:
    """Names for ``--classes``, separated by commas; those that contain a comma are quoted."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(classes)
    return text.getvalue()


def option(name: str, value: str) -> str:
    """An option and its value, quoted for a shell."""
    return f"{name} {pasted(value)}"


def pasted(text: str) -> str:
    """A word quoted for a shell; terminal control characters become visible escapes."""
    if text.isprintable():
        return shlex.quote(text)
    escaped = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    return shlex.quote(escaped)


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
