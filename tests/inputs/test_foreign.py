"""Formats that ce does not read: each is named, with a command that works as it is typed."""

from __future__ import annotations

import gzip
import pickle
import re
import shlex
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.io

from ce_cli.inputs.foreign.formats import FORMATS
from ce_cli.inputs.foreign.starts import _STARTS, foreign_kind
from tests.conftest import complaints, run_ce, run_pasted, score_json

BAD_DATA = 3
LABELS, PROBS = [1, 0, 1], [0.5, 0.75, 0.25]  # losses of 1, 2 and 2 bits
FRAME = pd.DataFrame({"label": LABELS, "prob": PROBS})
COLUMNS = {"label": np.array(LABELS), "prob": np.array(PROBS)}


def as_torch(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
        archive.writestr("archive/version", b"3\n")


CONVERTED: dict[str, Callable[[Path], object]] = {
    "frame.pkl": FRAME.to_pickle,
    "arrays.pickle": lambda path: path.write_bytes(pickle.dumps(COLUMNS)),
    "old.pkl": lambda path: path.write_bytes(
        pickle.dumps({"label": LABELS, "prob": PROBS}, protocol=0)
    ),
    "preds.dta": lambda path: FRAME.to_stata(path, write_index=False),
    "old.dta": lambda path: FRAME.to_stata(path, write_index=False, version=114),
    "preds.html": lambda path: FRAME.to_html(path, index=False),
    "preds.mat": lambda path: scipy.io.savemat(path, {k: v[:, None] for k, v in COLUMNS.items()}),
    "it's $(x) `y`.pkl": FRAME.to_pickle,
}


def refused(path: Path, *options: str) -> str:
    (line,) = complaints(run_ce("score", path, *options), BAD_DATA)
    return line


@pytest.mark.parametrize("name", CONVERTED)
def test_the_command_converts_the_file(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    CONVERTED[name](path)
    done = run_ce("score", name, cwd=tmp_path)
    (line,) = complaints(done, BAD_DATA)
    found = re.search(r"convert it: (python3 -c .*?)(?: \(needs \w+\))?\.$", line)
    assert found, line
    assert shlex.split(found[1])[:2] == ["python3", "-c"]
    converted = run_pasted(found[1], tmp_path)
    assert converted.returncode == 0, converted.stderr
    (new,) = set(tmp_path.iterdir()) - {path}
    assert score_json(new, "--base", "2")["metrics"]["total"] == 5


STARTS = {
    "preds.h5": (b"\x89HDF\r\n\x1a\n" + bytes(80), "HDF5", "h5py"),
    "store.h5": (b"\x89HDF\r\n\x1a\n" + bytes(80) + b"pandas_type", "HDF5", "read_hdf"),
    "preds.sav": (b"$FL2@(#) SPSS DATA FILE", "SPSS", "read_spss"),
    "preds.sas7bdat": (
        bytes(12) + bytes.fromhex("c2ea8160b31411cfbd92080009c7318c181f1011"),
        "SAS",
        "read_sas",
    ),
    "preds.xpt": (b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!", "SAS transport", "xport"),
    "preds.rds": (gzip.compress(b"X\n\0\0\0\3\0\4\2\0"), "R object", "readRDS"),
    "preds.RData": (gzip.compress(b"RDX3\nX\n\0\0\0\3"), "R workspace", "load("),
    "preds.avro": (b"Obj\x01\x04\x14avro.codec", "Avro", "read_avro"),
    "preds.xls": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(80), "Excel", "read_excel"),
    "preds.feather": (b"FEA1" + bytes(80), "version 1", "feather"),
    "preds.pdf": (b"%PDF-1.7\n%", "PDF", "save its table"),
    "model.joblib": (b"x\x9c" + bytes(80), "joblib", "joblib.load"),
    "preds.tar.gz": (gzip.compress(bytes(257) + b"ustar" + bytes(300)), "tar", "tar -xf"),
    "preds.csv": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "Git LFS",
        "git lfs pull",
    ),
    "preds.tsv": (b" \n<!DOCTYPE html>\n<html><body>", "HTML", "read_html"),
}


@pytest.mark.parametrize("name", STARTS)
def test_a_foreign_format_is_named(name: str, tmp_path: Path) -> None:
    content, title, fix = STARTS[name]
    path = tmp_path / name
    path.write_bytes(content)
    is_packed = content.startswith(b"\x1f\x8b")  # and only text is unpacked
    for form in ((), ("--input-format", "csv"), ("--input-format", "npy"))[: 3 - is_packed]:
        line = refused(path, *form)
        assert title in line
        assert fix in line


def test_what_a_zip_holds_is_named(tmp_path: Path) -> None:
    as_torch(tmp_path / "preds.pt")
    line = refused(tmp_path / "preds.pt")
    assert "a PyTorch file" in line
    assert "weights_only=True" in line
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w/>")
    for options in ((), ("--input-format", "npz")):
        assert "an Office document" in refused(tmp_path / "a.docx", *options)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (tmp_path / "sprung",))

    for protocol in range(6):
        path = tmp_path / f"trap{protocol}.pkl"
        path.write_bytes(pickle.dumps({"label": Trap()}, protocol=protocol))
        for options in ((), ("--input-format", "csv"), ("--input-format", "npz")):
            assert run_ce("score", path, *options).returncode == BAD_DATA
    assert not (tmp_path / "sprung").exists()


def test_from_a_pipe_there_is_no_name_to_type() -> None:
    (line,) = complaints(run_ce("score", "-", stdin=b"$FL2@(#)"), BAD_DATA)
    assert "SPSS" in line
    assert "python3" not in line


def test_every_kind_has_a_name() -> None:
    assert {*_STARTS, "tar"} <= FORMATS.keys()


@pytest.mark.parametrize("text", [b"label,prob\n", b"x,y\n", b"(a,b)\n", b"x^2,label\n", b"c,p\n"])
def test_plain_tables_are_not_foreign(text: bytes) -> None:
    assert foreign_kind(text) is None
