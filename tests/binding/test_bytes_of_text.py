"""Tokens that are digits are text, and those in the spelling of a tokenizer are noticed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from ce_cli import score
from ce_cli.errors import DataError
from tests.conftest import score_json

DIGITS = ["2", "3", "17", "05"]  # 6 bytes
WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    "jsonl": lambda table, path: table.to_json(path, orient="records", lines=True),
    "parquet": lambda table, path: table.to_parquet(path),
    "csv": lambda table, path: table.to_csv(path, index=False),
}


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("tokens", [DIGITS, ["2", "the", "17"], [*DIGITS, "the"]])
def test_digits_are_text(tokens: list[str], writer: str, tmp_path: Path) -> None:
    path = tmp_path / f"tokens.{writer}"
    WRITERS[writer](pd.DataFrame({"token": tokens, "logprob": -1.0}), path)
    found = score_json(path, "--bytes", "token")["metrics"]["bits_per_byte"]
    size = sum(map(len, tokens))
    assert found == pytest.approx(len(tokens) / math.log(2) / size, rel=1e-12)


def test_counts_in_a_text_file_stay_counts(tmp_path: Path) -> None:
    for name in ("bytes", "n_tokens_text", "size"):
        path = tmp_path / "docs.csv"
        path.write_text(f"logprob,{name}\n-1,2\n-1,14\n")
        found = score_json(path, "--bytes", name)["metrics"]["bits_per_byte"]
        assert found == pytest.approx(2 / math.log(2) / 16, rel=1e-12)


def test_text_of_digits_that_may_be_counts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokens.jsonl"
    path.write_text(json.dumps({"bytes": "546865", "logprob": -1}) + "\n")
    with pytest.raises(DataError, match="without quotes"):
        score(path, bytes="bytes")


@pytest.mark.parametrize(
    "token", ["<s>", "</s>", "<|endoftext|>", "world</w>", "b'The'", 'b"it"', "[SEP]", "<0x0A>"]
)
def test_spellings_of_tokenizers_are_noticed(token: str, tmp_path: Path) -> None:
    path = tmp_path / "tokens.jsonl"
    rows = [{"token": one, "logprob": -1} for one in ("a", token)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert any("tokenizer" in one.message for one in score(path, bytes="token").warnings)


@pytest.mark.parametrize("token", ["<", "<s", "a<s>", "|>", "b'", "s>", "</w", "b"])
def test_other_texts_are_not(token: str, tmp_path: Path) -> None:
    path = tmp_path / "tokens.jsonl"
    rows = [{"token": one, "logprob": -1} for one in ("a", token)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    assert not any("tokenizer" in one.message for one in score(path, bytes="token").warnings)
