"""`ce gate` against the document of another score: differences, modes, what cannot be compared."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import optimize

from ce_cli.kernels.welch import MeanEstimate, difference, relative_interval
from tests.conftest import complaints, run_ce, score_json, write_csv
from tests.gating.gates import BAD_DATA, FAILED, PASSED, STORAGE, USAGE, halvings, refused, run_gate

Floats = NDArray[np.float64]
Change = Callable[[dict[str, Any]], object]

ROWS = 400
LABELS = (np.arange(ROWS) % 2).tolist()
SEGMENTS = [("eu", "us", "uk")[place % 3] for place in range(ROWS)]


def predictions(directory: Path, name: str, seed: int, noise: float) -> tuple[Path, Floats]:
    """A file of predictions, and its losses in nats."""
    rng = np.random.default_rng(seed)
    logits = rng.normal((np.array(LABELS) * 2 - 1) * 1.2, noise)
    prob = 1 / (1 + np.exp(-logits))
    columns = {"label": LABELS, "prob": prob.tolist(), "segment": SEGMENTS}
    losses = -np.log(np.where(np.array(LABELS) == 1, prob, 1 - prob))
    return write_csv(directory / name, columns), losses


class Models:
    """Two files, their losses, and the document of the first."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.old, self.old_losses = predictions(directory, "old.csv", 1, 1.0)
        self.new, self.new_losses = predictions(directory, "new.csv", 2, 1.4)
        self.document = score_json(self.old, "--by", "segment")
        self.baseline = self.written(self.document)

    def written(self, document: object, name: str = "main.json") -> Path:
        path = self.directory / name
        path.write_text(json.dumps(document))
        return path

    def edited(self, change: Change) -> Path:
        document = json.loads(json.dumps(self.document))
        change(document)
        return self.written(document, "edited.json")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    return Models(tmp_path_factory.mktemp("models"))


def held(*args: str | Path) -> tuple[dict[str, Any], list[Any]]:
    """The comparison with the baseline, and the checks."""
    (gate,) = run_gate(*args)[1]["gates"]
    (comparison,) = gate["comparisons"]
    return comparison, gate["checks"]


# What the difference is


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_the_difference_is_welchs(models: Models, confidence: float) -> None:
    comparison, _ = held(
        models.new, "--baseline", models.baseline, "--max-regression", "1",
        "--confidence", str(confidence), "--interval", "t",
    )  # fmt: skip
    expected = scipy.stats.ttest_ind(models.new_losses, models.old_losses, equal_var=False)
    interval = expected.confidence_interval(confidence)
    assert comparison["difference"]["absolute"] == pytest.approx(
        models.new_losses.mean() - models.old_losses.mean(), rel=1e-12
    )
    found = comparison["intervals"]["absolute"]
    assert (found["low"], found["high"]) == pytest.approx((interval.low, interval.high), rel=1e-9)
    assert comparison["p_value"] == pytest.approx(expected.pvalue, rel=1e-8)
    bits = comparison["intervals"]["bits"]
    assert bits["low"] == pytest.approx(interval.low / math.log(2), rel=1e-9)
    assert (comparison["win_rate"], comparison["tie_rate"]) == (None, None)


means = st.builds(MeanEstimate, st.floats(0.01, 10.0), st.floats(1e-6, 5.0), st.integers(2, 500))


def rows_of(mean: MeanEstimate) -> Floats:
    """Rows that have this mean and this standard error."""
    count = int(mean.rows)
    rows: Floats = np.random.default_rng(count).normal(size=count)
    rows -= rows.mean()
    rows *= mean.standard_error / float(scipy.stats.sem(rows))
    return rows + mean.value


@settings(max_examples=100, deadline=None)
@given(means, means, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_interval_from_means_and_errors_is_scipys(
    model: MeanEstimate, reference: MeanEstimate, confidence: float
) -> None:
    expected = scipy.stats.ttest_ind(rows_of(model), rows_of(reference), equal_var=False)
    interval = expected.confidence_interval(confidence)
    found = difference(model, reference)
    assert found.degrees == pytest.approx(expected.df, rel=1e-6)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-5, abs=1e-12)
    ends = (interval.low, interval.high)
    assert found.interval_of_difference(confidence) == pytest.approx(ends, abs=1e-7)


