"""Every input format gives the numbers of the same predictions as CSV or Parquet, to the bit."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import math
import random
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import log_loss

from ce_cli import registry, score
from ce_cli.errors import DataError
from ce_cli.inputs.locate import opened
from ce_cli.inputs.source import Projection
from ce_cli.reading import Reading
from tests.conftest import SAMPLES, complaints, run_ce, score_json, write_csv, write_parquet
from tests.test_imports import imported_by
from tests.writing import (
    WRITERS,
    as_json_lines,
    as_npz,
    as_parquet,
    as_text,
    saved,
)

USAGE, BAD_DATA = 2, 3
OPTIONS: dict[str, dict[str, Any]] = {
    "breast_cancer.csv": {"by": "label"},
    "breast_cancer_logits.csv": {},
    "breast_cancer_weighted.csv": {"positive": "malignant", "weight": "weight", "by": "segment"},
    "wine.csv": {},
    "wine.parquet": {},
    "digits.csv": {},
    "digits_logits.parquet": {},
}


def read(name: str) -> pa.Table:
    path = SAMPLES / name
    return pq.read_table(path) if path.suffix == ".parquet" else pc.read_csv(path)


PARTS = ("csv", "parquet", "json lines", "arrow", "stream", "npz", "npy", "orc")  # of a directory
PLAIN = (*PARTS, "zip", "sqlite", "duckdb")
IN_DOUBLE = ("csv", "excel", "sqlite", "zip")  # no single precision


def test_every_format_is_tried() -> None:
    tried = {suffix for suffix, _ in WRITERS.values()}
    tried.add("safetensors")  # which has no texts: in test_safetensors.py
    assert all(tried & set(entry.names) for entry in registry.INPUTS)


def numbers(path: Path, **options: Any) -> dict[str, Any]:
    return comparable(score(path, **options).to_dict())


def comparable(document: dict[str, Any]) -> dict[str, Any]:
    names = ("rows", "weight_sum", "metrics", "intervals", "per_class", "groups", "classes")
    return {name: document[name] for name in names}


@cache
def expected(name: str) -> dict[str, Any]:
    return numbers(SAMPLES / name, **OPTIONS[name])


def message(path: Path, **options: Any) -> str:
    """The one sentence about bad data."""
    with pytest.raises(DataError) as caught:
        score(path, **options)
    (line,) = caught.value.sentences
    return line


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("name", OPTIONS)
def test_every_format_gives_the_same_bits(name: str, writer: str, tmp_path: Path) -> None:
    table = read(name)
    suffix, write = WRITERS[writer]
    if writer in IN_DOUBLE:
        doubles = [field.type == pa.float32() for field in table.schema]
        types = [pa.float64() if d else f.type for d, f in zip(doubles, table.schema, strict=True)]
        table = table.cast(pa.schema(zip(table.column_names, types, strict=True)))
    if writer == "excel":
        table = as_excel_rounds(table)
    path = tmp_path / f"preds.{suffix}"
    path.write_bytes(write(table))
    same = expected(name) if writer != "excel" else of_text(table, name, tmp_path)
    assert numbers(path, **OPTIONS[name]) == same


def as_excel_rounds(table: pa.Table) -> pa.Table:
    """Numbers with 16 digits, which is how openpyxl writes them."""
    columns = {
        field.name: [float(f"{x:.16g}") for x in table[field.name].to_pylist()]
        if field.type == pa.float64()
        else table[field.name]
        for field in table.schema
    }
    return pa.table(columns)


def of_text(table: pa.Table, name: str, folder: Path) -> dict[str, Any]:
    (folder / "same.csv").write_bytes(as_text(table))
    return numbers(folder / "same.csv", **OPTIONS[name])


@pytest.mark.parametrize("writer", PLAIN)
def test_the_name_of_a_file_does_not_matter(writer: str, tmp_path: Path) -> None:
    content = WRITERS[writer][1](read("breast_cancer_logits.csv"))
    for suffix in ("parquet", "npz", "csv", "dat", "" if writer == "csv" else "jsonl"):
        path = tmp_path / f"preds.{suffix}"
        path.write_bytes(content)
        assert numbers(path) == expected("breast_cancer_logits.csv")


@pytest.mark.parametrize("writer", PLAIN)
def test_any_format_comes_from_standard_input(writer: str) -> None:
    content = WRITERS[writer][1](read("breast_cancer_logits.csv"))
    assert comparable(score_json(stdin=content)) == expected("breast_cancer_logits.csv")


@pytest.mark.parametrize("writer", PLAIN)
def test_the_format_can_be_named(writer: str, tmp_path: Path) -> None:
    suffix, write = WRITERS[writer]
    path = tmp_path / "preds"
    path.write_bytes(write(read("breast_cancer_logits.csv")))
    assert numbers(path, input_format=suffix) == expected("breast_cancer_logits.csv")


def test_a_named_format_goes_before_the_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text('{"},label,prob\nx,1,0.5\nx,0,0.5\n')
    assert "JSON object" in message(path)
    assert score_json(path, "--input-format", "csv")["metrics"]["cross_entropy"] == math.log(2)


def test_an_unknown_format_is_reported_with_the_choices(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "preds.csv", {"label": [1], "prob": [0.5]})
    (line,) = complaints(run_ce("score", path, "--input-format", "jsnl"), USAGE)
    for part in ("'jsnl'", "did you mean 'jsonl'", "'parquet'", "'npz'"):
        assert part in line


@pytest.mark.parametrize("writer", PARTS)
def test_formats_may_be_mixed_in_a_directory(writer: str, tmp_path: Path) -> None:
    table = read("breast_cancer_logits.csv")
    suffix, write = WRITERS[writer]
    (tmp_path / "0.csv").write_bytes(as_text(table.slice(0, 100)))
    (tmp_path / f"1.{suffix}").write_bytes(write(table.slice(100, 300)))
    (tmp_path / "2.parquet").write_bytes(as_parquet(table.slice(400)))
    assert numbers(tmp_path) == expected("breast_cancer_logits.csv")


@pytest.mark.parametrize("writer", PARTS)
def test_an_empty_part_does_no_harm(writer: str, tmp_path: Path) -> None:
    table = read("breast_cancer_logits.csv")
    suffix, write = WRITERS[writer]
    for number, part in enumerate((table.slice(0, 0), table, table.slice(0, 0))):
        (tmp_path / f"{number}.{suffix}").write_bytes(write(part))
    assert numbers(tmp_path) == expected("breast_cancer_logits.csv")
    (tmp_path / f"1.{suffix}").unlink()
    line = message(tmp_path)
    assert "no data row" in line or "empty" in line


@pytest.mark.parametrize("suffix", sorted({suffix for suffix, _ in WRITERS.values()}))
def test_an_empty_file_is_reported(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"preds.{suffix}"
    path.write_bytes(b"")
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert line == f"ce: {path}: the file is empty."


@pytest.mark.parametrize("kept", [9, 0.02, 0.5, -40])
@pytest.mark.parametrize("writer", ["arrow", "compressed arrow", "stream", "npz", "npy"])
def test_a_truncated_file_is_reported(writer: str, kept: float, tmp_path: Path) -> None:
    suffix, write = WRITERS[writer]
    whole = write(read("digits.csv"))
    cut = whole[: int(kept * len(whole)) if 0 < kept < 1 else int(kept)]
    path = tmp_path / f"preds.{suffix}"
    path.write_bytes(cut)
    assert "is truncated or not a" in message(path)
    if kept == 0.5:
        (line,) = complaints(run_ce("score", stdin=cut), BAD_DATA)
        assert "is truncated or not a" in line


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("writer", ["arrow", "stream", "compressed npz", "npy", "json lines"])
def test_a_corrupt_file_is_not_a_bug(writer: str, seed: int, tmp_path: Path) -> None:
    suffix, write = WRITERS[writer]
    table = read("breast_cancer_weighted.csv")
    content = bytearray(write(table))
    chance = random.Random(seed)
    for _ in range(20):
        content[chance.randrange(12, len(content))] ^= chance.randrange(1, 256)
    path = tmp_path / f"preds.{suffix}"
    path.write_bytes(content)
    done = run_ce("score", path, "--positive", "malignant", "--by", "segment")
    assert done.returncode in (0, BAD_DATA), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("entry", registry.INPUTS, ids=lambda entry: entry.names[0])
def test_junk_is_reported(entry: registry.Entry, tmp_path: Path) -> None:
    path = tmp_path / "junk"
    path.write_bytes(random.Random(3).randbytes(9000))
    complaints(run_ce("score", path, "--input-format", entry.names[0]), BAD_DATA)


@pytest.mark.parametrize("writer", ["json lines", "arrow", "stream", "npz", "npy"])
def test_no_format_imports_pandas(writer: str, tmp_path: Path) -> None:
    suffix, write = WRITERS[writer]
    path = tmp_path / f"preds.{suffix}"
    path.write_bytes(write(read("breast_cancer_weighted.csv")))
    options = ["--positive", "malignant", "--by", "segment"]
    imported = imported_by("score", str(path), *options)
    assert imported.isdisjoint({"pandas", "pyarrow.dataset", "pyarrow.compute"})


# JSON Lines


def zstd(plain: bytes) -> bytes:
    packed: bytes = pa.compress(plain, "zstd", asbytes=True)
    return packed


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
def test_packed_json_lines(pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "preds.jsonl.packed"
    path.write_bytes(pack(as_json_lines(read("wine.csv"))))
    assert numbers(path) == expected("wine.csv")


def test_only_text_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "preds.npz.gz"
    path.write_bytes(gzip.compress(as_npz(read("wine.csv"))))
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "npz" in line
    assert "unpack" in line


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encoded_json_lines(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.jsonl"
    path.write_bytes('{"label": "é", "prob": 0.5}\n'.encode(encoding))
    options = ("--encoding", encoding) if encoding == "utf-16" else ()
    assert score_json(path, "--positive", "é", *options)["rows"]["scored"] == 1


FINE = '{"label": 1, "prob": 0.25}'
SHAPES = {
    "strings": '{"label": "1", "prob": "0.25"}',
    "booleans": '{"label": true, "prob": 0.25}',
    "floats": '{"label": 1.0, "prob": 2.5e-1}',
    "blank lines": "\n  \n" + FINE + "\n\n",
    "CRLF": FINE + "\r",
    "more keys": '{"label": 1, "x": {"y": [{}]}, "prob": 0.25, "z": null}',
    "another order": '{"prob":0.25,"label":1}',
    "spaces": ' \t{ "label" : 1 , "prob" : 0.25 } ',
    "escapes": '{"\\u006cabel": "\\u0031", "prob": 0.25}',
}


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("line", SHAPES.values(), ids=SHAPES.keys())
def test_objects_in_any_shape_are_rows(line: str, alone: bool, tmp_path: Path) -> None:
    path = tmp_path / "preds.jsonl"
    path.write_text(line + "\n" if alone else f"{FINE}\n" * 40 + line + f"\n{FINE}" * 20)
    document = score_json(path, "--base", "2")
    assert document["rows"]["scored"] == (1 if alone else 61)
    assert document["metrics"]["cross_entropy"] == 2


@pytest.mark.parametrize(
    ("bad", "parts"),
    [
        ("label: 1", ("not a JSON object", "'label: 1'", "jq -c")),
        ('{"label": 1, "prob": 0.5', ("not a JSON object", "jq -c")),
        ("[1, 0.5]", ("not a JSON object", "'[1, 0.5]'")),
        ('{"label": 1, "prob": 0.5} {"label": 0}', ("not a JSON object",)),
        ('{"label": ' + "[" * 5000 + "]" * 5000 + ', "prob": 0.5}', ("not",)),
        ('{"label": 1, "prob": "abc"}', ("'prob'", "'abc'", "not a number", 'na_value="abc"')),
        ('{"label": 1, "prob": [0.5]}', ("'prob'", "'[0.5]'", "not a number")),
        ('{"label": 1, "prob": {"a": 1}}', ("'prob'", "not a number")),
        ('{"label": 1, "prob": 1e999}', ("'prob'", "inf", "not a probability")),
        ('{"label": 1, "prob": Infinity}', ("'prob'", "inf", "not a probability")),
        ('{"label": 1, "prob": NaN}', ("'prob'", "missing", 'missing="skip"')),
        ('{"label": 1, "prob": "NA"}', ("'prob'", "missing", 'missing="skip"')),
        ('{"label": 1, "prob": null}', ("'prob'", "missing", 'missing="skip"')),
        ('{"label": null, "prob": 0.5}', ("'label'", "missing", 'missing="skip"')),
        ('{"label": 1}', ("'prob'", "missing", 'missing="skip"')),
        ('{"label": 1, "prob": 0.5, "prob": 0.6}', ("'prob'", "more than once")),
        ('{"label": "\udce9", "prob": 0.5}', ("\\xe9", "UTF-8", 'encoding="latin-1"')),
        ('{"label": "\\ud83d", "prob": 0.5}', ("not a JSON object", "ud83d")),
    ],
)
def test_a_bad_line_is_reported_with_its_row(
    bad: str, parts: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "preds.jsonl"
    lines = [FINE] * 16 + [bad] + [FINE] * 5000
    path.write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    line = message(path)
    assert "preds.jsonl: row 17" in line
    for part in parts:
        assert part in line
    lines.insert(0, lines.pop(16))
    path.write_bytes("\n".join([*lines[1:], lines[0]]).encode("utf-8", "surrogateescape"))
    line = message(path)
    assert "preds.jsonl: row 5,017" in line


@pytest.mark.parametrize("cell", ['"x"', "[0.5, true, {}]", "0.5", '[0.5, "x"]'])
def test_text_that_is_not_a_list_is_reported(cell: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.jsonl"
    path.write_text('{"label": 1, "probs": [0.5, 0.5]}\n' * 16 + f'{{"label":1,"probs":{cell}}}\n')
    line = message(path)
    assert "row 17, column 'probs'" in line
    assert "not a list of numbers" in line


MAPS: list[dict[str, Any] | None] = [
    {"a": 0.5, "b": 0.5},
    {"b": 1},
    None,
    {"a": None, "b": 0.25},
    {},
]


@pytest.mark.parametrize("more", [{}, {"c": "0.5"}, {"c": 2}])
@pytest.mark.parametrize("other", ["text", 7, [1], {"x": "y"}])
def test_objects_of_numbers_are_maps(more: dict[str, Any], other: Any, tmp_path: Path) -> None:
    maps: list[Any] = [*MAPS * 1200, more]  # whose key the first rows do not know
    path = tmp_path / "preds.jsonl"
    rows = [{"label": "a", "probs": one, "other": other} for one in maps]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = opened(str(path), Reading())
    assert [column.kind for column in source.columns()][:2] == ["text", "map"]
    frames = [f for split in source.splits(Projection((), ("label",), maps=("probs",)))
              for f in split.frames()]  # fmt: skip
    found = [dict(one) if one else {} for f in frames for one in f.columns["probs"].to_pylist()]
    present = [{key: x for key, x in one.items() if x is not None} for one in found]
    given = [{key: float(x) for key, x in (one or {}).items() if x is not None} for one in maps]
    assert present == given


def test_text_that_is_not_a_map_is_reported_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "preds.jsonl"
    lines = ['{"probs": {"a": 1}}'] * 16 + ['{"probs": {"a": "x"}}', '{"probs": 3}']
    path.write_text("\n".join(lines))
    (split,) = opened(str(path), Reading()).splits(Projection((), (), maps=("probs",)))
    (frame,) = split.frames()
    (finding,) = frame.issues
    assert (finding.code, finding.rows, frame.left_out) == ("not-a-map", (16, 17), (16, 17))
    assert finding.values == ('{"a": "x"}', "3")


@pytest.mark.parametrize("text", ['{\n  "label": 1,\n  "prob": 0.5\n', "{\n", "label,prob\n"])
def test_a_file_without_an_object_in_a_line_is_reported(text: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.jsonl"
    path.write_text(text)
    line = message(path)
    assert "row 1 is not a JSON object on one line" in line


def test_keys_may_come_late_and_values_change_their_kind(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    labels, probs = rng.integers(0, 2, 90_000).tolist(), rng.random(90_000).tolist()
    rows = [{"label": label, "prob": prob} for label, prob in zip(labels, probs, strict=True)]
    rows[7]["late"] = 1
    rows[80_000] |= {"label": str(labels[80_000]), "prob": repr(probs[80_000])}
    path = tmp_path / "preds.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    document = score_json(path, "--by", "late")
    same = write_csv(tmp_path / "preds.csv", {"label": labels, "prob": probs})
    assert document["metrics"] == score_json(same)["metrics"]
    assert document["metrics"]["cross_entropy"] == pytest.approx(log_loss(labels, probs), rel=1e-12)
    assert [group["rows"]["scored"] for group in document["groups"]] == [1, 89_999]


def test_long_integers_stay_whole(tmp_path: Path) -> None:
    names = [2**53 + 1, 2**53, 0.5, 10**30]
    path = tmp_path / "preds.jsonl"
    rows = [{"label": 1, "prob": 2.0**-n, "id": name} for n, name in enumerate(names)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    document = score_json(path, "--id", "id", "--worst", "4")
    assert [row["id"] for row in document["worst"]] == [str(name) for name in names[::-1]]


# Arrow


def test_a_feather_file_of_version_1_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "old.feather"
    path.write_bytes(b"FEA1" + bytes(80))
    line = message(path)
    assert "version 1" in line


# NumPy


def test_arrays_with_their_usual_names_bind_by_themselves(tmp_path: Path) -> None:
    table = read("wine.parquet").to_pydict()
    label, probabilities = table["label"], table["probabilities"]
    for label_name in ("y_true", "labels", "y", "targets"):
        for name in ("probs", "y_prob", "probabilities", "y_pred", "preds"):
            path = tmp_path / f"{label_name}-{name}.npz"
            np.savez(path, **{label_name: label, name: probabilities, "meta": np.array({})})
            result = score(path, sum_tolerance=1e-3)
            assert result.metrics == expected("wine.parquet")["metrics"]


def test_probabilities_of_two_classes_in_one_dimension(tmp_path: Path) -> None:
    table = read("breast_cancer.csv").to_pydict()
    for shape in ((-1,), (-1, 1)):
        for name in ("probs", "y_prob", "y_score", "probabilities"):
            path = tmp_path / "preds.npz"
            arrays = {"y_true": table["label"], name: np.reshape(table["prob"], shape)}
            np.savez(path, **arrays)
            assert score(path).metrics == expected("breast_cancer.csv")["metrics"]


def test_logits_in_single_precision(tmp_path: Path) -> None:
    label = [2, 0, 1]
    logits = np.array([[1, 2, 4], [0.5, 0.25, 0], [8, 9, 7]], np.float32)
    np.savez(tmp_path / "preds.npz", labels=label, logits=logits)
    document = score_json(tmp_path / "preds.npz")
    exponents = np.exp(logits.astype(np.float64))
    shares = exponents / exponents.sum(axis=1, keepdims=True)
    assert document["values"] == "logits"
    assert document["metrics"]["cross_entropy"] == pytest.approx(log_loss(label, shares))


@pytest.mark.parametrize("dtype", ["<f2", "<f4", ">f4", "<f8", ">f8", "longdouble"])
def test_numbers_of_any_width_and_order(dtype: str, tmp_path: Path) -> None:
    for labels in ([1, 0], [True, False], [b"1", b"0"], ["1", "0"], np.array([1, 0], ">i2")):
        np.savez(tmp_path / "p.npz", label=labels, prob=np.array([0.5, 0.75], dtype))
        document = score_json(tmp_path / "p.npz", "--base", "2")
        assert document["metrics"]["total"] == 3


def test_a_lone_array_is_called_like_its_file(tmp_path: Path) -> None:
    (tmp_path / "truth.npy").write_bytes(saved([1, 0]))
    line = message(tmp_path / "truth.npy", label="truth")
    assert "prediction" in line
    (line,) = complaints(run_ce("score", "--label", "x", stdin=saved([1, 0])), USAGE)
    assert "'array'" in line


@pytest.mark.parametrize(
    ("array", "part"),
    [
        (np.array([{}, 1], object), "pickle"),
        (np.zeros((2, 3, 4)), "3-D array of float64"),
        (np.zeros(2, complex), "complex128"),
        (np.zeros(2, "M8[s]"), "datetime64"),
        (np.zeros((2, 0)), "2-D array"),
        (np.zeros(()), "single value"),
    ],
)
def test_arrays_that_are_not_columns_are_reported(array: Any, part: str, tmp_path: Path) -> None:
    (tmp_path / "y.npy").write_bytes(saved(array))
    line = message(tmp_path / "y.npy")
    assert "'y'" in line
    assert part in line
    np.savez(tmp_path / "p.npz", y=array, prob=[0.5, 0.5], allow_pickle=True)
    line = message(tmp_path / "p.npz")
    assert "'y'" in line
    assert part in line
    np.savez(tmp_path / "p.npz", x=array, y=[1, 0], prob=[0.5, 0.5])
    assert score_json(tmp_path / "p.npz")["rows"]["scored"] == 2


def test_a_pickled_prediction_is_reported(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", y=[1, 0], probs=np.array([0.5, 0.5], object))
    line = message(tmp_path / "p.npz")
    assert "'probs'" in line
    assert "pickle" in line


def test_arrays_of_different_lengths_are_reported(tmp_path: Path) -> None:
    np.savez(tmp_path / "p.npz", y=[1, 0, 1], prob=[0.5, 0.5], classes=["a"])
    line = message(tmp_path / "p.npz")
    for part in ("'y' has 3 rows", "'prob' has 2"):
        assert part in line


def test_a_zip_of_something_else_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "preds.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    line = message(path)
    assert "zip" in line


# Columns in the path


def write_partitions(directory: Path, table: pa.Table, suffix: str, write: Any) -> None:
    for segment in table["segment"].unique().to_pylist():
        rows = [row == segment for row in table["segment"].to_pylist()]
        part = table.filter(pa.array(rows)).drop_columns(["segment"])
        place = directory / f"segment={segment}" / "year=20%324"
        place.mkdir(parents=True)
        (place / f"part-0.{suffix}").write_bytes(write(part))


@pytest.mark.parametrize("writer", PARTS)
def test_directories_are_columns(writer: str, tmp_path: Path) -> None:
    table = read("breast_cancer_weighted.csv")
    write_partitions(tmp_path, table, *WRITERS[writer])
    arguments = OPTIONS["breast_cancer_weighted.csv"]
    document = numbers(tmp_path, **arguments | {"by": ["segment", "year"]})
    whole = expected("breast_cancer_weighted.csv")
    assert document["metrics"] == whole["metrics"]
    assert [group["by"].pop("year") for group in document["groups"]] == ["2024"] * 3
    assert document["groups"] == whole["groups"]


def test_one_file_of_a_partition(tmp_path: Path) -> None:
    for label, suffix in (("1", "csv"), ("0", "jsonl")):
        place = tmp_path / f"label={label}" / "g=__HIVE_DEFAULT_PARTITION__"
        place.mkdir(parents=True)
        text = "x,prob\n1,0.5\n" if suffix == "csv" else '{"x": ["a"], "prob": 0.5}\n'
        (place / f"part.{suffix}").write_text(text)
        document = score_json(place / f"part.{suffix}", "--by", "g", "--metric", "accuracy")
        assert document["columns"]["label"] == ["label"]
        assert [group["by"] for group in document["groups"]] == [{"g": None}]
        assert document["metrics"]["accuracy"] == 1 - int(label)


def test_a_column_of_the_file_goes_before_one_of_the_path(tmp_path: Path) -> None:
    place = tmp_path / "segment=path"
    place.mkdir()
    columns = {"label": [1, 0], "prob": [0.5, 0.5], "segment": ["a", "b"]}
    path = write_parquet(place / "preds.parquet", columns)
    groups = score_json(path, "--by", "segment")["groups"]
    assert [group["by"]["segment"] for group in groups] == ["a", "b"]


def test_partitions_of_different_names_are_reported(tmp_path: Path) -> None:
    for name in ("a=1", "b=1"):
        (tmp_path / name).mkdir()
        write_csv(tmp_path / name / "preds.csv", {"label": [1, 0], "prob": [0.5, 0.5]})
    line = message(tmp_path, by="a")
    assert "'a'" in line
    assert "b=1" in line


def test_an_array_named_like_a_field_of_another_is_reported(tmp_path: Path) -> None:
    records = np.zeros(3, [("label", "<i8"), ("probs", "<f8", (2,))])
    np.savez(tmp_path / "both.npz", records=records, probs=np.zeros(3))
    (line,) = complaints(run_ce("score", tmp_path / "both.npz"), BAD_DATA)
    assert "'probs'" in line
    assert "different names" in line
