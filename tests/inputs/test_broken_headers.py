"""Headers of NumPy and safetensors files that lie are refused in one sentence."""

from __future__ import annotations

import io
import json
import struct
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import complaints, run_ce, score_json

BAD_DATA = 3
RECORDS = "[('label', '<i8'), ('prob', '<f8')]"


def npy(header: str, data: bytes = bytes(64), version: int = 1) -> bytes:
    """A file with exactly this header."""
    text = header.encode("latin-1" if version < 3 else "utf-8") + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes((version, 0)) + length + text + data


def header(descr: str = RECORDS, shape: str = "(4,)", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


HEADERS = {
    "negative": header(shape="(-4,)"),
    "negative, in pairs": header("'<f8'", "(-2, -2)"),
    "gigantic": header(shape=f"({2**62},)"),
    "beyond any integer": header(shape=f"({2**70},)"),
    "overflowing": header("'<f8'", f"({2**32}, {2**32})"),
    "more than there is": header(shape="(5,)"),
    "gigantic and empty": header("'<f8'", f"({2**62}, 0)"),
    "empty and gigantic": header("'<f8'", f"(0, {2**62})"),
    "empty and wide": header("'<f8'", f"(0, {10**12})"),
    "a number": header(shape="4"),
    "a list": header(shape="[4]"),
    "texts": header(shape="('4',)"),
    "fractions": header(shape="(4.0,)"),
    "nested": header(shape="((4,),)"),
    "booleans": header(shape="(True,)"),
    "64 axes": header("'<f8'", f"({', '.join('1' * 64)})"),
    "70 axes": header("'<f8'", f"({', '.join('1' * 70)})"),
    "one value": header("'<f8'", "()"),
    "no fields": header("[]"),
    "an empty field": header("[('',)]"),
    "a field twice": header("[('a', '<f8'), ('a', '<f8')]"),
    "fields without names": header("[('', '<f8'), ('', '<f8')]"),
    "a field of three parts": header("[('a', '<f8', (2, 3)), ('b', '<i8')]"),
    "a negative sub-array": header("[('a', '<f8', (-2,))]"),
    "a gigantic sub-array": header(f"[('a', '<f8', ({2**62},))]"),
    "an odd title": header("[((1, 2, 3), '<f8')]"),
    "numbers for fields": header("[1, 2]"),
    "a tuple for a type": header("('<f8',)"),
    "a tuple of pairs": header("('<f8', (2,), 3)"),
    "a dictionary": header("{'names': ['a']}"),
    "none": header("None"),
    "an unknown type": header("'<q9'"),
    "a type of no size": header("'<U0'", f"({2**40},)"),
    "a type of a gigantic size": header("'<U999999999999'"),
    "objects": header("'|O'"),
    "objects in records": header("[('label', '<i8'), ('prob', '<f8'), ('o', '|O')]", "(2,)"),
    "void": header("'|V8'"),
    "complex": header("'<c16'"),
    "dates": header("'<M8[D]'"),
    "an unknown unit": header("'<M8[x]'"),
    "a text with a comma": header("'<f8,<f8,'"),
    "no dictionary": "(1, 2)",
    "no literal": "{'descr': open('x')}",
    "an odd number": header(shape="(4if 1else 5,)"),
    "deep": "[" * 5000,
    "deep, of minus signs": "-" * 9000 + "1",
    "a number of 5,000 digits": header(shape=f"({'9' * 5000},)"),
    "a missing field": "{'descr': '<f8', 'shape': (4,)}",
    "a field too many": header()[:-1] + ", 'x': 1}",
    "keys that cannot be": "{[]: 1}",
}


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_lies_is_one_sentence(name: str, version: int, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    path.write_bytes(npy(HEADERS[name], version=version))
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert line.startswith(f"ce: {path}: ")


@pytest.mark.parametrize("name", HEADERS)
def test_in_an_archive_too(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("label.npy", npy(header("'<i8'", "(8,)")))
        archive.writestr("prob.npy", npy(HEADERS[name]))
    done = run_ce("score", path, "--label", "label", "--pred", "prob")
    assert done.returncode in (2, BAD_DATA)  # with fields, there is no column of that name
    assert len(done.stderr.splitlines()) == 1


def test_a_header_that_is_right_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    rows = np.array([(1, 0.5), (0, 0.5)], [("label", "<i8"), ("prob", "<f8")])
    path.write_bytes(npy(header(shape="(2,)"), rows.tobytes()))
    assert score_json(path)["metrics"]["cross_entropy"] == pytest.approx(np.log(2))


def test_elements_that_are_pairs_are_one_more_axis(tmp_path: Path) -> None:
    path, labels = tmp_path / "x.npy", tmp_path / "labels.txt"
    path.write_bytes(npy(header("('<f8', (2,))", "(3,)"), np.full((3, 2), 0.5).tobytes()))
    labels.write_text("0\n1\n0\n", encoding="utf-8")
    found = score_json(path, "--labels", labels)
    assert found["metrics"]["cross_entropy"] == pytest.approx(np.log(2))


@pytest.mark.parametrize("values", [np.ones(500, object), np.array([(1, "x")], "i8,O")])
def test_objects_are_named_however_long_their_pickle_is(values: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, values)
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "a pickle, which ce does not load" in line


def test_two_arrays_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # about the second one
        for name in ("label", "prob", "prob"):
            archive.writestr(f"{name}.npy", npy(header("'<f8'", "(8,)")))
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "two arrays named 'prob.npy'" in line


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_row_that_memory_does_not_hold_is_refused_with_its_size(
    order: str, tmp_path: Path
) -> None:
    path = tmp_path / "bomb_row.npz"
    wide = header("'<f8'", "(2, 50000000)", str(order == "F"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("label.npy", npy(header("'<i8'", "(2,)"), bytes(16)))
        with archive.open("probs.npy", "w", force_zip64=True) as member:
            member.write(npy(wide, b""))
            for _ in range(8):
                member.write(bytes(100_000_000))
    (line,) = complaints(run_ce("score", path, "--max-memory", "600MB"), BAD_DATA)
    assert "50,000,000 numbers" in line
    assert "15 GB of memory" in line
    assert "600 MB" in line


def test_characters_beyond_unicode_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    words = np.array(["cat", "dog"])
    words.view(np.uint32)[1] = 0x7FFFFFFF
    sink = io.BytesIO()
    np.savez(sink, labels=np.zeros(4, np.int64), probs=np.full((4, 2), 0.5), classes=words)
    path.write_bytes(sink.getvalue())
    (line,) = complaints(run_ce("score", path), BAD_DATA)
    assert "outside Unicode" in line


def safetensors(fields: object, data: bytes = bytes(16)) -> bytes:
    text = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    return struct.pack("<Q", len(text)) + text + data


def array(**changes: object) -> dict[str, object]:
    return {"x": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16], **changes}}


TENSORS = {
    "a number": 1,
    "a text": "x",
    "a list": [],
    "numbers for arrays": {"x": 1},
    "negative": array(shape=[-2]),
    "negative in pairs": array(shape=[-1, -2]),
    "gigantic": array(shape=[2**62]),
    "a product that takes hours": array(shape=[10**4000] * 5000),
    "gigantic and empty": array(shape=[2**62, 2**62, 0], data_offsets=[0, 0]),
    "fractions": array(shape=[2.0]),
    "a text for a shape": array(shape="12"),
    "offsets of texts": array(data_offsets=["0", "16"]),
    "offsets that are fractions": array(data_offsets=[0.0, 16.0]),
    "offsets beyond": array(data_offsets=[0, 2**70]),
    "one offset": array(data_offsets=[0]),
    "a list for a type": array(dtype=[]),
    "a number of 5,000 digits": b'{"x": ' + b"9" * 5000 + b"}",
    "not UTF-8": b'{"\xff": 1}',
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("name", TENSORS)
def test_a_header_of_safetensors_that_lies_is_one_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(safetensors(TENSORS[name]))
    (line,) = complaints(run_ce("score", path, "--input-format", "safetensors"), BAD_DATA)
    assert line.startswith(f"ce: {path}: ")


def test_arrays_of_which_no_column_can_be_made(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", names=np.array([["a", "b"], ["c", "d"]]))
    done = run_ce("inspect", tmp_path / "a.npz")
    assert done.returncode in (0, BAD_DATA), done.stderr


@pytest.mark.parametrize("command", ["score", "inspect", "explain"])
@pytest.mark.parametrize("form", ["npz", "safetensors"])
def test_arrays_none_of_which_is_usable(command: str, form: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{form}"
    if form == "npz":
        np.savez(path, odd=np.zeros((2, 2, 2)))
    else:
        path.write_bytes(safetensors({"odd": array(shape=[1, 1, 2])["x"]}))
    done = run_ce(command, path)
    assert done.returncode in (0, BAD_DATA), done.stderr
    assert "odd" in done.stdout + done.stderr