@settings(max_examples=50, deadline=None)
@given(means, means)
def test_the_relative_interval_has_the_ratios_that_the_test_allows(
    model: MeanEstimate, reference: MeanEstimate
) -> None:
    """a − (1 + θ)b is the difference of two independent means; the degrees are those at θ = 0."""
    a, b = model.value, reference.value
    t = scipy.stats.t.isf(0.025, difference(model, reference).degrees)

    def statistic(ratio: float) -> float:
        error = math.hypot(model.standard_error, (1.0 + ratio) * reference.standard_error)
        return (a - (1.0 + ratio) * b) / error

    low, high = relative_interval(difference(model, reference), reference, 0.95)
    if statistic(-1.0) > t:
        expected = optimize.brentq(lambda x: statistic(x) - t, -1.0, a / b - 1.0)
        assert low == pytest.approx(expected, rel=1e-6, abs=1e-9)
    if b > 1.01 * t * reference.standard_error:
        expected = optimize.brentq(lambda x: statistic(x) + t, a / b - 1.0, 1e7)
        assert high == pytest.approx(expected, rel=1e-6, abs=1e-9)
    elif b < 0.99 * t * reference.standard_error and statistic(0.0) > -t:
        assert math.isnan(high)


skewed = st.builds(
    MeanEstimate, st.floats(0.01, 10.0), st.floats(1e-6, 5.0), st.floats(2, 500), st.floats(-1, 1)
)


