"""Command lines: files with the options of a command, their values sound or odd."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

from ce_cli import registry
from ce_cli.cli.command import choices
from ce_cli.options.commands import COMMANDS
from ce_cli.options.option import Option, flag, options_of, variable_of
from tests.fuzz.case import Dice
from tests.fuzz.sheets import TEXTS
from tests.fuzz.texts import ENCODINGS

COLUMNS = (
    *("label", "prob", "p_*", "p_a", "id", "weight", "segment", "user", "logit", "probs", "1", "0"),
    *(
        "label*",
        "*",
        "?",
        "",
        "P_A",
        "nowhere",
        "fold",
        "token",
        "logprob",
        "-1",
        "label,prob",
        "[a",
    ),
)
_WHOLE = ("0", "1", "2", "3", "100", "-1", "99999999999999999999", "1.5", "", "x", "1e3", "００")
_REAL = (
    "0",
    "1",
    "0.5",
    "1e-9",
    "-1",
    "nan",
    "inf",
    "-inf",
    "1e999",
    "",
    "x",
    "0,5",
    "5e-324",
    "2",
)
_OPTION_VALUES: dict[str, Sequence[str]] = {
    "classes": ("a,b,c", "0,1", "b,a", "a", "a,a", "", ",", '"a,b",c', "1.0,0", "a,b,c,d"),
    "class_weight": ("a=2", "balanced", "0=0.5", "a=", "=1", "a=nan", "a=-1", "1=1e308", "a=2=3"),
    "clip": ("auto", "none", *_REAL),
    "delimiter": (",", ";", "\t", "tab", "\\t", "", "ab", "\n", '"', ".", "1", "§", "\x00", " "),
    "decimal": (".", ",", "", "x", ";"),
    "encoding": (*ENCODINGS, "undefined", "idna", "punycode", "rot13", "base64", "x", "", "mbcs"),
    "comment": ("#", "", "//", "\n", '"', "l", "1", " "),
    "query": ("SELECT 1 AS label, 0.5 AS prob", "SELECT", "", "DROP TABLE predictions", "x\0"),
    "table": ("predictions", "", "x", "other", "preds0.csv", "*", "\0"),
    "max": _REAL,
    "max_regression": ("0.01", "1%", "-1%", "%", "nan%", *_REAL),
    "require": (
        *("accuracy >= 0.5", "cross_entropy <= 1", "rows >= 3", "cross_entropy.by(segment) <= 2"),
        *("cross_entropy.by(segment=eu) <= 0.5", "x > 1", "accuracy", "accuracy >= x", ">= 1", ""),
        *("auc > nan", "ece < -1", "accuracy=>0.5", "cross_entropy.by() <= 1", "brier <= 1 <= 2"),
        *("cross_entropy.by(label=0) <= 9", "skill >= -1e999", "per_class <= 1", "regression <= 1"),
    ),
    "model": ("a=prob", "a=p_*", "b=p_a,p_b", "=prob", "a=", "a", "a=nowhere", "a=,", "a=b=c"),
    "report": (
        "json=r.json",
        "junit=r.xml",
        "x=y",
        "json=",
        "=a",
        "json",
        "markdown=r.md",
        "json=-",
    ),
    "gate": ("a", "", "x", "b"),
    "of": ("1", "case-1", "", "x"),
    "ignore_label": ("a", "0", "-100", "", "nan"),
    "positive": ("1", "a", "x", "", "1.0", "True"),
    "na_value": ("-", "?", "0", "", "nan", "a"),
    "reference": ("a", "preds.csv", "x", ""),
    "q": ("0.7,0.3", "0.5", "1/3,2/3", "70%,30%", "1,0", "nan,1", "0,0", "", ",", "1e999,1", "a=1"),
    "p": ("0.5,0.5", "1", "1/0,1", "-1,2", "0.2,0.3", "x", "", "50%", "1,0,0", "1e-400,1"),
}
_PATHS = {
    "output": ("out.txt", "", ".", "nowhere/out", "-", "preds.csv", "out\0", "a" * 300),
    "per_row": (
        "rows.csv",
        "rows.jsonl",
        "rows.parquet",
        "rows.txt",
        "-",
        "",
        ".",
        "nowhere/x.csv",
    ),
    "labels": ("preds.csv", "other.csv", "nowhere", "", "-", "."),
    "baseline": ("preds.csv", "other.csv", "doc.json", "nowhere", "", "-", "."),
    "config": ("ce.toml", "nowhere.toml", "", ".", "preds.csv", "-"),
}
_LIKELY: tuple[tuple[str, ...], ...] = (
    *(
        ("--by", "segment"),
        ("--by", "label"),
        ("--worst", "3"),
        ("--metric", "all"),
        ("--base", "2"),
    ),
    *(
        ("--weight", "weight"),
        ("--id", "id"),
        ("--id", "key"),
        ("--threads", "1"),
        ("--decompose",),
    ),
    *(("--cluster", "user"), ("--missing", "skip"), ("--per-row", "rows.csv"), ("--threads", "3")),
    *(
        ("--on-bad-sum", "renormalize"),
        ("--pred", "*"),
        ("--label", "label"),
        ("--task", "multiclass"),
    ),
    *(("--convention", "sklearn"), ("--conventions",), ("--as", "logits"), ("--clip", "none")),
)


def reading(dice: Dice, *files: str) -> tuple[str, ...]:
    """A command that reads files, as people type it."""
    command = dice.choice(("score",) * 5 + ("inspect", "gate", "explain", "compare"))
    if command == "compare" and len(files) == 1:
        files = (*files, *files)
    words = [command, *files]
    if command == "gate":
        words += ["--max", "5"]
    known = {flag(name) for name in options_of(COMMANDS[command])}
    for option in dice.some(_LIKELY, dice.choice((0, 0, 0, 1, 3))):
        if option[0] in known and option[0] not in words:
            words += option
    return (*words, *(("--json",) if dice.sometimes(0.8) else ()))


def typed(dice: Dice, command: str, name: str) -> list[str]:
    """An option with a value, as it is typed."""
    option = options_of(COMMANDS[command])[name]
    word = dice.choice((flag(name), flag(name), option.short or flag(name)))
    if option.typed is bool:
        return [word] if dice.sometimes(0.98) else [f"{word}=1"]
    text = value(dice, command, name)
    if dice.sometimes(0.2) and word.startswith("--"):
        return [f"{word}={text}"]
    return [word, text]


def value(dice: Dice, command: str, name: str) -> str:
    """A value of an option, sound in most cases; never one with which a process cannot start."""
    option = options_of(COMMANDS[command])[name]
    if option.typed is bool:
        return dice.choice(("1", "0", "true", "no", "x", ""))
    if dice.sometimes(0.1):
        return _startable(dice.choice(TEXTS))
    return _startable(dice.choice(_values(command, name, option)))


def _values(command: str, name: str, option: Option) -> Sequence[Any]:
    if name in _OPTION_VALUES:
        return _OPTION_VALUES[name]
    if name in _PATHS:
        return _PATHS[name]
    if option.names == "column":
        return COLUMNS
    if among := choices(command, option):
        return (*among, *among, "x", "")
    if get_origin(option.typed) is Literal:
        return get_args(option.typed)
    return _WHOLE if option.typed is int else _REAL if option.typed is float else TEXTS


def _startable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def in_environment(dice: Dice, command: str) -> dict[str, str]:
    """Options in variables."""
    names = dice.some(tuple(options_of(COMMANDS[command])), 2)
    return {variable_of(name): value(dice, command, name) for name in names}


def commands() -> tuple[str, ...]:
    """The names of all commands."""
    return tuple(entry.names[0] for entry in registry.COMMANDS)
