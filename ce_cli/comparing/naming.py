"""From what was typed to models: what they are called, and where their predictions are."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import PurePath

from ce_cli.errors import UsageError
from ce_cli.spec import Spec
from ce_cli.text import STDIN, closest, quoted, quoted_list, sanitize

_SUFFIXES = re.compile(r"(\.[A-Za-z]\w*)+$")


def families(spec: Spec, named: Sequence[str]) -> list[tuple[str, Spec]]:
    """The models of one file: those of ``--model``, or one for each ``--pred``.

    Raises
    ------
    UsageError
        There are not two.
    """
    if named:
        if spec.predictions:
            raise UsageError("--pred does not go with --model, which names the columns.")
        models = [_named(text) for text in named]
    else:
        models = [(_short(text), (text,)) for text in spec.predictions]
    if len(models) < 2:
        raise UsageError(
            "A comparison needs two models: name a file for each, or say where they are in the "
            "file with --pred 'a_*' --pred 'b_*' or --model NAME=COLS."
        )
    _check_distinct([name for name, _ in models])
    return [(name, spec.replace(predictions=columns)) for name, columns in models]


def file_models(files: Sequence[str], spec: Spec, named: Sequence[str]) -> list[tuple[str, Spec]]:
    """The models of several files, one in each.

    Raises
    ------
    UsageError
        A file is named twice, or ``--model`` does not name one for each file.
    """
    places = [_place(file) for file in files]
    repeated = [file for file, place in zip(files, places, strict=True) if places.count(place) > 1]
    if repeated:
        raise UsageError(
            f"{sanitize(repeated[0], 200)}: is named twice, and a model does not differ from "
            "itself."
        )
    if not named:
        return [(name, spec) for name in file_names(files)]
    if spec.predictions:
        raise UsageError("--pred does not go with --model, which names the columns.")
    if len(named) != len(files):
        raise UsageError(
            f"--model names {len(named)} models, and there are {len(files)} files: name one for "
            "each, or one file for all."
        )
    models = [_named(text) for text in named]
    _check_distinct([name for name, _ in models])
    return [(name, spec.replace(predictions=columns)) for name, columns in models]


def file_names(files: Sequence[str]) -> list[str]:
    """Short names that tell the files apart: the parts of the paths in which they differ."""
    plain = ["stdin" if file == STDIN else PurePath(file).name or file for file in files]
    short = [_SUFFIXES.sub("", name) or name for name in plain]
    folders = [PurePath(file).parent.name or file for file in files]
    choices = (short, plain, folders)
    return next((names for names in choices if len(set(names)) == len(names)), list(files))


def place_of(reference: str | None, names: Sequence[str]) -> int:
    """Where the reference stands among the models; the first, if none is asked for.

    Raises
    ------
    UsageError
        No model is called so.
    """
    if reference is None:
        return 0
    if reference not in names:
        raise UsageError(
            f"--reference {quoted(reference)} is none of the models{closest(reference, names)}: "
            f"they are {quoted_list(names)}."
        )
    return list(names).index(reference)


def _place(file: str) -> str:
    """One spelling for one file."""
    return file if file == STDIN or "://" in file else os.path.realpath(file)


def _named(text: str) -> tuple[str, tuple[str, ...]]:
    """``NAME=COL,COL``."""
    name, found, columns = text.partition("=")
    patterns = tuple(column.strip() for column in columns.split(",") if column.strip())
    if not (name and found and patterns):
        raise UsageError(
            f"--model {quoted(text)} is not NAME=COLS, for example --model new='new_*'."
        )
    return name, patterns


def _short(pattern: str) -> str:
    """``a`` for ``a_*``."""
    return pattern.replace("*", "").strip("_-. ") or pattern


def _check_distinct(names: Sequence[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UsageError(f"Two models are called {quoted(twice[0])}: name them with --model.")


def check_without_bytes(spec: Spec) -> None:
    """Refuse a column of bytes: the difference of two models is in losses of rows.

    Raises
    ------
    UsageError
        There is one.
    """
    if spec.bytes is not None:
        raise UsageError(
            "--bytes is for ce score and ce gate: models are compared by the losses of their rows."
        )
