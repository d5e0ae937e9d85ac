"""`ce gate` against limits: what passes, fails or is refused, and the messages."""

from __future__ import annotations

import json
import math
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.pages.gate import render
from ce_cli.results.gate import Check, Gate, Gated
from ce_cli.results.lines import BoundColumns
from ce_cli.results.score import Result
from tests.conftest import (
    COMMAND,
    ROOT,
    SAMPLES,
    complaints,
    environment,
    run_ce,
    score_json,
    spawn_ce,
    strict,
    write_csv,
)
from tests.gating.gates import (
    BAD_DATA,
    FAILED,
    HALVINGS,
    PASSED,
    STORAGE,
    USAGE,
    checks,
    halvings,
    refused,
    run_gate,
)
from tests.metrics.hall import hall_interval

LOSSES = [1.0, 2.0, 3.0, 2.0, 4.0, 6.0]
BITS = ("--base", "2")


@pytest.fixture
def preds(tmp_path: Path) -> Path:
    return halvings(tmp_path)


# What passes


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("cross_entropy <= 3", PASSED),
        ("cross_entropy < 3", FAILED),
        ("cross_entropy >= 3", PASSED),
        ("cross_entropy > 3", FAILED),
        ("cross_entropy <= 2.9999999999999996", FAILED),  # both are 3.0000 on the page
        ("cross_entropy >= 3.0000000000000004", FAILED),
        ("cross-entropy<=300%", PASSED),
        ("cross-entropy < 3e2 %", FAILED),
        ("total <= 18", PASSED),
        ("total < 18", FAILED),
        ("perplexity <= 8", PASSED),
        ("perplexity <= 7.9999999", FAILED),
        ("max <= 6", PASSED),
        ("max < 6", FAILED),
        ("min >= 1", PASSED),
        ("accuracy >= 0", PASSED),
        ("rows >= 6", PASSED),
        ("rows > 6", FAILED),
        ("rows < 7", PASSED),
        ("weight_sum >= 6", PASSED),
        ("weight_sum < 6", FAILED),
    ],
)
def test_a_limit_is_held_against_the_unrounded_number(preds: Path, limit: str, code: int) -> None:
    assert run_gate(preds, *BITS, "--require", limit)[0] == code


def test_short_forms_are_limits_like_any_other(preds: Path) -> None:
    found = checks(preds, *BITS, "--max", "3", "--min-rows", "7", "--require", "rows <= 6")
    shown = [(one["metric"], one["operator"], one["limit"], one["passed"]) for one in found]
    assert shown == [
        ("cross_entropy", "<=", 3.0, True),
        ("rows", ">=", 7.0, False),
        ("rows", "<=", 6.0, True),
    ]
    assert [one["margin"] for one in found] == [0.0, -1.0, 0.0]
    assert found[0]["name"] == "cross_entropy <= 3"


