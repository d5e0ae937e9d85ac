"""How a comparison is shown: pages, tables, warnings, and errors in Python."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ce_cli import compare, score
from ce_cli.comparing import partitioned_join
from ce_cli.comparing.naming import file_names
from ce_cli.errors import DataError, UsageError
from tests.comparing.tables import NEW, OLD, ROWS, SURE, with_cell, written
from tests.conftest import COMMAND, SCHEMAS, compare_json, environment, run_ce

# Pages and tables

NEAR = OLD.assign(prob=OLD["prob"] * (1 - np.random.default_rng(4).uniform(0, 1e-3, ROWS)))


def test_the_page_fits_80_columns(files: list[Path]) -> None:
    options = ("--by", "segment", "--worst", "2", "--cluster", "user")
    folder = files[0].parent
    page = run_ce("compare", "old.csv", "new.csv", *options, cwd=folder).stdout
    for part in (
        "600 rows in 45 clusters by user · binary, matched by row order",
        "new − old", "paired t test p",
        "nats", "relative", "bits", "95 % interval", "segment", "moved", "worse", "better",
        "Verdicts are adjusted for 3 comparisons", "ce:0.",
    ):  # fmt: skip
        assert part in page
    assert not re.search(r"\s-\d", page)  # a minus is as wide as a plus
    terminal = {"FORCE_COLOR": "1", "COLUMNS": "80"}
    colour = run_ce("compare", "old.csv", "new.csv", *options, env=terminal, cwd=folder).stdout
    assert "\x1b[1m" in colour
    for text in (page, re.sub(r"\x1b\[[\d;]*m", "", colour)):
        *lines, signature = text.splitlines()
        assert signature.startswith("ce:0.")
        assert all(len(line) <= 80 for line in lines)


def test_verdicts_are_sentences(files: list[Path], tmp_path: Path) -> None:
    frames = {"old": OLD, "new": NEW, "near": NEAR}
    paths = written(tmp_path, **frames, same=OLD)
    page = run_ce("compare", *paths, "--id", "id").stdout
    assert "✓ new is better than old (p " in page
    assert ", adjusted for 3 comparisons)." in page
    assert "= same and old give every row the same loss." in page
    assert "✗ old is worse than new (p" in run_ce("compare", *files[::-1]).stdout
    assert "· near and old are too close to call: about " in page
    assert " more rows would be needed to detect a difference of this size." in page


def test_csv_has_the_numbers_of_json(files: list[Path]) -> None:
    for options in ((), ("--by", "segment")):
        document = compare_json(*files, *options)
        done = run_ce("compare", *files, *options, "--format", "csv")
        lines = list(csv.DictReader(io.StringIO(done.stdout)))
        sources = document["groups"] if options else [document]
        pairs = [(group, one) for group in sources for one in group["comparisons"]]
        assert len(lines) == len(pairs)
        for line, (group, one) in zip(lines, pairs, strict=True):
            assert line["model"] == "new"
            assert float(line["difference"]) == one["difference"]["absolute"]
            assert float(line["difference_low"]) == one["intervals"]["absolute"]["low"]
            assert float(line["relative_high"]) == one["intervals"]["relative"]["high"]
            for name in ("standard_error", "p_value", "p_adjusted", "win_rate", "tie_rate"):
                assert float(line[name]) == one[name]
            assert line["verdict"] == one["verdict"]
            assert int(line["rows"]) == group["rows"]["compared"]
            metrics = [model["metrics"]["cross_entropy"] for model in group["models"]]
            shown = float(line["reference_cross_entropy"]), float(line["cross_entropy"])
            assert list(shown) == metrics
            if options:
                assert line["segment"] == group["by"]["segment"]


def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    old, new = (own.rename(columns={"segment": "\x1b[31mred"}) for own in (OLD, NEW))
    old["\x1b[31mred"] = "[bold]x\u202e"
    paths = written(tmp_path, old=old, new=new)
    names = ("--model", "[red]a=prob", "--model", "b\x07=prob")
    for env in ({}, {"FORCE_COLOR": "1"}):
        done = run_ce("compare", *paths, *names, "--by", "\x1b[31mred", env=env)
        assert done.returncode == 0, done.stderr
        for part in ("[red]a", "b\\x07", "[bold]x\\u202e", "\\x1b[31mred"):
            assert part in done.stdout
        assert "\x07" not in done.stdout
        assert "\u202e" not in done.stdout


def test_the_rows_that_moved_most_come_first(files: list[Path]) -> None:
    document = compare_json(*files, "--worst", "3", "--id", "id")
    loss = [
        -np.log(np.where(own["label"] == 1, own["prob"], 1 - own["prob"])) for own in (OLD, NEW)
    ]
    order = np.argsort(loss[1] - loss[0])
    expected = [*(order[::-1][:3] + 1), *(order[:3] + 1)]
    assert [one["row"] for one in document["moved"]] == expected
    assert [one["direction"] for one in document["moved"]] == ["worse"] * 3 + ["better"] * 3
    for one in document["moved"]:
        row = one["row"] - 1
        assert one["id"] == f"case-{row}"
        assert one["label"] == str(OLD["label"][row])
        assert one["reference_loss"] == pytest.approx(loss[0][row])
        assert one["difference"] == one["loss"] - one["reference_loss"]


def test_models_are_named_by_what_differs() -> None:
    assert file_names(["runs/a/preds.csv", "runs/b/preds.csv"]) == ["a", "b"]
    assert file_names(["old.csv.gz", "new.csv.gz"]) == ["old", "new"]
    assert file_names(["preds.csv", "preds.parquet"]) == ["preds.csv", "preds.parquet"]
    assert file_names(["a/x/p.csv", "b/x/p.csv"]) == ["a/x/p.csv", "b/x/p.csv"]


@pytest.mark.parametrize("options", ["", "--json"])
def test_a_reader_that_is_gone_is_not_a_failure(options: str, files: list[Path]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "compare", *files, *options.split()],
        stdout=writing, stderr=subprocess.PIPE, text=True, check=False, env=environment(),
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_parts_on_disk_are_gone_afterwards(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitioned_join, "IN_MEMORY", 1)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    seen: list[int] = []
    write: Callable[[Any], None] = partitioned_join.PartitionedJoin._write

    def counting(own: partitioned_join.PartitionedJoin) -> None:
        write(own)
        seen.append(sum(1 for _ in tmp_path.rglob("*-*.*")))

    monkeypatch.setattr(partitioned_join.PartitionedJoin, "_write", counting)
    compare({"old": OLD, "new": NEW.iloc[::-1]}, id="id")
    assert max(seen) >= 2  # one for each data set
    assert not list(tmp_path.iterdir())
    with pytest.raises(DataError):
        compare({"old": OLD, "new": NEW.iloc[:0:-1]}, id="id")
    assert not list(tmp_path.iterdir())


# From Python


def test_python_gets_the_message() -> None:
    with pytest.raises(UsageError, match="two models"):
        compare({"a": OLD})
    with pytest.raises(UsageError, match="two models"):
        compare(OLD)
    with pytest.raises(UsageError, match="does not name the predictions of the model 'b'"):
        compare({"a": OLD, "b": NEW}, preds={"a": "prob"})
    with pytest.raises(UsageError, match="there is no model 'c'"):
        compare({"a": OLD, "b": NEW}, reference="c")
    wrong: Any = "outer"
    with pytest.raises(UsageError, match="join must be one of 'all', 'inner', not 'outer'"):
        compare({"a": OLD, "b": NEW}, join=wrong)
    with pytest.raises(UsageError, match="must be one of 't', 'sign-flip', not 'outer'"):
        compare({"a": OLD, "b": NEW}, test=wrong)
    with pytest.raises(UsageError, match="worst must be 0 or more"):
        compare({"a": OLD, "b": NEW}, worst=-1)
    SCHEMAS["ce.compare/1"].validate(compare({"a": OLD, "b": OLD}).to_dict())


# Warnings


def test_clips_that_differ_are_reported_where_they_matter(tmp_path: Path) -> None:
    for prob, reported in (
        (1.0 - OLD["label"][3], ["clipped", "other_clip", "few_rows"]),
        (OLD["prob"][3], []),
    ):
        new = with_cell(NEW, "prob", prob, 3).astype({"prob": "float32"})
        result = compare({"old": OLD, "new": new})
        assert [note.code for note in result.warnings] == reported
        for note in result.warnings[1:2]:
            assert "old is clipped at 2.2e-16 and new at 1.2e-07" in note.message
    logit = np.log(OLD["prob"] / (1 - OLD["prob"]))
    result = compare({"old": OLD.drop(columns="prob").assign(logit=logit), "sure": SURE})
    messages = {note.code: note.message for note in result.warnings}
    assert "old is clipped not at all and sure at 2.2e-16" in messages["other_clip"]


@pytest.mark.parametrize("place", [0, 1])
def test_the_share_of_what_was_clipped_is_weighed_alike(place: int) -> None:
    """Of a model whose own file has the weights or not, as score has it."""
    tables = [OLD, NEW]
    tables[place] = SURE
    named = {"old": tables[0], "new": tables[1].drop(columns="w") if place == 0 else tables[1]}
    note, few = compare(named, weight="w").warnings
    assert few.code == "few_rows"  # this row dominates the spread
    (expected,) = (n for n in score(SURE, weight="w").warnings if n.code == "clipped")
    assert note.message == f"{['old', 'new'][place]}: {expected.message}"


def test_few_clusters_are_reported() -> None:
    result = compare({"old": OLD, "new": NEW}, cluster="segment")
    assert [(note.code, note.message) for note in result.warnings] == [
        ("few_clusters", "There are only 3 clusters, so the interval may be too narrow.")
    ]
    one = compare({"old": OLD.assign(user=1), "new": NEW}, cluster="user")
    assert one.warnings[0].message.startswith("There is only 1 cluster,")
    assert np.isnan(one.comparisons[0].p_value)
    SCHEMAS["ce.compare/1"].validate(one.to_dict())


def test_rounding_is_not_a_difference(tmp_path: Path) -> None:
    """The same model as logits; if all rows are off by rounding one way, p would be tiny."""
    logit = np.log(OLD["prob"]) - np.log1p(-OLD["prob"])
    paths = written(tmp_path, old=OLD, again=OLD.drop(columns="prob").assign(logit=logit))
    page = run_ce("compare", *paths).stdout
    assert "= again and old give every row the same loss, but for rounding." in page
    near = OLD.assign(prob=OLD["prob"] * (1 - 1e-9))
    assert compare({"old": OLD, "near": near}).comparisons[0].verdict != "same"
    turned = OLD.sample(frac=1, random_state=0)[["prob"]].reset_index(drop=True)
    swapped = compare({"old": OLD.assign(label=1), "new": turned.assign(label=1)})
    assert abs(swapped.comparisons[0].difference["absolute"]) < 1e-15
    assert swapped.comparisons[0].verdict == "unclear"
