"""`ce explain` of typed distributions: entropy alone, predictions side by side, and curves."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from scipy.stats import entropy

from ce_cli import explain
from ce_cli.errors import UsageError
from tests.conftest import SAMPLES, SCHEMAS, complaints, run_ce, strict

CLOSE = 1e-12
USAGE = 2
UNITS = {"e": math.e, "2": 2.0, "10": 10.0}


def explained(*args: str) -> dict[str, Any]:
    """The strict JSON of ``ce explain ARGS --json``, which must work and fit its schema."""
    done = run_ce("explain", *args, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    found = strict(done.stdout)
    SCHEMAS["ce.explain/1"].validate(found)
    return found


def page(*args: str, **env: str) -> str:
    done = run_ce("explain", *args, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


# The entropy of a distribution


@pytest.mark.parametrize("base", UNITS)
def test_the_entropy_is_that_of_scipy(base: str) -> None:
    p = np.random.default_rng(5).dirichlet(np.ones(6))
    found = explained("--p", ",".join(map(repr, p.tolist())), "--base", base)
    assert found["entropy"] == pytest.approx(entropy(p, base=UNITS[base]), rel=CLOSE)
    assert found["perplexity"] == pytest.approx(math.exp(entropy(p)), rel=CLOSE)
    assert (found["cross_entropy"], found["kl_divergence"]) == (None, None)
    surprisals = [part["surprisal"] for part in found["classes"]]
    assert surprisals == pytest.approx((-np.log(p) / math.log(UNITS[base])).tolist(), rel=CLOSE)
    assert all(part["prediction"] is None for part in found["classes"])


def test_a_textbook_distribution_has_its_entropy_and_perplexity() -> None:
    """Cover and Thomas, example 1.1.2: eight horses, 2 bits, so a perplexity of 4."""
    found = explained("--p", "1/2,1/4,1/8,1/16,1/64,1/64,1/64,1/64", "--base", "2")
    assert (found["entropy"], found["perplexity"]) == (2.0, pytest.approx(4.0, rel=CLOSE))


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ("--p 0.25", -0.25 * math.log(0.25) - 0.75 * math.log(0.75)),
        ("--p 25%,75%", -0.25 * math.log(0.25) - 0.75 * math.log(0.75)),
        ("--p 0", 0.0),
        ("--p 1,0,0", 0.0),
        ("--p 3,1 --label-counts", -0.25 * math.log(0.25) - 0.75 * math.log(0.75)),
        ("--p 2,2 --on-bad-sum renormalize --label-counts", math.log(2)),
        ("--p 1,0 --label-smoothing 0.5", -0.25 * math.log(0.25) - 0.75 * math.log(0.75)),
        ("--p 0.5,0,1 --task multilabel", math.log(2) / 3),
    ],
)
def test_entropies_by_hand(options: str, value: float) -> None:
    found = explained(*options.split())
    assert found["entropy"] == pytest.approx(value, rel=CLOSE, abs=CLOSE)


def test_a_uniform_distribution_of_many_classes_has_their_number_as_perplexity() -> None:
    found = explained("--p", ",".join(["1"] * 5000), "--label-counts")
    assert found["entropy"] == pytest.approx(math.log(5000), rel=CLOSE)
    assert found["perplexity"] == pytest.approx(5000, rel=1e-9)
    text = page("--p", ",".join(["1"] * 5000), "--label-counts")
    assert "4,988 more" in text
    assert "as 5,000 equally likely classes" in text


def test_an_entropy_is_what_a_prediction_equal_to_the_label_costs() -> None:
    text = "0.2,0.3,0.5"
    alone, both = explained("--p", text), explained("--p", text, "--q", text)
    assert alone["entropy"] == pytest.approx(both["cross_entropy"], rel=CLOSE)
    assert alone["perplexity"] == pytest.approx(both["perplexity"], rel=CLOSE)


# Several predictions


def test_predictions_side_by_side_are_those_of_each_alone() -> None:
    p, several = "0.7,0.2,0.1", ("0.5,0.3,0.2", "0.6,0.3,0.1", "1/3,1/3,1/3")
    found = explained("--p", p, *(word for q in several for word in ("--q", q)), "--base", "2")
    assert [one["name"] for one in found["predictions"]] == ["q1", "q2", "q3"]
    for one, q in zip(found["predictions"], several, strict=True):
        alone = explained("--p", p, "--q", q, "--base", "2")
        for name in ("cross_entropy", "kl_divergence", "perplexity", "classes"):
            assert one[name] == alone[name]
        assert found["entropy"] == alone["entropy"]
    divergences = [one["kl_divergence"] for one in found["predictions"]]
    shares = [[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [1 / 3] * 3]
    expected = [entropy([0.7, 0.2, 0.1], q, base=2) for q in shares]
    assert divergences == pytest.approx(expected, rel=1e-9)
    assert found["nearest"] == ["q2"]


@pytest.mark.parametrize(
    ("options", "nearest", "sentence"),
    [
        ("--p 0.5,0.5 --q 0.9,0.1 --q 0.6,0.4", ["q2"], "q2 is nearer to p"),
        ("--p 0.5 --q 0.1 --q 0.9", ["q1", "q2"], "q1 and q2 are equally near to p."),
        ("--label 1 --q 0.1 --q 0.9 --q 0.5", ["q2"], "q2 is nearest to p"),
        ("--p 0.5 --q 0 --q 1 --clip none", [], "None is nearer"),
        ("--p 0.5 --q 0 --q 0.9 --clip none", ["q2"], "its loss alone is finite"),
        ("--label b --classes a,b --q 3,1 --q 1,2 --as logits", ["q2"], "q2 is nearer"),
    ],
)
def test_the_nearest_prediction_is_named(options: str, nearest: list[str], sentence: str) -> None:
    assert explained(*options.split())["nearest"] == nearest
    assert sentence in page(*options.split())


def test_the_frame_has_a_row_for_each_prediction_and_class() -> None:
    frame = explain(p=[0.5, 0.5], q=[[0.9, 0.1], [0.6, 0.4]]).frame()
    assert frame["name"].tolist() == ["q1", "q1", "q2", "q2"]
    assert frame["prediction"].tolist() == [0.9, 0.1, 0.6, 0.4]
    assert "name" not in explain(p=[0.5, 0.5], q=[0.9, 0.1]).frame()


def test_python_and_the_command_line_give_the_same_document() -> None:
    matrix = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
    q = ("--q", "0.5,0.3,0.2", "--q", "0.1,0.8,0.1")
    p = [0.2, 0.7, 0.1]
    assert explain(p=p, q=matrix).to_dict() == explained("--p", "0.2,0.7,0.1", *q)
    assert explain(p=p, q=["0.5 0.3 0.2", "0.1 0.8 0.1"]) == explain(p=p, q=matrix)
    assert explain(p=p, base="2").to_dict() == explained("--p", "0.2,0.7,0.1", "--base", "2")
    curve = explain(p=0.3, q=[[0.5], [0.4]], curve=True)
    assert curve.to_dict() == explained("--p", "0.3", "--q", "0.5", "--q", "0.4", "--curve")
    assert explain(curve=True, base="2").to_dict() == explained("--curve", "--base", "2")


# Curves


@pytest.mark.parametrize("base", UNITS)
def test_the_cross_entropy_over_q_is_lowest_at_the_label(base: str) -> None:
    found = explained("--p", "0.3", "--q", "0.8", "--curve", "--base", base)
    curve = found["cross_entropy_curve"]
    scale = math.log(UNITS[base])
    for point in curve["points"][1:-1]:
        q = point["prediction"]
        expected = -(0.3 * math.log(q) + 0.7 * math.log(1 - q)) / scale
        assert point["cross_entropy"] == pytest.approx(expected, rel=CLOSE)
        assert point["cross_entropy"] >= found["entropy"] - CLOSE
    assert [curve["points"][end]["cross_entropy"] for end in (0, -1)] == [None, None]
    lowest = min(curve["points"][1:-1], key=lambda one: one["cross_entropy"])
    assert lowest["prediction"] == pytest.approx(0.3, abs=1 / 120)
    assert curve["minimum"] == {"prediction": 0.3, "cross_entropy": found["entropy"]}
    (mark,) = curve["marks"]
    assert (mark["prediction"], mark["cross_entropy"]) == (0.8, found["cross_entropy"])


@pytest.mark.parametrize("options", [["--p", "0.1", "--base", "2"], ["--base", "2"]])
def test_the_entropy_over_p_is_one_bit_in_the_middle(options: Sequence[str]) -> None:
    curve = explained(*options, "--curve")["entropy_curve"]
    heights = {point["label"]: point["entropy"] for point in curve["points"]}
    assert (heights[0.0], heights[0.5], heights[1.0]) == (0.0, 1.0, 0.0)
    for label, height in heights.items():
        assert height == pytest.approx(entropy([label, 1 - label], base=2), abs=CLOSE)
    if "--p" in options:
        assert curve["mark"]["entropy"] == pytest.approx(entropy([0.1, 0.9], base=2), rel=CLOSE)
    else:
        assert curve["mark"] is None


@pytest.mark.parametrize(
    "options",
    ["--p 1 --q 0.8", "--p 0.2,0.3,0.5 --q 0.5,0.3,0.2", "--label 0 --q 0.2,0.8", "--q 0.4"],
)
def test_other_curves_are_minus_log_q_alone(options: str) -> None:
    """A certain label, or more than two classes."""
    found = explained(*options.split(), "--curve")
    assert found["curve"] is not None
    assert (found["cross_entropy_curve"], found["entropy_curve"]) == (None, None)


def plotted(text: str, title: str) -> list[str]:
    """The rows between the axes of a plot, without what is to their left."""
    lines = text[text.index(title) :].splitlines()
    return [line[8:].ljust(60) for line in lines[1:16]]


def test_the_gap_is_drawn_from_the_prediction_to_the_level_of_the_minimum() -> None:
    drawn = plotted(page("--p", "0.3", "--q", "0.8", "--curve"), "cross-entropy H(p, q)")
    places = {
        sign: [(row, line.index(sign)) for row, line in enumerate(drawn) if sign in line]
        for sign in "●○┃"
    }
    ((top, right),) = places["●"]
    ((level, left),) = places["○"]
    assert right == pytest.approx(60 * 0.8, abs=1)
    assert left == pytest.approx(60 * 0.3, abs=1)
    assert places["┃"] == [(row, right) for row in range(top + 1, level + 1)]
    divergence = entropy([0.3, 0.7], [0.8, 0.2])
    assert level - top == pytest.approx(divergence / 2 * 14.75, abs=1)  # 2 nats high


def test_the_curve_of_the_entropy_is_symmetric_and_has_no_gaps() -> None:
    drawn = plotted(page("--curve"), "entropy H(p)")
    rows = [[row for row in range(15) if drawn[row][place] != " "] for place in range(60)]
    assert all(rows)
    assert [one[0] for one in rows] == pytest.approx([one[0] for one in rows[::-1]], abs=1)
    assert min(one[0] for one in rows) == 0


def test_a_pipe_is_read_rather_than_a_bare_curve_drawn() -> None:
    done = run_ce("explain", "--curve", stdin=b"label,prob\n1,0.5\n")
    assert done.returncode == 0
    assert "row 1" in done.stdout


# Formulas


@pytest.mark.parametrize(
    ("options", "lines"),
    [
        ("--p 0.3 --q 0.8", ["loss = −[y · log q + (1 − y) · log(1 − q)]",
                             "= −[0.3 · log 0.8 + (1 − 0.3) · log(1 − 0.8)]",
                             "= 1.1935 nats"]),
        ("--p 1 --q 0.8 --base 2", ["−[1 · log₂ 0.8 + (1 − 1) · log₂(1 − 0.8)]",
                                    "= −log₂ 0.8 = 0.32193 bits"]),
        ("--p 0.5,0.5 --q 0.25,0.75", ["loss = Σ p · log 1/q",
                                       "= 0.5 · log 1/0.25 + 0.5 · log 1/0.75"]),
        ("--label 0 --q 0.25,0.75", ["loss = Σ p · log 1/q = −log 0.25 = 1.3863 nats"]),
        ("--p 0.5,0.25,0.25 --base 2", ["H(p) = Σ p · log₂ 1/p",
                                        "= 0.5 · log₂ 1/0.5 + 0.25 · log₂ 1/0.25 + ",
                                        "= 1.5000 bits"]),
        ("--q 0.25", ["loss = −log q = −log 0.25 = 1.3863 nats"]),
        ("--q 0.25 --p 0.5 --q 0.5", ["H(p, q) = Σ p · log 1/q = H(p) + KL(p‖q)"]),
    ],
)  # fmt: skip
def test_the_formula_is_shown_with_the_numbers_put_in(options: str, lines: list[str]) -> None:
    text = page(*options.split())
    for line in lines:
        assert line in text


EQUAL = "equal only where q = p"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("--p 0.3 --q 0.8", f"{EQUAL}."),
        ("--p 0.3,0.7 --q 0.3,0.7", f"{EQUAL}, as here."),
        ("--label 1 --q 0.8", f"{EQUAL}."),
        ("--p 0.3", f"{EQUAL}."),
        ("--p 0.3 --q 0.8 --q 0.4", f"{EQUAL}."),
        ("--p 1,0 --q 0.8,0.4 --task multilabel", f"{EQUAL}."),
        ("--q 0.3", ""),  # there is no p
        ("--p 0.333,0.333,0.333 --q 0.3334,0.3334,0.3334", ""),  # H(p, q) < H(p)
    ],
)
def test_equality_is_mentioned_where_the_inequality_holds(options: str, sentence: str) -> None:
    text = page(*options.split())
    assert (EQUAL in text) == bool(sentence)
    assert sentence in text


def test_equality_is_not_mentioned_for_rows_that_do_not_sum_to_one() -> None:
    rows = b"label,p_0,p_1\n0,0.9,0.4\n1,0.5,0.5\n1,0.25,0.75\n"
    first = run_ce("explain", "--row", "1", stdin=rows).stdout
    second = run_ce("explain", "--row", "2", stdin=rows).stdout
    assert EQUAL not in first
    assert EQUAL in second


def test_a_sum_that_is_not_one_is_shown_with_the_options_that_divide() -> None:
    options = ["--p", "0.333,0.333,0.333", "--q", "0.3334,0.3334,0.3334"]
    text = page(*options)
    (advice,) = {line.partition("divide: ")[2] for line in text.splitlines() if "divide:" in line}
    assert "p sums to 0.999" in text
    assert "q sums to 1.0002" in text
    assert explained(*options, *advice.split())["kl_divergence"] == pytest.approx(0, abs=CLOSE)


def test_an_impossible_outcome_is_named_where_clipping_hides_it() -> None:
    hidden = "without clipping the loss is infinite (--clip none)"
    for more in ((), ("--q", "0.5,0.5")):
        assert hidden in page("--p", "0.5,0.5", "--q", "1,0", *more)
    assert hidden not in page("--p", "1,0", "--q", "1,0")
    assert explained("--p", "0.5,0.5", "--q", "1,0", "--clip", "none")["cross_entropy"] is None


# The page in every width and format

SHOWN = {
    "entropy": "--p 0.5,0.25,0.25",
    "entropy of two": "--p 0.123456 --curve --base 10",
    "entropy of labels": "--p 0.123456,1,0.5 --task multilabel --label-smoothing 0.1",
    "two": "--p 0.7,0.2,0.1 --q 0.5,0.3,0.2 --q 0.6,0.3,0.1",
    "binary": "--p 0.123456 --q 0.654321 --curve --base 2",
    "nine": "--p 0.123456 --curve" + " --q 0.654321" * 9,
    "impossible": "--p 0.5,0.5 --q 1,0 --q 0.5,0.5 --curve",
    "nothing": "--curve",
    "sums": "--p 0.333,0.333,0.333 --q 0.3334,0.3334,0.3334 --q 0.333,0.333,0.333",
}


@pytest.mark.parametrize("name", SHOWN)
def test_the_page_fits_80_columns(name: str) -> None:
    lines = page(*SHOWN[name].split()).splitlines()
    assert max(len(line) for line in lines if not line.startswith("ce:")) <= 80


@pytest.mark.parametrize("name", SHOWN)
def test_colours_change_no_text(name: str) -> None:
    coloured = page(*SHOWN[name].split(), FORCE_COLOR="1")
    assert "\x1b[" in coloured
    plain = page(*SHOWN[name].split(), FORCE_COLOR="1", NO_COLOR="1")
    assert plain == page(*SHOWN[name].split())
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).split() == plain.split()


@pytest.mark.parametrize("name", SHOWN)
def test_markdown_has_the_numbers_of_the_document(name: str) -> None:
    found = explained(*SHOWN[name].split())
    text = page(*SHOWN[name].split(), "--format", "markdown")
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in tables}) <= 3
    figures = [one["cross_entropy"] for one in found["predictions"]] or [found["cross_entropy"]]
    for value in filter(None, [found["entropy"], *figures]):
        assert f"{value:.4f}"[:5] in text


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ("--p 0.5,x", ("--p", "'x'")),
        ("--p nan,1", ("'nan'",)),
        ("--p 0.5,0.6", ("--p sums to 1.1", "--on-bad-sum renormalize")),
        ("--p -0.1,1.1", ("-0.1", "between 0 and 1")),
        ("--p inf,1", ("inf", "between 0 and 1")),
        ("--p 3,1", ("--label-counts",)),
        ("--p 0.5 --as logits", ("--as", "--q")),
        ("--p 0.5 --clip none", ("--clip", "--q")),
        ("--p 0.5 --label 1", ("not both",)),
        ("--p 0.5 --id x", ("--id", "--p")),
        ("--p 1 --task multiclass", ("--task multiclass", "1 number in --p")),
        ("--p 1 --task likelihood", ("no label", "--q")),
        ("--q 0.5 --q 0.6", ("Several --q", "--p NUMBERS", "--label CLASS")),
        ("--p 0.5,0.5 --q 0.5,0.6 --q 0.5,0.5", ("--q 0.5,0.6 sums to 1.1",)),
        ("--p 0.5,0.5 --q 0.5,0.5 --q 90,11", ("--q 90,11: 90 is not a probability",)),
        ("--p 0.2,0.3,0.5 --q 0.5,0.5 --q 0.2,0.3,0.5", ("--q 0.5,0.5 has 2", "3 numbers")),
        ("--label 1 --q 0.5,0.5 --q 0.2,0.3,0.5", ("--q 0.2,0.3,0.5 has 3", "--q 0.5,0.5 has 2")),
        ("--curve --id x", ("Name a file",)),
    ],
)
def test_wrong_use_is_reported(options: str, parts: Sequence[str]) -> None:
    [line] = complaints(run_ce("explain", *options.split()), USAGE)
    for part in parts:
        assert part in line


@pytest.mark.parametrize("numbers", ["90,10", "33.3,33.3,33.4", "12.5,87.5"])
def test_numbers_that_sum_to_100_are_shown_as_percentages(numbers: str) -> None:
    for option in ("--p", "--q"):
        others = [] if option == "--p" else ["--label", "0"]
        [line] = complaints(run_ce("explain", option, numbers, *others), USAGE)
        assert "--as logits" not in line
        (advice,) = re.findall(rf"{option} ([\d.,%]+)$", line)
        given = [float(one) / 100 for one in numbers.split(",")]
        found = explained(option, advice, *others)
        field = "label" if option == "--p" else "prediction"
        assert [part[field] for part in found["classes"]] == pytest.approx(given, rel=CLOSE)


@pytest.mark.parametrize("options", ["--p 30", "--p -3,4", "--p 3,inf"])
def test_counts_are_not_suggested_where_they_would_be_refused(options: str) -> None:
    [line] = complaints(run_ce("explain", *options.split()), USAGE)
    assert "--label-counts" not in line
    complaints(run_ce("explain", *options.split(), "--label-counts"), USAGE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"p": [0.5, 0.5], "q": [[0.5, 0.6], [0.5, 0.5]]}, "sums to 1.1"),
        ({"p": [0.5, 0.5], "q": [0.5, [0.5, 0.5]]}, "q takes numbers"),
        ({"p": 0.5, "q": []}, "q has no numbers"),
        ({"q": [[0.5, 0.5], [0.4, 0.6]]}, "add p or label"),
        ({"p": 0.5, "as_": "logits"}, "as_ applies to predictions"),
        ({"p": 0.5, "data": SAMPLES / "wine.csv"}, "data is about data, and does not go with p"),
    ],
)
def test_numbers_that_do_not_fit_are_reported_in_python(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        explain(**options)
