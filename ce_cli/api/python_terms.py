"""The words of the command line in the words of Python: ``--missing skip`` as ``missing="skip"``.

Messages are built with options as they are typed; here, and nowhere else, they are translated from
the options that are declared.
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ce_cli.errors import CeError, Suggestion
from ce_cli.memory.limit import limited
from ce_cli.options.commands import COMMANDS
from ce_cli.options.option import Option, key, options_of
from ce_cli.results.inspect import Finding, Inspected
from ce_cli.storage.options import using
from ce_cli.text import shell_word, shell_words

_NAMED_OTHERWISE = {"model": "preds"}
_NUMBER = re.compile(r"[-−+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?", re.IGNORECASE)
_OPTION = re.compile(r"(?<![\w'\"-])--([a-z][a-z-]*)")
_VALUE = re.compile(r" (\$'(?:[^'\\]|\\.)*'|(?:'[^']*'|\"'\")+(?:=[^\s;]+)?|[^\s]+)")
_QUOTES = ("'", '"', "$'")
_COMMANDS = "|".join(dict.fromkeys(name.split()[0] for name in COMMANDS))
_COMMAND = re.compile(rf"\bce ({_COMMANDS})\b(?: (?:fit|apply|show)\b)?")
_COMMAND_BEFORE = re.compile(rf"{_COMMAND.pattern} $")
_LIMIT = re.compile(r"'--([a-z-]+) ([^']*)'(?=:)")  # quoted as it was typed
_PROSE = frozenset(  # words that follow an option without being its value
    "alone also and applies are as cannot has if in is itself leaves must names needs of on only "
    "or out scores shows takes the to together uses which with without".split()
)


@contextlib.contextmanager
def in_python_terms(options: Mapping[str, Any]) -> Iterator[None]:
    """Limit the memory of a call, put its options of storage in force, and translate its errors."""
    try:
        with limited(options.get("max_memory")), using(options.get("storage_options")):
            yield
    except CeError as error:
        whole = error.with_commands(_command, _typed)
        error.sentences = tuple(map(translated, whole.sentences))
        error.args = ("\n".join(error.sentences),)
        error.suggestions = tuple(map(_in_python, error.suggestions))
        raise


def _in_python(suggestion: Suggestion) -> Suggestion:
    names = _names()
    options = ((names.get(name.removeprefix("--"), name), v) for name, v in suggestion.options)
    return suggestion._replace(options=tuple(options))


def _command(suggestion: Suggestion) -> str:
    return f"ce {suggestion.command or 'score'} {_typed(suggestion)}"


def _typed(suggestion: Suggestion) -> str:
    return " ".join(shlex.quote(word) for option in suggestion.options for word in option)


def translated(text: str) -> str:
    """A message with the parameters of Python in place of options."""
    clauses = text.split("; ")
    text = "; ".join([clauses[0], *(one for one in clauses[1:] if _is_for_python(one))])
    text = text if text.endswith((".", "?")) or len(clauses) == 1 else f"{text}."
    text = _LIMIT.sub(lambda found: _argument(found[1], [found[2]]), text)
    made, start = [], 0
    while (found := _OPTION.search(text, start)) is not None:
        arguments, end = _run(text, found.start())
        before = text[start : found.start()]
        command = _COMMAND_BEFORE.search(before)
        if command is not None:
            before = f"{before[: command.start()]}{command[1]}"
            document = ".to_dict()" if "--json" in text[found.start() : end] else ""
            made += [before, f"({', '.join(['…', *arguments])}){document}"]
        else:
            made += [before, ", ".join(arguments)]
        start = end
    return _COMMAND.sub(r"\1", "".join([*made, text[start:]]))


def called(command: str) -> str:
    """A command line of ``ce score`` as a call: ``score(data, positive="1")``."""
    words = shell_words(command)[1:]
    if words[0] not in COMMANDS:
        return command
    first = next((at for at, word in enumerate(words) if word.startswith("--")), len(words))
    arguments, _ = _run(" ".join(map(shell_word, words[first:])), 0)
    return f"{words[0]}({', '.join([*words[1:first], *arguments])})"


def inspected_in_python(result: Inspected) -> Inspected:
    """The same, with calls and parameters in place of commands and options."""
    columns = (one.replace(why=translated(one.why)) for one in result.columns)
    return result.replace(
        columns=tuple(columns),
        findings=tuple(map(_finding, result.findings)),
        next=result.next and called(result.next),
    )


def _finding(finding: Finding) -> Finding:
    return finding.replace(
        message=translated(finding.message),
        options=finding.options and translated(finding.options),
        command=finding.command and called(finding.command),
    )


@cache
def _options() -> dict[str, tuple[Option, bool]]:
    """Options by the name that is typed, and whether Python takes a number for them."""
    found: dict[str, tuple[Option, bool]] = {}
    for declared in COMMANDS.values():
        hints = get_type_hints(declared)
        for name, option in options_of(declared).items():
            types = {hints[name], *get_args(hints[name])}
            found.setdefault(key(name), (option, bool(types & {int, float})))
    return found


@cache
def _names() -> dict[str, str]:
    """The parameters of Python by the name that is typed."""
    names = {key(name): name for one in COMMANDS.values() for name in options_of(one)}
    return {**names, **_NAMED_OTHERWISE}


@cache
def _of_the_command_line() -> frozenset[str]:
    """Options that Python has no parameter for."""
    from ce_cli.options.commands import GateCommandOptions, GateOptions

    own = options_of(GateCommandOptions).keys() - options_of(GateOptions).keys()
    return frozenset(key(name) for name in own)


def _is_for_python(clause: str) -> bool:
    used = set(_OPTION.findall(clause)) - {"json"}
    return not used & _of_the_command_line()


def _run(text: str, start: int) -> tuple[list[str], int]:
    """Options one after another from `start`, as arguments of a call; and where they end."""
    values: dict[str, list[str | None]] = {}
    end = start
    while (found := _OPTION.match(text, start)) is not None:
        value, end = _value(text, found[1], found.end())
        if found[1] != "json":
            values.setdefault(found[1], []).append(value)
        start = end + 1 if text[end : end + 1] == " " else len(text)
    return [_argument(name, several) for name, several in values.items()], end


def _value(text: str, name: str, end: int) -> tuple[str | None, int]:
    """The value after an option, if the next word is one, and where it ends."""
    option, _ = _options().get(name, (Option("", "", bool), False))
    found = _VALUE.match(text, end)
    if option.typed is bool or found is None:
        return None, end
    word = found[1]
    if not word.startswith(_QUOTES):
        last = not text.startswith(" --", found.end())
        word = (word.rstrip(".;:,?)") or word) if last else word
    after = end + 1 + len(word)
    if word == option.metavar or word in {"FILE", "COL", "CLASS"}:
        return None, after
    is_choice = get_origin(option.typed) is Literal
    if word.startswith(_QUOTES):
        is_value = True
    elif is_choice:
        is_value = word in map(str, get_args(option.typed))
    elif option.typed in (int, float):
        is_value = _NUMBER.fullmatch(word) is not None
    elif option.metavar == "NUMBERS":
        is_value = word[0].isdigit()
    else:
        is_value = word not in _PROSE
    return (word, after) if is_value else (None, end)


def _argument(name: str, values: list[str | None]) -> str:
    """``name=value``; a list of an option that is repeated, and the bare name without a value."""
    option, numeric = _options().get(name, (Option("", ""), False))
    parameter = _names().get(name, name.replace("-", "_"))
    if option.typed is bool:
        return f"{parameter}=True"
    written = [_literal(value, numeric) for value in values if value is not None]
    if not written:
        return parameter
    return (
        f"{parameter}={written[0]}" if len(written) == 1 else f"{parameter}=[{', '.join(written)}]"
    )


def _literal(word: str, numeric: bool) -> str:
    """A value as Python writes it."""
    if numeric and _NUMBER.fullmatch(word):
        return word
    with contextlib.suppress(ValueError):  # it is not quoted as a shell would
        word = "".join(shell_words(word))
    return json.dumps(word, ensure_ascii=False)
