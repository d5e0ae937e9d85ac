"""Types of Parquet and Arrow that mean the same as plainer ones give the same number."""

from __future__ import annotations

import errno
import json
import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from ce_cli.errors import CeError, DataError, StorageError
from ce_cli.inputs.rephrased import arrow_errors
from tests.conftest import complaints, run_ce, score_json
from tests.writing import as_arrow, as_orc, as_parquet, as_stream

BAD_DATA = 3
EXPECTED = -(math.log(0.8) + math.log(0.7)) / 2  # by hand, for each of the tables below
WRITERS = {"parquet": as_parquet, "arrow": as_arrow, "arrows": as_stream}

CLASSES = {"p_cat": [0.8, 0.3], "p_dog": [0.2, 0.7]}
PROB = [0.8, 0.3]
LISTS = [[0.8, 0.2], [0.3, 0.7]]
VECTOR = pa.struct(
    {
        "type": pa.int8(),
        "size": pa.int32(),
        "indices": pa.list_(pa.int32()),
        "values": pa.list_(pa.float64()),
    }
)
VECTORS = [
    {"type": 1, "size": None, "indices": None, "values": [0.8, 0.2]},
    {"type": 0, "size": 2, "indices": [1, 0], "values": [0.7, 0.3]},
]


def decimals(*texts: str) -> pa.Array:
    return pa.array(map(Decimal, texts), pa.decimal128(38, 18))


def keys(**structs: Any) -> pa.Array:
    """A column of structs of one field."""
    ((name, values),) = structs.items()
    return pa.array([{name: value} for value in values])


TABLES: dict[str, dict[str, Any]] = {
    "bytes of text": {"label": pa.array([b"cat", b"dog"]), **CLASSES},
    "large bytes": {"label": pa.array([b"cat", b"dog"], pa.large_binary()), **CLASSES},
    "bytes of one length": {"label": pa.array([b"cat", b"dog"], pa.binary(3)), **CLASSES},
    "a dictionary of bytes": {"label": pa.array([b"cat", b"dog"]).dictionary_encode(), **CLASSES},
    "decimal labels": {"label": decimals("1.000000000000000000", "0E-18"), "prob": PROB},
    "a dictionary of decimals": {"label": decimals("1", "0").dictionary_encode(), "prob": PROB},
    "decimal probabilities": {"label": [1, 0], "prob": decimals("0.8", "0.3")},
    "a dictionary of numbers": {
        "label": pa.array([1, 0]).dictionary_encode(),
        "prob": pa.array(PROB).dictionary_encode(),
    },
    "a dictionary of fractions": {
        "label": pa.array([1.0, 0.0]).dictionary_encode(),
        "prob": PROB,
    },
    "small integers": {"label": pa.array([1, 0], pa.int8()), "prob": PROB},
    "unsigned integers": {"label": pa.array([1, 0], pa.uint64()), "prob": PROB},
    "half precision labels": {"label": pa.array([1, 0], pa.float16()), "prob": PROB},
    "a column of nulls beside": {"label": [1, 0], "prob": PROB, "x": pa.nulls(2)},
    "numbers as text": {"label": ["1", "0"], "prob": ["0.8", "0.3"]},
    "numbers as bytes": {"label": [b"1", b"0"], "prob": [b"0.8", b"0.3"]},
    "numbers in a dictionary of text": {
        "label": [1, 0],
        "prob": pa.array(["0.8", "0.3"]).dictionary_encode(),
    },
    "class columns as text": {
        "label": ["cat", "dog"],
        "p_cat": ["0.8", "0.3"],
        "p_dog": ["0.2", "0.7"],
    },
    "lists as text": {"label": ["0", "1"], "prob": ["[0.8, 0.2]", "[0.3 0.7]"]},
    "maps as text": {
        "label": ["cat", "dog"],
        "prob": ['{"cat": 0.8, "dog": 0.2}', '{"cat": 0.3, "dog": 0.7}'],
    },
    "lists of text": {"label": [0, 1], "probs": [["0.8", "0.2"], ["0.3", "0.7"]]},
    "a struct of one text": {"label": keys(value=["cat", "dog"]), **CLASSES},
    "a struct of one number": {"label": [1, 0], "prob": keys(value=PROB)},
    "a struct of one list": {"label": [0, 1], "probs": keys(values=LISTS)},
    "vectors of Spark": {"label": [0.0, 1.0], "probability": pa.array(VECTORS, VECTOR)},
    "a tensor of fixed shape": {
        "label": [0, 1],
        "probs": pa.FixedShapeTensorArray.from_numpy_ndarray(np.array(LISTS)),
    },
}
IN_ARROW_ONLY: dict[str, dict[str, Any]] = {
    "runs": {"label": pa.RunEndEncodedArray.from_arrays([1, 2], ["cat", "dog"]), **CLASSES},
    "views of lists": {"label": [0, 1], "probs": pa.array(LISTS, pa.list_view(pa.float64()))},
    "views of text": {"label": pa.array(["cat", "dog"], pa.string_view()), **CLASSES},
    "views of bytes": {"label": pa.array([b"cat", b"dog"], pa.binary_view()), **CLASSES},
    "a dictionary of booleans": {
        "label": pa.array([True, False]).dictionary_encode(),
        "prob": PROB,
    },
}


