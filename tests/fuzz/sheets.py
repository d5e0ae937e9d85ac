"""Small tables of predictions, most of them sound, and odd changes to them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tests.fuzz.case import Dice

Sheet = dict[str, list[Any]]

NUMBERS: tuple[Any, ...] = (
    *(math.nan, math.inf, -math.inf, -0.0, 0, 1, -1, 1e308, -1e308, 5e-324, 1e-17, 0.5, 1.0000001),
    *(2, 255, 256, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63), True, False, None),
)
TEXTS = (
    *("", " ", "0", "1", "nan", "NULL", "None", "inf", "-inf", "1e999", "-1e-999", "1e5", "0x1p-3"),
    *("1_000", "１", "٣", "½", "1/3", "70%", "−1", "1,5", "1.5.2", ".", "-", "+", "e", "1e", "--1"),
    *("9" * 400, "0." + "3" * 2000, "a" * 5000, "\0", "a\0b", "\x1b[31mred\x1b[0m", "\x07", "\x85"),
    *("\u202egnp", "\u2066", "\ufeffx", "e\u0301", "é", "\U0001f600", "\u2028", "\x9b2J", "\ufffd"),
    *("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "::error::x", "##[command]x", "[bold]x[/]", "[/x]"),
    *("<b>x</b>", "&amp;", "|", "`x`", "*", "?", "[a", "[!a]", "{", "}", "[]", "{}", "[0.1, 0.9]"),
    *('{"a": 0.5}', '"', "'", '""', "\n", "\r\n", "\r", "\t", ",", ";", "#", "\\", "true", "False"),
    *("2024-01-01", "label", "prob", "id", "weight", "Unnamed: 0", "p_", "__index_level_0__"),
)
NAMES = (*TEXTS, "p_a", "p_0", "y_true", "label_a", "logprob", "tokens", "a" * 100_000)


def sheet(dice: Dice) -> Sheet:
    """A table that ce can score, or could before an odd change."""
    rows = dice.choice((0, 1, 2, 3, 5, 8, 17, 40, 130))
    columns = dice.choice(_SHAPES)(dice, rows)
    for name, make in dice.some(tuple(_MORE.items()), 3):
        columns[name] = [make(dice, row) for row in range(rows)]
    for _ in range(dice.choice((0, 0, 0, 1, 1, 2, 4))):
        dice.choice(_CHANGES)(dice, columns)
    return columns


def odd(dice: Dice) -> Any:
    """A value that few expect."""
    return dice.choice(NUMBERS) if dice.sometimes(0.6) else dice.choice(TEXTS)


def _shares(dice: Dice, count: int) -> list[float]:
    parts = [dice.random() + 1e-3 for _ in range(count)]
    return [part / sum(parts) for part in parts]


def _binary(dice: Dice, rows: int) -> Sheet:
    return {
        "label": [dice.randint(0, 1) for _ in range(rows)],
        dice.choice(("prob", "score", "p")): [dice.random() for _ in range(rows)],
    }


def _named(dice: Dice, rows: int) -> Sheet:
    classes = dice.choice((["a", "b", "c"], ["cat", "dog"], ["0", "1", "2", "3"], [" x", "x", "X"]))
    values = [_shares(dice, len(classes)) for _ in range(rows)]
    return {
        "label": [dice.choice(classes) for _ in range(rows)],
        **{f"p_{name}": [row[at] for row in values] for at, name in enumerate(classes)},
    }


def _lists(dice: Dice, rows: int) -> Sheet:
    count = dice.choice((1, 2, 3, 10))
    return {
        "label": [dice.randrange(count) for _ in range(rows)],
        "probs": [_shares(dice, count) for _ in range(rows)],
    }


def _maps(dice: Dice, rows: int) -> Sheet:
    return {
        "label": [dice.choice("ab") for _ in range(rows)],
        "probs": [dict(zip("ab", _shares(dice, 2), strict=True)) for _ in range(rows)],
    }


def _logits(dice: Dice, rows: int) -> Sheet:
    return {
        "y": [dice.randint(0, 1) for _ in range(rows)],
        "logit": [dice.gauss(0, 3) for _ in range(rows)],
    }


def _one_hot(dice: Dice, rows: int) -> Sheet:
    hot, values = [dice.randrange(2) for _ in range(rows)], [_shares(dice, 2) for _ in range(rows)]
    return {
        **{f"label_{at}": [int(one == at) for one in hot] for at in range(2)},
        **{f"p_{at}": [row[at] for row in values] for at in range(2)},
    }


def _likelihood(dice: Dice, rows: int) -> Sheet:
    return {
        "token": [dice.choice(("the", " of", "\n")) for _ in range(rows)],
        "logprob": [math.log(dice.random() + 1e-9) for _ in range(rows)],
    }


_SHAPES: tuple[Callable[[Dice, int], Sheet], ...] = (
    *(_binary, _named, _lists, _maps, _logits, _one_hot, _likelihood),
)
_MORE: dict[str, Callable[[Dice, int], Any]] = {
    "id": lambda _, row: row,
    "key": lambda _, row: f"case-{row}",
    "weight": lambda dice, _: dice.choice((0, 0.5, 1, 2, 3)),
    "segment": lambda dice, _: dice.choice(("eu", "us", "", None)),
    "user": lambda dice, _: dice.randrange(4),
    "fold": lambda dice, _: dice.random() < 0.5,
}


def _odd_cells(dice: Dice, columns: Sheet) -> None:
    for name in dice.some(tuple(columns), 2):
        for _ in range(dice.randint(1, 3)):
            if columns[name]:
                columns[name][dice.randrange(len(columns[name]))] = odd(dice)


def _odd_elements(dice: Dice, columns: Sheet) -> None:
    """Change a list or a map inside a cell."""
    for name, values in columns.items():
        for at, value in enumerate(values):
            if isinstance(value, list) and dice.sometimes(0.2):
                values[at] = dice.choice(([*value, odd(dice)], value[1:], [odd(dice)], [value], []))
            elif isinstance(value, dict) and dice.sometimes(0.2):
                values[at] = dice.choice(({**value, dice.choice(TEXTS): odd(dice)}, {}, {"a": {}}))
        columns[name] = values


def _odd_column(dice: Dice, columns: Sheet) -> None:
    rows = len(next(iter(columns.values()), []))
    columns[dice.choice(NAMES)] = [odd(dice) for _ in range(rows)]


def _same_value(dice: Dice, columns: Sheet) -> None:
    for name in dice.some(tuple(columns), 1):
        columns[name] = [odd(dice)] * len(columns[name])


def _renamed(dice: Dice, columns: Sheet) -> None:
    for name in dice.some(tuple(columns), 2):
        columns[dice.choice(NAMES)] = columns.pop(name)


def _dropped(dice: Dice, columns: Sheet) -> None:
    for name in dice.some(tuple(columns), 1):
        del columns[name]


def _repeated(dice: Dice, columns: Sheet) -> None:
    """The same values, such as ids, in all rows or in two."""
    for name in dice.some(tuple(columns), 2):
        columns[name] = [dice.choice(columns[name]) for _ in columns[name]]


_CHANGES = (
    *(_odd_cells, _odd_cells, _odd_elements, _odd_column, _same_value, _renamed, _dropped),
    _repeated,
)
