"""Files of losses, and documents with their numbers of tokens."""

from __future__ import annotations

import math
from pathlib import Path

import mpmath
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ce_cli import score
from ce_cli.errors import DataError, UsageError
from tests.conftest import complaints, run_ce, score_json, strict, write_csv

DOCS = 60


def documents() -> pd.DataFrame:
    rng = np.random.default_rng(31)
    tokens = rng.integers(1, 400, DOCS)
    return pd.DataFrame(
        {
            "sum_logprob": -rng.gamma(2.0 * tokens, 0.7),
            "n_tokens": tokens,
            "size": tokens * 4 + rng.integers(0, 9, DOCS),
            "lang": rng.choice(["de", "en"], DOCS),
        }
    )


def ratio(frame: pd.DataFrame, by: str) -> tuple[float, float]:
    """Σ loss / Σ x and its standard error as a ratio estimator, with 50 digits."""
    with mpmath.workdps(50):
        losses = [-mpmath.mpf(float(one)) for one in frame["sum_logprob"]]
        sizes = [mpmath.mpf(int(one)) for one in frame[by]]
        total = mpmath.fsum(sizes)
        n = total**2 / mpmath.fsum(size**2 for size in sizes)  # Kish's number of documents
        mean = mpmath.fsum(losses) / total
        pairs = zip(losses, sizes, strict=True)
        squares = mpmath.fsum((loss - mean * size) ** 2 for loss, size in pairs)
        return float(mean), float(mpmath.sqrt(squares * n / (n - 1)) / total)


def test_documents_give_the_loss_per_token() -> None:
    frame = documents()
    result = score(frame, pred="sum_logprob", tokens="n_tokens", bytes="size", by="lang")
    mean, error = ratio(frame, "n_tokens")
    assert result.metrics["cross_entropy"] == pytest.approx(mean, rel=1e-15)
    assert result.metrics["standard_error"] == pytest.approx(error, rel=1e-12)
    assert result.metrics["perplexity"] == pytest.approx(math.exp(mean), rel=1e-14)
    assert result.metrics["bits_per_token"] == pytest.approx(mean / math.log(2), rel=1e-14)
    assert result.weight_sum == frame["n_tokens"].sum()
    per_byte = -frame["sum_logprob"].sum() / frame["size"].sum() / math.log(2)
    assert result.metrics["bits_per_byte"] == pytest.approx(per_byte, rel=1e-14)
    for group in result.groups:
        own = frame[frame["lang"] == group.by["lang"]]
        assert group.metrics["cross_entropy"] == pytest.approx(ratio(own, "n_tokens")[0], rel=1e-15)


def test_documents_are_the_clusters_of_their_tokens() -> None:
    """As many tokens of the mean loss each, one document a cluster."""
    frame = documents()
    rows = frame.index.repeat(frame["n_tokens"])
    each = (frame["sum_logprob"] / frame["n_tokens"])[rows]
    tokens = pd.DataFrame({"logprob": each.to_numpy(), "doc": rows.astype(str)})
    own = score(frame, pred="sum_logprob", tokens="n_tokens")
    other = score(tokens, cluster="doc")
    for name in ("cross_entropy", "standard_error", "perplexity"):
        assert own.metrics[name] == pytest.approx(other.metrics[name], rel=1e-12)


def test_losses_are_log_probabilities_with_the_other_sign() -> None:
    frame = documents()
    own = frame.assign(nll=-frame["sum_logprob"])
    for options in ({}, {"tokens": "n_tokens"}):
        expected = score(frame, pred="sum_logprob", **options)  # type: ignore[arg-type]
        found = score(own, pred="nll", as_="losses", **options)  # type: ignore[arg-type]
        assert found.metrics == expected.metrics
        assert found.to_dict()["intervals"] == expected.to_dict()["intervals"]
        assert (found.task, found.values) == ("likelihood", "losses")