def test_weights_count_in_what_is_checked(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", {**HALVINGS, "w": [1, 1, 1, 0, 0, 0.5]})
    found = checks(path, *BITS, "--weight", "w", "--max", "3", "--require", "weight_sum <= 3.5")
    assert [one["value"] for one in found] == [(1 + 2 + 3 + 3) / 3.5, 3.5]


def test_several_files_and_standard_input_are_read_as_they_are_scored(preds: Path) -> None:
    twice = checks(preds, preds.parent / "." / preds.name, *BITS, "--require", "rows >= 12")
    assert twice[0]["passed"]
    piped = checks(*BITS, "--max", "3", stdin=preds.read_bytes())
    assert piped[0]["value"] == 3.0


# Groups


def by_group(found: list[Any]) -> dict[tuple[str | None, ...], tuple[float, bool]]:
    return {tuple(one["by"].values()): (round(one["value"], 12), one["passed"]) for one in found}


def test_every_group_has_to_pass(preds: Path) -> None:
    code, parsed = run_gate(preds, *BITS, "--require", "cross_entropy.by(segment) <= 3")
    assert code == FAILED
    assert by_group(parsed["gates"][0]["checks"]) == {("eu",): (2.0, True), ("us",): (4.0, False)}
    assert run_gate(preds, *BITS, "--require", "cross_entropy.by(segment) <= 4")[0] == PASSED


def test_groups_by_several_columns_and_by_some_of_their_values(preds: Path) -> None:
    found = checks(preds, *BITS, "--require", "cross_entropy.by(segment, country) <= 5")
    assert by_group(found) == {
        ("eu", "de"): (1.0, True),
        ("eu", "fr"): (2.5, True),
        ("us", "ca"): (6.0, False),
        ("us", "us"): (3.0, True),
    }
    named = checks(preds, *BITS, "--require", "rows.by(segment=eu, country) >= 2")
    assert by_group(named) == {("eu", "de"): (1.0, False), ("eu", "fr"): (2.0, True)}
    one = checks(preds, *BITS, "--require", "weight_sum.by(segment=us) >= 3")
    assert by_group(one) == {("us",): (3.0, True)}


def test_names_and_values_may_be_quoted_and_a_missing_value_is_nothing(tmp_path: Path) -> None:
    columns = {**HALVINGS, "a, (b)": ["x=1", "", "x=1", "o'c", "o'c", "o'c"]}
    path = write_csv(tmp_path / "odd.csv", columns)
    for value, mean in (("'x=1'", 2.0), ("", 2.0), ('"o\'c"', 4.0), ("x=1", 2.0)):
        found = checks(path, *BITS, "--require", f"cross_entropy.by('a, (b)'={value}) <= 4")
        assert [one["value"] for one in found] == [mean]


def test_sets_of_columns_are_grouped_as_if_each_were_scored_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    count = 5000
    path = write_csv(
        tmp_path / "many.csv",
        {
            "label": rng.integers(0, 2, count),
            "prob": rng.uniform(0.01, 0.99, count),
            "weight": rng.lognormal(0, 3, count),
            "a": rng.integers(0, 7, count),
            "b": rng.choice(["x", "y", ""], count),
        },
    )
    typed = ["cross_entropy.by(a) <= 9", "accuracy.by(b) >= 0", "brier.by(a,b) <= 1"]
    options = [word for one in typed for word in ("--require", one)]
    _, parsed = run_gate(path, "--weight", "weight", *options)
    found = parsed["gates"][0]["score"]["groups"]
    alone = [
        score_json(path, "--weight", "weight", *(word for name in by for word in ("--by", name)))
        for by in (("a",), ("b",), ("a", "b"))
    ]
    expected = [group for one in alone for group in one["groups"]]
    assert len(found) == len(expected) == 7 + 3 + 21
    for group, other in zip(found, expected, strict=True):
        assert group["by"] == other["by"]
        assert group["rows"] == other["rows"]
        assert group["metrics"].items() <= other["metrics"].items()
        assert {"cross_entropy", "accuracy", "brier", "standard_error"} <= group["metrics"].keys()
        assert {"cross_entropy", "skill", "accuracy", "brier"} == group["intervals"].keys()
        assert all(own == other["intervals"][name] for name, own in group["intervals"].items())
    assert len(parsed["gates"][0]["checks"]) == 31


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        ("cross_entropy.by(segment=uk) <= 9", "'segment=uk'"),
        ("rows.by(segment=usa) >= 0", "did you mean 'us'?"),
        ("rows.by(segment=eu,country=us) >= 0", "'segment=eu, country=us'"),
        ("rows.by(segment=uk,country) >= 0", "'segment=uk'"),
    ],
)
def test_a_limit_on_a_group_that_is_not_there_is_an_error(
    preds: Path, limit: str, reason: str
) -> None:
    (message,) = complaints(run_ce("gate", preds, *BITS, "--require", limit), BAD_DATA)
    assert "there is no group" in message
    assert reason in message


def test_what_is_not_there_fails_with_a_reason(preds: Path) -> None:
    (found,) = checks(preds, *BITS, "--require", "per_class <= 9")
    assert (found["passed"], found["value"], found["margin"]) == (False, None, None)
    assert "per_class" in found["reason"]


def test_a_metric_that_the_task_does_not_have_fails(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "tokens.csv", {"token": ["a", "b"], "logprob": [-1, -2]})
    found = checks(path, "--max", "2", "--require", "accuracy >= 0")
    assert [one["passed"] for one in found] == [True, False]
    assert "accuracy" in found[1]["reason"]


