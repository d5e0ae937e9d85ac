"""Strings that come from files, made safe and short enough to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

STDIN = "-"
_LONGEST = 60
_BIDIRECTIONAL = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
_BREAKING = {0x2028, 0x2029, 0xFFFE, 0xFFFF}  # they end lines, or are not allowed in XML


def sanitize(text: str, longest: int = _LONGEST) -> str:
    """Show control and bidirectional characters as escapes and cap the length.

    All text from files (labels, column names, paths) goes through here before it is printed, so
    that it can neither control the terminal nor reorder the line that it is in.
    """
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if not text.isprintable():
        text = "".join(_visible(character) for character in text)
    return harmless(text) if ":" in text or "##[" in text else text


def harmless(text: str) -> str:
    """Break commands to a CI runner that reads the log of its own job."""
    if text.lstrip().startswith("::"):
        text = text.replace("::", ":\\:", 1)
    return text.replace("##[", "##\\[")


def display_name(path: str) -> str:
    """The name of a path in messages and on the page."""
    return "standard input" if path == STDIN else sanitize(path, 200)


def files_title(names: Sequence[str]) -> str:
    """``preds.csv and 2 more files``."""
    return display_name(names[0]) + more_files(names)


def more_files(names: Sequence[str]) -> str:
    """`` and 2 more files``, or nothing if there is only one."""
    return f" and {plural(len(names) - 1, 'more file')}" if len(names) > 1 else ""


def level_text(confidence: float) -> str:
    """``95 %``."""
    return f"{100 * confidence:.10g} %"


def quoted(text: str) -> str:
    """A value in quotes, as messages show it."""
    return f"'{sanitize(text)}'"


def shell_word(text: str) -> str:
    """A value quoted for the shell, to be pasted after an option."""
    from shlex import quote

    return quote(sanitize(text))


def quoted_list(items: Iterable[str], most: int = 8) -> str:
    """Quote and join items; a long list ends in the number of items left out."""
    shown = [quoted(item) for item in items]
    more = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {more} more" if more > 0 else "")


def plural(count: int, noun: str) -> str:
    """``1 row``, ``1,234 rows``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def closest(word: str, known: Sequence[str], cutoff: float = 0.6) -> str:
    """`` (did you mean 'x'?)`` for a mistyped word, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=1, cutoff=cutoff)
    return f" (did you mean {quoted(near[0])}?)" if near else ""


def _visible(character: str) -> str:
    code = ord(character)
    if code in _BIDIRECTIONAL or code in _BREAKING or 0xD800 <= code < 0xE000:
        return f"\\u{code:04x}"
    if code < 0x20 or 0x7F <= code < 0xA0:
        return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code, f"\\x{code:02x}")
    return character
