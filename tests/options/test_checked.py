"""Options of a call have the defaults and the types of their declarations."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal, get_args, get_origin

import numpy as np
import pytest

from ce_cli.errors import UsageError
from ce_cli.options.checked import checked
from ce_cli.options.commands import (
    CompareOptions,
    ExplainOptions,
    GateOptions,
    InspectOptions,
    ScoreOptions,
)
from ce_cli.options.option import options_of

DECLARED = {
    "score": ScoreOptions,
    "compare": CompareOptions,
    "gate": GateOptions,
    "inspect": InspectOptions,
    "explain": ExplainOptions,
}
EVERY = [(command, name) for command, one in DECLARED.items() for name in options_of(one)]
WRONG: dict[Any, tuple[Any, ...]] = {
    bool: ("yes", 2, [True], np.array([1, 2]), np.nan),
    int: ("3", 2.5, True, [3], np.array([1, 2])),
    float: ("0.5", True, [0.5], b"0.5", np.array([0.5, 0.5])),
}


@pytest.mark.parametrize("command", DECLARED)
def test_an_option_that_is_missing_or_none_has_its_default(command: str) -> None:
    options = options_of(DECLARED[command])
    defaults = {name: one.default for name, one in options.items()}
    assert checked({}, DECLARED[command]) == defaults
    assert checked(dict.fromkeys(options), DECLARED[command]) == defaults
    assert checked(defaults, DECLARED[command]) == defaults


@pytest.mark.parametrize(("command", "name"), EVERY)
def test_a_value_of_another_type_is_refused_by_the_name_of_its_option(
    command: str, name: str
) -> None:
    typed = options_of(DECLARED[command])[name].typed
    choices = get_origin(typed) is Literal
    for value in ("nonsense", True, ["e"], np.array(["e"])) if choices else WRONG.get(typed, ()):
        with pytest.raises(UsageError, match=f"^{name} must be "):
            checked({name: value}, DECLARED[command])
    for choice in get_args(typed) if choices else ():
        assert checked({name: choice}, DECLARED[command])[name] == choice


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("worst", np.int64(3), 3),
        ("confidence", np.float64(0.5), 0.5),
        ("confidence", Fraction(1, 2), 0.5),
        ("confidence", np.array(0.5), 0.5),
        ("clip", np.array(0.25), 0.25),
        ("clip", "none", "none"),
        ("decompose", np.True_, True),
        ("decompose", 0, False),
        ("base", np.int64(2), "2"),
        ("weight", 3, "3"),
        ("label", 1, ("1",)),
        ("ignore_label", np.array([-100, 5]), ("-100", "5")),
        ("classes", iter(["a", 1]), ("a", "1")),
        ("class_weight", {1: 2}, {1: 2}),
    ],
)
def test_values_of_numpy_and_numbers_in_place_of_names_are_read(
    name: str, value: object, read: object
) -> None:
    found = checked({name: value}, ScoreOptions)[name]
    assert (type(found), found) == (type(read), read)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("weight", ["w"]),
        ("encoding", 3.5),
        ("decimal", ";"),
        ("label", b"y"),
        ("na_value", np.array("x")),
    ],
)
def test_other_values_in_place_of_text_are_refused(name: str, value: object) -> None:
    with pytest.raises(UsageError, match=f"^{name} must be "):
        checked({name: value}, ScoreOptions)


def test_a_long_value_is_not_repeated_in_the_message() -> None:
    with pytest.raises(UsageError) as caught:
        checked({"worst": list(range(1000))}, ScoreOptions)
    assert str(caught.value) == "worst must be a whole number, not this list."


def test_a_mistyped_choice_has_a_suggestion() -> None:
    with pytest.raises(UsageError, match=r"not 'provn' \(did you mean 'proven'\?\)"):
        checked({"mode": "provn"}, GateOptions)
