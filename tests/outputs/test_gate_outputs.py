"""What gates are written as, read back by parsers that are not ours."""

from __future__ import annotations

import json
import math
import posixpath
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml, TestSuite
from lxml import etree
from markdown_it import MarkdownIt
from markdown_it.token import Token
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

import ce_cli
from ce_cli import registry
from ce_cli.errors import StorageError
from ce_cli.outputs.check_text import group_text, limit_text, margin_text, value_text
from ce_cli.outputs.ci.github_files import publish
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.results.gate import Gated
from ce_cli.results.score import Note
from ce_cli.text import sanitize
from tests.conftest import as_number
from tests.gating.gate_values import (
    BROKEN,
    EXAMPLES,
    HOSTILE,
    check,
    comparison,
    gate,
    gated,
    group_checks,
    hostile_gate,
    interval,
    score,
)

NAMES = st.text(st.characters(), max_size=40) | st.sampled_from(HOSTILE)
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def rendered(format_: str, result: Gated) -> str:
    text = registry.output("gate", format_).load()(result, Canvas())
    assert isinstance(text, str)
    return text


# Every format


@pytest.mark.parametrize("example", EXAMPLES)
@pytest.mark.parametrize(
    "entry", registry.outputs_of("gate"), ids=lambda entry: str(entry.names[0])
)
def test_every_format_writes_every_gate_in_lines_that_show(
    entry: registry.Output, example: str
) -> None:
    text = entry.load()(EXAMPLES[example], Canvas())
    assert text.encode().decode() == text
    assert text == "" or text.endswith("\n")
    assert [line for line in text.split("\n") if not shows(line)] == []


def shows(line: str) -> bool:
    """Whether a line can neither drive a terminal nor end before its end."""
    return f"_{line}" == sanitize(f"_{line}", len(line) + 2)


def test_the_writer_of_xml_is_not_imported_before_it_is_used() -> None:
    code = "import sys, ce_cli.outputs.ci.junit; sys.exit('xml.etree.ElementTree' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Numbers in words


@given(FINITE)
def test_a_limit_is_not_rounded(limit: float) -> None:
    assert as_number(limit_text(check(limit=limit)).removeprefix("<= ")) == limit


@pytest.mark.parametrize(("limit", "percent"), [(0.01, "1"), (0.07, "7"), (0.0025, "0.25")])
def test_a_relative_limit_is_a_percentage_as_it_was_written(limit: float, percent: str) -> None:
    one = check(limit=limit, relative=True, value=limit, operator="<")
    assert limit_text(one) == f"< {percent} %"
    number, unit = value_text(one).split(" ")
    assert (float(number), unit) == (float(percent), "%")


@given(st.floats(-1e300, 1e300), st.sampled_from([0.0, 1e-12, 1e-7, 1e-3, -1e-9, 2.0]))
def test_a_value_is_shown_on_its_side_of_the_limit(limit: float, away: float) -> None:
    value = limit * (1 + away)
    shown = as_number(value_text(check(value=value, limit=limit)))
    assert (shown > limit, shown < limit) == (value > limit, value < limit)


def test_a_value_comes_with_its_interval_and_a_margin_with_its_sign() -> None:
    one = check(value=0.75, interval=interval(0.625, 0.875))
    assert [float(number) for number in re.findall(r"[\d.]+", value_text(one))] == [
        0.75,
        0.625,
        0.875,
    ]
    assert as_number(margin_text(one)) == -0.25
    assert as_number(margin_text(one.replace(operator=">="))) == 0.25


def test_the_number_that_the_limit_was_checked_against_is_shown_if_it_is_not_the_value() -> None:
    one = check(value=0.25, compared=0.625, interval=interval(0.125, 0.625))
    assert value_text(one).endswith(f" judged by {value_text(check(value=0.625))}")


def test_rows_are_counted() -> None:
    one = check(value=1234.0, metric="rows", operator=">=", limit=1e4)
    assert (value_text(one), margin_text(one)) == ("1,234", "−8,766")
    assert value_text(one.replace(value=math.nan, compared=math.nan)) == "—"


def test_a_group_is_named_by_its_columns_and_their_values() -> None:
    assert group_text(check(by={"segment": "eu", "c\n": None})) == "segment=eu, c\\n=—"
    assert group_text(check()) == ""