@pytest.mark.parametrize("name", ["nll", "token_nll", "neg_log_likelihood", "Surprisal"])
def test_a_column_that_is_clearly_of_losses_is_found(tmp_path: Path, name: str) -> None:
    path = write_csv(tmp_path / "t.csv", {"tok": ["a", "b"], name: [0.5, 1.25]})
    document = score_json(path)
    assert document["metrics"]["cross_entropy"] == 0.875
    assert document["values"] == "losses"
    assert "|values:losses|" in document["signature"]


def test_loss_alone_may_be_anything_and_needs_the_option(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", {"step": [10, 20], "loss": [0.5, 1.25]})
    complaints(run_ce("score", path), 3)
    assert score_json(path, "--as", "losses")["metrics"]["cross_entropy"] == 0.875


def test_predictions_beside_labels_go_before_losses(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", {"label": [1, 0], "prob": [0.5, 0.25], "nll": [0.7, 0.3]})
    assert score_json(path)["columns"]["predictions"] == ["prob"]


def test_negative_losses_are_errors(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "t.csv", {"nll": [0.5, -1.25, -2]})
    (line,) = complaints(run_ce("score", path), 3)
    assert "row 2, column 'nll': -1.25 is not a loss" in line
    path = write_csv(tmp_path / "t.csv", {"nll": [0, -1e-12, "inf"]})
    assert score_json(path)["rows"]["infinite"] == 1


@pytest.mark.parametrize("tokens", ["0", "1.5", "-3", "inf"])
def test_numbers_of_tokens_are_whole_and_above_0(tmp_path: Path, tokens: str) -> None:
    path = write_csv(tmp_path / "t.csv", {"logprob": [-1, -2], "n": [4, tokens]})
    (line,) = complaints(run_ce("score", path, "--tokens", "n"), 3)
    assert f"row 2, column 'n': {tokens} is not a number of tokens" in line


def test_options_that_do_not_fit_are_refused() -> None:
    frame = {"label": [1, 0], "logprob": [-1.0, -2.0], "n": [3, 4], "prob": [0.5, 0.25]}
    with pytest.raises(UsageError, match="label out"):
        score(frame, label="label", pred="logprob", tokens="n")
    with pytest.raises(UsageError, match="read as probabilities"):
        score(frame, pred="prob", tokens="n")
    with pytest.raises(UsageError, match="conventions"):
        score(frame, pred="logprob", tokens="n", conventions=True)
    with pytest.raises(UsageError, match="both prediction and tokens"):
        score(frame, pred="logprob", tokens="logprob")
    with pytest.raises(UsageError, match="multiclass"):
        score(frame, pred="logprob", as_="losses", task="multiclass")
    with pytest.raises(DataError, match="does not hold numbers"):
        score(pa.table({"logprob": [-1.0], "n": [[1]]}), tokens="n")


def test_documents_in_every_command(tmp_path: Path) -> None:
    frame = documents()
    columns = {str(name): frame[name] for name in frame}
    path = write_csv(tmp_path / "a.csv", columns)
    other = write_csv(tmp_path / "b.csv", columns | {"sum_logprob": frame["sum_logprob"] * 1.5})
    typed = ("--pred", "sum_logprob", "--tokens", "n_tokens")
    document = score_json(path, *typed)
    mean = document["metrics"]["cross_entropy"]
    assert document["columns"]["tokens"] == "n_tokens"
    compared = strict(run_ce("compare", path, other, *typed, "--json").stdout)
    (difference,) = compared["comparisons"]
    assert difference["difference"]["absolute"] == pytest.approx(mean / 2, rel=1e-14)
    inspected = strict(run_ce("inspect", path, *typed, "--json").stdout)
    assert [one["part"] for one in inspected["columns"]][:2] == ["prediction", "tokens"]
    gate = run_ce("gate", path, *typed, "--max", repr(mean))
    assert gate.returncode == 0, gate.stdout
    shorter = write_csv(tmp_path / "c.csv", columns | {"n_tokens": frame["n_tokens"] + 1})
    (line,) = complaints(run_ce("compare", path, shorter, *typed), 3)
    assert "different" in line


def test_a_column_without_a_name_is_not_one_of_tokens(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(",label,prob,,\n1,1,0.5,,\n2,0,0.5,,\n")
    assert score_json(path, "--base", "2")["metrics"]["cross_entropy"] == 1.0