def loss(path: Path, *options: str) -> float:
    return float(score_json(path, *options)["metrics"]["cross_entropy"])


def written(folder: Path, table: pa.Table, suffix: str = "parquet") -> Path:
    path = folder / f"preds.{suffix}"
    path.write_bytes(WRITERS[suffix](table))
    return path


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("name", TABLES)
def test_every_type_gives_the_number(name: str, suffix: str, tmp_path: Path) -> None:
    path = written(tmp_path, pa.table(TABLES[name]), suffix)
    assert loss(path) == pytest.approx(EXPECTED, rel=1e-12)


@pytest.mark.parametrize("name", IN_ARROW_ONLY)
def test_types_of_arrow_alone_do_too(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, pa.table(IN_ARROW_ONLY[name]), "arrow")
    assert loss(path) == pytest.approx(EXPECTED, rel=1e-12)


# Numbers in text


@pytest.mark.parametrize(("size", "place"), [(2, 5), (2, -3), (2**31 - 1, 1)])
def test_a_sparse_vector_whose_parts_do_not_fit_is_reported(
    size: int, place: int, tmp_path: Path
) -> None:
    broken = {"type": 0, "size": size, "indices": [0, place], "values": [0.3, 0.7]}
    table = pa.table({"label": [0, 1], "probability": pa.array([VECTORS[0], broken], VECTOR)})
    (line,) = complaints(run_ce("score", written(tmp_path, table)), BAD_DATA)
    assert "row 2, column 'probability'" in line


def test_a_cell_of_text_that_is_not_a_number_is_named_by_its_row(tmp_path: Path) -> None:
    prob = ["0.5"] * 1500 + ["n.d."]
    path = written(tmp_path, pa.table({"label": [1] * 1501, "prob": prob}))
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "row 1,501, column 'prob': 'n.d.' is not a number" in line
    assert loss(path, "--na-value", "n.d.", "--missing", "skip") == pytest.approx(math.log(2))


def test_numbers_in_text_are_read_to_the_last_bit(tmp_path: Path) -> None:
    text = "0.1000000000000000055511151231257827021181583404541015625"
    path = written(tmp_path, pa.table({"label": ["1", "1"], "prob": [text, "1e-1"]}))
    assert loss(path) == -math.log(0.1)


def test_words_are_not_predictions(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"label": [1, 0], "prob": ["high", "low"]}))
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "holds text, not numbers" in line


