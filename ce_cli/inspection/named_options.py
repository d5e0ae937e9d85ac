"""The options that the sentence of an error names, where nothing else suggests any."""

from __future__ import annotations

import re

_VALUE = r"(?:\$?'(?:[^'\\]|\\.)*'|,|[^\s;']*[^\s;',.:)])"
_KNOWN = "decimal|comment|ignore-label|positive|as|encoding|delimiter|missing|na-value"
_ONE = rf"(?:--no-header|--(?:{_KNOWN}) {_VALUE})"
_RUN = re.compile(rf"(?<![\w'-]){_ONE}(?: {_ONE})*")
_UNCERTAIN = ("for example", "write all of them alike")


def named_options(message: str) -> str | None:
    """The only options that are named with their values; None if there are alternatives."""
    if any(words in message for words in _UNCERTAIN):
        return None
    found = {one[0] for one in _RUN.finditer(message)}
    return found.pop() if len(found) == 1 else None