@settings(max_examples=200, deadline=None)
@given(skewed, skewed, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_both_intervals_exclude_0_exactly_if_the_test_rejects(
    model: MeanEstimate, reference: MeanEstimate, confidence: float
) -> None:
    tested = difference(model, reference)
    for low, high in (
        tested.interval_of_difference(confidence),
        relative_interval(tested, reference, confidence),
    ):
        assert (low > 0.0 or high < 0.0) == (tested.p_value < 1.0 - confidence)


def test_skewness_of_a_difference_is_that_of_its_rows() -> None:
    """Of all differences of one row with one of the other, as many as there are pairs."""
    rng = np.random.default_rng(3)
    new, old = rng.exponential(1.0, 40), rng.gamma(0.5, 2.0, 30)
    pair = [
        MeanEstimate(
            x.mean(), x.std() / math.sqrt(len(x)), len(x), scipy.stats.skew(x) / math.sqrt(len(x))
        )
        for x in (new, old)
    ]
    third = [scipy.stats.moment(x, 3) / len(x) ** 2 for x in (new, old)]
    variance = new.var() / 40 + old.var() / 30
    expected = (third[0] - third[1]) / variance**1.5
    assert difference(*pair).skewness == pytest.approx(expected, rel=1e-12)


def test_an_interval_of_simulated_models_has_the_stated_coverage() -> None:
    rng = np.random.default_rng(5)
    hits, runs = 0, 2000
    for _ in range(runs):
        new, old = rng.gamma(2.0, 0.6, 60), rng.gamma(2.0, 0.5, 90)
        pair = [MeanEstimate(x.mean(), float(scipy.stats.sem(x)), len(x)) for x in (new, old)]
        low, high = relative_interval(difference(*pair), pair[1], 0.9)
        hits += low <= 0.2 <= high
    assert hits / runs == pytest.approx(0.9, abs=0.03)


def test_nothing_is_known_where_an_error_is_not() -> None:
    reference = MeanEstimate(0.4, 0.1, 9)
    for model in (
        MeanEstimate(0.5, math.nan, 9),
        MeanEstimate(0.5, 0.1, 1),
        MeanEstimate(math.inf, math.inf, 9),
    ):
        found = difference(model, reference)
        ends = (
            *found.interval_of_difference(0.95),
            *relative_interval(found, reference, 0.95),
        )
        assert all(map(math.isnan, (*ends, found.p_value, found.error)))
    nothing = MeanEstimate(0.0, 0.0, 9)
    found = difference(MeanEstimate(0.5, 0.1, 9), nothing)
    assert all(map(math.isnan, relative_interval(found, nothing, 0.95)))
    same = difference(MeanEstimate(0.5, 0.0, 9), MeanEstimate(0.5, 0.0, 9))
    assert (same.value, *same.interval_of_difference(0.95), same.p_value) == (0.0, 0.0, 0.0, 1.0)


# Limits on it


def relative(models: Models) -> float:
    return float(models.new_losses.mean() / models.old_losses.mean() - 1)


def share_of(number: float) -> str:
    """A limit in percent."""
    return f"{100 * number!r}%"


def test_a_limit_is_in_the_unit_or_in_percent_a_share(models: Models) -> None:
    share, difference = relative(models), models.new_losses.mean() - models.old_losses.mean()
    assert share > 0.01
    for factor, code in ((1 + 1e-9, PASSED), (1 - 1e-9, FAILED)):
        for limit in (repr(float(difference * factor)), share_of(share * factor)):
            given = (models.new, "--baseline", models.baseline, "--max-regression", limit)
            assert run_gate(*given)[0] == code
            given = (*given[:3], "--require", f"regression <= {limit}")
            assert run_gate(*given)[0] == code


def test_the_same_predictions_are_no_regression_at_all(models: Models) -> None:
    copy = models.directory / "copy.csv"
    copy.write_bytes(models.old.read_bytes())
    comparison, (check,) = held(copy, "--baseline", models.baseline, "--max-regression", "0")
    assert (comparison["difference"]["absolute"], check["value"], check["passed"]) == (0, 0, True)
    assert comparison["p_value"] == 1.0
    (same,) = held(copy, "--baseline", models.baseline, "--require", "regression < 0")[1]
    assert not same["passed"]


def fieller(models: Models) -> tuple[float, float]:
    pair = [
        MeanEstimate(
            x.mean(), float(scipy.stats.sem(x)), ROWS, scipy.stats.skew(x) / math.sqrt(ROWS)
        )
        for x in (models.new_losses, models.old_losses)
    ]
    return relative_interval(difference(*pair), pair[1], 0.95)


@pytest.mark.parametrize("mode", ["point", "confident", "proven"])
def test_modes_hold_the_value_or_an_end_of_its_interval(models: Models, mode: str) -> None:
    low, high = fieller(models)
    compared = {"point": relative(models), "confident": low, "proven": high}[mode]
    for sign, code in ((1, PASSED), (-1, FAILED)):
        limit = share_of(compared + sign * 1e-9)
        given = (models.new, "--baseline", models.baseline, "--max-regression", limit)
        _, (check,) = held(*given, "--mode", mode)
        assert check["passed"] == (code == PASSED)
        assert check["compared"] == pytest.approx(compared, rel=1e-9)
        assert check["relative"] is True


def test_the_reason_names_the_cause_of_the_difference(models: Models) -> None:
    low, high = fieller(models)
    for mode, limit, passed in (
        ("confident", relative(models) / 2 + low / 2, True),
        ("proven", relative(models) / 2 + high / 2, False),
    ):
        given = (models.new, "--baseline", models.baseline, "--max-regression", share_of(limit))
        _, (check,) = held(*given, "--mode", mode)
        assert (check["passed"], "but its interval includes" in check["reason"]) == (passed, True)


def test_an_improvement_can_be_required(models: Models) -> None:
    given = ("--baseline", models.baseline, "--require")
    worse = score_json(models.new)
    turned = models.written(worse, "worse.json")
    assert run_gate(models.old, "--baseline", turned, "--require", "regression < 0")[0] == PASSED
    assert run_gate(models.new, *given, "regression < 0")[0] == FAILED
    for mode, code in (("proven", FAILED), ("confident", PASSED)):
        limit = f"regression >= {share_of(relative(models))}"  # at least so much worse
        assert run_gate(models.new, *given, limit, "--mode", mode)[0] == code


def test_groups_are_held_against_the_same_groups(models: Models) -> None:
    given = (models.new, "--baseline", models.baseline, "--require")
    _, found = held(*given, "regression.by(segment) <= 2%")
    place = np.array(SEGMENTS)
    for check in found:
        mine = place == check["by"]["segment"]
        share = models.new_losses[mine].mean() / models.old_losses[mine].mean() - 1
        assert check["value"] == pytest.approx(share, rel=1e-9)
        assert check["passed"] == (share <= 0.02)
    assert [check["by"]["segment"] for check in found] == ["eu", "uk", "us"]
    _, (one,) = held(*given, "regression.by(segment=uk) <= 900%")
    assert one == next(
        {**check, "name": one["name"], "limit": 9, "margin": one["margin"], "passed": True}
        for check in found
        if check["by"]["segment"] == "uk"
    )


@pytest.mark.parametrize(
    ("change", "group", "reason"),
    [
        (lambda groups: groups.pop(0), "eu", "the baseline does not"),
        (lambda groups: groups[0]["by"].update(segment="asia"), "asia", "the data do not"),
        (lambda groups: groups[0]["by"].update(segment=None), None, "the data do not"),
        (lambda groups: groups[0]["rows"].update(scored=7), "eu", "7 rows"),
        (lambda groups: groups[0]["metrics"].update(cross_entropy=None), "eu", "not defined"),
        (
            lambda groups: groups[0]["metrics"].update(cross_entropy=0),
            "eu",
            "0, infinite or undefined",
        ),
    ],
)
def test_a_group_of_one_side_only_fails_with_a_reason(
    models: Models, change: Callable[[list[Any]], object], group: str | None, reason: str
) -> None:
    edited = models.edited(lambda document: change(document["groups"]))
    _, found = held(models.new, "--baseline", edited, "--require", "regression.by(segment) <= 900%")
    failed = [check for check in found if not check["passed"]]
    assert group in [check["by"]["segment"] for check in failed]
    shown = next(check for check in failed if check["by"]["segment"] == group)
    assert reason in shown["reason"]
    assert shown["value"] is None
    assert {"uk", "us"} <= {check["by"]["segment"] for check in found if check["passed"]}


def test_a_baseline_without_such_groups_is_reported_with_the_way_to_write_them(
    models: Models,
) -> None:
    flat = models.edited(lambda document: document.update(groups=[]))
    done = refused(models.new, "--baseline", flat, "--require", "regression.by(segment) <= 9")
    (message,) = complaints(done, BAD_DATA)
    assert "no groups by 'segment'" in message
    assert "--by segment" in message


def test_the_document_of_a_gate_is_a_baseline_too(models: Models) -> None:
    limits = ("--require", "rows.by(segment) >= 1", "--require", "rows.by(label) >= 1")
    gate = run_gate(models.old, *limits)[1]
    path = models.written(gate, "gate.json")
    arguments = ("--max-regression", "9", "--require", "regression.by(segment) <= 9")
    expected = held(models.new, "--baseline", models.baseline, *arguments)[1]
    assert held(models.new, "--baseline", path, *arguments)[1] == expected
    gate["gates"] *= 2
    done = refused(models.new, "--baseline", models.written(gate, "two.json"), *arguments)
    assert "has 2 gates" in complaints(done, BAD_DATA)[0]


def test_a_document_is_known_by_how_it_begins(models: Models) -> None:
    arguments = ("--max-regression", "9")
    expected = held(models.new, "--baseline", models.baseline, *arguments)[1]
    for name, text in (
        ("main", json.dumps(models.document)),
        ("main.txt", "\ufeff\n " + json.dumps(models.document, indent=2)),
        ("late.dat", json.dumps({"version": "0", **models.document})),
    ):
        path = models.directory / name
        path.write_text(text)
        assert held(models.new, "--baseline", path, *arguments)[1] == expected
    piped = json.dumps(models.document).encode()
    found = run_gate(models.new, "--baseline", "-", *arguments, stdin=piped)[1]
    assert found["gates"][0]["checks"] == expected
    assert found["gates"][0]["baseline"] == "standard input"


def test_it_reports_that_rows_were_not_paired(models: Models) -> None:
    given = ("gate", models.new, "--baseline", models.baseline, "--max-regression", "9")
    page = run_ce(*given)
    assert "not paired" in page.stdout
    assert page.stderr == ""
    assert "independent" in run_ce(*given, "--json").stderr
    (gate,) = run_gate(*given[1:])[1]["gates"]
    assert (gate["paired"], gate["mode"]) == (False, "point")
    assert [warning["code"] for warning in gate["warnings"]] == ["unpaired"]


# What cannot be compared


def constant(models: Models, **more: list[Any]) -> Path:
    """Constant predictions of the same rows, with further columns."""
    columns: dict[str, list[Any]] = {"label": LABELS, "prob": [0.5] * ROWS, **more}
    return write_csv(models.directory / "constant.csv", columns)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--base", "2"], ["unit: the baseline is in nats, and this score is in bits", "--base e"]),
        (["--clip", "0.001"], ["clip: the baseline has 2.2e-16", "use --clip 2.2e-16"]),
        (["--weight", "w"], ["weight: the baseline has none", "omit --weight"]),
        (["--label-smoothing", "0.1"], ["smoothing: ", "use --label-smoothing 0"]),
        (["--missing", "skip"], ["missing: the baseline has error", "use --missing error"]),
        (["--on-bad-sum", "error"], ["sum: the baseline has warn", "use --on-bad-sum warn"]),
        (["--class-weight", "1=2"], ["class weight: the baseline has none, this score has 1=2.0"]),
        (["--ignore-label", "7"], ["ignore: the baseline has none, this score has 7"]),
    ],
    ids=lambda value: value[0],
)
def test_what_changes_the_number_has_to_agree(
    models: Models, options: list[str], words: list[str]
) -> None:
    path = models.new
    if options[0] == "--weight":
        path = constant(models, w=[1] * ROWS)
    given = (path, "--baseline", models.baseline, "--max-regression", "1")
    message = complaints(refused(*given, *options), BAD_DATA)
    for word in words:
        assert word in message[0]


