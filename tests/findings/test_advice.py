"""The option in a message, typed as it stands, gives the right number."""

from __future__ import annotations

import math
import re
import shlex
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ce_cli.findings.far_marks import extremes, far_marks, merged
from tests.conftest import complaints, run_ce, score_json
from tests.inspection.files import finding, inspected
from tests.writing import as_parquet

BAD_DATA = 3
VALUE = r"('[^']*'|[^ ;]*[^ ;,.])"
OPTIONS = re.compile(rf"--[a-z][a-z-]* {VALUE}( --[a-z-]+ {VALUE})*")
INSPECTED = ["a mark of -1", "no label", "a row of totals", "an index to ignore"]


def mean(*probabilities: float) -> float:
    """The mean surprisal of the probabilities of the labels."""
    return -sum(map(math.log, probabilities)) / len(probabilities)


def sigmoid(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))


TWO = mean(0.8, 0.7)

# Each file, and the number after the first option in its message.
FIXED: dict[str, tuple[str, float]] = {
    "a mark below 0": ("label,prob\n1,0.8\n0,-0.01\n0,0.3\n", TWO),
    "a mark of -1": ("label,prob\n1,0.8\n0,-1\n1,-1\n0,0.3\n", TWO),
    "a mark of 999": ("label,prob\n1,0.8\n0,999\n0,0.3\n", TWO),
    "a mark of 1e30": ("label,prob\n1,0.8\n0,1e30\n0,0.3\n", TWO),
    "a mark with all its digits": ("label,prob\n1,0.8\n0,2147483647\n0,0.3\n", TWO),
    "a mark in another spelling": ("label,prob\n1,0.8\n0,-1.00\n0,0.3\n", TWO),
    "two marks": ("label,prob\n1,0.8\n0,-99\n1,-98\n0,0.3\n", TWO),
    "a mark among logits": (
        "label,prob\n1,2.5\n0,-1.5\n1,-9999\n0,-3\n", mean(*map(sigmoid, (2.5, 1.5, 3)))
    ),
    "marks in all class columns": ("label,p_a,p_b\na,0.8,0.2\nb,-99,-99\nb,0.3,0.7\n", TWO),
    "marks in lists": ('label,prob\n0,"[0.8,0.2]"\n1,"[-1,-1]"\n1,"[0.3,0.7]"\n', TWO),
    "logits": ("label,prob\n1,2.5\n0,-1.5\n1,0.3\n0,-3\n", mean(*map(sigmoid, (2.5, 1.5, 0.3, 3)))),
    "log-probabilities of classes": (
        "label,p_a,p_b\n" + "".join(f"{k},{math.log(a)!r},{math.log(1 - a)!r}\n"
                                    for k, a in (("a", 0.8), ("b", 0.3))),
        TWO,
    ),
    "probabilities under another name": ("target,logprob_0,logprob_1\n0,0.8,0.2\n1,0.3,0.7\n", TWO),
    "probabilities named logits": ("y,logit_0,logit_1\n0,0.8,0.2\n1,0.3,0.7\n", TWO),
    "losses named log-probabilities": ("logprob\n0.5\n1.25\n0.35\n", 0.7),
    "no label": ("label,prob\n1,0.8\n-1,0.5\n0,0.3\n", TWO),
    "an index to ignore": ("label,prob\n1,0.8\n-100,0.5\n0,0.3\n", TWO),
    "an index to ignore in an image": ("label,prob\n1,0.8\n255,0.5\n0,0.3\n", TWO),
    "an index to ignore of three": (
        "label,p_0,p_1,p_2\n0,0.8,0.1,0.1\n-1,0.2,0.3,0.5\n2,0.1,0.2,0.7\n1,0.2,0.8,0\n",
        mean(0.8, 0.7, 0.8),
    ),
    "a row of totals": ("label,prob\n1,0.8\n0,0.3\nTotal,1.1\n", TWO),
    "a row of means": ("label,p_a,p_b\na,0.8,0.2\nb,0.3,0.7\nMean,0.55,0.45\n", TWO),
    "another label": ("label,prob\nyes,0.8\nno,0.3\nmaybe,0.5\n", TWO),
    "a share that marks no label": ("label,prob\n1,0.8\n0.5,0.5\n-1,0.5\n", mean(0.8, 0.5)),
}  # fmt: skip


NEAR = {
    "a full stop": "label,>50K,<=50K\n>50K.,0.8,0.2\n<=50K.,0.3,0.7\n",
    "another case": "label,p_Cat,p_Dog\ncat,0.8,0.2\ndog,0.3,0.7\n",
    "an underscore": "label,p_a-b,p_c-d\na_b,0.8,0.2\nc_d,0.3,0.7\n",
    "a map in another case": "label,q\ncat,\"{'Cat': 0.8, 'Dog': 0.2}\"\n"
    "dog,\"{'Cat': 0.3, 'Dog': 0.7}\"\n",
    "blanks within": "label,p_a b,p_c d\na  b,0.8,0.2\nc  d,0.3,0.7\n",
}


