"""What the registry declares holds in every document, unit and format."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest

from ce_cli import registry, score
from ce_cli.results.score import Result
from tests.conftest import SCHEMAS, run_ce

Base = Literal["e", "2", "10"]

# Which figures are losses, and which of them are means of losses, by the table of aggregates.
LOSSES = {
    *("cross_entropy", "total", "standard_error", "min", "median", "p90", "p99", "max"),
    *("baseline", "entropy", "kl_divergence", "confidence"),
}
MEANS = {
    *("cross_entropy", "standard_error", "baseline", "entropy", "kl_divergence", "confidence"),
    "bits_per_token",
}


def predictions() -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(11)
    prob = rng.uniform(0.05, 0.95, 60)
    label = (rng.random(60) < prob).astype(int)
    weight = rng.uniform(0.5, 3.0, 60)
    return {
        "binary": pd.DataFrame({"label": label, "prob": prob, "w": weight}),
        "tokens": pd.DataFrame({"logprob": np.log(prob), "bytes": rng.integers(1, 9, 60)}),
    }


def scored(base: Base = "e", **options: Any) -> Iterator[tuple[str, Result]]:
    """Predictions that together have every figure."""
    for name, frame in predictions().items():
        columns: dict[str, Any] = {"weight": "w"} if name == "binary" else {"bytes": "bytes"}
        yield name, score(frame, metric="all", base=base, **columns, **options)


def test_every_figure_is_declared_once_and_described_in_one_sentence() -> None:
    declared = [figure for metric in registry.METRICS for figure in metric.figures]
    assert len({figure.name for figure in declared}) == len(declared)
    for figure in declared:
        assert figure.about[0].isupper() or figure.about[0].isdigit()
        assert figure.about.endswith(".")
        assert "\n" not in figure.about
        assert figure.low < figure.high


def test_documents_have_the_figures_of_the_registry_and_fit_the_schema() -> None:
    found: dict[str, None] = {}
    for _, result in scored():
        SCHEMAS["ce.score/1"].validate(result.to_dict())
        assert result.intervals.keys() <= result.metrics.keys()
        found |= dict.fromkeys(result.metrics)
    assert set(found) == set(registry.FIGURES)


def test_figures_that_are_losses_are_declared_so() -> None:
    assert {figure.name for figure in registry.FIGURES.values() if figure.in_unit} == LOSSES
    assert {figure.name for figure in registry.FIGURES.values() if figure.mean_loss} == MEANS


@pytest.mark.parametrize(("base", "nats"), [("2", math.log(2)), ("10", math.log(10))])
def test_the_base_divides_losses_and_leaves_all_else(base: Base, nats: float) -> None:
    for (_, natural), (_, other) in zip(scored(), scored(base), strict=True):
        for name, value in natural.metrics.items():
            scale = nats if name in LOSSES else 1.0
            assert other.metrics[name] == pytest.approx(value / scale, rel=1e-14, nan_ok=True)
            if name in natural.intervals:
                ours, theirs = natural.intervals[name], other.intervals[name]
                ends = pytest.approx((ours.low / scale, ours.high / scale), rel=1e-14, nan_ok=True)
                assert (theirs.low, theirs.high) == ends


def test_a_convention_that_divides_by_rows_does_so_to_means_of_losses_alone() -> None:
    frame = predictions()["binary"]
    frame["prob"] = np.rint(frame["prob"] * 2.0**20) / 2.0**20  # q and 1 − q are exact in keras
    share = frame["w"].mean()
    options: dict[str, Any] = {"weight": "w", "metric": "all"}
    plain, keras = score(frame, **options), score(frame, convention="keras", **options)
    follows = {"perplexity"}  # the exponential of a mean
    for name in plain.metrics.keys() - follows:
        factor = share if name in MEANS else 1.0
        # keras clips at 1e-7, which none of these probabilities is near
        assert keras.metrics[name] == pytest.approx(factor * plain.metrics[name], rel=1e-12)
    expected = math.exp(share * plain.metrics["cross_entropy"])
    assert keras.metrics["perplexity"] == pytest.approx(expected)


def test_an_interval_is_cut_at_the_range_of_its_figure() -> None:
    few = pd.DataFrame({"label": [1, 0, 1], "prob": [0.9, 0.95, 0.6]})
    result = score(few, metric="all")
    for name, interval in result.intervals.items():
        figure = registry.FIGURES[name]
        assert not interval.low < figure.low
        assert not interval.high > figure.high
    assert result.intervals["skill"].high == 1.0
    assert result.intervals["normalized_cross_entropy"].low == 0.0


def test_help_names_every_figure() -> None:
    done = run_ce("score", "--help", env={"COLUMNS": "200"})
    assert [name for name in registry.FIGURES if name not in done.stdout] == []


WITH_FORMATS = [one.names[0] for one in registry.COMMANDS if registry.formats(one.names[0])]


@pytest.mark.parametrize("command", WITH_FORMATS)
def test_help_names_every_format_and_others_are_refused(command: str) -> None:
    names = registry.names_of(registry.outputs_of(command))
    assert names[:2] == ("table", "json")
    done = run_ce(*command.split(), "--help", env={"COLUMNS": "200"})
    assert [name for name in names if name not in done.stdout] == []
    done = run_ce(*command.split(), "-", "--format", "sonnet")
    assert done.returncode == 2
    assert [name for name in names if f"'{name}'" not in done.stderr] == []