# Markdown

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
PLAIN = {"text", "strong_open", "strong_close", "code_inline", "softbreak"}


def plain(token: Token) -> str:
    """The text of a paragraph or a cell, which holds no markup but ours."""
    children = token.children or []
    assert {child.type for child in children} <= PLAIN
    return "".join(child.content for child in children)


def markdown(result: Gated) -> tuple[list[list[str]], list[str]]:
    """The rows of all tables, and the other paragraphs."""
    rows: list[list[str]] = []
    paragraphs: list[str] = []
    in_table = False
    for token in MARKDOWN.parse(rendered("markdown", result)):
        in_table = {"table_open": True, "table_close": False}.get(token.type, in_table)
        assert token.type not in {"html_block", "heading_open", "ordered_list_open", "fence"}
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and in_table:
            rows[-1].append(plain(token))
        elif token.type == "inline":
            paragraphs.append(plain(token))
    return rows, paragraphs


def test_markdown_puts_the_failed_checks_first_and_counts_them() -> None:
    checks = [check("a", 0.25), check("b", 0.75), check("c", 0.5), check("d", 1.0)]
    rows, paragraphs = markdown(gated(gate(*checks, name="nightly")))
    assert rows[0] == ["check", "value", "limit", "margin", "verdict"]
    assert [row[0] for row in rows[1:]] == ["b", "d", "a", "c"]
    assert [float(row[1]) for row in rows[1:]] == [0.75, 1.0, 0.25, 0.5]
    assert {row[2] for row in rows[1:]} == {"<= 0.5"}
    assert [as_number(row[3]) for row in rows[1:]] == [-0.25, -0.5, 0.25, 0.0]
    assert [row[4][2:] for row in rows[1:]] == ["failed", "failed", "passed", "passed"]
    assert paragraphs[0] == "✗ nightly failed: 2 of 4 checks"
    assert paragraphs[1].startswith("preds.csv, 569 rows, cross-entropy 0.07383")


def test_markdown_shows_that_there_are_no_checks() -> None:
    rows, paragraphs = markdown(gated(gate()))
    assert rows == []
    assert paragraphs[0] == "✗ gate failed: it has no checks"


def test_markdown_folds_many_groups_that_passed_into_their_number() -> None:
    many, few = group_checks(30, 0.25), group_checks(3, 0.125, "few")
    rows, _ = markdown(gated(gate(*many, *few, check("all"))))
    assert [row[:2] for row in rows[1:]] == [
        [many[0].name, "30 groups"],
        *([one.name, group_text(one)] for one in few),
        ["all", ""],
    ]
    closest = min(one.margin for one in many)
    assert float(rows[1][4].removeprefix("at least ")) == pytest.approx(closest, rel=1e-4)


def test_markdown_shows_only_some_of_the_failed_checks_and_counts_the_others() -> None:
    rows, _ = markdown(gated(gate(*group_checks(80, 0.75), check("all"))))
    failed = [row for row in rows if row[-1].endswith("failed")]
    rest = [row for row in rows if row[0].startswith("… and ")]
    assert rest == [[f"… and {80 - len(failed)} more failed", *[""] * 5]]
    assert rows[-1][0] == "all"


def test_markdown_shows_the_reasons_of_failed_checks_first() -> None:
    checks = [
        check("a", reason="Well in."),
        check("b", 0.75, by={"s": "*"}, reason="1) _Too_ high"),
    ]
    _, paragraphs = markdown(gated(gate(*checks)))
    assert paragraphs[2:4] == ["b [s=*]: 1) _Too_ high", "a: Well in."]


def test_markdown_shows_only_some_of_the_reasons_and_counts_the_others() -> None:
    checks = [one.replace(reason="Too high.") for one in group_checks(30, 0.75)]
    _, paragraphs = markdown(gated(gate(*checks)))
    reported = [text for text in paragraphs if text.endswith(": Too high.")]
    assert f"… and {30 - len(reported)} more" in paragraphs
    assert 0 < len(reported) < 30


@pytest.mark.parametrize("paired", [False, True])
def test_markdown_shows_the_difference_from_the_baseline(paired: bool) -> None:
    one = gate(
        check(), baseline="old|*.json", paired=paired, comparisons=(comparison(0.5, 0.0625),)
    )
    line = next(text for text in markdown(gated(one))[1] if text.startswith("Baseline"))
    reported, numbers = line.split("): ")
    assert reported == f"Baseline old|*.json ({'paired' if paired else 'not paired'}"
    found = [float(number) for number in re.findall(r"[-+][\d.]+", numbers)]
    assert found == [0.5, 0.25, 0.75, 6.25]
    assert numbers.endswith("unclear")