@pytest.mark.parametrize("name", NEAR)
def test_near_misses_are_read_or_lead_to_the_number(name: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text(NEAR[name])
    done = run_ce("score", path)
    options = options_in(complaints(done, BAD_DATA)[0]) if done.returncode else []
    document = score_json(path, *options)
    assert document["metrics"]["cross_entropy"] == pytest.approx(TWO, rel=1e-9)


def options_in(message: str) -> list[str]:
    """The first options that a message names, as a shell reads them."""
    found = OPTIONS.search(message)
    assert found is not None, message
    return shlex.split(found[0])


@pytest.mark.parametrize("name", FIXED)
def test_the_option_typed_as_it_stands_gives_the_number(name: str, tmp_path: Path) -> None:
    text, expected = FIXED[name]
    path = tmp_path / "preds.csv"
    path.write_text(text)
    line = complaints(run_ce("score", path), BAD_DATA)[0]
    document = score_json(path, *options_in(line))
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("type_", [pa.float64(), pa.float32()])
def test_marks_in_numbers_of_parquet_are_found(type_: pa.DataType, tmp_path: Path) -> None:
    path = tmp_path / "preds.parquet"
    prob = pa.array([0.8, -0.1, 0.3], type_)
    path.write_bytes(as_parquet(pa.table({"label": [1, 0, 0], "prob": prob})))
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    document = score_json(path, *options_in(line))
    assert document["metrics"]["cross_entropy"] == pytest.approx(TWO, rel=1e-6)
    assert document["rows"]["skipped"] == 1


# Each file, what its message says, and options that would give a wrong number.
NO_OPTION: dict[str, tuple[str, str]] = {
    "percentages": ("label,p_a,p_b\na,80,20\nb,30,70\n", "divide them by 100"),
    "percentages of one class": ("label,prob\n1,80\n0,30\n1,65.5\n", "divide them by 100"),
    "thousandths": ("label,p_a,p_b\na,800,200\nb,300,700\n", "divide each number by 1000"),
    "8 bits": ("label,prob\n1,204\n0,76\n1,255\n0,3\n", "divide them by 255"),
    "base 10": ("label,p_a,p_b\na,-0.0969,-0.699\nb,-0.523,-0.155\n", "ln 10"),
    "a single slip": ("label,prob\n" + "1,0.5\n" * 40 + "1,1.3\n", "correct or remove"),
    "a linear model": (
        "label,prob\n" + "1,0.9\n0,0.1\n" * 40 + "1,1.02\n0,-0.03\n0,-0.07\n",
        "correct or remove",
    ),
    "odds": ("label,prob\n1,4\n0,0.25\n1,2.5\n0,0.5\n", "o/(1 + o)"),
    "classes in two spellings": (
        "label,p_cat,p_dog\ncat,0.8,0.2\ndog,0.4,0.6\nDog,0.3,0.7\n",
        "the nearest is 'dog'",
    ),
    "counts out of 1000": (
        "label,p_cat,p_dog,p_cow\ncat,700,200,100\ndog,100,800,100\n",
        "divide each number by 1000",
    ),
    "percentages in one row": ("label,p_a,p_b\na,80,20\n", "divide them by 100"),
    "counts": ("label,p_a,p_b\na,8,2\nb,30,7\nb,1,4\n", "divide those of each row by their sum"),
    "out of 10": ("label,prob\n1,8\n0,3\n1,6.5\n0,9\n", "divide them by that"),
    "percentages with a mark": ("label,prob\n1,80\n0,30\n1,65\n0,-1\n", "-1 marks a missing one"),
    "percentages and 999": ("label,prob\n1,80\n0,30\n1,65\n0,999\n", "999 marks a missing one"),
    "a minus sign": ("label,prob\n1,-0.8\n0,-0.05\n1,-0.95\n0,-0.3\n", "negate them"),
    "negative shares": ("y_a,y_b,p_a,p_b\n-0.2,1.2,0.5,0.5\n", "never negative"),
}


@pytest.mark.parametrize("name", NO_OPTION)
def test_no_option_is_named_that_would_not_help(name: str, tmp_path: Path) -> None:
    text, words = NO_OPTION[name]
    path = tmp_path / "preds.csv"
    path.write_text(text)
    line = " ".join(complaints(run_ce("score", path), BAD_DATA))
    assert words in line
    for option in ("--as logits", "--na-value", "--ignore-label", "--label-counts"):
        assert option not in line


def test_base_ten_logarithms_are_named_where_they_are_scored(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text("label,logprob_a,logprob_b\na,-0.0969,-0.699\nb,-0.523,-0.155\n")
    (warning,) = (w for w in score_json(path)["warnings"] if w["code"] == "bad_sum")
    assert "ln 10" in warning["message"]
    (line,) = complaints(run_ce("score", path, "--on-bad-sum", "error"), BAD_DATA)
    assert "ln 10" in line
    assert "renormalize" not in line


@pytest.mark.parametrize("name", NO_OPTION)
def test_inspection_names_no_option_either(name: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text(NO_OPTION[name][0])
    found = inspected(path)["findings"]
    named = " ".join(one["options"] or "" for one in found if one["severity"] != "note")
    assert "--as logits" not in named
    assert "--na-value" not in named


# Files in which one prediction is a mark, and the number without its row.
FAR: dict[str, tuple[str, float]] = {
    "one among logits": (
        "label,logit\n1,2.5\n0,-1.5\n1,-9999\n0,-3\n", mean(*map(sigmoid, (2.5, 1.5, 3)))
    ),
    "two among logits": (
        "label,logit\n1,2.5\n0,-999\n1,-999\n0,-3\n", mean(*map(sigmoid, (2.5, 3)))
    ),
    "a large round one": ("label,logit\n1,2.5\n0,-1e30\n0,-3\n", mean(*map(sigmoid, (2.5, 3)))),
    "a token": ("token,logprob\nx,-2.5\ny,-1.5\nz,-9999\n", 2.0),
    "all classes": (
        "label,logit_a,logit_b,logit_c\na,2,2,2\nb,-999,-999,-999\nc,1,1,1\n", math.log(3)
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAR)
def test_marks_far_from_all_logits_are_reported(name: str, tmp_path: Path) -> None:
    text, expected = FAR[name]
    path = tmp_path / "preds.csv"
    path.write_text(text)
    (warning,) = (w for w in score_json(path)["warnings"] if w["code"] == "marks_of_missing")
    document = score_json(path, *options_in(warning["message"]))
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-9)
    assert "marks_of_missing" not in [one["code"] for one in document["warnings"]]
    found = finding(inspected(path), "marks_of_missing")
    assert found["options"] in warning["message"]


@pytest.mark.parametrize(
    "text",
    [
        "label,logit\n1,2.5\n0,-1.5\n1,-9\n0,-3\n",
        "label,logit\n1,30\n0,-15\n1,99\n0,-3\n",
        "label,logit\n1,2.5\n0,-1234\n1,0.5\n",
        "label,logit_a,logit_b,logit_c\na,2,1,-1e9\nb,1,2,-1e9\n",  # a class that is ruled out
        "token,logprob\nx,-2.5\ny,-inf\n",
    ],
)
def test_numbers_that_may_be_logits_are_no_marks(text: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text(text)
    codes = [one["code"] for one in score_json(path)["warnings"]]
    assert "marks_of_missing" not in codes


@given(
    numbers=st.lists(
        st.sampled_from([-9999.0, 999.0, -999.0, -99.0, 9.0, -9.0, 5.0, -5.0, 0.5, 0.0, -math.inf]),
        min_size=1,
        max_size=9,
    ),
    cut=st.integers(0, 9),
)
def test_far_marks_are_the_same_wherever_rows_are_cut(numbers: list[float], cut: int) -> None:
    first, second = (extremes(np.array([some])) for some in (numbers[:cut], numbers[cut:]))
    whole = extremes(np.array([numbers]))
    assert merged(first, second, several=False) == whole
    finite = {abs(one) for one in numbers if math.isfinite(one)}
    far = {abs(mark) for mark in far_marks(whole)}
    assert all(mark >= 10 * other for mark in far for other in finite - far)


@pytest.mark.parametrize("name", INSPECTED)
def test_inspection_suggests_the_same(name: str, tmp_path: Path) -> None:
    text, expected = FIXED[name]
    path = tmp_path / "preds.csv"
    path.write_text(text)
    command = shlex.split(inspected(path)["next"])
    assert command[:2] == ["ce", "score"]
    document = score_json(*command[2:])
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("certain", "reported"), [(2, False), (3, True)])
def test_clipped_rows_that_carry_a_third_of_the_loss_are_reported(
    certain: int, reported: bool, tmp_path: Path
) -> None:
    """A clipped row costs 36.04 nats, and any other here 0.511: two rows are 26 %, three 35 %."""
    path = tmp_path / "preds.csv"
    path.write_text("label,prob\n" + "1,0\n" * certain + "1,0.6\n0,0.4\n" * 200)
    document = inspected(path)
    assert any(one["code"] == "clipped" for one in document["findings"]) == reported
    if reported:
        assert finding(document, "clipped")["count"] == certain


def test_a_command_has_the_whole_of_a_long_name(tmp_path: Path) -> None:
    long = "the probability that the customer will have left us within twelve months, "
    rows = "1,0.8,0.7\n0,0.3,0.4\n0,0.2,0.6\n"
    (tmp_path / "preds.csv").write_text(f'label,"{long}old","{long}new"\n{rows}')
    (message,) = complaints(run_ce("score", "preds.csv", cwd=tmp_path), BAD_DATA)
    command = re.search(r"for example: ce score (.*?), or ce compare", message)
    assert command is not None
    assert run_ce("score", *shlex.split(command[1]), cwd=tmp_path).returncode == 0


def test_inspect_refuses_probabilities_named_logits_as_the_score_does(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text("y,logit_0,logit_1\n0,0.8,0.2\n1,0.3,0.7\n")
    document = inspected(path)
    assert finding(document, "binding")["options"] == "--as probabilities"
    command = shlex.split(document["next"])[1:]
    assert score_json(*command[1:])["metrics"]["cross_entropy"] == pytest.approx(TWO)