def test_the_version_may_differ(models: Models) -> None:
    def age(document: dict[str, Any]) -> None:
        document["version"] = "0.0.1"
        document["signature"] = document["signature"].replace("ce:0.1.0", "ce:0.0.1")

    old = models.edited(age)
    assert "0.0.1" in old.read_text()
    assert held(models.new, "--baseline", old, "--max-regression", "9")[1][0]["passed"]


def test_other_predictions_of_the_same_rows_are_only_warned_of(models: Models) -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal((np.array(LABELS) * 2 - 1) * 1.2, 1.4).tolist()
    path = write_csv(models.directory / "logits.csv", {"label": LABELS, "logit": logits})
    given = (path, "--baseline", models.baseline, "--max-regression", "900%")
    comparison, (check,) = held(*given)
    assert check["value"] == pytest.approx(relative(models), rel=1e-6)
    (gate,) = run_gate(*given)[1]["gates"]
    codes = [warning["code"] for warning in gate["warnings"]]
    assert codes == ["unpaired", "other_values", "other_clip"]
    assert comparison["verdict"] in ("worse", "unclear")


def test_other_rows_cannot_be_compared(models: Models) -> None:
    fewer = write_csv(models.directory / "fewer.csv", {"label": [1, 0], "prob": [0.5, 0.25]})
    (message,) = complaints(
        refused(fewer, "--baseline", models.baseline, "--max-regression", "1"), BAD_DATA
    )
    assert "400 rows" in message
    assert "2 rows" in message
    path = constant(models, w=[1] * ROWS)
    document = score_json(path, "--weight", "w")
    document["weight_sum"] = 401.0
    other = models.written(document, "other.json")
    given = (path, "--weight", "w", "--baseline", other, "--max-regression", "1")
    (message,) = complaints(refused(*given), BAD_DATA)
    assert "401.0" in message
    assert "other rows" in message