def test_missing_cells_of_text_are_missing(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"label": ["1", "0", "1"], "prob": ["0.8", "0.3", "NA"]}))
    assert "row 3" in complaints(run_ce("score", path), BAD_DATA)[0]
    assert loss(path, "--missing", "skip") == pytest.approx(EXPECTED)


# Names of classes beside the numbers


def named_by(names: list[str], **columns: Any) -> pa.Table:
    """A table as `datasets` writes it, with a label of `names`."""
    features = {"label": {"names": names, "_type": "ClassLabel"}}
    metadata = json.dumps({"info": {"features": features}})
    return pa.table(columns).replace_schema_metadata({"huggingface": metadata})


MAPS = pa.array([{"cat": 0.8, "dog": 0.2}, {"cat": 0.3, "dog": 0.7}])
NAMED: dict[str, tuple[pa.Table, str]] = {
    "columns by name": (named_by(["cat", "dog"], label=[0, 1], **CLASSES), ""),
    "columns in another order": (named_by(["dog", "cat"], label=[1, 0], **CLASSES), ""),
    "maps": (named_by(["dog", "cat"], label=[1, 0], probs=MAPS), ""),
    "columns that are the names": (
        named_by(["cat", "dog"], label=[0, 1], cat=[0.8, 0.3], dog=[0.2, 0.7]),
        "",
    ),
    "lists": (named_by(["x", "y"], label=[0, 1], probs=LISTS), ""),
    "columns by number": (
        named_by(["x", "y"], label=[0, 1], p_0=[0.8, 0.3], p_1=[0.2, 0.7]),
        "",
    ),
    "the second class": (named_by(["x", "y"], label=[0, 1], prob=[0.2, 0.7]), ""),
    "a column named after the first": (
        named_by(["cat", "dog"], label=[0, 1], p_cat=PROB),
        "",
    ),
    "a positive class": (
        named_by(["cat", "dog"], label=[0, 1], prob=PROB),
        "--positive cat",
    ),
    "no label": (
        named_by(["cat", "dog"], label=[0, 1, -1], p_cat=[*PROB, 0.5], p_dog=[0.2, 0.7, 0.5]),
        "--missing skip",
    ),
    "an ignored label": (
        named_by(["cat", "dog"], label=[0, 1, -1], p_cat=[*PROB, 0.5], p_dog=[0.2, 0.7, 0.5]),
        "--ignore-label -1",
    ),
}


@pytest.mark.parametrize("name", NAMED)
def test_names_of_classes_in_the_metadata_are_used(name: str, tmp_path: Path) -> None:
    table, options = NAMED[name]
    path = written(tmp_path, table)
    assert loss(path, *options.split()) == pytest.approx(EXPECTED)


def test_the_classes_have_their_names_in_the_result(tmp_path: Path) -> None:
    path = written(tmp_path, named_by(["x", "y"], label=[0, 1], probs=LISTS))
    assert score_json(path)["classes"] == ["x", "y"]


def test_an_unknown_label_of_a_data_set_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, NAMED["no label"][0])
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "row 3" in line
    assert "missing" in line


@pytest.mark.parametrize(
    "metadata", ["", "[]", "{", '{"info": {"features": {"label": {"_type": "ClassLabel"}}}}']
)
def test_broken_metadata_do_no_harm(metadata: str, tmp_path: Path) -> None:
    table = pa.table({"label": [1, 0], "prob": PROB})
    path = written(tmp_path, table.replace_schema_metadata({"huggingface": metadata}))
    assert loss(path) == pytest.approx(EXPECTED)


# Columns of several levels


LEVELS: list[tuple[str, str]] = [("proba", "0"), ("proba", "1"), ("label", "")]


def of_levels(levels: list[tuple[str, str]]) -> pa.Table:
    rows = [[0.8, 0.2, 0], [0.3, 0.7, 1]]
    return pa.Table.from_pandas(pd.DataFrame(rows, columns=pd.MultiIndex.from_tuples(levels)))


