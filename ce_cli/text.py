"""Strings that come from files, made safe and short enough to show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re

STDIN = "-"
_LONGEST = 60
_LONGEST_COMMAND = 2000  # which is of no use if it is cut
_SHORTEST_SECRET = 3  # which is replaced wherever it occurs
# The user of a URI and the password, which may contain any character as it is typed; on the web, a
# number before the first slash is the port.
_LOGIN = (
    r"(?is)^(?!(?:https?|hdfs|viewfs)://[^/:@]*:\d*(?:/|$))"
    r"((?!file:|sqlite|duckdb)[a-z0-9+.-]*:/{2,}|[a-z0-9+.-]*://)([^/:@?#]*)(?::([^?]*|.*))?@"
)
# The same with a slash or a colon too few, as it is mistyped; and in the options of another URI.
_MISTYPED = (
    r"(?i)(?<![a-z0-9+.-])((?:https?|hf|s3[an]?|gc?s|abfss?|az|hdfs|viewfs|s?ftps?|ssh|webdavs?|smb|"
    r"postgres\w*|my\w*sql|mssql|oracle|mariadb|snowflake|redshift)[+\w]*"
    r"(?::/(?!/)|:(?!/)|//))([^/:@?#\s'\"]{0,200}):(?!\d+/)([^@\s'\"]{0,200})@"
)
_NESTED = r"(://[^/:@?#&\s]*):[^/@?#&\s]+@"
_PARAMETER = r"([?&;#])([^=&;#?]+)=([^&;#]*)"
_SECRET_NAME = (
    r"(?i)sig|token|secret|passw|passphrase|pwd|key|credential|auth(?!or)|jwt|session|cookie"
    r"|odbc_connect|^(?:sas|pass|code)$"
)
_SECRET_VALUE = (  # by its form, wherever it is
    r"\b(?:hf_|gh[opsur]_|github_pat_|glpat-|xox[abprs]-|sk-|AIza|ya29\.|eyJ)[\w.-]{16,}"
)
_URL = r"(?i)(?<![a-z0-9+.-])-*[a-z][a-z0-9+.-]*://[^\s'\"<>]+"
_RUNNER_COMMAND = r"(##\w*)\["  # ##[error], ##vso[…], ##teamcity[…], anywhere in a line
_ESCAPE = r"\\(?:U(.{8})|u(.{4})|x(..)|(.))"  # exactly so many digits, as in the shell


def sanitize(text: str, longest: int = _LONGEST) -> str:
    """Show control, bidirectional and invisible characters as escapes, and cap the length.

    All text from files (labels, column names, paths) goes through here before it is printed, so
    that it can neither control the terminal nor reorder the line that it is in.
    """
    if "://" in text or ("@" in text and ":" in text):
        text = _without_secrets_within(text)
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    if not text.isprintable():
        text = "".join(_visible(character) for character in text)
    return harmless(text) if ":" in text or "##" in text else text


def harmless(text: str) -> str:
    """Break commands to a CI runner that reads the log of its own job."""
    if text.lstrip().startswith("::"):
        text = text.replace("::", ":\\:", 1)
    if "##" not in text:
        return text
    import re

    return re.sub(_RUNNER_COMMAND, r"\1\\[", text)


def display_name(path: str) -> str:
    """The name of a path in messages and on the page."""
    return "standard input" if path == STDIN else sanitize(without_secrets(path), 200)


def without_secrets(path: str) -> str:
    """A path or a URI, with asterisks in place of a password, a token or a signature."""
    if "://" not in path and not ("@" in path and ":" in path):
        return path
    import re

    if "://" not in path:
        return re.sub(_MISTYPED, r"\1\2:***@", path)
    path = re.sub(_PARAMETER, _hidden_value, re.sub(_SECRET_VALUE, "***", path))
    path = re.sub(_LOGIN, _hidden_login, path, count=1)
    return re.sub(_NESTED, r"\1:***@", path)


def without_secrets_of(path: str, text: str) -> str:
    """What a library says about `path`, without the secrets of `path`, which it may repeat."""
    if "://" not in path:
        return text
    import re
    from urllib.parse import unquote

    text = text.replace(path, without_secrets(path))
    logins = [found[3] for found in re.finditer(_LOGIN, path) if found[3]]
    values = [one[3] for one in re.finditer(_PARAMETER, path) if _hidden_value(one) != one[0]]
    for one in sorted({*logins, *values, *map(unquote, (*logins, *values))}, key=len)[::-1]:
        text = text.replace(one, "***") if len(one) >= _SHORTEST_SECRET else text
    return text


def _hidden_login(found: re.Match[str]) -> str:
    if found[3] is None:  # only one name, which on the web is as often a token as a user
        return f"{found[1]}***@" if found[1].lower().startswith("http") else found[0]
    return f"{found[1]}{found[2]}:***@"


def _hidden_value(found: re.Match[str]) -> str:
    import re
    from urllib.parse import unquote

    start, name, _ = found.groups()
    return f"{start}{name}=***" if re.search(_SECRET_NAME, unquote(name)) else found[0]


def _without_secrets_within(text: str) -> str:
    """A text with URLs in it, without their secrets."""
    import re

    text = re.sub(_URL, lambda found: without_secrets(found[0]), text)
    return re.sub(_MISTYPED, r"\1\2:***@", text) if "@" in text and ":" in text else text


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
    """A value in quotes, as messages show it.

    Two values that differ look different: in a text that is not in Unicode's normal form C, the
    characters that look like others are shown as escapes.
    """
    shown = sanitize(text)
    return f"'{shown if shown.isascii() else _distinguishable(shown)}'"


def shell_word(text: str) -> str:
    r"""A word quoted for the shell, to be pasted: never cut, so that it has the same value there.

    Characters that a terminal would not show, or obey, are written as ``$'a\tb'``, which bash, zsh
    and ksh read.
    """
    import re
    from shlex import quote

    text = without_secrets(text)
    if text.isprintable() and not ("##" in text and re.search(_RUNNER_COMMAND, text)):
        return quote(text)
    escaped = "".join(map(_in_shell, text))
    return "$'" + re.sub(_RUNNER_COMMAND, r"\1\\x5b", escaped) + "'"


def shell_words(line: str) -> list[str]:
    """The words of a line of words that are quoted as `shell_word` does."""
    import re
    from shlex import split

    words = []
    form = r"""\$'((?:[^'\\]|\\.)*)'|((?:'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^\s'"\\])+)"""
    for found in re.finditer(form, line, re.DOTALL):
        if found[1] is None:
            words += split(found[2])
        else:
            words.append(re.sub(_ESCAPE, _from_shell, found[1]))
    return words


