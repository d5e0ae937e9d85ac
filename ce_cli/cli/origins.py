"""The place of a column or class that a configuration or a variable names, for errors about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ce_cli.errors import CeError
from ce_cli.options.option import key, variable_of
from ce_cli.text import quoted

if TYPE_CHECKING:
    from ce_cli.cli.command import Call

_COLUMNS = ("label", "pred", "weight", "bytes", "tokens", "predicted_class", "id", "by", "cluster")
_CLASSES = ("classes", "positive", "ignore_label")
_ABSENT = "there is no "


def with_origin(error: CeError, call: Call) -> CeError:
    """The same error; a sentence on a name that does not exist ends with where the name is from."""
    places = list(_places(call))
    sentences = tuple(_ended(sentence, places) for sentence in error.sentences)
    return (
        error
        if sentences == error.sentences
        else type(error)(*sentences, suggestions=error.suggestions)
    )


def _places(call: Call) -> Iterator[tuple[str, str]]:
    """Each name that was not typed, quoted, and its place."""
    variables = {name: one for name, one in call.variables.items() if name not in call.typed}
    for name, text in _names(variables):
        yield text, f"the variable {variable_of(name)}"
    if call.config is None:
        return
    written = [call.config.options_for(call.command)]
    if call.command == "gate" and not call.files:
        written += call.config.gates.values()
    for options in written:
        own = {name: one for name, one in options.items() if name not in call.explicit}
        for name, text in _names(own):
            yield text, f"{key(name)} in {call.config.shown}"


def _names(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in (*_COLUMNS, *_CLASSES):
        found = options.get(name) or ()
        for one in [found] if isinstance(found, str) else found:
            yield name, quoted(str(one))


def _ended(sentence: str, places: list[tuple[str, str]]) -> str:
    for text, place in places:
        for noun in ("column", "class"):
            if f"{_ABSENT}{noun} {text}" in sentence:
                return f"{sentence.removesuffix('.')}; {text} comes from {place}."
    return sentence