def test_another_task_or_other_classes_cannot_be_compared(models: Models) -> None:
    columns: dict[str, list[Any]] = {
        "label": ["a", "b"] * 200,
        "p_a": [0.5] * ROWS,
        "p_b": [0.5] * ROWS,
    }
    named = write_csv(models.directory / "named.csv", columns)
    given = ("--baseline", models.baseline, "--max-regression", "1")
    message = complaints(refused(named, *given, "--on-bad-sum", "warn"), BAD_DATA)
    assert any("task" in one or "classes" in one for one in message)
    other = models.edited(lambda document: document.update(classes=["0", "2"]))
    (one_message,) = complaints(refused(models.new, "--baseline", other, *given[2:]), BAD_DATA)
    assert "classes: the baseline has '0', '2', this score has '0', '1'" in one_message
    turned = models.edited(lambda document: document.update(classes=["1", "0"]))
    assert run_gate(models.new, "--baseline", turned, *given[2:])[0] == PASSED


EDITS: list[tuple[str, Change, str]] = [
    ("other version", lambda d: d.update(schema="ce.score/2"), "'ce.score/2'"),
    ("other command", lambda d: d.update(schema="ce.inspect/1"), "'ce.inspect/1'"),
    ("no schema", lambda d: d.pop("schema"), "was not written by ce score --json"),
    ("no metrics", lambda d: d.pop("metrics"), "metrics is missing"),
    ("metrics a list", lambda d: d.update(metrics=[]), "metrics must be an object"),
    ("no mean", lambda d: d["metrics"].pop("cross_entropy"), "metrics.cross_entropy is missing"),
    ("mean null", lambda d: d["metrics"].update(cross_entropy=None), "is null"),
    ("mean text", lambda d: d["metrics"].update(cross_entropy="0.1"), "metrics.cross_entropy"),
    ("mean true", lambda d: d["metrics"].update(cross_entropy=True), "metrics.cross_entropy"),
    ("mean NaN", lambda d: d["metrics"].update(cross_entropy=math.nan), "NaN"),
    ("mean infinite", lambda d: d["metrics"].update(cross_entropy=math.inf), "Infinity"),
    ("mean endless", lambda d: d["metrics"].update(cross_entropy=10**400), "cross_entropy"),
    ("mean negative", lambda d: d["metrics"].update(cross_entropy=-0.1), "cross_entropy"),
    ("error negative", lambda d: d["metrics"].update(standard_error=-1), "standard_error"),
    ("error text", lambda d: d["metrics"].update(standard_error="1"), "standard_error"),
    ("no rows", lambda d: d["rows"].pop("scored"), "rows.scored is missing"),
    ("rows 0", lambda d: d["rows"].update(scored=0), "rows.scored must be a count"),
    ("rows a float", lambda d: d["rows"].update(scored=400.0), "rows.scored must be a count"),
    ("rows true", lambda d: d["groups"][0]["rows"].update(scored=True), "groups[0].rows.scored"),
    ("weight 0", lambda d: d.update(weight_sum=0), "weight_sum must be a positive number"),
    ("weight null", lambda d: d.update(weight_sum=None), "weight_sum must be"),
    ("signature a number", lambda d: d.update(signature=1), "signature must be text"),
    ("signature nothing", lambda d: d.update(signature="x"), "signature must be a signature of ce"),
    ("classes a text", lambda d: d.update(classes="01"), "classes must be a list of texts"),
    ("unit alone", lambda d: d.update(unit="bits"), "unit: the baseline is in bits"),
    ("groups an object", lambda d: d.update(groups={}), "groups must be a list"),
    ("a group a text", lambda d: d.update(groups=["eu"]), "groups[0] must be an object"),
    ("a group's key", lambda d: d["groups"][0].update(by={"s": 1}), "groups[0].by.s"),
    ("a group's rows", lambda d: d["groups"][1]["rows"].update(scored=-1), "groups[1].rows"),
    ("hostile", lambda d: d.update(schema="\x1b[31m\u202e"), "\\x1b[31m\\u202e"),
]


