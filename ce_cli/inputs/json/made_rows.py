"""Rows made of objects that are not rows themselves, as tools for language models write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ce_cli.errors import DataError
from ce_cli.inputs.json.values import JsonObject, as_line, parsed
from ce_cli.record import Record
from ce_cli.text import display_name, sanitize

Rows = Callable[[Mapping[str, Any], int], Iterable[Mapping[str, Any]]]

_MARKS = ("logprob", "probabilities", "resps")  # in the keys of such objects


class MadeRows(Record):
    """How rows are made.

    Attributes
    ----------
    path : str
        For messages.
    layout : str
        What the objects are, in words.
    rows : callable
        The rows of an object, given its number, from 1.
    own_classes : bool
        Whether the lists of each row have classes of their own.
    """

    path: str
    layout: str
    rows: Rows
    own_classes: bool = False

    def lines(self, objects: Iterable[bytes]) -> Iterator[bytes]:
        """The rows of all objects, as lines; what is not an object is passed on, to be reported."""
        for number, text in enumerate(objects, 1):
            found = parsed(text)
            if found is None:
                yield text.replace(b"\\n", b" ")
                continue
            try:
                made = list(self.rows(found, number))
            except DataError as error:
                raise error.about(display_name(self.path)) from None
            for row in made:
                yield as_line(row)


def made_rows(path: str, first: Sequence[JsonObject]) -> MadeRows | None:
    """How rows are made of these objects, None if each of them is a row.

    Raises
    ------
    DataError
        They have several kinds of tokens.
    """
    if not any(_may_be_made(one) for one in first):
        return None
    from ce_cli.inputs.json import harness, language

    if any(map(harness.is_sample, first)):
        return MadeRows(
            path,
            "samples of lm-evaluation-harness",
            harness.one_filter(first),
            own_classes=True,
        )
    try:
        tokens = language.path_of(first)
    except DataError as error:
        raise error.about(display_name(path)) from None
    if tokens is None:
        return None
    return MadeRows(
        path,
        f"JSON, tokens in {sanitize(tokens)}",
        lambda row, number: language.token_rows(row, number, tokens),
    )


def _may_be_made(row: JsonObject) -> bool:
    """Whether some value of an object has parts that are not numbers by name or place."""
    for key, value in row.items():
        marked = key in ("choices", "tokens") or any(mark in key for mark in _MARKS)
        if marked and isinstance(value, list) and value:
            return True
        if isinstance(value, dict) and not all(
            isinstance(one, int | float | None) for one in value.values()
        ):
            return True
    return False