@pytest.mark.parametrize("limit", ["cross_entropy <= 1e300", "cross_entropy >= 0", "total > 1"])
def test_an_infinite_number_never_passes(tmp_path: Path, limit: str) -> None:
    path = write_csv(tmp_path / "certain.csv", {"label": [1, 1], "prob": [0, 0.5]})
    (found,) = checks(path, "--clip", "none", "--require", limit)
    assert (found["passed"], found["value"]) == (False, None)
    assert "infinite" in found["reason"]


@pytest.mark.parametrize("limit", ["skill <= 1", "skill >= -9", "normalized_cross_entropy > 0"])
def test_a_number_that_is_not_defined_never_passes(tmp_path: Path, limit: str) -> None:
    path = write_csv(tmp_path / "sure.csv", {"label": [1, 1], "prob": [1, 1]})
    (found,) = checks(path, "--clip", "none", "--require", limit)
    assert (found["passed"], found["value"]) == (False, None)
    assert found["reason"]


# With confidence


def bounds(losses: list[float], confidence: float = 0.95) -> tuple[float, float]:
    low, high = hall_interval(np.array(losses), confidence)
    return max(0.0, low), high


@pytest.mark.parametrize("confidence", [0.5, 0.95])
def test_confident_holds_the_far_end_of_the_interval(preds: Path, confidence: float) -> None:
    low, high = bounds(LOSSES, confidence)
    cases = [
        ("cross_entropy <= {}", high),
        ("cross_entropy >= {}", low),
        ("total <= {}", 6 * high),
        ("total > {}", 6 * low),
        ("perplexity < {}", 2**high),
        ("perplexity >= {}", 2**low),
    ]
    for form, bound in cases:
        inward = 1 if "<" in form else -1
        for factor, code in ((1 + 1e-7 * inward, PASSED), (1 - 1e-7 * inward, FAILED)):
            limit = form.format(repr(bound * factor))
            given = (preds, *BITS, "--confidence", str(confidence), "--require", limit)
            (found,) = run_gate(*given, "--confident")[1]["gates"][0]["checks"]
            assert found["passed"] == (code == PASSED)
            assert found["compared"] == pytest.approx(bound, rel=1e-9)
            assert bool(found["reason"]) == (code == FAILED)
            assert run_gate(*given)[0] == PASSED


def test_confident_holds_for_groups_and_leaves_counts_alone(preds: Path) -> None:
    limits = ("--require", "cross_entropy.by(segment) <= 20", "--min-rows", "6")
    found = checks(preds, *BITS, *limits, "--require", "rows.by(segment) >= 3", "--confident")
    expected = [6.0, bounds(LOSSES[:3])[1], bounds(LOSSES[3:])[1], 3.0, 3.0]
    assert [one["compared"] for one in found] == pytest.approx(expected, rel=1e-9)
    assert all(one["passed"] for one in found)


def test_the_bounds_of_a_total_are_those_of_the_mean_times_the_weight(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "w.csv", {**HALVINGS, "w": [0.25, 0.5, 1, 2, 4, 8]})
    for sign in ("<=", ">="):
        limits = ("--require", f"cross_entropy {sign} 9", "--require", f"total {sign} 99")
        mean, total = checks(path, "--weight", "w", *limits, "--confident")
        assert total["compared"] == pytest.approx(15.75 * mean["compared"], rel=1e-14)
        assert total["compared"] != total["value"]


def test_confident_fails_where_one_row_has_no_interval(preds: Path) -> None:
    limit = "cross_entropy.by(country=de) <= 9"
    (found,) = checks(preds, *BITS, "--require", limit, "--confident")
    assert (found["passed"], found["value"], found["compared"]) == (False, 1.0, None)
    assert "interval" in found["reason"]


@pytest.mark.parametrize("limit", ["min >= 0", "baseline.by(segment) <= 9", "max <= 99"])
def test_confident_refuses_what_has_no_interval(preds: Path, limit: str) -> None:
    done = refused(preds, "--require", limit, "--confident")
    (message,) = complaints(done, USAGE)
    metric = limit.partition(" ")[0].partition(".")[0]
    for word in (f"{metric} has none", "'cross_entropy'", "'skill'"):
        assert word in message