def test_markdown_has_the_verdict_of_all_gates_on_top() -> None:
    verdicts = [text for text in markdown(EXAMPLES["several"])[1] if text[0] in "✓✗"]
    assert verdicts == [
        "✗ 2 of 3 gates failed",
        "✓ a passed: 1 check",
        "✗ a failed: 1 of 1 check",
        "✗ b failed: it has no checks",
    ]


@given(NAMES)
def test_markdown_shows_names_as_they_are(name: str) -> None:
    rows, paragraphs = markdown(gated(hostile_gate(name)))
    shown, long = sanitize(name), sanitize(name, 1000)
    assert {row[0] for row in rows[1:]} == {long}
    assert [row[1] for row in rows[1:]] == [f"{shown}={shown}"] * 2 + [f"{shown}=—", ""]
    assert paragraphs[0] == f"✗ {shown} failed: 2 of 4 checks"
    for message in (name, f"again {name}"):
        reported = f"Warning: {sanitize(message, 1000)}"
        assert reported.rstrip() in [text.rstrip() for text in paragraphs]
    assert any(text.startswith(f"Baseline {long} (paired)") for text in paragraphs)


# JUnit

SCHEMAS = files("pyEDAA.Reports.Resources")


def junit(result: Gated) -> JUnitXml:
    """The document, which fits the schemas."""
    text = rendered("junit", result).encode()
    for name in ("Any-JUnit.xsd", "PyTest-JUnit.xsd"):
        schema = etree.XMLSchema(etree.fromstring((SCHEMAS / name).read_bytes()))
        schema.assertValid(etree.fromstring(text))
    document = JUnitXml.fromstring(text)
    assert isinstance(document, JUnitXml)
    return document


def suites(result: Gated) -> list[TestSuite]:
    return list(junit(result))


@pytest.mark.parametrize("example", EXAMPLES)
def test_junit_fits_the_schemas_and_its_counts_are_those_of_its_cases(example: str) -> None:
    document = junit(EXAMPLES[example])
    counted = JUnitXml.fromstring(rendered("junit", EXAMPLES[example]).encode())
    counted.update_statistics()
    reported = [(one.tests, one.failures, one.errors) for one in (document, *document)]
    assert reported == [(one.tests, one.failures, one.errors) for one in (counted, *counted)]
    assert (document.failures == 0 and document.tests > 0) == EXAMPLES[example].passed


def test_a_junit_suite_is_a_gate_and_a_case_a_check() -> None:
    broken = check("b", 0.75, by={"s": "eu"}, interval=interval(0.625, 0.875), reason="Too high.")
    (suite,) = suites(gated(gate(check("a"), broken, name="nightly", baseline="old.json")))
    assert (suite.name, suite.tests, suite.failures) == ("nightly", 2, 1)
    passed, failed = suite
    assert (passed.name, passed.classname, passed.is_passed) == ("a", "ce.nightly", True)
    assert (failed.name, failed.is_failure) == ("b [s=eu]", True)
    (failure,) = failed.result
    assert failure.type == "limit"
    assert "<= 0.5" in failure.message
    assert failure.text.splitlines()[0] == "Too high."
    numbers = dict(line.split(" ", 1) for line in failure.text.splitlines()[1:])
    assert [float(numbers[name]) for name in ("value", "limit", "margin")] == [0.75, 0.5, -0.25]
    assert numbers["interval"].startswith("0.625 … 0.875 ")
    properties = {one.name: one.value for one in suite.properties()}
    assert properties == {
        "version": ce_cli.__version__,
        "signature": score().signature,
        "baseline": "old.json",
        "paired": "false",
        "mode": "point",
    }


def test_junit_distinguishes_regressions() -> None:
    one = check(value=0.75, metric="regression")
    assert [case.result[0].type for case in suites(gated(gate(one)))[0]] == ["regression"]


def test_junit_fails_where_there_is_nothing_to_check() -> None:
    (suite,) = suites(gated(gate()))
    assert (suite.tests, suite.failures, [case.is_failure for case in suite]) == (1, 1, [True])