def pasted_command(command: str) -> str:
    """A command that is quoted for the shell, as messages show it: whole, unless it is huge."""
    return sanitize(command, _LONGEST_COMMAND)


def comma_separated(names: Sequence[str]) -> str:
    """Names for ``--classes``; those that contain a comma are quoted."""
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()


def quoted_list(items: Iterable[str], most: int = 8) -> str:
    """Quote and join items; a long list ends in the number of items left out."""
    shown = [quoted(item) for item in items]
    more = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {more} more" if more > 0 else "")


def is_number(text: str) -> bool:
    """Whether a text is a plain decimal number: no nan or inf, and no blanks."""
    import re

    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", text) is not None


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8: it has no half of a pair of surrogates."""
    return text.isascii() or text.encode(errors="ignore").decode() == text


def plural(count: int, noun: str) -> str:
    """``1 row``, ``1,234 rows``."""
    many = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else many}"


def closest(word: str, known: Sequence[str], cutoff: float = 0.6) -> str:
    """`` (did you mean 'x'?)`` for a mistyped word, or nothing."""
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=4, cutoff=cutoff)
    if not near:
        return ""
    swapped = (one for one in near if sorted(one) == sorted(word))  # two letters, most often
    return f" (did you mean {quoted(next(swapped, near[0]))}?)"


def _distinguishable(text: str) -> str:
    """Show the characters that normal form C would replace as escapes, such as a single accent."""
    from unicodedata import combining, is_normalized

    if is_normalized("NFC", text):
        return text
    return "".join(
        _escape(ord(character))
        if combining(character) or not is_normalized("NFC", character)
        else character
        for character in text
    )


def _in_shell(character: str) -> str:
    """One character between ``$'`` and ``'``."""
    if character in "\\'":
        return f"\\{character}"
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a path that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return _escape(code) if 0x80 <= code < 0xA0 else _visible(character)


def _from_shell(found: re.Match[str]) -> str:
    """The character of an escape that `_in_shell` writes."""
    if found[4] is not None:
        return {"t": "\t", "n": "\n", "r": "\r"}.get(found[4], found[4])
    digits = found[1] or found[2] or found[3]
    code = int(digits, 16)
    return chr(code + 0xDC00 if len(digits) == 2 and code >= 0x80 else code)


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20 or 0x7F <= code < 0xA0:
        return {9: "\\t", 10: "\\n", 13: "\\r"}.get(code, f"\\x{code:02x}")
    return character if character.isprintable() else _escape(code)


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
