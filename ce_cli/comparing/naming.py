"""Find the models in the arguments: their names, and the columns of their predictions."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import PurePath

from ce_cli.errors import UsageError
from ce_cli.spec import Spec
from ce_cli.text import STDIN, closest, display_name, quoted, quoted_list, without_secrets

_SUFFIXES = re.compile(r"(\.[A-Za-z]\w*)+$")


def families(spec: Spec, named: Sequence[str]) -> list[tuple[str, Spec]]:
    """The models of one file: those of ``--model``, or one for each ``--pred``.

    Raises
    ------
    UsageError
        There are fewer than two, or two have the same name.
    """
    if named:
        if spec.pred:
            raise UsageError("--pred cannot be used with --model, which already names the columns.")
        models = [_named(text) for text in named]
    else:
        models = [(_short(text), (text,)) for text in spec.pred]
    if len(models) < 2:
        raise UsageError(
            "A comparison needs two models: give one file for each, or select their columns in one "
            "file with --pred 'a_*' --pred 'b_*' or --model NAME=COLS."
        )
    _check_distinct([name for name, _ in models])
    return [(name, spec.replace(pred=columns)) for name, columns in models]


def file_models(files: Sequence[str], spec: Spec, named: Sequence[str]) -> list[tuple[str, Spec]]:
    """The models of several files, one in each.

    Raises
    ------
    UsageError
        A file is given twice, or ``--model`` does not name one for each file.
    """
    places = [_place(file) for file in files]
    repeated = [file for file, place in zip(files, places, strict=True) if places.count(place) > 1]
    if repeated:
        raise UsageError(
            f"{display_name(repeated[0])}: this file is given twice; a model cannot be compared "
            "with itself."
        )
    if not named:
        return [(name, spec) for name in file_names(files)]
    if spec.pred:
        raise UsageError("--pred cannot be used with --model, which already names the columns.")
    if len(named) != len(files):
        raise UsageError(
            f"--model names {len(named)} models, but there are {len(files)} files: name one model "
            "for each file, or give one file with all models."
        )
    models = [_named(text) for text in named]
    _check_distinct([name for name, _ in models])
    return [(name, spec.replace(pred=columns)) for name, columns in models]


def file_names(files: Sequence[str]) -> list[str]:
    """Short, distinct names for the files: the parts of the paths in which they differ."""
    shown = list(map(without_secrets, files))
    plain = ["stdin" if file == STDIN else PurePath(file).name or file for file in shown]
    short = [_SUFFIXES.sub("", name) or name for name in plain]
    folders = [PurePath(file).parent.name or file for file in shown]
    numbered = [f"{file} ({number})" for number, file in enumerate(shown, start=1)]
    last = numbered if len(set(files)) == len(files) else shown  # only secrets tell them apart
    choices = (short, plain, folders, shown)
    return next((names for names in choices if len(set(names)) == len(names)), last)


def place_of(reference: str | None, names: Sequence[str]) -> int:
    """The place of the reference among the models; the first, if `reference` is None.

    Raises
    ------
    UsageError
        There is no model of this name.
    """
    if reference is None:
        return 0
    if reference not in names:
        raise UsageError(
            f"--reference: there is no model {quoted(reference)}{closest(reference, names)}. "
            f"Choose from: {quoted_list(names)}."
        )
    return list(names).index(reference)


def _place(file: str) -> str:
    """The same text for every spelling of a path."""
    return file if file == STDIN or "://" in file else os.path.realpath(file)


def _named(text: str) -> tuple[str, tuple[str, ...]]:
    """``NAME=COL,COL``."""
    name, found, columns = text.partition("=")
    patterns = tuple(column.strip() for column in columns.split(",") if column.strip())
    if not (name and found and patterns):
        raise UsageError(
            f"--model {quoted(text)} is not of the form NAME=COLS, for example --model new='new_*'."
        )
    return name, patterns


def _short(pattern: str) -> str:
    """``a`` for ``a_*``."""
    return pattern.replace("*", "").strip("_-. ") or pattern


def _check_distinct(names: Sequence[str]) -> None:
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UsageError(
            f"Two models are named {quoted(twice[0])}: give them different names with --model."
        )


def check_without_bytes(spec: Spec) -> None:
    """Reject a column of bytes: models are compared by the losses of rows.

    Raises
    ------
    UsageError
        There is one.
    """
    if spec.bytes is not None:
        raise UsageError(
            "--bytes applies to ce score and ce gate; ce compare uses the losses of rows."
        )
