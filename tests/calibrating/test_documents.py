"""Reading calibrations strictly: each way in which a file may be wrong is one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ce_cli import Calibration, calibrate
from ce_cli.errors import DataError
from tests.conftest import SAMPLES, run_ce

WINE = calibrate(SAMPLES / "wine.csv", method="temperature").to_dict()
TWO = {
    method: calibrate([0, 1, 1, 0] * 20, [0.2, 0.6, 0.4, 0.7] * 20, method=method).to_dict()
    for method in ("platt", "beta", "isotonic")
}


def edited(document: dict[str, Any], *path: str, to: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document))
    at = found
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = to
    return found


def without(document: dict[str, Any], *path: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(document))
    at = found
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return found


KNOTS = TWO["isotonic"]["parameters"]["logits"]

CASES: dict[str, tuple[Any, str]] = {
    "another version": (
        edited(WINE, "schema", to="ce.calibration/2"),
        "must have ce.calibration/1",
    ),
    "another document": (edited(WINE, "schema", to="ce.score/1"), "must have ce.calibration/1"),
    "no schema": (without(WINE, "schema"), "not written by ce calibrate fit"),
    "a list": ([1, 2], "must be an object"),
    "an unknown method": (edited(WINE, "method", to="magic"), "no method 'magic'"),
    "another method": (edited(WINE, "method", to="none"), "digest does not belong"),
    "another slope": (edited(WINE, "parameters", "slope", to=2.0), "digest does not belong"),
    "no slope": (without(WINE, "parameters", "slope"), "slope is missing"),
    "a slope of text": (edited(WINE, "parameters", "slope", to="2"), "must be a number"),
    "a slope of null": (edited(WINE, "parameters", "slope", to=None), "must be a number"),
    "a huge slope": (edited(WINE, "parameters", "slope", to=1e300), "must be a number"),
    "a negative slope": (edited(WINE, "parameters", "slope", to=-1.0), "must be a number"),
    "a huge whole number": (edited(WINE, "parameters", "slope", to=10**400), "must be a number"),
    "a slope of true": (edited(WINE, "parameters", "slope", to=True), "must be a number"),
    "a class less": (edited(WINE, "classes", to=["class_0", "class_1"]), "digest does not belong"),
    "one class": (edited(WINE, "classes", to=["class_0"]), "at least two different"),
    "a class twice": (edited(WINE, "classes", to=["a", "a", "b"]), "at least two different"),
    "another kind": (edited(WINE, "values", to="logits"), "digest does not belong"),
    "no kind": (edited(WINE, "values", to="losses"), "no values 'losses'"),
    "a clip of 1": (edited(WINE, "clip", to=1.0), "must be a number"),
    "platt of three classes": (edited(WINE, "method", to="platt"), "two classes for the method"),
    "knots that fall": (
        edited(TWO["isotonic"], "parameters", "logits", to=KNOTS[::-1]),
        "a list of rising numbers",
    ),
    "a curve of another length": (
        edited(TWO["isotonic"], "parameters", "logits", to=[1.0]),
        "one number for each",
    ),
    "a curve that falls": (
        edited(
            edited(TWO["isotonic"], "parameters", "logits", to=[0.0, 1.0]),
            *("parameters", "probabilities"),
            to=[0.6, 0.4],
        ),
        "never fall",
    ),
    "a curve of 1": (
        edited(
            edited(TWO["isotonic"], "parameters", "logits", to=[0.0, 1.0]),
            *("parameters", "probabilities"),
            to=[0.5, 1.0],
        ),
        "below 1",
    ),
    "no columns": (without(WINE, "columns"), "columns is missing"),
    "no files": (edited(WINE, "inputs", to=[]), "inputs must be a list of files"),
    "a column less": (
        edited(WINE, "columns", "predictions", to=["p_class_0"]),
        "predictions must be the columns of 3 classes",
    ),
    "another shape": (edited(WINE, "columns", "shape", to="heap"), "shape must be one of"),
    "another unit": (edited(WINE, "unit", to="miles"), "unit must be one of"),
    "a gain of text": (edited(WINE, "gain", to="much"), "gain must be a number"),
    "an unknown verdict": (edited(WINE, "verdict", to="great"), "verdict must be one of"),
}


@pytest.mark.parametrize(("document", "why"), CASES.values(), ids=CASES)
def test_a_document_that_is_wrong_is_refused_with_a_sentence(document: Any, why: str) -> None:
    with pytest.raises(DataError, match=why) as caught:
        Calibration.from_dict(document)
    assert len(caught.value.sentences) == 1


@pytest.mark.parametrize("method", TWO)
def test_what_was_written_is_read(method: str) -> None:
    found = Calibration.from_dict(json.loads(json.dumps(TWO[method])))
    assert found.to_dict() == TWO[method]


def test_every_number_counts_for_the_digest() -> None:
    for method, document in TWO.items():
        for key, value in document["parameters"].items():
            changed: Any
            if isinstance(value, list):
                changed = [*value[:-1], value[-1] + 1e-9 if key == "logits" else value[-1] + 1e-12]
            else:
                changed = value * (1.0 + 1e-15) if value else 1e-9
            with pytest.raises(DataError, match="edited"):
                Calibration.from_dict(edited(document, "parameters", key, to=changed))
            assert method == document["method"]


FILES: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "no JSON document"),
    "a table": (lambda: b"label,prob\n1,0.5\n", "no JSON document"),
    "half of it": (lambda: json.dumps(WINE).encode()[:200], "not a complete JSON document"),
    "NaN": (
        lambda: json.dumps(WINE).encode().replace(b'"slope": ', b'"slope": NaN, "x": '),
        "it contains NaN",
    ),
    "not text": (lambda: b"{\xff\xfe\x00", "'utf-8' codec can't decode byte 0xff"),
    "deep": (lambda: b'{"a":' * 100_000, "recursion"),
}


@pytest.mark.parametrize(("content", "why"), FILES.values(), ids=FILES)
def test_a_file_that_is_none_is_refused_by_every_command(
    content: Callable[[], bytes], why: str, tmp_path: Path
) -> None:
    path = tmp_path / "cal.json"
    path.write_bytes(content())
    for words in (
        ("calibrate", "show", str(path)),
        ("calibrate", "apply", str(path), str(SAMPLES / "wine.csv")),
        ("score", str(SAMPLES / "wine.csv"), "--calibrate", str(path)),
        ("gate", str(SAMPLES / "wine.csv"), "--max", "9", "--calibrate", str(path)),
    ):
        done = run_ce(*words)
        assert (done.returncode, done.stdout) == (3, ""), done
        (line,) = done.stderr.splitlines()
        assert why in line


def test_a_file_that_is_not_there_is_a_storage_error() -> None:
    done = run_ce("score", str(SAMPLES / "wine.csv"), "--calibrate", "nowhere.json")
    assert done.returncode == 4
    assert len(done.stderr.splitlines()) == 1


def test_a_calibration_may_be_packed(tmp_path: Path) -> None:
    import gzip

    path = tmp_path / "cal.json.gz"
    path.write_bytes(gzip.compress(json.dumps(WINE).encode()))
    assert run_ce("score", str(SAMPLES / "wine.csv"), "--calibrate", str(path)).returncode == 0
