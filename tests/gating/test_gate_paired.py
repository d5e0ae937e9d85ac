"""`ce gate` against a baseline of predictions: the rows of both are compared one by one."""

from __future__ import annotations

import csv
import random
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from tests.conftest import complaints, run_ce, write_csv, write_parquet
from tests.gating.gates import BAD_DATA, FAILED, PASSED, STORAGE, USAGE, checks, refused, run_gate
from tests.metrics.hall import hall_interval

Floats = NDArray[np.float64]

ROWS = 120


class Pair:
    """Two models of the same rows, the second a little worse, and their losses."""

    def __init__(self, directory: Path) -> None:
        rng = np.random.default_rng(4)
        true = rng.normal(0.0, 1.5, ROWS)
        label = (rng.random(ROWS) < 1 / (1 + np.exp(-true))).astype(int)
        self.segment = rng.choice(["eu", "us"], ROWS)
        self.losses: dict[str, Floats] = {}
        self.files: dict[str, Path] = {}
        for name, noise in (("main", 0.2), ("new", 0.5)):
            prob = 1 / (1 + np.exp(-true - rng.normal(0.0, noise, ROWS)))
            self.losses[name] = -np.log(np.where(label == 1, prob, 1 - prob))
            columns: dict[str, Any] = {
                "case": [f"c{n}" for n in range(ROWS)],
                "label": label,
                "prob": prob,
            }
            self.files[name] = write_csv(
                directory / f"{name}.csv",
                columns | ({"segment": self.segment} if name == "new" else {}),
            )
        self.main, self.new = self.files["main"], self.files["new"]
        self.shuffled = directory / "shuffled.csv"
        with self.main.open(newline="") as file:
            header, *rows = csv.reader(file)
        random.Random(1).shuffle(rows)
        with self.shuffled.open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(tmp_path_factory.mktemp("pair"))


def interval(pair: Pair, rows: Floats | slice = slice(None)) -> tuple[float, float, float]:
    """The paired difference of some rows, and the ends of Hall's interval."""
    new, main = (pair.losses[name][rows] for name in ("new", "main"))
    return float(np.mean(new - main)), *hall_interval(new - main, 0.95)


@pytest.mark.parametrize("mode", ["point", "confident", "proven"])
def test_a_limit_is_held_against_the_paired_interval(pair: Pair, mode: str) -> None:
    mean, low, high = interval(pair)
    held = {"point": mean, "confident": low, "proven": high}[mode]
    for beside, code in ((1e-9, PASSED), (-1e-9, FAILED)):
        limit = repr(held + beside)
        given = (pair.new, "--baseline", pair.main, "--max-regression", limit, "--mode", mode)
        found, document = run_gate(*given)
        assert found == code
        (gate,) = document["gates"]
        assert gate["paired"] is True
        (check,) = gate["checks"]
        assert check["value"] == pytest.approx(mean, rel=1e-9)
        assert check["compared"] == pytest.approx(held, rel=1e-9)
        assert check["relative"] is False


def test_rows_match_by_id_in_any_order(pair: Pair) -> None:
    options = ("--max-regression", "1", "--require", "regression.by(segment) <= 100%")
    expected = checks(pair.new, "--baseline", pair.main, *options)
    assert checks(pair.new, "--baseline", pair.shuffled, "--id", "case", *options) == expected
    done = refused(pair.new, "--baseline", pair.shuffled, *options)
    assert "--id case" in complaints(done, BAD_DATA)[0]


def test_groups_are_those_of_the_data(pair: Pair) -> None:
    limit = "regression.by(segment) <= 0.1"
    found = checks(pair.new, "--baseline", pair.main, "--require", limit, "--mode", "proven")
    assert [check["by"]["segment"] for check in found] == ["eu", "us"]
    for check in found:
        mean, _, high = interval(pair, pair.segment == check["by"]["segment"])
        assert (check["value"], check["compared"]) == pytest.approx((mean, high), rel=1e-9)
        assert check["passed"] == (high <= 0.1)
    gone = ("--baseline", pair.main, "--require", "regression.by(segment=asia) <= 0.1")
    (message,) = complaints(run_ce("gate", pair.new, *gone), BAD_DATA)
    assert "there is no group 'segment=asia'; the groups are 'eu', 'us'" in message


