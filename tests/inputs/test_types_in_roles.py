"""Every type of Arrow in every role gives the number of a plain one, or is refused."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import orc

from tests.conftest import complaints, run_ce, score_json
from tests.writing import as_arrow, as_parquet

BAD_DATA = 3
LABELS, PROBS, WHOLE = [1, 0, 1, 0], [0.8, 0.3, 0.6, 0.4], [1, 2, 3, 4]
ROLES: dict[str, tuple[str, list[Any], tuple[str, ...]]] = {
    "label": ("label", LABELS, ()),
    "prediction": ("prob", PROBS, ()),
    "weight": ("w", WHOLE, ("--weight", "w")),
    "id": ("w", WHOLE, ("--id", "w", "--worst", "2")),
    "group": ("w", WHOLE, ("--by", "w")),
    "cluster": ("w", WHOLE, ("--cluster", "w")),
}
NAMES = (
    *("bool_", "int8", "int64", "uint64", "float16", "float32", "float64", "null", "string"),
    *("large_string", "string_view", "binary", "binary_view", "date32", "date64"),
    "month_day_nano_interval",
)


def plain_types() -> Iterator[pa.DataType]:
    """Those that the installed version has."""
    yield from (getattr(pa, name)() for name in NAMES if hasattr(pa, name))
    for name, precision in (("decimal32", 7), ("decimal64", 15), ("decimal128", 30)):
        if hasattr(pa, name):
            yield getattr(pa, name)(precision, 3)
    yield from (pa.timestamp("ns", "Mars/Olympus"), pa.duration("s"), pa.time64("ns"))


def column(type_: pa.DataType, values: list[Any]) -> pa.Array:
    """The values in this type, or what of them it can hold."""
    types = pa.types
    if types.is_null(type_):
        return pa.nulls(len(values))
    made: list[tuple[Any, Any]] = [
        (types.is_decimal(type_), lambda one: Decimal(str(one))),
        ("string" in str(type_), str),
        ("binary" in str(type_), lambda one: str(one).encode()),
        (types.is_float16(type_), np.float16),
        (types.is_floating(type_), float),
        (types.is_boolean(type_), bool),
        (types.is_interval(type_), lambda one: pa.MonthDayNano([int(one), 0, 0])),
        (types.is_date(type_), lambda one: datetime.date(2020, 1, 1 + int(one))),
        (types.is_time(type_), lambda one: datetime.time(0, 0, int(one))),
        (True, int),
    ]
    convert = next(function for is_it, function in made if is_it)
    return pa.array([convert(one) for one in values], type_)


def dressed(values: pa.Array) -> Iterator[pa.Array]:
    """The values, and the same in a dictionary, in runs, in lists, in a map and in structs."""
    count = len(values)
    yield values
    yield pa.DictionaryArray.from_arrays(pa.array(range(count), pa.int8()), values)
    yield pa.RunEndEncodedArray.from_arrays(pa.array(range(1, count + 1), pa.int32()), values)
    ends = pa.array(range(count + 1), pa.int32())
    yield pa.ListArray.from_arrays(ends, values)
    yield pa.FixedSizeListArray.from_arrays(values, 1)
    if hasattr(pa, "ListViewArray"):
        ones = pa.array([1] * count, pa.int32())
        yield pa.ListViewArray.from_arrays(ends[:-1], ones, values)
    yield pa.MapArray.from_arrays(ends, pa.array(["k"] * count), values)
    yield pa.StructArray.from_arrays([values], ["value"])
    yield pa.StructArray.from_arrays([values, values], ["a", "b"])
    yield pa.UnionArray.from_sparse(pa.array([0] * count, pa.int8()), [values])


@pytest.mark.parametrize("type_", list(plain_types()), ids=str)
@pytest.mark.parametrize("role", ROLES)
def test_every_type_in_every_role(role: str, type_: pa.DataType, tmp_path: Path) -> None:
    name, values, options = ROLES[role]
    path = tmp_path / "preds.arrow"
    for cells in dressed(column(type_, values)):
        table = {"label": LABELS, "prob": PROBS, "w": WHOLE, name: cells}
        path.write_bytes(as_arrow(pa.table(table)))
        named = ("--label", "label", "--pred", "prob", *options)
        done = run_ce("score", path, "--json", *named)
        assert done.returncode in (0, 2, BAD_DATA), f"{cells.type}: {done.stderr}"
        assert "Warning" not in done.stderr
        if done.returncode == 0 and role in ("id", "group", "cluster"):
            found = score_json(path, *named)["metrics"]["cross_entropy"]
            assert found == pytest.approx(-np.log([0.8, 0.7, 0.6, 0.6]).mean(), rel=1e-12)


def test_a_name_that_is_not_utf8_is_one_sentence(tmp_path: Path) -> None:
    for suffix, write in (("arrow", as_arrow), ("parquet", as_parquet)):
        path = tmp_path / f"preds.{suffix}"
        data = write(pa.table({"label": [1, 0], "probabil": [0.8, 0.3]}))
        path.write_bytes(data.replace(b"probabil", b"prob\xff\xfeil"))
        (line,) = complaints(run_ce("score", path), BAD_DATA)
        assert "not UTF-8" in line


def test_text_in_parquet_that_is_not_utf8_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "preds.parquet"
    words = pa.Array.from_buffers(
        pa.utf8(), 4, pa.array([b"c\xe4t", b"dog", b"dog", b"dog"]).buffers()
    )
    path.write_bytes(as_parquet(pa.table({"label": words, "prob": PROBS})))
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "UTF8" in line or "UTF-8" in line


def test_an_orc_file_of_gigantic_blocks_does_not_end_the_process(tmp_path: Path) -> None:
    path = tmp_path / "preds.orc"
    orc.write_table(pa.table({"label": [1, 0], "prob": [0.8, 0.3]}), path, compression="zlib")
    data = path.read_bytes()
    size = b"\x18\x80\x80\x04"  # the block size of 65,536, in the postscript
    assert data.count(size) == 1
    path.write_bytes(
        data.replace(size, b"\x18\x80\x80\xfe\xff\xff\xff\x0c")[:-1] + bytes([data[-1] + 4])
    )
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "are too large" in line