@given(st.lists(NAMES, min_size=1, max_size=6))
def test_junit_cases_differ_in_their_names(names: list[str]) -> None:
    (suite,) = suites(gated(gate(*(check(name) for name in names + names))))
    titles = [case.name for case in suite]
    assert len(set(titles)) == len(titles)
    assert titles[0] == sanitize(names[0], 200)


@given(NAMES)
def test_junit_shows_names_as_they_are(name: str) -> None:
    result = gated(hostile_gate(name))
    (suite,) = suites(result)
    assert suite.name == sanitize(name, 200)
    assert {one.name: one.value for one in suite.properties()}["signature"] == sanitize(name, 1000)
    assert next(iter(suite)).name == f"{sanitize(name, 200)} [{sanitize(name)}={sanitize(name)}]"
    reported = "\n".join(sanitize(message, 1000) for message in (name, f"again {name}"))
    tree = etree.fromstring(rendered("junit", result).encode())
    assert tree.findtext("testsuite/system-out") == reported


# Workflow commands of GitHub

Command = tuple[str, str, str]


def unescaped(text: str, *codes: str) -> str:
    """As the runner does it: the percent sign last."""
    for code in (*codes, "%25"):
        text = text.replace(code, chr(int(code[1:], 16)))
    return text


def commands(result: Gated) -> list[Command]:
    """Level, title and message of each line, as the runner reads them."""
    found = []
    for line in rendered("github", result).splitlines():
        assert line.startswith("::")
        head, data = line[2:].split("::", 1)
        level, _, properties = head.partition(" ")
        pairs = dict(pair.split("=", 1) for pair in properties.strip().split(",") if "=" in pair)
        assert pairs.keys() == {"title"}
        title = unescaped(pairs["title"], "%0D", "%0A", "%3A", "%2C")
        found.append((level, title, unescaped(data, "%0D", "%0A")))
    return found


def messages(result: Gated, level: str) -> list[str]:
    return [message for found, _, message in commands(result) if found == level]


def test_github_has_an_error_for_each_failed_check_and_a_notice_for_the_verdict() -> None:
    broken = check("b", 0.75, by={"s": "eu"}, reason="100 % too high.")
    one = gate(check("a"), broken, check("c", 1.0), warnings=(Note("odd", "Odd: 5 %, or so."),))
    levels, titles, reported = zip(*commands(gated(one)), strict=True)
    assert levels == ("error", "error", "warning", "notice")
    assert titles == ("gate: b [s=eu]", "gate: c", "gate", "gate")
    assert "<= 0.5" in reported[0]
    assert reported[0].endswith("\n100 % too high.")
    assert reported[2:] == ("Odd: 5 %, or so.", "gate failed: 2 of 3 checks")


def test_github_shows_the_number_that_the_limit_was_checked_against() -> None:
    one = check(value=0.25, compared=0.625, passed=False, interval=interval(0.125, 0.625))
    (reported,) = messages(gated(gate(one)), "error")
    numbers = [float(number) for number in re.findall(r"\d\.\d+", reported)]
    assert numbers == [0.25, 0.125, 0.625, 0.625, 0.5]


@pytest.mark.parametrize("count", [9, 10, 11, 25])
def test_github_gets_no_more_annotations_than_it_shows(count: int) -> None:
    notes = tuple(Note("odd", f"w{n}") for n in range(count))
    result = gated(gate(*group_checks(count, 0.75), warnings=notes))
    for level, noun in (("error", "failed check"), ("warning", "warning")):
        reported = messages(result, level)
        assert len(reported) == min(count, 10)
        if count > 10:
            assert reported[-1] == f"… and {count - 9} more {noun}s."


def test_github_has_an_error_where_there_is_nothing_to_check() -> None:
    assert len(messages(EXAMPLES["no checks"], "error")) == 1


@given(NAMES)
def test_github_shows_names_as_they_are(name: str) -> None:
    found = commands(gated(hostile_gate(name)))
    shown = sanitize(name)
    title = f"{shown}: {sanitize(name, 200)} [{shown}={shown}]"
    assert [reported[:2] for reported in found[:2]] == [("error", title)] * 2
    assert found[0][2].endswith(sanitize(name, 1000))
    assert found[-1][2] == f"{shown} failed: 2 of 4 checks"


# What a step of GitHub Actions leaves behind