# What is refused


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], ["There is no limit to check", "--max", "--require"]),
        (["--max", "abc"], ["--max abc", "'abc' is not a finite number"]),
        (["--max", "nan"], ["'nan' is not a finite number"]),
        (["--max", "-inf"], ["'-inf' is not a finite number"]),
        (["--max", "1e999"], ["'1e999' is not a finite number"]),
        (["--max", ""], ["is not a finite number"]),
        (["--min-rows", "-1"], ["--min-rows must be 0 or more, not -1"]),
        (["--require", "accuracy >= high"], ["'high' is not a finite number"]),
        (["--require", "accuracy >= 0.9 or so"], ["'0.9 or so' is not a finite number"]),
        (["--require", "accuracy >="], ["'' is not a finite number"]),
        (["--require", "accuracy"], ["is not a valid limit", "'accuracy >= 0.9'"]),
        (["--require", "accuracy => 0.9"], ["is not a valid limit", "<=, <, >= or >"]),
        (["--require", "accuracy == 0.9"], ["is not a valid limit"]),
        (["--require", "0.9 <= accuracy"], ["is not a valid limit"]),
        (["--require", ""], ["is not a valid limit"]),
        (["--require", "accuracy.by() >= 0.9"], ["is not a valid limit"]),
        (["--require", "accuracy.by(a,) >= 0.9"], ["is not a valid limit"]),
        (["--require", "accuracy.by(a'b) >= 0.9"], ["is not a valid limit"]),
        (["--require", "accuracy.by(a, a) >= 0.9"], ["names a column twice"]),
        (
            ["--require", "acuracy >= 0.9"],
            ["there is no metric 'acuracy'", "did you mean 'accuracy'?"],
        ),
        (["--require", "rows.by(segmnt) >= 1"], ["'segmnt'", "did you mean 'segment'?"]),
        (["--require", "p90.by(segment) <= 1"], ["p90", "not computed by group"]),
        (["--require", "max.by(segment) <= 1"], ["max", "not computed by group"]),
        (["--require", "regression <= 1%"], ["--baseline"]),
        (["--max-regression", "1%"], ["--baseline"]),
        (["--max-regression", "lots"], ["'lots' is not a finite number"]),
        (["--baseline", "main.json"], ["no limit", "--max-regression"]),
        (["--baseline", "main.json", "--max", "1"], ["no limit", "--max-regression"]),
        (["--max", "1", "--clip", "x"], ["--clip must be auto, none or a number, not 'x'"]),
        (["--max", "1", "--confidence", "1"], ["--confidence"]),
        (
            ["--max", "1", "--format", "tabel"],
            ["There is no format 'tabel'", "did you mean 'table'?"],
        ),
        (["--max", "1", "--report", "json"], ["must be FORMAT=FILE, not 'json'"]),
        (["--max", "1", "--report", "json="], ["must be FORMAT=FILE"]),
        (["--max", "1", "--report", "=x"], ["must be FORMAT=FILE"]),
        (["--max", "1", "--report", "jsn=x"], ["There is no format 'jsn'", "did you mean 'json'?"]),
        (["--max", "1", "--report", "json=-", "--report", "table=-"], ["standard output"]),
        (["--max", "1", "--json", "--report", "table=-"], ["standard output"]),
        (["--max", "1", "--report", "json=x", "--report", "table=./x"], ["the same file"]),
        (["--max", "1", "--output", "x", "--report", "table=x"], ["the same file"]),
        (["--max", "1", "--report", "json=preds.csv"], ["preds.csv", "cannot be overwritten"]),
        (["--max", "1", "--output", "./preds.csv"], ["preds.csv", "cannot be overwritten"]),
        (["--max", "1", "--gate", "quality"], ["'quality'", "ce.toml"]),
        (["--init", "--json"], ["--init", "--json"]),
        (["--init", "--gate", "x"], ["--init", "--gate"]),
        (["-", "-", "--max", "1"], ["only once"]),
        (["-", "--labels", "-", "--max", "1"], ["only once"]),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_reported_in_one_sentence(
    preds: Path, options: list[str], words: list[str]
) -> None:
    before = preds.read_bytes()
    (message,) = complaints(refused(preds.name, *options, cwd=preds.parent), USAGE)
    for word in words:
        assert word in message
    assert preds.read_bytes() == before
    assert list(preds.parent.iterdir()) == [preds]


