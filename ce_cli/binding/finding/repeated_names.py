"""The message for names that several columns have: where these are, and how to choose one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from ce_cli.inputs.bytestream import PACKED
from ce_cli.inputs.source import Source
from ce_cli.text import STDIN, quoted_list, shell_word

_PLAIN = ("CSV", "TSV")


def repeated_names(
    source: Source, repeated: Sequence[str], labels: Sequence[str], predictions: Sequence[str]
) -> str:
    """Which columns have the same name, and a command that chooses them by number."""
    names = [column.name for column in source.columns()]
    places = [place for place, name in enumerate(names, 1) if name in repeated]
    which = f"{', '.join(map(str, places[:-1]))} and {places[-1]}"
    message = f"more than one column is named {quoted_list(repeated)} (columns {which})"
    options = _by_number(names, labels, predictions)
    if not options or not _is_plain(source):
        return f"{message}; give each a name of its own."
    return (
        f"{message}; give each a name of its own, or choose one by its number, for example: "
        f"tail -n +2 {shell_word(source.name)} | ce score --no-header {options}."
    )


def _by_number(names: Sequence[str], labels: Sequence[str], predictions: Sequence[str]) -> str:
    """Options that choose the last of the columns with the names of one label and prediction."""
    if len(set(labels)) != 1 or len(set(predictions)) != 1 or labels[0] == predictions[0]:
        return ""
    label, prediction = (
        len(names) - names[::-1].index(name) for name in (labels[0], predictions[0])
    )
    return f"--label {label} --pred {prediction}"


def _is_plain(source: Source) -> bool:
    """Whether this is a text file whose header is its first line."""
    path = source.name
    packed = PurePath(path).suffix.lower() in {*PACKED, ".zip"}
    return source.format in _PLAIN and not packed and "://" not in path and path != STDIN