@pytest.mark.parametrize("suffix", WRITERS)
def test_levels_of_names_are_joined(suffix: str, tmp_path: Path) -> None:
    document = score_json(written(tmp_path, of_levels(LEVELS), suffix))
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED)
    assert document["columns"]["predictions"] == ["proba_0", "proba_1"]


def test_names_in_the_file_may_be_typed(tmp_path: Path) -> None:
    path = written(tmp_path, of_levels([("a", "x"), ("a", "y"), ("b", "z")]))
    options = ["--label", "('b', 'z')", "--pred", "('a', 'x')", "--pred", "('a', 'y')"]
    assert loss(path, *options, "--classes", "0,1") == pytest.approx(EXPECTED)
    assert loss(path, "--label", "b_z", "--pred", "a_*", "--classes", "0,1") == loss(
        path, *options, "--classes", "0,1"
    )


def test_names_in_the_file_may_be_those_of_tokens(tmp_path: Path) -> None:
    rows = [[math.log(0.5), 2.0], [math.log(0.5), 1.0]]
    levels = pd.MultiIndex.from_tuples([("sum", "x"), ("count", "y")])
    path = written(tmp_path, pa.Table.from_pandas(pd.DataFrame(rows, columns=levels)))
    options = ["--pred", "('sum', 'x')", "--tokens", "('count', 'y')", "--as", "logprobs"]
    assert loss(path, *options) == pytest.approx(2 * math.log(2) / 3)


def test_levels_that_would_give_one_name_stay_apart(tmp_path: Path) -> None:
    table = of_levels([("p_a", "b"), ("p", "a_b"), ("label", "")])
    (line,) = complaints(run_ce("score", written(tmp_path, table)), BAD_DATA)
    assert "('p_a', 'b')" in line


@pytest.mark.parametrize("writer", [as_parquet, as_arrow])
def test_times_of_an_unknown_zone_are_groups(
    writer: Callable[[pa.Table], bytes], tmp_path: Path
) -> None:
    times = pa.array([0, 1], pa.int64()).cast(pa.timestamp("s", "Mars/Olympus"))
    path = tmp_path / "preds.bin"
    path.write_bytes(writer(pa.table({"label": [1, 0], "prob": PROB, "at": times})))
    groups = score_json(path, "--by", "at")["groups"]
    starts = [one["by"]["at"][:19] for one in groups]
    assert starts == ["1970-01-01 00:00:00", "1970-01-01 00:00:01"]


def test_a_stream_with_a_union_and_no_rows_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "none.arrows"
    union = pa.sparse_union([pa.field("a", pa.float64())])
    schema = pa.schema([("label", pa.int64()), ("prob", pa.float64()), ("more", union)])
    with pa.ipc.new_stream(path, schema):
        pass
    (line,) = complaints(run_ce("score", path), 3)
    assert "there is no data row" in line
    (line,) = complaints(run_ce("score", path, "--label", "more"), 3)
    assert "sparse_union" in line


def test_a_file_with_a_union_and_no_rows_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "none.arrow"
    union = pa.sparse_union([pa.field("a", pa.float64())])
    schema = pa.schema([("label", union), ("prob", pa.float64())])
    with pa.ipc.new_file(str(path), schema):
        pass
    (line,) = complaints(run_ce("score", path), 3)
    assert "sparse_union" in line


@pytest.mark.parametrize("writer", [as_parquet, as_arrow, as_stream, as_orc])
def test_two_columns_of_one_name_are_said_to_be_two(
    writer: Callable[[pa.Table], bytes], tmp_path: Path
) -> None:
    path, label, prob = tmp_path / "twice.bin", pa.array([0, 1]), pa.array([0.25, 0.5])
    path.write_bytes(writer(pa.table([label, label, prob], names=["label", "label", "prob"])))
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert line.endswith("more than one column is named 'label'; give each a name of its own.")
    path.write_bytes(writer(pa.table([prob, label, prob, label], names=[*"xxp", "y"])))
    score = score_json(path, "--label", "y", "--pred", "p", "--positive", "1", "--base", "2")
    assert score["metrics"]["cross_entropy"] == pytest.approx((1 - math.log2(0.75)) / 2, rel=1e-15)


