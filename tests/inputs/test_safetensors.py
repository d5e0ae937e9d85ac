"""Safetensors files: arrays as columns, and headers that lie."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss

from tests.conftest import complaints, run_ce, score_json

BAD_DATA = 3
NAMES = {"int64": "I64", "int32": "I32", "uint8": "U8", "bool": "BOOL"}
NAMES |= {"float64": "F64", "float32": "F32", "float16": "F16"}
LABELS = np.array([2, 0, 1])
LOGITS = np.array([[1, 2, 4], [0.5, 0.25, 0], [8, 9, 7]])


def packed(header: dict[str, Any], content: bytes) -> bytes:
    """The format: eight bytes of length, a header of JSON, and the arrays."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content


def saved(**arrays: np.ndarray[Any, Any]) -> bytes:
    header: dict[str, Any] = {"__metadata__": {"format": "np"}}
    content = b""
    for name, array in arrays.items():
        start, content = len(content), content + array.tobytes()
        header[name] = {
            "dtype": NAMES[str(array.dtype)],
            "shape": list(array.shape),
            "data_offsets": [start, len(content)],
        }
    return packed(header, content)


def mean_of(path: Path, content: bytes) -> float:
    path.write_bytes(content)
    mean: float = score_json(path)["metrics"]["cross_entropy"]
    return mean


def shares(logits: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    exponents = np.exp(logits.astype(np.float64))
    divided: np.ndarray[Any, Any] = exponents / exponents.sum(axis=1, keepdims=True)
    return divided


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    return line


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("label", ["int64", "int32", "uint8"])
def test_logits_and_labels(dtype: str, label: str, tmp_path: Path) -> None:
    content = saved(labels=LABELS.astype(label), logits=LOGITS.astype(dtype))
    mean = mean_of(tmp_path / "a.safetensors", content)
    assert mean == pytest.approx(log_loss(LABELS, shares(LOGITS)), rel=1e-6)
    assert mean_of(tmp_path / "preds", content) == mean
    assert score_json(stdin=content)["metrics"]["cross_entropy"] == mean


def test_bfloat16_is_the_upper_half_of_single_precision(tmp_path: Path) -> None:
    """1.0 is 3f80, 0.15625 is 3e20, and −2 is c000."""
    half = bytes.fromhex("803f203e00c0803f")
    header = {
        "labels": {"dtype": "I64", "shape": [2], "data_offsets": [0, 16]},
        "logits": {"dtype": "BF16", "shape": [2, 2], "data_offsets": [16, 24]},
    }
    content = packed(header, np.array([1, 0]).tobytes() + half)
    exact = shares(np.array([[1.0, 0.15625], [-2.0, 1.0]]))
    mean = mean_of(tmp_path / "a.safetensors", content)
    assert mean == pytest.approx(log_loss([1, 0], exact), rel=1e-12)


def test_arrays_of_other_shapes_are_left_alone(tmp_path: Path) -> None:
    content = saved(labels=LABELS, logits=LOGITS, weight=np.zeros((7, 2, 3)), step=np.array(3))
    expected = log_loss(LABELS, shares(LOGITS))
    assert mean_of(tmp_path / "a.safetensors", content) == pytest.approx(expected)
    line = refused(tmp_path / "b.safetensors", saved(labels=LABELS[:2], logits=LOGITS))
    assert "equal length" in line


def entry(dtype: str, shape: list[int], start: int, stop: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, stop]}


FALSE: dict[str, tuple[dict[str, Any], str]] = {
    "overlap": ({"a": entry("F64", [4], 0, 32), "b": entry("F64", [2], 16, 32)}, "'b'"),
    "gap": ({"a": entry("F64", [1], 0, 8), "b": entry("F64", [2], 16, 32)}, "'b'"),
    "beyond": ({"a": entry("F64", [8], 0, 64)}, "64"),
    "too little": ({"a": entry("F64", [1], 0, 8)}, "32"),
    "shape": ({"a": entry("F64", [5], 0, 32)}, "'a'"),
    "negative": ({"a": entry("F64", [-4], 0, 32)}, "'a'"),
    "vast": ({"a": entry("F64", [1 << 62, 1 << 62], 0, 32)}, "'a'"),
    "fraction": ({"a": entry("F64", [4.0], 0, 32)}, "'a'"),  # type: ignore[list-item]
    "texts": ({"a": {"dtype": "F64", "shape": "4", "data_offsets": "ab"}}, "header"),
    "list": ({"a": []}, "header"),
    "reversed": ({"a": entry("F64", [4], 32, 0)}, "'a'"),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_header_is_refused(name: str, tmp_path: Path) -> None:
    header, part = FALSE[name]
    line = refused(tmp_path / "a.safetensors", packed(header, bytes(32)))
    assert "is truncated or not a safetensors file" in line
    assert part in line


@pytest.mark.parametrize(
    "text", ['{"a":' * 5000, "{" + "x" * 40, '{"a": NaN}', '{"a": 1, "a": 2}', "{}garbage"]
)
def test_a_broken_header_is_refused(text: str, tmp_path: Path) -> None:
    content = len(text).to_bytes(8, "little") + text.encode() + bytes(32)
    assert "is truncated or not" in refused(tmp_path / "a.safetensors", content)


def test_a_long_header_is_not_read(tmp_path: Path) -> None:
    content = (2**31).to_bytes(8, "little") + b"{" + bytes(80)
    assert "too long" in refused(tmp_path / "a.safetensors", content)


def test_numbers_of_eight_bits_are_named(tmp_path: Path) -> None:
    header = {
        "labels": entry("I64", [2], 0, 16),
        "logits": entry("F8_E4M3", [2, 2], 16, 20),
    }
    path = tmp_path / "a.safetensors"
    path.write_bytes(packed(header, bytes(20)))
    (line, *_) = complaints(
        run_ce("score", path, "--label", "labels", "--pred", "logits"), BAD_DATA
    )
    assert "'logits' holds 'F8_E4M3'" in line


@pytest.mark.parametrize("seed", range(8))
def test_a_corrupt_file_is_not_a_bug(seed: int, tmp_path: Path) -> None:
    content = bytearray(saved(labels=LABELS, logits=LOGITS))
    chance = random.Random(seed)
    for _ in range(3):
        content[chance.randrange(8, 150)] ^= chance.randrange(1, 256)
    (tmp_path / "a").write_bytes(content)
    done = run_ce("score", tmp_path / "a", "--input-format", "safetensors")
    assert done.returncode in (0, BAD_DATA), done.stderr
    assert "Traceback" not in done.stderr
