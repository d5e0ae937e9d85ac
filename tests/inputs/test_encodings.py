"""The same 200 real predictions, written in every way and in every format, score the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from sklearn.metrics import log_loss

from ce_cli import score
from tests.conftest import SAMPLES
from tests.writing import WRITERS

Floats = NDArray[np.float64]
Columns = Mapping[str, Any]

ROWS = 200
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TYPES = {"maps": pa.map_(pa.string(), pa.float64())}

_TABLE = pq.read_table(SAMPLES / "digits_logits.parquet").slice(0, ROWS).to_pydict()
LOGITS = np.array([_TABLE[name] for name in _TABLE if name != "label"], np.float64).T
CODES = np.array(_TABLE["label"])
PROBABILITIES = softmax(LOGITS, axis=1)
ONE_HOT = np.eye(len(NAMES))[CODES]
WORDS = [NAMES[code] for code in CODES]
SHUFFLED = np.random.default_rng(3).permutation(len(NAMES))
PLAIN = log_loss(CODES, PROBABILITIES, labels=range(len(NAMES)))


def family(pattern: str, matrix: Floats, names: Sequence[object] = NAMES) -> dict[str, Floats]:
    """One column for each class, in an order of their own."""
    return {pattern.format(names[code]): matrix[:, code] for code in SHUFFLED}


def maps(matrix: Floats, names: Sequence[str] = NAMES) -> pa.Array:
    rows = [[(names[code], row[code]) for code in SHUFFLED] for row in matrix.tolist()]
    return pa.array(rows, TYPES["maps"])


def structs(matrix: Floats) -> pa.Array:
    return pa.StructArray.from_arrays([pa.array(row) for row in matrix.T], list(NAMES))


def lists(matrix: Floats) -> pa.Array:
    return pa.array(matrix.tolist(), pa.list_(pa.float64()))


def fixed_lists(matrix: Floats) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])


CODED = list(range(10))
# name: (columns, options)
ENCODINGS: dict[str, tuple[Columns, dict[str, Any]]] = {
    "prefix": ({"label": WORDS, **family("p_{}", PROBABILITIES)}, {}),
    "suffix": ({"target": WORDS, **family("{}_prob", PROBABILITIES)}, {}),
    "brackets": ({"y_true": WORDS, **family("pred[{}]", PROBABILITIES)}, {}),
    "dots": ({"truth": WORDS, **family("prob.{}", PROBABILITIES)}, {}),
    "numbered": ({"label": CODES, **family("class_{}", PROBABILITIES, CODED)}, {}),
    "numbered without a separator": ({"y": CODES, **family("proba{}", PROBABILITIES, CODED)}, {}),
    "labels as floats": ({"y": CODES * 1.0, **family("proba_{}", PROBABILITIES, CODED)}, {}),
    "labels as text": (
        {"y": [str(code) for code in CODES], **family("proba_{}", PROBABILITIES, CODED)},
        {},
    ),
    "other names": (
        {"what": WORDS, **family("out {} here", PROBABILITIES)},
        {"label": "what", "pred": "out*"},
    ),
    "classes given": (
        {"label": CODES, **family("p_{}", PROBABILITIES)},
        {"classes": SHUFFLED.tolist()},
    ),
    "named like the labels": ({"label": WORDS, **family("{}", PROBABILITIES)}, {}),
    "list": ({"label": CODES, "probs": lists(PROBABILITIES)}, {}),
    "list of fixed size": ({"label": CODES, "probs": fixed_lists(PROBABILITIES)}, {}),
    "list, labels from 1": ({"label": CODES + 1, "probs": lists(PROBABILITIES)}, {}),
    "list, classes given": (
        {"label": WORDS, "probs": lists(PROBABILITIES)},
        {"classes": NAMES},
    ),
    "map": ({"label": WORDS, "probs": maps(PROBABILITIES)}, {}),
    "struct": ({"label": WORDS, "probs": structs(PROBABILITIES)}, {}),
    "log-probabilities": ({"label": WORDS, **family("logprob_{}", np.log(PROBABILITIES))}, {}),
    "log-probabilities, said": (
        {"label": WORDS, **family("p_{}", np.log(PROBABILITIES))},
        {"as_": "logprobs"},
    ),
    "one-hot": ({**family("y_{}", ONE_HOT), **family("p_{}", PROBABILITIES)}, {}),
    "one-hot, other names": (
        {**family("{} won", ONE_HOT), **family("{} should", PROBABILITIES)},
        {"label": "* won", "pred": "* should"},
    ),
    "one-hot as booleans": (
        {**family("true_{}", ONE_HOT > 0), **family("p_{}", PROBABILITIES)},
        {},
    ),
    "one-hot beside a list": (
        {
            **{f"y_{name}": column for name, column in zip(NAMES, ONE_HOT.T, strict=True)},
            "probs": lists(PROBABILITIES),
        },
        {},
    ),
    "list of shares beside a list": (
        {"label": lists(ONE_HOT), "probs": lists(PROBABILITIES)},
        {},
    ),
    "list of shares beside columns": (
        {"label": lists(ONE_HOT), **family("p_{}", PROBABILITIES, CODED)},
        {},
    ),
    "map of shares": ({"label": maps(ONE_HOT), "probs": maps(PROBABILITIES)}, {}),
    "counts": (
        {**family("votes_{}", 3 * ONE_HOT), **family("p_{}", PROBABILITIES)},
        {"label_counts": True},
    ),
    "what happened": ({"prob": PROBABILITIES[np.arange(ROWS), CODES]}, {"task": "likelihood"}),
    "what happened, in logarithms": (
        {"token_logprob": np.log(PROBABILITIES)[np.arange(ROWS), CODES]},
        {},
    ),
}

P_ODD = PROBABILITIES[:, 1::2].sum(axis=1)
ODD = CODES % 2
BINARY: dict[str, tuple[Columns, dict[str, Any]]] = {
    "0 and 1": ({"label": ODD, "prob": P_ODD}, {}),
    "booleans": ({"label": ODD > 0, "prob": P_ODD}, {}),
    "-1 and 1": ({"label": 2 * ODD - 1, "prob": P_ODD}, {}),
    "no and yes": ({"label": ["yes" if odd else "no" for odd in ODD], "score": P_ODD}, {}),
    "words": (
        {"label": ["odd" if odd else "even" for odd in ODD], "prob": P_ODD},
        {"positive": "odd"},
    ),
    "words, named": ({"label": ["odd" if odd else "even" for odd in ODD], "p_odd": P_ODD}, {}),
    "soft numbers": ({"label": ODD * 1.0, "prob": P_ODD}, {}),
    "one-hot": ({"y_0": 1 - ODD, "y_1": ODD, "prob": P_ODD}, {}),
    "one-hot, named": ({"true_even": 1 - ODD, "true_odd": ODD, "p_odd": P_ODD}, {}),
    "list of shares": ({"label": lists(np.stack([1 - ODD, ODD], 1)), "prob": P_ODD}, {}),
}


FORMATS = ("csv", "tsv", "json lines", "parquet", "arrow", "stream", "npz")


def writable(table: pa.Table, writer: str) -> bool:
    """NumPy has no maps."""
    nested = (pa.types.is_map, pa.types.is_struct)
    return writer != "npz" or not any(is_(f.type) for f in table.schema for is_ in nested)


def scored(
    folder: Path, columns: Columns, options: Mapping[str, Any], writer: str = "parquet"
) -> dict[str, Any]:
    suffix, write = WRITERS[writer]
    path = folder / f"preds.{suffix}"
    path.write_bytes(write(pa.table(dict(columns))))
    return score(path, **options).to_dict()


def written(encodings: Mapping[str, tuple[Columns, Any]]) -> list[tuple[str, str]]:
    """Every encoding in every format that can hold it."""
    tables = {name: pa.table(dict(columns)) for name, (columns, _) in encodings.items()}
    return [(name, f) for name, table in tables.items() for f in FORMATS if writable(table, f)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """The score of one column for each class, which agrees with scikit-learn."""
    metrics = scored(tmp_path_factory.mktemp("plain"), *ENCODINGS["prefix"])["metrics"]
    assert metrics["cross_entropy"] == pytest.approx(PLAIN, rel=1e-14)
    return dict(metrics)


@pytest.fixture(scope="module")
def plain_binary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """The same for one column of probabilities."""
    metrics = scored(tmp_path_factory.mktemp("plain"), *BINARY["0 and 1"])["metrics"]
    assert metrics["cross_entropy"] == pytest.approx(log_loss(ODD, P_ODD), rel=1e-14)
    return dict(metrics)


@pytest.mark.parametrize(("encoding", "writer"), written(ENCODINGS))
def test_every_encoding_in_every_format_gives_the_same_bits(
    encoding: str, writer: str, plain: dict[str, float], tmp_path: Path
) -> None:
    document = scored(tmp_path, *ENCODINGS[encoding], writer)
    assert document["rows"]["scored"] == ROWS
    metrics = document["metrics"]
    bits = metrics.pop("bits_per_token", None)  # of what happened alone
    assert bits in (None, pytest.approx(plain["cross_entropy"] / np.log(2.0), rel=1e-15))
    for name in metrics:
        if name not in ("brier", "baseline", "normalized_cross_entropy", "skill"):
            assert metrics[name] == plain[name], name
        else:  # sums over the classes, in another order
            assert metrics[name] == pytest.approx(plain[name], rel=1e-12)
    assert [note["code"] for note in document["warnings"] if note["code"] != "few_rows"] == []


@pytest.mark.parametrize(("encoding", "writer"), written(BINARY))
def test_every_binary_encoding_in_every_format_gives_the_same_bits(
    encoding: str, writer: str, plain_binary: dict[str, float], tmp_path: Path
) -> None:
    metrics = scored(tmp_path, *BINARY[encoding], writer)["metrics"]
    assert metrics == plain_binary


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_numbers_are_read_as_finely_as_they_are_stored(dtype: str, tmp_path: Path) -> None:
    coarse = PROBABILITIES.astype(dtype)
    columns = {"label": CODES, **family("p_{}", coarse, CODED)}
    clip = np.finfo(dtype).eps
    given = np.clip(coarse.astype(np.float64), clip, 1.0 - clip)[np.arange(ROWS), CODES]
    got = scored(tmp_path, columns, {})["metrics"]["cross_entropy"]
    assert got == pytest.approx(-np.log(given).mean(), rel=1e-14)


def test_decimals_are_numbers(tmp_path: Path) -> None:
    decimals = pa.array(P_ODD.round(6)).cast(pa.decimal128(9, 6))
    metrics = scored(tmp_path, {"label": ODD, "prob": decimals}, {})["metrics"]
    assert metrics["cross_entropy"] == pytest.approx(log_loss(ODD, P_ODD.round(6)), rel=1e-14)


def test_logits_are_as_good_as_their_probabilities(tmp_path: Path) -> None:
    columns = {**family("y_{}", ONE_HOT), **family("logit_{}", LOGITS)}
    got = scored(tmp_path, columns, {})["metrics"]["cross_entropy"]
    assert got == pytest.approx(-log_softmax(LOGITS, axis=1)[np.arange(ROWS), CODES].mean())
