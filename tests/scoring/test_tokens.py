"""Log-probabilities of tokens: bits per token and per byte, and where the bytes come from."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from ce_cli import compare, score
from ce_cli.binding.rows.bytes_rows import lengths
from ce_cli.errors import UsageError
from tests.conftest import (
    SAMPLES,
    SCHEMAS,
    complaints,
    run_ce,
    score_json,
    strict,
    write_csv,
    write_parquet,
)
from tests.metrics.hall import kish

ROWS = 500
WORDS = ["The", " cat", "None", "NA", "null", "nan", " naïve", " 猫", "🐈", "\n", '"', ",", "12"]


def tokens() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    size = rng.integers(0, 9, ROWS)
    return pd.DataFrame(
        {
            "logprob": -rng.exponential(0.4 * size + 0.1),
            "n": size,
            "doc": rng.choice(["a", "b", "c"], ROWS),
            "w": rng.exponential(1.0, ROWS),
        }
    )


def exactly(data: pd.DataFrame, weights: Any) -> tuple[float, float, float]:
    """Bits per token, bits per byte and the standard error of that, with 50 digits."""
    with mpmath.workdps(50):
        losses = [-mpmath.mpf(float(one)) / mpmath.log(2) for one in data["logprob"]]
        sizes = [mpmath.mpf(int(one)) for one in data["n"]]
        weight = [mpmath.mpf(float(one)) for one in weights]
        cost, total = mpmath.fdot(weight, losses), mpmath.fdot(weight, sizes)
        ratio, n = cost / total, mpmath.fsum(weight) ** 2 / mpmath.fdot(weight, weight)
        rows = zip(weight, losses, sizes, strict=True)
        squares = mpmath.fsum((w * (loss - ratio * size)) ** 2 for w, loss, size in rows)
        error = mpmath.sqrt(squares * n / (n - 1)) / total
        return float(cost / mpmath.fsum(weight)), float(ratio), float(error)


@pytest.mark.parametrize("weight", [None, "w"])
def test_the_figures_and_their_intervals_are_exact_in_every_group(weight: str | None) -> None:
    data = tokens()
    result = score(data, bytes="n", by="doc", weight=weight)
    SCHEMAS["ce.score/1"].validate(result.to_dict())
    parts: list[tuple[Any, Any, pd.DataFrame]] = [(result.metrics, result.intervals, data)]
    for group in result.groups:
        parts.append((group.metrics, group.intervals, data[data["doc"] == group.by["doc"]]))
    assert len(parts) == 4
    for metrics, intervals, rows in parts:
        weights = np.ones(len(rows)) if weight is None else rows[weight]
        token, byte, error = exactly(rows, weights)
        assert metrics["bits_per_token"] == pytest.approx(token, rel=1e-15)
        assert metrics["bits_per_byte"] == pytest.approx(byte, rel=1e-15)
        reach = stats.t.ppf(0.975, kish(np.asarray(weights, np.float64)) - 1) * error
        found = intervals["bits_per_byte"]
        assert (found.low, found.high) == pytest.approx((byte - reach, byte + reach), rel=1e-12)
        assert "delta method" in found.method
        nats = intervals["cross_entropy"]
        of_token = intervals["bits_per_token"]
        ends = (nats.low / math.log(2), nats.high / math.log(2))
        assert (of_token.low, of_token.high) == pytest.approx(ends, rel=1e-14)


def test_the_standard_error_of_a_ratio_is_about_that_of_the_jackknife() -> None:
    """Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 11.2."""
    data = tokens()
    losses, sizes = -data["logprob"] / math.log(2), data["n"]
    without = ((losses.sum() - losses) / (sizes.sum() - sizes)).to_numpy()
    jackknife = math.sqrt((ROWS - 1) / ROWS * np.sum((without - without.mean()) ** 2))
    found = score(data, bytes="n", metric="bits_per_byte").intervals["bits_per_byte"]
    error = (found.high - found.low) / 2 / stats.t.ppf(0.975, ROWS - 1)
    assert error == pytest.approx(jackknife, rel=0.01)


def test_tokens_of_a_cost_in_proportion_to_their_bytes_leave_no_doubt() -> None:
    sizes, weights = np.arange(1, 30), np.random.default_rng(3).exponential(1.0, 29)
    frame = pd.DataFrame({"logprob": -0.25 * sizes, "n": sizes, "w": weights})
    for weight in (None, "w"):
        found = score(frame, bytes="n", weight=weight)
        interval = found.intervals["bits_per_byte"]
        mean = found.metrics["bits_per_byte"]
        assert (interval.low, interval.high) == pytest.approx((mean, mean), rel=1e-14)
    assert found.intervals["bits_per_token"].high > found.metrics["bits_per_token"]


def test_rows_may_be_tokens_or_whole_documents() -> None:
    """As lm-evaluation-harness has them: Σ log-likelihood / Σ bytes over documents, over −ln 2.

    Its byte_perplexity is 2 to the bits per byte (lm_eval/api/metrics.py, ``bits_per_byte`` and
    ``weighted_perplexity``).
    """
    data = tokens()
    documents = data.groupby("doc")[["logprob", "n"]].sum()
    pairs = list(documents.itertuples(index=False, name=None))
    mean = sum(a for a, _ in pairs) / sum(b for _, b in pairs)
    for frame in (data, documents):
        found = score(frame, bytes="n").metrics["bits_per_byte"]
        assert found == pytest.approx(-mean / math.log(2), rel=1e-14)
        assert 2.0**found == pytest.approx(math.exp(-mean), rel=1e-14)


def test_the_base_of_the_logarithm_does_not_matter() -> None:
    documents = [score(tokens(), bytes="n", base=base) for base in ("e", "2", "10")]
    for name in ("bits_per_token", "bits_per_byte"):
        assert len({one.metrics[name] for one in documents}) == 1
        assert len({one.intervals[name] for one in documents}) == 1
    assert documents[1].metrics["cross_entropy"] == documents[1].metrics["bits_per_token"]


def test_labels_have_bits_per_byte_as_well(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", {"label": [1, 0], "prob": [0.5, 0.75], "n": [2, 4]})
    document = score_json(path, "--bytes", "n")
    assert document["metrics"]["bits_per_byte"] == 0.5  # 1 bit and 2 bits on 6 bytes
    assert "bits_per_token" not in document["metrics"]
    options = score_json(path, "--metric", "bits_per_token", "--metric", "bits_per_byte")
    assert options["metrics"] == {}
    assert "--bytes" in options["not_applicable"]["bits_per_byte"]
    assert "labels" in options["not_applicable"]["bits_per_token"]


def test_the_bytes_of_text_are_those_of_utf_8(tmp_path: Path) -> None:
    columns: dict[str, Any] = {"token": WORDS, "logprob": -np.arange(1.0, len(WORDS) + 1)}
    counts = [len(word.encode()) for word in WORDS]
    frame = pd.DataFrame({**columns, "n": counts})
    expected = score(frame, bytes="n")
    assert expected.columns.bytes_shape == "counts"
    (tmp_path / "f.jsonl").write_text(frame.to_json(orient="records", lines=True))
    encoded = pa.array([word.encode() for word in WORDS], pa.binary())
    large = pa.array(WORDS, pa.large_string())
    sources: list[Any] = [
        write_csv(tmp_path / "f.csv", columns),
        tmp_path / "f.jsonl",
        write_parquet(tmp_path / "f.parquet", columns),
        write_parquet(tmp_path / "binary.parquet", {**columns, "token": encoded}),
        pa.table({**columns, "token": large}),
        pa.table({**columns, "token": pa.array(WORDS).dictionary_encode()}).slice(0),
        frame,
        frame.astype({"token": "category"}),
    ]
    for source in sources:
        found = score(source, bytes="token")
        assert found.metrics == expected.metrics, source
        assert found.columns.bytes_shape == "text"
    for array in (large, encoded, pa.array(WORDS), pa.array(WORDS).dictionary_encode()):
        assert lengths(array.slice(3, 7)).tolist() == counts[3:10]


def test_words_that_are_not_tokens_are_missing_only_with_the_option(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "f.csv", {"token": WORDS, "logprob": [-1.0] * len(WORDS)})
    skipped = score_json(path, "--bytes", "token", "--na-value", "🐈", "--missing", "skip")
    assert (skipped["rows"]["scored"], skipped["rows"]["skipped"]) == (len(WORDS) - 1, 1)
    path = write_csv(tmp_path / "g.csv", {"token": ["a", "", "None"], "logprob": [-1, -1, -1]})
    (line,) = complaints(run_ce("score", path, "--bytes", "token"), 3)
    assert "row 2, column 'token'" in line
    assert "--missing skip" in line


def test_the_bits_are_the_same_however_the_rows_are_cut(tmp_path: Path) -> None:
    data = tokens()
    whole = score(data, bytes="n", weight="w", by="doc").to_dict()
    for place in range(4):
        data.iloc[place * 125 : place * 125 + 125].to_csv(tmp_path / f"{place}.csv", index=False)
    parts = score(tmp_path, bytes="n", weight="w", by="doc", threads=2).to_dict()
    for name in ("metrics", "intervals", "groups"):
        assert parts[name] == whole[name]


@pytest.mark.parametrize(
    ("column", "code", "message"),
    [
        ([3, -1, 2], 3, ("row 2, column 'n': -1", "number of bytes")),
        ([3, 1, 2.5], 3, ("row 3, column 'n': 2.5", "whole")),
        ([3, "inf", 2], 3, ("row 2, column 'n': inf", "finite")),
        ([3, "", 2], 3, ("row 2, column 'n'", "missing")),
        ([3, "x", 2], 3, ("row 2, column 'n': 'x' is not a number",)),
        ([0, 0, 0], 3, ("all byte counts in 'n' are 0", "bits per byte")),
    ],
)
def test_bad_bytes_are_reported(
    column: list[Any], code: int, message: tuple[str, ...], tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "f.csv", {"logprob": [-1.0, -2.0, -3.0], "n": column})
    (line,) = complaints(run_ce("score", path, "--bytes", "n"), code)
    assert all(part in line for part in message), line


def test_columns_that_cannot_be_bytes_are_reported(tmp_path: Path) -> None:
    path = write_parquet(
        tmp_path / "f.parquet", {"logprob": [-1.0], "ok": [True], "list": [[[1.0]]], "bytes": [1]}
    )
    for name, code, message in (
        ("byte", 2, "did you mean 'bytes'"),
        ("logprob", 2, "cannot be both bytes and prediction"),
        ("ok", 3, "neither the number of bytes"),
        ("list", 3, "neither the number of bytes"),
    ):
        (line,) = complaints(
            run_ce("score", path, "--bytes", name, "--pred", "logprob", "--task", "likelihood"),
            code,
        )
        assert message in line


def test_a_further_file_has_to_have_bytes_of_the_same_kind(tmp_path: Path) -> None:
    first = write_parquet(tmp_path / "1.parquet", {"logprob": [-1.0], "b": ["word"]})
    second = write_parquet(tmp_path / "2.parquet", {"logprob": [-1.0], "b": [4]})
    for files in ((first, second), (second, first)):
        (line,) = complaints(run_ce("score", *files, "--bytes", "b"), 3)
        assert f"{files[1].name}: the column 'b' holds" in line


def test_groups_without_bytes_and_endless_losses_have_no_number(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "doc": ["a", "b", "b"],
        "logprob": [-1.0, -1.0, "-inf"],
        "n": [0, 1, 1],
    }
    document = score_json(write_csv(tmp_path / "f.csv", columns), "--bytes", "n", "--by", "doc")
    assert document["metrics"]["bits_per_byte"] is None
    assert [one["metrics"]["bits_per_byte"] for one in document["groups"]] == [None, None]
    huge = pd.DataFrame({"logprob": [-1.0, -2.0], "n": [1, 2], "w": [1e300, 1.0]})
    found = score(huge, bytes="n", weight="w")
    assert found.metrics["bits_per_byte"] == pytest.approx(1 / math.log(2))
    assert not math.isfinite(found.intervals["bits_per_byte"].high)


def test_a_gate_limits_bits_per_byte_and_a_comparison_has_none(tmp_path: Path) -> None:
    path = SAMPLES / "tokens.csv"
    found = score(path, bytes="token")
    limit = math.ceil(found.metrics["bits_per_byte"] * 10) / 10
    given = ("--bytes", "token")
    for bound, code in ((limit, 0), (limit - 0.2, 1)):
        done = run_ce("gate", path, *given, "--require", f"bits_per_byte <= {bound}", "--json")
        assert done.returncode == code, done.stderr
        (check,) = strict(done.stdout)["gates"][0]["checks"]
        assert check["value"] == found.metrics["bits_per_byte"]
        assert check["interval"]["high"] == found.intervals["bits_per_byte"].high
    other = tmp_path / "other.csv"
    other.write_bytes(path.read_bytes())
    document = tmp_path / "baseline.json"
    document.write_text(run_ce("score", other, "--json").stdout)
    for baseline in (other, document):
        limits = ("--require", "bits_per_byte.by(doc) <= 9", "--max-regression", "0")
        done = run_ce("gate", path, *given, *limits, "--baseline", baseline)
        assert done.returncode == 0, done.stdout + done.stderr
    (line,) = complaints(run_ce("compare", path, other, *given), 2)
    assert "--bytes applies to ce score and ce gate" in line
    with pytest.raises(UsageError, match="bytes applies"):
        compare({"old": path, "new": other}, bytes="token")


def test_inspect_and_the_page_show_the_column_of_the_bytes() -> None:
    path = SAMPLES / "tokens.csv"
    page = run_ce("score", path, "--bytes", "token", "--by", "doc").stdout
    assert "bytes token (UTF-8)" in page
    assert max(map(len, page.splitlines()[:-1])) <= 80
    seen = strict(run_ce("inspect", path, "--bytes", "token", "--json").stdout)
    parts = {column["name"]: column["part"] for column in seen["columns"]}
    assert parts == {"doc": None, "token": "bytes", "logprob": "prediction"}


def test_lists_of_bytes_are_counted(tmp_path: Path) -> None:
    """As in the log-probabilities of OpenAI, where a token without bytes has null."""
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"token": "The", "logprob": -0.5, "bytes": [84, 104, 101]}\n'
        '{"token": "", "logprob": -0.25, "bytes": []}\n'
        '{"token": ".", "logprob": -0.125, "bytes": [46]}\n'
    )
    document = score_json(path, "--pred", "logprob", "--bytes", "bytes")
    expected = 0.875 / 4 / math.log(2)
    assert document["metrics"]["bits_per_byte"] == pytest.approx(expected, rel=1e-15)
    assert document["columns"]["bytes_shape"] == "list"
    sizes = pa.array([[84, 104, 101], [], [46]], pa.list_(pa.uint8()))
    table = pa.table({"logprob": [-0.5, -0.25, -0.125], "size": sizes})
    assert score(table, bytes="size").metrics["bits_per_byte"] == pytest.approx(expected, rel=1e-15)
    path.write_text(path.read_text() + '{"token": "", "logprob": -1, "bytes": null}\n')
    (line,) = complaints(run_ce("score", path, "--pred", "logprob", "--bytes", "bytes"), 3)
    assert "row 4, column 'bytes': the value is missing" in line


@pytest.mark.parametrize("wrong", ["256", "-1", "1.5"])
def test_what_is_not_a_byte_in_a_list_is_an_error(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"logprob": -0.5, "size": [84]}\n'
        '{"logprob": -0.5, "size": []}\n'
        f'{{"logprob": -0.5, "size": [1, {wrong}]}}\n'
    )
    (line,) = complaints(run_ce("score", path, "--pred", "logprob", "--bytes", "size"), 3)
    assert f"row 3, column 'size': {wrong} is not a byte" in line


@pytest.mark.parametrize(
    "token", ["Ġthe", "Ċ", "▁the", "▁", "<0x0A>", "##ing", "Ġ" + "x" * 60, "▁naïve"]
)
def test_tokens_as_tokenizers_spell_them_are_reported(tmp_path: Path, token: str) -> None:
    path = write_csv(tmp_path / "t.csv", {"logprob": [-1, -2], "token": ["The", token]})
    document = score_json(path, "--bytes", "token")
    (note,) = [one for one in document["warnings"] if one["code"] == "token_spelling"]
    assert (note["count"], note["rows"]) == (1, [2])
    assert "--bytes" in note["message"]
    inspected = strict(run_ce("inspect", path, "--bytes", "token", "--json").stdout)
    assert "token_spelling" in [one["code"] for one in inspected["findings"]]
    table = pa.table(
        {
            "logprob": [-1.0, -2.0, -3.0],
            "token": pa.array(["The", token, None]).dictionary_encode(),
            "large": pa.array(["The", token, "x"], pa.large_utf8()),
            "binary": pa.array([b"The", token.encode(), b"x"]),
        }
    )
    for name in ("token", "large", "binary"):
        warnings = score(table, bytes=name, missing="skip").warnings
        assert [one.count for one in warnings if one.code == "token_spelling"] == [1]


@pytest.mark.parametrize("text", ["the", " the", "## Title", "###", "<0xZZ", "Ġ" * 60, "a▁"])
def test_other_texts_are_not_reported(tmp_path: Path, text: str) -> None:
    path = write_csv(tmp_path / "t.csv", {"logprob": [-1, -2], "token": ["The", text]})
    codes = [one["code"] for one in score_json(path, "--bytes", "token")["warnings"]]
    assert "token_spelling" not in codes