def step_outputs(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """The files that a runner names, of which one has been written to."""
    (tmp_path / "summary").write_text("before", encoding="utf-8")
    return {
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }


def test_the_summary_and_the_outputs_are_appended(runner: dict[str, str]) -> None:
    one = gate(check(), check("b", 0.75), comparisons=(comparison(0.125, 0.0625),))
    publish(gated(one), runner)
    summary = Path(runner["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
    assert summary.startswith("before\n")
    assert rendered("markdown", gated(one)) in summary
    outputs = step_outputs(Path(runner["GITHUB_OUTPUT"]))
    assert [outputs[name] for name in ("passed", "checks", "failed")] == ["false", "2", "1"]
    assert float(outputs["cross_entropy"]) == score().metrics["cross_entropy"]
    assert float(outputs["regression"]) == 0.125
    assert json.loads(outputs["metrics"])["accuracy"] == score().metrics["accuracy"]


def test_outputs_that_are_no_numbers_or_of_several_gates_are_left_out(
    runner: dict[str, str],
) -> None:
    for example in ("not finite", "several"):
        target = Path(runner["GITHUB_OUTPUT"])
        target.unlink(missing_ok=True)
        publish(EXAMPLES[example], runner)
        assert step_outputs(target).keys() == {"passed", "checks", "failed", "metrics"}


@given(NAMES)
def test_outputs_are_one_line_each_whatever_things_are_called(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    target = tmp_path_factory.mktemp("runner") / "output"
    publish(gated(hostile_gate(name), hostile_gate(name)), {"GITHUB_OUTPUT": str(target)})
    assert step_outputs(target)["passed"] == "false"
    assert "passed=true" not in target.read_text(encoding="utf-8")


def test_outside_of_a_runner_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    publish(EXAMPLES["one passed"], {"GITHUB_OUTPUT": ""})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"])
def test_a_file_of_the_runner_that_cannot_be_written_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=re.escape(str(tmp_path))) as caught:
        publish(EXAMPLES["one passed"], {name: str(tmp_path)})
    assert caught.value.exit_code == 4


# OpenMetrics


def samples(result: Gated) -> Iterator[Sample]:
    text = rendered("openmetrics", result)
    assert text.endswith("# EOF\n")
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        assert family.documentation
        yield from family.samples


def gauges(result: Gated, name: str) -> list[float]:
    return [sample.value for sample in samples(result) if sample.name == name]


@pytest.mark.parametrize("example", EXAMPLES)
def test_openmetrics_has_every_sample_once(example: str) -> None:
    found = [(one.name, *sorted(one.labels.items())) for one in samples(EXAMPLES[example])]
    assert len(set(found)) == len(found)
    checks = sum(len(one.checks) for one in EXAMPLES[example].gates)
    assert [name for name, *_ in found].count("ce_gate_check_passed") == checks


def test_openmetrics_has_the_figures_in_full_with_their_unit() -> None:
    result = gated(gate(check(), comparisons=(comparison(0.1, 0.7),)))
    found = {one.name: one.value for one in samples(result) if one.labels == {"gate": "gate"}}
    expected = score()
    ends = expected.intervals["cross_entropy"]
    assert found == {
        "ce_gate_passed": 1,
        "ce_rows": 569,
        "ce_cross_entropy_nats": expected.metrics["cross_entropy"],
        "ce_cross_entropy_low_nats": ends.low,
        "ce_cross_entropy_high_nats": ends.high,
        "ce_perplexity": expected.metrics["perplexity"],
        "ce_accuracy": expected.metrics["accuracy"],
        "ce_regression_nats": 0.1,
        "ce_regression_low_nats": 0.1 - 0.25,
        "ce_regression_high_nats": 0.1 + 0.25,
        "ce_regression_relative": 0.7,
    }
    units = {
        family.name: family.unit
        for family in text_string_to_metric_families(rendered("openmetrics", result))
    }
    assert {name: "nats" for name in found if name.endswith("_nats")} == {
        name: unit for name, unit in units.items() if unit
    }


def test_openmetrics_keeps_units_apart() -> None:
    bits = gate(check(), name="b", score=score(unit="bits"))
    result = gated(gate(check(), name="a"), bits, gate(check(), name="c"))
    assert len(gauges(result, "ce_cross_entropy_nats")) == 2
    assert len(gauges(result, "ce_cross_entropy_bits")) == 1


def test_openmetrics_gives_every_loss_the_unit_that_the_base_sets() -> None:
    """Also to those that are computed only where a limit names them."""
    for unit in ("nats", "bits"):
        losses = {"confidence": 0.5, "entropy": 0.25, "brier": 0.125}
        result = gated(gate(check(), score=score(unit=unit, metrics=losses, intervals={})))
        assert gauges(result, f"ce_confidence_{unit}") == [0.5]
        assert gauges(result, "ce_confidence") == []
        assert gauges(result, f"ce_entropy_{unit}") == [0.25]
        assert gauges(result, "ce_brier") == [0.125]


def test_openmetrics_spells_what_is_not_finite() -> None:
    assert gauges(EXAMPLES["not finite"], "ce_cross_entropy_nats") == [math.inf]
    assert math.isnan(gauges(EXAMPLES["not finite"], "ce_accuracy")[0])
    assert gauges(gated(gate(BROKEN)), "ce_gate_check_limit") == [-math.inf]
    assert " NaN\n" in rendered("openmetrics", EXAMPLES["not finite"])
    assert " +Inf\n" in rendered("openmetrics", EXAMPLES["not finite"])


@given(NAMES)
def test_openmetrics_shows_names_as_they_are(name: str) -> None:
    shown, long = sanitize(name), sanitize(name, 200)
    found = [one for one in samples(gated(hostile_gate(name))) if one.name.endswith("check_value")]
    groups = [f"{shown}={shown}", f"{shown}={shown}", f"{shown}=—", None]
    assert [one.labels.get("group") for one in found] == groups
    assert {(one.labels["gate"], one.labels["check"]) for one in found} == {(long, long)}


@given(NAMES)
def test_gitlab_reads_each_sample_of_openmetrics_as_a_name_and_a_value(name: str) -> None:
    """It takes away what follows #, splits the line as a shell does, and compares the values."""
    lines = rendered("openmetrics", gated(hostile_gate(name.replace("#", "")))).splitlines()
    for line in lines:
        words = shlex.split(re.sub("#.*$", "", line))
        assert words == [] if line.startswith("#") else math.isfinite(float(words[1])) or words[1:]
        assert len(words) in (0, 2)


# DVC and MLflow

MLFLOW_KEY = re.compile(r"[/\w.\- ]+")


def metrics(result: Gated) -> dict[str, float]:
    numbers: dict[str, float] = json.loads(rendered("metrics", result))
    return numbers


def test_metrics_are_the_numbers_of_the_only_gate() -> None:
    one = gate(check(), check("b", 0.75), name="nightly", comparisons=(comparison(0.5, 0.0625),))
    assert metrics(gated(one)) == {
        "rows": 569,
        **score().metrics,
        "cross_entropy_low": score().intervals["cross_entropy"].low,
        "cross_entropy_high": score().intervals["cross_entropy"].high,
        "regression": 0.5,
        "regression_low": 0.25,
        "regression_high": 0.75,
        "regression_relative": 0.0625,
        "gate.passed": 0,
        "gate.checks": 2,
        "gate.failed": 1,
    }


def test_metrics_of_several_gates_begin_with_their_names() -> None:
    numbers = metrics(EXAMPLES["several"])
    names = {name.removesuffix(".cross_entropy") for name in numbers if name.endswith("entropy")}
    assert len(names) == len(EXAMPLES["several"].gates)
    assert {"a", "b"} < names
    assert [numbers[f"{name}.gate.passed"] for name in ("a", "b")] == [1, 0]
    assert numbers["gate.passed"] == 0


def test_metrics_leave_out_what_is_not_finite() -> None:
    assert metrics(EXAMPLES["not finite"]).keys() == {
        *("rows", "gate.passed", "gate.checks", "gate.failed")
    }


@given(st.lists(NAMES, min_size=2, max_size=4))
def test_metrics_have_names_that_mlflow_takes(names: list[str]) -> None:
    numbers = metrics(gated(*(gate(check(), name=name) for name in names)))
    for key in numbers:
        assert MLFLOW_KEY.fullmatch(key)
        assert posixpath.normpath(key) == key
        assert not key.startswith(("..", "/"))
        assert len(key) <= 250
    assert sum(key.endswith(".cross_entropy") for key in numbers) == len(names)