@pytest.mark.parametrize(("change", "word"), [one[1:] for one in EDITS], ids=[o[0] for o in EDITS])
def test_an_edited_document_is_refused(models: Models, change: Change, word: str) -> None:
    done = refused(models.new, "--baseline", models.edited(change), "--max-regression", "1")
    (message,) = complaints(done, BAD_DATA)
    assert "edited.json: " in message
    assert word in message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        '{"schema": "ce.score/1", "version": "0.1.0", "sign',
        '{"schema": "ce.score/1"} {"schema": "ce.score/1"}',
        "[" * 100_000,
        "[]",
        "null",
        '"ce.score/1"',
        '{"schema": "ce.gate/1", "gates": {}}',
        '{"schema": "ce.gate/1", "gates": []}',
        '{"schema": "ce.gate/1", "gates": [{}]}',
        '{"schema": "ce.gate/1", "gates": [{"score": null}]}',
        '{"schema": ["ce.score/1"]}',
    ],
    ids=lambda text: text[:40],
)
def test_text_that_is_not_a_document_is_refused(models: Models, text: str) -> None:
    path = models.directory / "broken.json"
    path.write_text(text)
    done = refused(models.new, "--baseline", path, "--max-regression", "1")
    (message,) = complaints(done, BAD_DATA)
    assert "broken.json: " in message


