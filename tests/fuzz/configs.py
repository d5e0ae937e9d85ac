"""Configuration files: tables of options with values of every type, sometimes damaged."""

from __future__ import annotations

import json

from ce_cli.options.commands import COMMANDS
from ce_cli.options.option import key, options_of
from tests.fuzz.case import Dice
from tests.fuzz.commands import commands, value
from tests.fuzz.mutating import mutated, reworded
from tests.fuzz.sheets import TEXTS

_RAW = (
    *(
        "1",
        "0",
        "-1",
        "0.5",
        "true",
        "false",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "9" * 5000,
        "0x7fff",
        "[]",
    ),
    *(
        '""',
        '"label"',
        "[1, 2]",
        '["a", 1]',
        "{}",
        "{a = 1}",
        "1979-05-27",
        "07:32:00",
        "0b1",
        "1_000",
    ),
    *(
        "1979-05-27T07:32:00Z",
        "[[[]]]",
        "[" * 400 + "]" * 400,
        '"\\ud800"',
        '"\\u0000"',
        '"""\na"""',
    ),
    *(
        "[" * 3000,
        "{a = " * 300 + "1" + "}" * 300,
        "-" + "9" * 400,
        "1e-400",
        "'\x07'",
        "[0.1, nan]",
    ),
)
_KEYS = ("gate", "score", "files", "tool", "ce", "json", "a.b.c", '"a b"', '""', "nowhere", "basee")


def toml(dice: Dice, table: str = "") -> bytes:
    """A configuration; `table` is the one that holds all others, if there is one."""
    lines = [f"[{table}]"] if table else []
    lines += [_pair(dice, dice.choice(commands())) for _ in range(dice.randint(0, 2))]
    for _ in range(dice.choice((0, 1, 1, 2))):
        command = dice.choice(("gate", *commands()))
        name = command.replace(" ", ".")
        if command == "gate" and dice.sometimes(0.6):
            name = f"gate.{dice.choice(('a', 'b', json.dumps(dice.choice(TEXTS)), 'base'))}"
        dotted = f"{table}.{name}" if table else name
        lines.append(dice.choice(("[{}]", "[{}]", "[{}]", "[[{}]]", "{} = 1")).format(dotted))
        lines += [_pair(dice, command) for _ in range(dice.randint(0, 3))]
        if command == "gate" and dice.sometimes(0.5):
            lines.append('files = ["preds.csv"]')
    content = "\n".join(lines).encode("utf-8", "replace")
    if dice.sometimes(0.25):
        content = dice.choice((reworded, mutated))(dice, content, 3)
    return content


def _pair(dice: Dice, command: str) -> str:
    name = dice.choice(tuple(options_of(COMMANDS[command])))
    written = (
        dice.choice((key(name), key(name), name)) if dice.sometimes(0.9) else dice.choice(_KEYS)
    )
    if dice.sometimes(0.5):
        return f"{written} = {dice.choice(_RAW)}"
    text = value(dice, command, name)
    return f"{written} = {_literal(dice, text)}"


def _literal(dice: Dice, text: str) -> str:
    """The type that a value looks like, a text, or a list of texts."""
    if text in ("true", "false") or (text.replace(".", "", 1).isascii() and text.isdecimal()):
        return text
    quoted = json.dumps(text)
    return f"[{quoted}]" if dice.sometimes(0.3) else quoted