def test_with_nothing_to_read_the_message_shows_a_command(tmp_path: Path) -> None:
    (message,) = complaints(refused("--max", "1", cwd=tmp_path), USAGE)
    assert "ce gate preds.csv" in message


def test_balanced_weights_need_a_file(preds: Path) -> None:
    options = ("--max", "1", "--class-weight", "balanced")
    (message,) = complaints(refused(*options, stdin=preds.read_bytes()), USAGE)
    assert "reads the data twice" in message


@pytest.mark.parametrize("zero", [[], ["--exit-zero"]])
def test_bad_data_and_bad_files_have_codes_of_their_own(tmp_path: Path, zero: list[str]) -> None:
    bad = write_csv(tmp_path / "bad.csv", {"label": [1, 0], "prob": [0.5, 7]})
    assert "7 is not a probability" in complaints(refused(bad, "--max", "1", *zero), BAD_DATA)[0]
    gone = complaints(refused(tmp_path / "gone.csv", "--max", "1", *zero), STORAGE)
    assert "no such file" in gone[0]
    good = halvings(tmp_path)
    nowhere = refused(good, "--max", "9", *zero, "--output", tmp_path / "no" / "where")
    assert "could not be written" in complaints(nowhere, STORAGE)[0]


def test_exit_zero_only_changes_the_exit_code(preds: Path) -> None:
    failing = run_ce("gate", preds, "--max", "0.1")
    report_only = run_ce("gate", preds, "--max", "0.1", "--exit-zero")
    assert (failing.returncode, report_only.returncode) == (FAILED, PASSED)
    assert failing.stdout == report_only.stdout
    assert failing.stdout.splitlines()[-1].startswith("✗ failed: 1 of 1 check")


# Exit 1 is for failed checks alone