def test_bytes_that_are_no_text_are_refused(models: Models) -> None:
    path = models.directory / "bytes.json"
    path.write_bytes(b'{"schema": "ce.score/1", "\xff\xfe": 1}')
    complaints(refused(models.new, "--baseline", path, "--max-regression", "1"), BAD_DATA)


@pytest.mark.parametrize("mode", ["confident", "proven"])
def test_modes_need_a_standard_error(models: Models, mode: str) -> None:
    for change in (
        lambda document: document["metrics"].pop("standard_error"),
        lambda document: document["metrics"].update(standard_error=None),
    ):
        edited = models.edited(change)
        given = (models.new, "--baseline", edited, "--max-regression", "9")
        (message,) = complaints(refused(*given, "--mode", mode), BAD_DATA)
        assert "without a standard error" in message
        comparison, (check,) = held(*given)
        assert (check["passed"], check["interval"]["low"]) == (True, None)
        assert comparison["standard_error"] is None


def test_a_group_of_one_row_has_no_interval_to_prove_anything(tmp_path: Path) -> None:
    path = halvings(tmp_path)
    baseline = tmp_path / "main.json"
    baseline.write_text(json.dumps(score_json(path, "--by", "country")))
    copy = tmp_path / "copy.csv"
    copy.write_bytes(path.read_bytes())
    limit = ("--require", "regression.by(country=de) <= 9", "--mode", "proven")
    _, (check,) = held(copy, "--baseline", baseline, *limit)
    assert (check["value"], check["passed"]) == (0.0, False)
    assert "too few rows for an interval" in check["reason"]


def test_a_baseline_of_nothing_has_no_share(tmp_path: Path) -> None:
    sure = write_csv(tmp_path / "sure.csv", {"label": [1, 1], "logprob": [0, 0]})
    given = ("--task", "likelihood")
    baseline = tmp_path / "main.json"
    baseline.write_text(json.dumps(score_json(sure, *given)))
    other = write_csv(tmp_path / "other.csv", {"label": [1, 1], "logprob": [-1, -2]})
    _, (check,) = held(other, *given, "--baseline", baseline, "--max-regression", "900%")
    assert (check["value"], check["passed"]) == (None, False)
    assert "0" in check["reason"]


def test_an_infinite_loss_is_a_regression_of_any_size(tmp_path: Path) -> None:
    old = write_csv(tmp_path / "old.csv", {"label": [1, 1], "prob": [0.5, 0.25]})
    new = write_csv(tmp_path / "new.csv", {"label": [1, 1], "prob": [0.5, 0]})
    baseline = tmp_path / "main.json"
    baseline.write_text(json.dumps(score_json(old, "--clip", "none")))
    for mode in ("point", "confident", "proven"):
        given = ("--clip", "none", "--baseline", baseline, "--max-regression", "9", "--mode", mode)
        _, (check,) = held(new, *given)
        assert (check["value"], check["passed"]) == (None, False)


def test_a_baseline_that_is_not_there(models: Models) -> None:
    done = refused(
        models.new, "--baseline", models.directory / "gone.json", "--max-regression", "1"
    )
    assert "gone.json: there is no such file" in complaints(done, STORAGE)[0]


def test_a_file_cannot_be_its_own_baseline(models: Models) -> None:
    again = models.directory / ".." / models.directory.name / "new.csv"
    (message,) = complaints(
        refused(models.new, "--baseline", again, "--max-regression", "1"), USAGE
    )
    assert "is both the data and the baseline" in message


def test_the_baseline_is_not_written_over(models: Models) -> None:
    before = models.baseline.read_bytes()
    given = (models.new, "--baseline", models.baseline, "--max-regression", "1")
    done = refused(*given, "--report", f"json={models.baseline}")
    assert "is an input and cannot be overwritten" in complaints(done, USAGE)[0]
    assert models.baseline.read_bytes() == before
