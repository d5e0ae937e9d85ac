"""Bytes that are packed pass the gates that they pass unpacked."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tests.conftest import SAMPLES, complaints, run_ce, score_json

BAD_DATA = 3
WINE = SAMPLES / "wine.csv"


def zipped(content: bytes, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(path.stem, content)


def compressed(compress: Callable[[bytes], bytes]) -> Callable[[bytes, Path], object]:
    return lambda content, path: path.write_bytes(compress(content))


PACKINGS: dict[str, Callable[[bytes, Path], object]] = {
    "gz": compressed(gzip.compress),
    "bz2": compressed(bz2.compress),
    "xz": compressed(lzma.compress),
    "zst": compressed(lambda content: pa.Codec("zstd").compress(content, asbytes=True)),
    "zip": zipped,
}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The score that is the baseline."""
    path = tmp_path_factory.mktemp("baseline") / "base.json"
    path.write_text(json.dumps(score_json(WINE)))
    return path


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize(("limit", "code"), [("--max=9", 0), ("--max=0.001", 1)])
def test_data(tmp_path: Path, packing: str, limit: str, code: int) -> None:
    path = tmp_path / f"wine.csv.{packing}"
    PACKINGS[packing](WINE.read_bytes(), path)
    assert run_ce("gate", WINE, limit).returncode == code
    assert run_ce("gate", path, limit).returncode == code


@pytest.mark.parametrize("packing", PACKINGS)
def test_the_document_of_a_baseline(tmp_path: Path, document: Path, packing: str) -> None:
    path = tmp_path / f"base.json.{packing}"
    PACKINGS[packing](document.read_bytes(), path)
    options = (WINE, "--max-regression", "1%", "--json", "--baseline")
    plain, packed = (run_ce("gate", *options, one) for one in (document, path))
    assert (plain.returncode, packed.returncode) == (0, 0)
    found, expected = (json.loads(one.stdout)["gates"][0]["checks"] for one in (packed, plain))
    assert found == expected


@pytest.mark.parametrize("packing", PACKINGS)
def test_predictions_of_a_baseline(tmp_path: Path, packing: str) -> None:
    path = tmp_path / f"old.csv.{packing}"
    PACKINGS[packing](WINE.read_bytes(), path)
    assert run_ce("gate", WINE, "--max-regression", "1%", "--baseline", path).returncode == 0


def test_a_document_that_is_cut_off(tmp_path: Path, document: Path) -> None:
    path = tmp_path / "base.json.gz"
    path.write_bytes(gzip.compress(document.read_bytes())[:400])
    done = run_ce("gate", WINE, "--max-regression", "1%", "--baseline", path)
    (message,) = complaints(done, 4)
    assert "base.json.gz: could not be read" in message


def test_predictions_of_a_baseline_through_a_pipe(tmp_path: Path) -> None:
    """What shows that they are no document is gone when they would be read."""
    pipe = tmp_path / "old"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(WINE.read_bytes()[:1000]))
    writer.start()
    done = run_ce("gate", WINE, "--max-regression", "1%", "--baseline", pipe)
    writer.join()
    (message,) = complaints(done, BAD_DATA)
    assert message == f"ce: {pipe}: a baseline from a pipe must be a JSON document."
