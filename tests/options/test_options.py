"""Options are declared once: what reads the declarations agrees with them."""

from __future__ import annotations

import inspect
from typing import Any, get_args, get_origin, get_type_hints

import pytest
import typer
from typer.main import get_command

import ce_cli
from ce_cli import registry
from ce_cli.errors import UsageError
from ce_cli.kernels.calibration import Calibration
from ce_cli.options import commands, values
from ce_cli.options.choices import PANELS
from ce_cli.options.commands import COMMANDS, ScoreOptions
from ce_cli.options.data import DataOptions
from ce_cli.options.option import flag, key, options_of
from ce_cli.reading import Reading
from ce_cli.spec import Spec

TYPED = (str, list[str], bool, int, float)
# Options for input and output, which change neither what is computed nor how files are read.
ELSEWHERE = {"labels", "threads", "engine", "scheduler", "no_header", "storage_options"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_options_and_no_others(command: str) -> None:
    (entry,) = [one for one in registry.COMMANDS if one.names == (command,)]
    app = typer.Typer(add_completion=False)
    app.command(command)(entry.load())
    typed = {one.opts[0] for one in get_command(app).params if one.param_type_name == "option"}
    assert typed - {"--help"} == {flag(name) for name in options_of(COMMANDS[command])}


@pytest.mark.parametrize("command", COMMANDS)
def test_declarations_are_complete(command: str) -> None:
    for name, option in options_of(COMMANDS[command]).items():
        assert option.panel in PANELS, name
        assert option.help.endswith((".", "…")), name
        assert option.typed in TYPED or get_args(option.typed), name
        assert option.metavar or option.typed is bool, name
        assert option.default is None or option.typed is not list[str], name


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.split()[1:] in ([], ["fit"])])
def test_python_takes_the_same_names(command: str) -> None:
    """Everything that a command takes, but for what is about files, the page and the shell."""
    (declared,) = [
        one.annotation
        for one in inspect.signature(getattr(ce_cli, command.partition(" ")[0])).parameters.values()
        if one.kind is inspect.Parameter.VAR_KEYWORD
    ]
    assert declared.startswith("Unpack[")
    name = declared.removeprefix("Unpack[").removesuffix("]")
    hints: dict[str, Any] = get_type_hints(getattr(commands, name))
    assert set(hints) <= set(options_of(COMMANDS[command]))
    assert set(hints) >= set(options_of(DataOptions))


def test_what_changes_a_number_or_the_reading_has_a_field_of_that_name() -> None:
    fields = {*Spec._fields, *Reading._fields}
    assert set(options_of(ScoreOptions)) - ELSEWHERE <= fields


def test_choices_of_the_declarations_are_what_a_spec_accepts() -> None:
    for name, option in options_of(ScoreOptions).items():
        if name not in Spec._fields or not get_args(option.typed) or option.typed == list[str]:
            continue
        for choice in get_args(option.typed):
            assert getattr(Spec.from_options({name: choice}), name) == choice
        with pytest.raises(UsageError, match="neither here nor there"):
            Spec.from_options({name: "neither here nor there"})


def test_everything_with_a_key_is_in_the_signature() -> None:
    """Each such option, set to something else than its default, changes the signature."""
    other: dict[str, Any] = {
        "weight": "w",
        "bytes": "size",
        "task": "multilabel",
        "as_": "logits",
        "label_counts": True,
        "label_smoothing": 0.25,
        "class_weight": ["a=2"],
        "ignore_label": "x",
        "missing": "skip",
        "on_bad_sum": "error",
        "clip": 1e-9,
        "convention": "torch",
        "base": "2",
        "tokens": "n",
        "predicted_class": "guess",
        "calibrate": Calibration("none", "logits", ("0", "1"), 1e-9, (1.0, 1.0), (0.0, 0.0)),
    }
    signed = {name: one for name, one in options_of(ScoreOptions).items() if one.signature}
    assert set(signed) == set(other)
    plain = Spec.from_options({}).signature()
    for name, option in signed.items():
        signature = Spec.from_options({name: other[name]}).signature()
        (part,) = set(signature.split("|")) - set(plain.split("|"))
        assert part.startswith(f"{option.signature}:")


def test_names_round_trip() -> None:
    assert (flag("max_regression"), key("as_"), flag("as_")) == ("--max-regression", "as", "--as")


@pytest.mark.parametrize(
    ("typed", "passed"),
    [
        (["a=2", "b=0.5"], {"a": 2, "b": 0.5}),
        (["1=3"], {1: 3}),
        (["balanced"], "balanced"),
    ],
)
def test_class_weights_of_the_shell_and_of_python_are_the_same(
    typed: list[str], passed: object
) -> None:
    assert values.class_weights(typed) == values.class_weights(passed)


@pytest.mark.parametrize("wrong", [["a"], ["=2"], ["a=x"], ["a=1", "a=2"], ["balanced", "a=1"]])
def test_class_weights_that_cannot_be_read_are_refused(wrong: list[str]) -> None:
    with pytest.raises(UsageError, match="--class-weight"):
        values.class_weights(wrong)


def test_names_between_commas_may_be_quoted() -> None:
    assert values.separated_names('cat, "a, b",dog') == ("cat", "a, b", "dog")
    assert values.separated_names([1, "b, c"]) == ("1", "b, c")


@pytest.mark.parametrize(
    ("given", "read"), [("auto", None), ("none", 0.0), ("1e-7", 1e-7), (0.25, 0.25)]
)
def test_clips(given: object, read: float | None) -> None:
    assert values.clip(given) == read


def test_the_default_of_a_declaration_is_that_of_the_spec() -> None:
    """So that no option differs between Python, which passes few, and the shell, which has all."""
    defaults = {name: option.default for name, option in options_of(ScoreOptions).items()}
    assert Spec.from_options(defaults) == Spec.from_options({}) == Spec()
    assert Reading.from_options(defaults) == Reading.from_options({})
    assert get_origin(options_of(ScoreOptions)["task"].typed) is not None