@pytest.mark.parametrize("suffix", ["parquet", "arrow", "arrows", "orc"])
def test_a_name_of_a_text_and_of_another_type_is_no_matter_elsewhere(
    suffix: str, tmp_path: Path
) -> None:
    columns = [pa.array([0, 1]), pa.array([0.25, 0.75]), pa.array(["a", "b"])]
    structs = pa.array([{"a": True}, {"a": False}])
    table = pa.table([*columns, structs], names=["label", "prob", "#", "#"])
    writers = {"parquet": as_parquet, "arrow": as_arrow, "arrows": as_stream, "orc": as_orc}
    path = tmp_path / f"twice.{suffix}"
    path.write_bytes(writers[suffix](table))
    assert score_json(path)["metrics"]["cross_entropy"] == pytest.approx(-math.log(0.75))


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.EIO, StorageError), (errno.EINVAL, DataError), (None, DataError)]
)
def test_a_disk_that_fails_is_told_from_bytes_that_are_wrong(
    number: int | None, kind: type[CeError]
) -> None:
    with pytest.raises(kind), arrow_errors("x.parquet", "a Parquet file"):
        raise OSError(number, "it failed")


def test_numbers_and_lists_of_one_name(tmp_path: Path) -> None:
    columns = [pa.array(["a", "b"]), pa.array([-0.5, -0.1]), pa.array([[0.5], [0.1]])]
    table = pa.table(columns, names=["token", "logprob", "logprob"])
    (tmp_path / "a.parquet").write_bytes(as_parquet(table))
    (line,) = complaints(run_ce("score", tmp_path / "a.parquet"), BAD_DATA)
    assert "more than one column is named 'logprob'" in line


def test_numbers_and_unions_of_one_name(tmp_path: Path) -> None:
    codes, values = pa.array([0, 0], pa.int8()), pa.array([1, 2])
    union = pa.UnionArray.from_sparse(codes, [values])
    one, other = pa.array([0, 1]), pa.array([1, 0])
    columns = [one, other, pa.array([0.25, 0.5]), pa.array([0.75, 0.5]), union]
    table = pa.table(columns, names=["label_0", "label_1", "p_0", "p_1", "p_1"])
    (line,) = complaints(run_ce("score", written(tmp_path, table, "arrow")), BAD_DATA)
    assert "more than one column is named 'p_1'" in line


@pytest.mark.parametrize(("writer", "command"), [(as_parquet, "score"), (as_stream, "inspect")])
def test_a_text_that_is_longer_than_any_record(
    writer: Callable[[pa.Table], bytes], command: str, tmp_path: Path
) -> None:
    path = tmp_path / "long.bin"
    path.write_bytes(writer(pa.table({"label": ["a" * (65 << 20), "b"], "prob": [0.5, 0.25]})))
    (line,) = complaints(run_ce(command, path), BAD_DATA)
    assert line.startswith(f"ce: {path}: column 'label' has a text of 65 MB")
    assert score_json(path, "--task", "likelihood", "--pred", "prob")["rows"]["scored"] == 2


def test_maps_and_times_of_one_name(tmp_path: Path) -> None:
    scores = pa.array([{"a": 0.5, "b": 0.5}] * 2)
    times = pa.array([1, 2], pa.duration("ms"))
    table = pa.table([pa.array(["a", "b"]), scores, times], names=["label", "probs", "probs"])
    (line,) = complaints(run_ce("score", written(tmp_path, table)), BAD_DATA)
    assert "more than one column is named 'probs'" in line
