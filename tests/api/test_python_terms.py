"""Messages of the Python API name its parameters, and take none of their words from a shell."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pandas as pd
import pytest

import ce_cli
from ce_cli import compare, explain, gate, inspect, score
from ce_cli.api.python_terms import called, translated
from ce_cli.errors import CeError
from ce_cli.options.commands import COMMANDS
from ce_cli.options.option import key, options_of
from ce_cli.registry import ENGINES, INPUTS
from tests.conftest import SAMPLES

PACKAGE = Path(ce_cli.__file__).parent
WINE = SAMPLES / "wine.csv"
CANCER = SAMPLES / "breast_cancer.csv"
FOREST = SAMPLES / "breast_cancer_forest.csv"
PAIR = ([1, 0, 1], [0.9, 0.2, 0.6])
ARGUMENT = re.compile(r"\b([a-z_]+)=(True|\"(?:[^\"\\]|\\.)*\"|\[[^\]]*\]|[-\d.]+\d)")


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns or {"label": [1, 0, 1], "prob": [0.9, 0.2, 0.6]})


BAD_SUMS = {"label": ["a", "b"], "p_a": [0.5, 0.5], "p_b": [0.5, 0.6]}
OUTSIDE = {"label": [1, 0], "prob": [2.5, -1.0]}
ABSENT = {"label": [1, 0, 1], "prob": [0.5, None, 0.25]}
CASES: list[Callable[[], object]] = [
    lambda: score(frame(**OUTSIDE)),
    lambda: score(frame(**ABSENT)),
    lambda: score(frame(label=[1, 0, 7], prob=[0.5, 0.5, 0.5])),
    lambda: score(frame(label=["x", "y"], prob=[0.5, 0.5])),
    lambda: score(frame(label=["a", "b", "c"], p_a=[0.5] * 3, p_b=[0.5] * 3)),
    lambda: score(frame(**BAD_SUMS), on_bad_sum="error"),
    lambda: score(frame(**BAD_SUMS), on_bad_sum="never"),  # type: ignore[arg-type]
    lambda: score(frame(), label="labels"),
    lambda: score(frame(), pred="q_*"),
    lambda: score(frame(), weight="w"),
    lambda: score(frame(), clip=0.7),
    lambda: score(frame(), clip="some"),
    lambda: score(frame(), confidence=1.5),
    lambda: score(frame(), sum_tolerance=-1),
    lambda: score(frame(), label_smoothing=2),
    lambda: score(frame(), class_weight=["1"]),
    lambda: score(frame(), class_weight={"1": -2}),
    lambda: score(frame(), class_weight="1=heavy"),
    lambda: score(frame(), class_weight={"7": 2}),
    lambda: score(frame(), convention="excel"),
    lambda: score(frame(), convention="keras", clip=0.1),
    lambda: score(frame(), convention="keras", decompose=True),
    lambda: score(frame(), conventions=True, on_bad_sum="renormalize"),
    lambda: score(frame(), convention="torch", conventions=True),
    lambda: score(frame(), worst=-1),
    lambda: score(frame(), threads=0),
    lambda: score(frame(), positive="7"),
    lambda: score(frame(), classes="a,b,c"),
    lambda: score(frame(), classes="0,0"),
    lambda: score(frame(), task="multilabel"),
    lambda: score(frame(), task="likelihood", label="label"),
    lambda: score(frame(), task="binary", pred=["label", "prob"]),
    lambda: score(frame(), label_counts=True),
    lambda: score(frame(), label_counts=True, task="multilabel"),
    lambda: score(frame(), metric="acuracy"),
    lambda: score(frame(), engine="steam"),
    lambda: score(frame(label=[1, 0], truth=[1, 0], prob=[0.5, 0.5])),
    lambda: score(frame(label=[1, 0], a=[0.5, 0.5], b=[0.5, 0.25], c=[0.1, 0.2])),
    lambda: score(frame(label=[1, 0], logprob=[0.5, 0.5])),
    lambda: score(frame(prob=[0.5]), labels=frame(label=[1, 0])),
    lambda: score(
        frame(id=["a", "b"], prob=[0.5, 0.5]), labels=frame(label=[1], id=["a"]), id="id"
    ),
    lambda: score(["a", "b"], [[0.5, 0.5], [0.5, 0.5]]),
    lambda: score([[0.5, 0.6], [0.5, 0.5]], [[0.5, 0.5], [0.5, 0.5]]),
    lambda: score([0.5, 7.0], [0.5, 0.5]),
    lambda: score(CANCER, no_header=True),
    lambda: score(CANCER, delimiter=";;"),
    lambda: score(CANCER, comment="ab"),
    lambda: score(CANCER, decimal=";"),  # type: ignore[arg-type]
    lambda: score(CANCER, delimiter="#", comment="#"),
    lambda: score(CANCER, encoding="klingon"),
    lambda: score(CANCER, input_format="xls"),
    lambda: score(WINE, label="id"),
    lambda: compare({"a": CANCER, "b": FOREST}, join="inner"),
    lambda: compare({"a": CANCER, "b": FOREST}, join="outer"),  # type: ignore[arg-type]
    lambda: compare({"a": CANCER, "b": FOREST}, reference="c"),
    lambda: compare({"a": CANCER, "b": FOREST}, bytes="id"),
    lambda: compare({"a": CANCER, "b": FOREST}, worst=-1),
    lambda: compare({"a": CANCER, "b": WINE}),
    lambda: compare({"a": frame(), "b": frame(label=[0, 1, 1], prob=[0.5, 0.5, 0.5])}),
    lambda: compare({"a": frame(), "b": frame(label=[1, 0], prob=[0.5, 0.5])}),
    lambda: compare(frame()),
    lambda: compare([CANCER, CANCER]),
    lambda: gate(frame()),
    lambda: gate(frame(), baseline=frame()),
    lambda: gate(frame(), max_regression="1%"),
    lambda: gate(frame(), max="low"),
    lambda: gate(frame(), min_rows=-1),
    lambda: gate(frame(), require="accuracy"),
    lambda: gate(frame(), require="acuracy >= 1"),
    lambda: gate(frame(), require="max <= 1", confident=True),
    lambda: gate(frame(), baseline={"schema": "ce.score/9"}, max_regression=1),
    lambda: gate(*PAIR, baseline=score(*PAIR), max_regression="1%", base="2"),
    lambda: gate(*PAIR, baseline=score(*PAIR, metric="accuracy"), max_regression="1%"),
    lambda: gate(
        *PAIR,
        baseline=score(*PAIR, metric="cross_entropy"),
        max_regression="1%",
        mode="confident",
    ),
    lambda: gate(CANCER, baseline=CANCER, max_regression="1%"),
    lambda: gate(
        frame(w=[1, 1, 1], label=[1, 0, 1], prob=[0.5] * 3),
        baseline=frame(),
        weight="w",
        convention="keras",
        max_regression="1%",
    ),
    lambda: explain(frame(), of=3),
    lambda: explain(frame(), row=0),
    lambda: explain(frame(), row=1, of=1, id="label"),
    lambda: explain(frame(), of=1, id="label"),
    lambda: explain(frame(**ABSENT), row=2, missing="skip"),
    lambda: explain(frame(), row=1, ignore_label=1),
    lambda: explain(q=[0.5, 0.6], p=[1, 0]),
    lambda: explain(q=[0.5, 0.4, 0.1]),
    lambda: explain(q=[2.0, -1.0], label="0"),
    lambda: explain(q=[2.0, -1.0], label="0", as_="logprobs"),
    lambda: explain(q=[0.5, 0.5], p=[3, 2]),
    lambda: explain(q=[0.5, 0.5], p=[1, 0], label="1"),
    lambda: explain(q=[0.5, 0.5], task="likelihood"),
    lambda: explain(q=[0.5, 0.5], label="7"),
    lambda: explain(q=[0.5, 0.5, 0.0], task="binary", label="0"),
    lambda: explain(q=[0.5, 0.5], label="0", classes="a,b,c"),
    lambda: inspect(frame(), label="labels"),
]


def accepted() -> set[str]:
    """Every parameter that one of the functions takes, as declared for them."""
    own = {"row", "of", "q", "p", "curve", "preds", "data", "per_row"}
    return own | {name for declared in COMMANDS.values() for name in options_of(declared)}


@pytest.mark.parametrize("place", range(len(CASES)))
def test_no_error_speaks_of_options(place: int) -> None:
    with pytest.raises(CeError) as caught:
        CASES[place]()
    error = caught.value
    assert "--" not in str(error)
    assert str(error) == "\n".join(error.sentences)
    assert all("--" not in name for one in error.suggestions for name, _ in one.options)
    for name, value in ARGUMENT.findall(str(error)):
        assert name in accepted()
        ast.literal_eval(value)


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        (OUTSIDE, {}),
        (ABSENT, {}),
        ({"label": [1, 0, None], "prob": [0.5, 0.5, 0.5]}, {}),
        (BAD_SUMS, {"on_bad_sum": "error"}),
        ({"label": [1, 0], "prob": ["0.5", "n.d."]}, {}),
        ({"label": [1, 0], "truth": [1, 0], "prob": [0.5, 0.5]}, {}),
        ({"label": ["x", "y"], "prob": [0.5, 0.5]}, {"positive": "z"}),
        ({"label": ["a", "b", "c"], "p_a": [0.5] * 3, "p_b": [0.5] * 3}, {}),
        ({"label": [[2, 1], [0, 3]], "p": [[0.5, 0.5], [0.5, 0.5]]}, {}),
    ],
)
def test_a_suggested_argument_can_be_passed(
    columns: dict[str, Any], options: dict[str, Any]
) -> None:
    """It may lead to the next problem, but never to the complaint that there is no such thing."""
    with pytest.raises(CeError) as caught:
        score(frame(**columns), **options)
    found = {name: ast.literal_eval(one) for name, one in ARGUMENT.findall(str(caught.value))}
    for name, value in found.items():
        typed = {name: value}
        if {"na_value", "missing"} == found.keys():  # they are named together
            typed = found
        try:
            score(frame(**columns), **{**options, **typed})
        except CeError as error:
            assert f"{name}=" not in str(error)  # noqa: PT017 - it may also succeed


def test_the_traceback_is_that_of_the_error() -> None:
    with pytest.raises(CeError) as caught:
        score(frame(), clip=0.7)
    assert caught.traceback[-1].name == "check"
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("typed", "python"),
    [
        ("skip such rows with --missing skip.", 'skip such rows with missing="skip".'),
        ("use --na-value n.d. --missing skip", 'use na_value="n.d.", missing="skip"'),
        ("use --na-value 'n d' --missing skip", 'use na_value="n d", missing="skip"'),
        ("choose one: --pred 'a_*' --pred 'b_*'.", 'choose one: pred=["a_*", "b_*"].'),
        ("name it with --id COL.", "name it with id."),
        ("use --no-header.", "use no_header=True."),
        ("--label, --pred or --model NAME=COLS", "label, pred or preds"),
        ("set --as logits or --as logprobs.", 'set as_="logits" or as_="logprobs".'),
        ("--clip 0.7 is not", "clip=0.7 is not"),
        ("'--max low': the limit", 'max="low": the limit'),
        ("--class-weight 'a b'=-1 is not", 'class_weight="a b=-1" is not'),
        ("use --class-weight CLASS=W.", "use class_weight."),
        ("for example --max 0.35; --init writes some.", "for example max=0.35."),
        ("written by ce score --json.", "written by score(…).to_dict()."),
        ("with ce score --json --by 'a b'.", 'with score(…, by="a b").to_dict().'),
        ("if it is 'it'\"'\"'s', --id 'it'\"'\"'s'", "if it is 'it'\"'\"'s', id=\"it's\""),
        ("the column '--label' is 'a--b'", "the column '--label' is 'a--b'"),
        ("−1 -- or 1", "−1 -- or 1"),
    ],
)
def test_options_are_arguments(typed: str, python: str) -> None:
    assert translated(typed) == python


def test_commands_are_calls() -> None:
    command = "ce score labels predictions --positive 'a b' --label-counts --clip 0.1"
    assert (
        called(command) == 'score(labels, predictions, positive="a b", label_counts=True, clip=0.1)'
    )
    assert called("ce inspect data") == "inspect(data)"
    assert called("python3 -c 'import this'") == "python3 -c 'import this'"


def options_with_a_word() -> Iterator[tuple[str, str]]:
    """Every option in a message of the package, with the lower-case word that follows it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in {"cli", "options", "outputs", "api"}:
            continue
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        documentation = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if isinstance(node, ast.Constant) and id(node) not in documentation:
                yield from re.findall(r"--([a-z-]+) ([a-z]+)(?![a-z0-9-])", str(node.value))


def test_no_word_of_a_sentence_is_taken_for_a_value() -> None:
    found = set(options_with_a_word())
    assert len(found) > 50
    taken = {(name, word) for name, word in found if f'"{word}"' in translated(f"--{name} {word}")}
    choices = {
        (key(name), choice)
        for declared in COMMANDS.values()
        for name, option in options_of(declared).items()
        if get_origin(option.typed) is Literal
        for choice in get_args(option.typed)
    }
    examples = {("class-weight", "balanced"), ("clip", "none"), ("model", "new")}
    examples |= {("storage-option", key) for key in ("account", "anonymous", "region")}
    examples |= {("input-format", name) for entry in INPUTS for name in entry.names}
    examples |= {("engine", name) for entry in ENGINES for name in entry.names}
    examples |= {("scheduler", "sc")}  # sc://HOST
    assert taken - choices <= examples