def test_a_failed_gate_fails_even_if_nobody_reads_it(preds: Path) -> None:
    for limit, code in (("0.1", FAILED), ("9", PASSED)):
        command = [*COMMAND, "gate", str(preds), "--max", limit]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment()) as process:
            assert process.stdout is not None
            process.stdout.close()
        assert process.returncode == code


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_stderr_does_not_change_the_exit_code(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        for arguments, code in ((["score", "gone.csv"], STORAGE), (["gate", "--nonsense"], USAGE)):
            done = subprocess.run(
                [*COMMAND, *arguments], stderr=full, env=environment(), check=False, cwd=tmp_path
            )
            assert done.returncode == code


def test_a_bug_is_not_a_failed_check(preds: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import ce_cli.scoring.pipeline\ndef score(*a, **k):\n    raise RuntimeError('oh')\n"
        "ce_cli.scoring.pipeline.score = score\n"
    )
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    for extra in ({}, {"CE_TRACEBACK": "1"}):
        done = spawn_ce("gate", preds, "--max", "9", env={"PYTHONPATH": paths, **extra})
        assert done.returncode == 70
        assert "oh" in done.stderr
        assert ("Traceback" in done.stderr) == bool(extra)


def test_the_exit_code_of_the_parser_is_not_a_failed_check() -> None:
    """Completion in fish exits with 1 where there is nothing to complete."""
    typed = {"_TYPER_COMPLETE_FISH_ACTION": "is-args", "_TYPER_COMPLETE_ARGS": "ce nonsense"}
    done = run_ce(env={"_PYTHON _M CE_CLI_COMPLETE": "complete_fish", **typed})
    assert (done.returncode, done.stdout) == (USAGE, "")


# Messages


def test_reports_equal_standard_output(preds: Path, tmp_path: Path) -> None:
    page, data = tmp_path / "page.txt", tmp_path / "gate.json"
    limits = ("--max", "9", "--require", "rows.by(segment) >= 4")
    done = run_ce("gate", preds, *limits, "--report", f"json={data}", "--report", f"table={page}")
    assert done.returncode == FAILED
    assert page.read_text() == done.stdout
    direct = run_ce("gate", preds, *limits, "--json", "--quiet")
    assert data.read_text() == direct.stdout
    instead = run_ce("gate", preds, *limits, "--report", "json=-", "--quiet")
    assert instead.stdout == direct.stdout
    both = run_ce("gate", preds, *limits, "--report", "json=-", "--output", page, "--quiet")
    assert (both.stdout, page.read_text()) == (direct.stdout, done.stdout)
    assert strict(direct.stdout)["gates"][0]["name"] == "gate"


def test_warnings_go_to_stderr_where_there_is_no_page(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "certain.csv", {"label": [1, 1, 0], "prob": [0, 0.5, 0.5]})
    page, data = (run_ce("gate", path, "--max", "99", *more) for more in ([], ["--json"]))
    assert page.stderr == ""
    assert "clipped to that" in page.stdout
    assert "ce: warning: 1 row has a probability below" in data.stderr
    assert run_ce("gate", path, "--max", "99", "--json", "--quiet").stderr == ""


def test_the_page_lists_what_failed_first_and_counts_the_groups_that_passed(
    tmp_path: Path,
) -> None:
    names = [f"group {place}" for place in range(40)]
    path = write_csv(
        tmp_path / "groups.csv",
        {"label": [1] * 80, "prob": [0.5] * 79 + [0.125], "segment": names * 2},
    )
    done = run_ce("gate", path, *BITS, "--max", "9", "--require", "cross_entropy.by(segment) <= 1")
    assert done.returncode == FAILED
    lines = done.stdout.splitlines()
    marked = [" ".join(line.split()[:2]) for line in lines if line.startswith(("✓", "✗"))]
    assert marked[:3] == ["✗ gate", "✗ cross_entropy.by(segment=group", "✓ cross_entropy"]
    assert "segment=group 39) " in done.stdout
    assert "… and 39 groups passed" in lines
    assert lines[-1] == "✗ failed: 1 of 41 checks"
    assert "\x1b" not in done.stdout


def test_the_page_fits_a_terminal_of_80_columns() -> None:
    score = Result(
        "ce:0|base:e", ("preds.csv",), "binary", BoundColumns((), ()), ("0", "1"),
        "probabilities", "nats",
        {"read": 9, "scored": 9}, 9.0, {"cross_entropy": 0.1}, {},
    )  # fmt: skip
    long = Check(
        "x", "normalized_cross_entropy", {"segment": "a long name of a group" * 2}, "<=", 0.123456,
        False, 123.456789, 234.567891, None, False, "Because of " + "many words " * 20,
    )  # fmt: skip
    text = render(Gated((Gate("gate", score, (long,) * 3),)), Canvas(80))
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text.replace("name…", "")  # nothing is cut off


def test_colours_are_opt_in(preds: Path) -> None:
    done = run_ce("gate", preds, "--max", "9", env={"FORCE_COLOR": "1"})
    assert "\x1b[" in done.stdout


def test_text_of_files_cannot_control_the_terminal(tmp_path: Path) -> None:
    columns = {**HALVINGS, "segment": ["\x1b[31mred", "b", "c", "d", "e", "\u202ef"]}
    path = write_csv(tmp_path / "evil.csv", columns)
    done = run_ce("gate", path, "--require", "cross_entropy.by(segment) <= 0")
    assert done.returncode == FAILED
    assert "\\x1b[31mred" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)


def test_a_sample_is_held_against_its_score() -> None:
    """The figures of a gate are those of a score."""
    path = SAMPLES / "breast_cancer.csv"
    scored = score_json(path)
    for name in ("brier", "skill", "median", "baseline", "standard_error"):
        limit = f"{name} <= {scored['metrics'][name]!r}"
        below = f"{name} < {scored['metrics'][name]!r}"
        (found, other) = checks(path, "--require", limit, "--require", below)
        assert (found["passed"], other["passed"]) == (True, False)
        assert found["value"] == scored["metrics"][name]


def test_the_document_of_a_gate_holds_the_score(preds: Path) -> None:
    _, parsed = run_gate(preds, *BITS, "--max", "3")
    score = parsed["gates"][0]["score"]
    assert score["metrics"]["cross_entropy"] == math.fsum(LOSSES) / 6
    assert score["schema"] == "ce.score/1"
    assert json.dumps(score["inputs"]) == json.dumps([str(preds)])