def test_several_limits_are_checked_on_the_same_rows(pair: Pair) -> None:
    mean, _, _ = interval(pair)
    share = mean / float(pair.losses["main"].mean())
    options = ("--max", "9", "--max-regression", "9", "--require", "regression <= 900%")
    cost, absolute, relative = sorted(
        checks(pair.new, "--baseline", pair.main, *options),
        key=lambda one: (one["metric"], one["relative"]),
    )
    assert cost["value"] == pytest.approx(pair.losses["new"].mean(), rel=1e-12)
    assert absolute["value"] == pytest.approx(mean, rel=1e-9)
    assert (relative["value"], relative["relative"]) == (pytest.approx(share, rel=1e-9), True)


def test_the_same_predictions_pass_in_every_mode(pair: Pair, tmp_path: Path) -> None:
    copy = tmp_path / "copy.csv"
    copy.write_bytes(pair.main.read_bytes())
    for mode in ("point", "confident", "proven"):
        given = (copy, "--baseline", pair.main, "--max-regression", "0", "--mode", mode)
        (check,) = checks(*given)
        assert (check["value"], check["passed"]) == (0.0, True)


def test_what_does_not_compare_is_refused(pair: Pair, tmp_path: Path) -> None:
    def message(baseline: Path | str, code: int) -> str:
        done = refused(pair.new, "--baseline", baseline, "--max-regression", "1%")
        return complaints(done, code)[0]

    lines = pair.main.read_text().splitlines(keepends=True)
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("".join(lines[:-1]))
    assert "119 rows" in message(fewer, BAD_DATA)
    other = tmp_path / "other.csv"
    turned = lines[1].replace(",0,", ",x,").replace(",1,", ",0,").replace(",x,", ",1,")
    other.write_text("".join([lines[0], turned, *lines[2:]]))
    assert "different labels in row 1" in message(other, BAD_DATA)
    junk = tmp_path / "junk.csv"
    junk.write_bytes(bytes(range(256)))
    assert "junk.csv" in message(junk, BAD_DATA)
    assert "gone.csv" in message(tmp_path / "gone.csv", STORAGE)
    assert "is both the data and the baseline" in message(pair.new, USAGE)


def test_a_pipe_cannot_be_scored_and_compared(pair: Pair) -> None:
    given = ("gate", "-", "--baseline", pair.main, "--max-regression", "1%")
    done = run_ce(*given, stdin=pair.new.read_bytes())
    assert "use a file" in complaints(done, USAGE)[0]


def test_rows_of_one_side_can_be_left_out(pair: Pair, tmp_path: Path) -> None:
    lines = pair.main.read_text().splitlines(keepends=True)
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("".join(lines[:-20]))
    given = (pair.new, "--baseline", fewer, "--id", "case", "--max-regression", "9")
    assert "--join inner" in complaints(refused(*given), BAD_DATA)[0]
    (check,) = checks(*given, "--join", "inner")
    assert check["value"] == pytest.approx(interval(pair, slice(0, ROWS - 20))[0], rel=1e-9)


def test_clips_that_differ_and_matter_are_refused(tmp_path: Path) -> None:
    columns: dict[str, Any] = {"label": [1, 0, 1], "prob": [0.0, 0.25, 0.5]}
    text = write_csv(tmp_path / "text.csv", columns)
    single = write_parquet(
        tmp_path / "single.parquet",
        {"label": columns["label"], "prob": pa.array(columns["prob"], pa.float32())},
    )
    done = refused(text, "--baseline", single, "--max-regression", "1%")
    assert "set one clip with --clip" in complaints(done, BAD_DATA)[0]
    given = (text, "--baseline", single, "--max-regression", "1%", "--clip", "1e-9")
    (check,) = checks(*given)
    assert (check["value"], check["passed"]) == (0.0, True)


def test_what_an_engine_cannot_compare_is_refused_before_anything_is_scored(
    pair: Pair, tmp_path: Path
) -> None:
    base = tmp_path / "main.sqlite"
    with sqlite3.connect(base) as connection:
        connection.execute("create table main (label, prob)")
        connection.execute("insert into main values (1, 0.5)")
    connection.close()
    limits = ("--max-regression", "1%", "--engine", "processes")
    done = refused(pair.new, "--baseline", base, *limits)
    assert done.returncode == USAGE
    assert "Reading a database or a workbook is not possible with --engine" in done.stderr
    assert "runs on" not in done.stderr


def test_an_engine_compares_with_predictions_as_threads_do(pair: Pair) -> None:
    for more in ((), ("--id", "case")):
        options = (pair.new, "--baseline", pair.main, "--max-regression", "1%", *more)
        assert run_gate(*options, "--engine", "processes") == run_gate(*options)
