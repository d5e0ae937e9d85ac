"""`ce explain`: one row, or typed numbers, taken apart, with numbers from outside."""

from __future__ import annotations

import csv
import io
import math
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy, rankdata

from ce_cli.binding.data_set import data_set
from ce_cli.binding.rows.bound_rows import bound_rows
from ce_cli.explaining import rank_counts
from ce_cli.explaining.explain import explain
from ce_cli.explaining.rank_counts import RankCounts
from ce_cli.explaining.row_search import RowSelector, alone
from ce_cli.inputs.arrow import parquet
from ce_cli.inputs.locate import located
from ce_cli.reading import Reading
from ce_cli.scoring.prepared import prepared
from ce_cli.scoring.run import run_on
from ce_cli.spec import Spec
from tests.conftest import (
    COMMAND,
    SAMPLES,
    complaints,
    environment,
    run_ce,
    strict,
    write_csv,
    write_parquet,
)

USAGE, BAD_DATA, STORAGE = 2, 3, 4
CLOSE = 1e-12
PLAIN = Spec()
THREE = "label,id,prob\n1,a,0.9\n0,b,0.2\n1,c,0.4\n"


def explained(*args: str | Path) -> dict[str, Any]:
    """The strict JSON of ``ce explain ARGS --json``, which must work."""
    done = run_ce("explain", *args, "--json")
    assert done.returncode == 0, done.stderr
    assert "RuntimeWarning" not in done.stderr
    return strict(done.stdout)


def page(*args: str | Path) -> str:
    done = run_ce("explain", *args)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def column(document: dict[str, Any], name: str) -> list[Any]:
    return [part[name] for part in document["classes"]]


def rows_of(path: Path, *options: str) -> list[dict[str, str]]:
    """What ``ce score --per-row`` writes of each row."""
    done = run_ce("score", path, "--per-row", "-", "--quiet", *options)
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def of_file(path: Path, chosen: RowSelector, spec: Spec = PLAIN, **reading: Any) -> dict[str, Any]:
    """The document of one row, in this process."""
    how = Reading(**reading)
    data = data_set(located([str(path)]), how, spec)
    return explain(data, spec, chosen, run_on("threads", how.threads)).to_dict()


# Numbers that are typed


def test_the_entropy_of_a_textbook() -> None:
    """Cover and Thomas, Elements of Information Theory, example 1.1.2 and 2.1.1: 7/4 bits."""
    found = explained("--p", "1/2,1/4,1/8,1/8", "--q", "1/2 1/4 1/8 1/8", "--base", "2")
    assert found["entropy"] == found["cross_entropy"] == 1.75
    assert found["kl_divergence"] == 0
    assert column(found, "surprisal") == [1, 2, 3, 3]
    assert column(found, "product") == [0.5, 0.5, 0.375, 0.375]


def test_a_wrong_code_for_a_textbook_distribution() -> None:
    """The same coded as if it were uniform: 2 bits, of which D = 2 − 7/4 are wasted."""
    found = explained("--p", "1/2,1/4,1/8,1/8", "--q", "25%,25%,25%,25%", "--base", "2")
    assert found["cross_entropy"] == 2
    assert found["kl_divergence"] == 0.25


@pytest.mark.parametrize(("r", "s"), [("1/2", "1/4"), ("1/4", "1/2")])
def test_the_divergence_of_a_textbook_has_two_directions(r: str, s: str) -> None:
    """Cover and Thomas, example 2.3.1: D(p‖q) = 0.2075 bits, D(q‖p) = 0.1887 bits."""
    found = explained("--p", r, "--q", s, "--base", "2")
    expected = 0.2075 if r == "1/2" else 0.1887
    assert found["kl_divergence"] == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize("base", ["e", "2", "10"])
def test_distributions_as_scipy_has_them(base: str) -> None:
    p, q = [0.2, 0.5, 0.3, 0.0], [0.1, 0.2, 0.3, 0.4]
    found = explained("--p", "0.2,0.5,0.3,0", "--q", "0.1,0.2,0.3,0.4", "--base", base)
    number = math.e if base == "e" else float(base)
    assert found["entropy"] == pytest.approx(entropy(p, base=number), rel=CLOSE)
    assert found["kl_divergence"] == pytest.approx(entropy(p, q, base=number), rel=CLOSE)
    whole = entropy(p, base=number) + entropy(p, q, base=number)
    assert found["cross_entropy"] == pytest.approx(whole, rel=CLOSE)
    assert sum(column(found, "product")) == pytest.approx(whole, rel=CLOSE)
    assert found["unit"] == {"e": "nats", "2": "bits", "10": "bans"}[base]


def test_logits_become_their_softmax() -> None:
    logits = [2.1, -0.3, 0.4]
    options = ("--as", "logits", "--classes", "cat,dog,cow")
    found = explained("--q", "2.1,-0.3,0.4", *options, "--label", "dog")
    assert column(found, "class") == ["cat", "dog", "cow"]
    assert column(found, "given") == logits
    assert column(found, "prediction") == pytest.approx(softmax(logits), rel=CLOSE)
    assert column(found, "label") == [0, 1, 0]
    with mpmath.workdps(50):
        total = mpmath.log(sum(mpmath.exp(mpmath.mpf(z)) for z in logits))
        assert found["cross_entropy"] == pytest.approx(float(total - logits[1]), rel=1e-15)


def test_huge_logits_lose_no_digit() -> None:
    """The loss is log1p(e^−50), which 1 − q would round to 0."""
    found = explained("--q", "-20,30", "--as", "logits", "--label", "1")
    assert found["cross_entropy"] == pytest.approx(math.exp(-50), rel=1e-15)


def test_log_probabilities_are_raised_to_e() -> None:
    found = explained(
        "--q", "-0.105360515657826301,-2.302585092994046", "--as", "logprobs", "--p", "0,1"
    )
    assert column(found, "prediction") == pytest.approx([0.9, 0.1], rel=CLOSE)
    assert found["cross_entropy"] == pytest.approx(math.log(10), rel=CLOSE)


@pytest.mark.parametrize(
    ("options", "loss"),
    [
        ("--q 0.9 --p 1", -math.log(0.9)),
        ("--q 0.9 --p 0", math.log(10)),
        ("--q 0.9 --label 1", -math.log(0.9)),
        ("--q 0.9 --classes ham,spam --label ham", math.log(10)),
        ("--q 90% --p 0.5", -(math.log(0.9) + math.log(0.1)) / 2),
        ("--q 3 --as logits --p 1", math.log1p(math.exp(-3))),
        ("--q 1e-20 --p 0 --clip none", 1e-20),
        ("--q 0.25", math.log(4)),
        ("--q -2.5 --as logprobs", 2.5),
        ("--q 2,2,4 --p 1,0,1 --as logits --task multilabel",
         (math.log1p(math.exp(-2)) + math.log1p(math.exp(2)) + math.log1p(math.exp(-4))) / 3),
        ("--q 0.7,0.2,0.1 --p 3,1,0 --label-counts", -0.75 * math.log(0.7) - 0.25 * math.log(0.2)),
        ("--q 7/10,2/10 --p 1,0 --on-bad-sum renormalize", math.log(9 / 7)),
        ("--q 0.8,0.2 --label 0 --label-smoothing 0.2", -0.9 * math.log(0.8) - 0.1 * math.log(0.2)),
    ],
)  # fmt: skip
def test_losses_by_hand(options: str, loss: float) -> None:
    assert explained("--q", *options.split()[1:])["cross_entropy"] == pytest.approx(loss, rel=CLOSE)


def test_clipping_and_smoothing_are_shown() -> None:
    found = explained("--q", "1,0", "--p", "0,1", "--label-smoothing", "0.1")
    assert column(found, "clipped") == [True, True]
    assert column(found, "stated") == [0, 1]
    assert column(found, "label") == pytest.approx([0.05, 0.95])
    assert column(found, "surprisal")[1] == 52 * math.log(2)  # eps of a float64
    text = page("--q", "1,0", "--p", "0,1", "--label-smoothing", "0.1")
    assert "clipped" in text
    assert "smoothed" in text
    assert "clipped" not in page("--q", "0.9,0.1", "--p", "0,1")


def test_without_a_clip_the_impossible_costs_everything() -> None:
    found = explained("--q", "1,0", "--p", "0,1", "--clip", "none", "--curve")
    assert found["cross_entropy"] is None
    assert found["kl_divergence"] is None
    assert "= ∞ nats" in page("--q", "1,0", "--p", "0,1", "--clip", "none", "--curve")


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ("--q 0.9,0.2 --label 1", ("--q sums to 1.1", "renormalize")),
        ("--q 0.9,0.1 --p 0.9,0.3", ("--p sums to 1.2", "renormalize")),
        ("--q 90,11 --label 1", ("90", "--as logits", "70%")),
        ("--q 90,10 --label 1", ("90", "the sum is 100", "--q 90%,10%")),
        ("--q -0.1,1.1 --label 1", ("-0.1", "between 0 and 1")),
        ("--q 0.9,0.1 --p 3,1", ("3", "--label-counts")),
        ("--q 0.9,0.1 --p -3,4 --label-counts", ("--p", "0 or more")),
        ("--q 0.5,0.5 --p 1,0,0", ("3 numbers", "2 classes")),
        ("--q 0.5,x --p 1,0", ("'x'", "0.7,0.2,0.1")),
        ("--q nan,1 --p 1,0", ("'nan'",)),
        ("--q 1/0 --p 1", ("'1/0'",)),
        ("--q , --p 1", ("--q has no number",)),
        ("--q 0.5,0.5", ("There is no label", "--label", "--p 1,0")),
        ("--q 2 --as logits", ("There is no label", "--p 1")),
        ("--q 0.5,0.5 --label cat", ("'cat'", "'0', '1'")),
        ("--q 0.5,0.5 --label 0 --p 1,0", ("not both",)),
        ("--q 0.5,0.5 --label 0 --label 1", ("--label", "--p")),
        ("--q 0.5,0.5 --label a --classes a,b,c", ("2 classes",)),
        ("--q 0.5,0.5 --label a --classes a,a", ("each once",)),
        ("--q 0.5,0.3,0.2 --label 0 --task binary", ("--task binary", "3 numbers")),
        ("--q 0.5 --p 1 --task likelihood", ("no label",)),
        ("--q 0.5,0.5 --task likelihood", ("one probability",)),
        ("--q inf,inf --label 0 --as logits", ("infinite",)),
        ("--q 0.5,-1 --label 0 --as logprobs", ("0.5", "--as logits")),
        ("--q 0.5 --p 1 --id x", ("--id", "--q")),
        ("--q 0.5 --p 1 --row 3", ("--row", "--q")),
        ("--q 0.5 --p 1 --of c", ("--of", "--q")),
        ("rows.csv --q 0.5 --p 1", ("--q", "files")),
        ("rows.csv --p 1,0", ("--p", "files")),
        ("rows.csv --row 0", ("--row must be 1 or more, not 0", "from 1")),
        ("rows.csv --of c17", ("--of", "--id")),
        ("rows.csv --id id --of c17 --row 2", ("not both",)),
        ("rows.csv --format csv", ("'csv'", "'table'")),
    ],
)
def test_wrong_use_is_reported(options: str, parts: Sequence[str]) -> None:
    [line] = complaints(run_ce("explain", *options.split()), USAGE)
    for part in parts:
        assert part in line


# Rows of files


FILES = [
    ("breast_cancer.csv", Spec()),
    ("breast_cancer_forest.csv", Spec()),
    ("breast_cancer_logits.csv", Spec(base="2")),
    ("breast_cancer_weighted.csv", Spec(positive="malignant", weight="weight")),
    ("wine.csv", Spec()),
    ("wine.parquet", Spec(base="10", label_smoothing=0.1)),
    ("digits.csv", Spec()),
    ("digits_logits.parquet", Spec()),
]


def options_of(spec: Spec) -> list[str]:
    given = ["--base", spec.base, "--label-smoothing", str(spec.label_smoothing)]
    given += ["--positive", spec.positive] if spec.positive else []
    return given + (["--weight", spec.weight] if spec.weight else [])


@pytest.mark.parametrize(("name", "spec"), FILES, ids=[name for name, _ in FILES])
def test_the_loss_is_that_of_score_to_the_bit(name: str, spec: Spec) -> None:
    """And its rank is that of scipy, for rows from all over the file."""
    path = SAMPLES / name
    scored = rows_of(path, *options_of(spec))
    losses = np.array([float(row["loss"]) for row in scored])
    nats = losses  # of one order in every unit
    rank = rankdata(-nats, "min")
    for number in range(0, len(scored), len(scored) // 8):
        found = of_file(path, RowSelector(row=number + 1), spec)
        assert found["cross_entropy"] == losses[number]
        assert found["row"]["row"] == int(scored[number]["row"])
        standing = found["standing"]
        assert standing["rank"] == rank[number]
        assert standing["rows"] == len(losses)
        assert standing["lower"] == np.count_nonzero(nats < nats[number])
        assert standing["equal"] == np.count_nonzero(nats == nats[number]) - 1
        happened = next(one for one in found["classes"] if one["class"] == scored[number]["label"])
        assert happened["prediction"] == pytest.approx(float(scored[number]["probability"]))
        products = math.fsum(one["product"] for one in found["classes"])
        assert products == pytest.approx(losses[number], rel=CLOSE)


@pytest.mark.parametrize(("name", "spec"), FILES, ids=[name for name, _ in FILES])
def test_every_row_alone_has_the_loss_of_score_to_the_bit(name: str, spec: Spec) -> None:
    scored = rows_of(SAMPLES / name, *options_of(spec))
    ready = prepared(data_set([str(SAMPLES / name)], Reading(), spec), spec)
    [(_, split)] = ready.splits()
    [frame] = split.frames()
    assert frame.rows == len(scored)
    for number, row in enumerate(scored):
        bound = bound_rows(alone(frame, number), ready.binding, ready.spec)
        [loss] = bound.batches[0].losses / ready.spec.scale
        assert loss == float(row["loss"])


def test_without_a_row_it_is_the_most_surprising_one() -> None:
    scored = rows_of(SAMPLES / "digits.csv")
    worst = max(scored, key=lambda row: float(row["loss"]))
    found = explained(SAMPLES / "digits.csv")
    assert found["row"]["row"] == int(worst["row"])
    assert found["standing"]["rank"] == 1
    assert found["standing"]["lower"] == len(scored) - 1


def test_mean_total_and_share_are_those_of_score() -> None:
    path, options = SAMPLES / "breast_cancer_weighted.csv", ("--positive", "malignant")
    score = strict(run_ce("score", path, *options, "-w", "weight", "--json").stdout)
    found = explained(path, *options, "-w", "weight", "--row", "41")
    assert found["standing"]["mean"] == score["metrics"]["cross_entropy"]
    assert found["standing"]["total"] == score["metrics"]["total"]
    share = found["row"]["weight"] * found["cross_entropy"] / score["metrics"]["total"]
    assert found["standing"]["share"] == pytest.approx(share, rel=CLOSE)
    assert found["signature"] == score["signature"]


def test_a_row_is_found_by_its_id() -> None:
    path = SAMPLES / "breast_cancer.csv"
    found = explained(path, "--id", "id", "--of", "case-074")
    assert found == explained(path, "--id", "id", "--row", "74")
    assert found["row"]["id"] == "case-074"


@pytest.mark.parametrize("chosen", [RowSelector(), RowSelector(row=1700), RowSelector(id="1699")])
def test_blocks_and_threads_change_nothing(chosen: RowSelector, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    columns = {
        "case": range(2000),
        "label": random.integers(0, 2, 2000),
        "prob": random.random(2000).round(3),
    }
    path = write_csv(tmp_path / "rows.csv", columns)
    spec = Spec(id="case")
    whole = of_file(path, chosen, spec)
    assert of_file(path, chosen, spec, block_bytes=500, threads=3) == whole
    losses = np.array([float(row["loss"]) for row in rows_of(path)])
    number = 1699 if chosen != RowSelector() else int(losses.argmax())
    assert whole["row"]["row"] == number + 1
    assert whole["standing"]["equal"] == np.count_nonzero(losses == losses[number]) - 1


def test_pieces_of_a_split_are_put_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "_CELLS", 1)  # so that a row group is read in pieces
    random = np.random.default_rng(4)
    prob = random.random(5000)
    columns = {"case": list(range(5000)), "label": [1] * 5000, "prob": prob.tolist()}
    path = write_parquet(tmp_path / "rows.parquet", columns)
    for chosen in (RowSelector(row=4001), RowSelector(id="4000")):
        found = of_file(path, chosen, Spec(id="case"))
        assert found["row"]["row"] == 4001
        assert found["row"]["id"] == "4000"
        assert found["cross_entropy"] == pytest.approx(-math.log(prob[4000]), rel=CLOSE)
        assert found["standing"]["rank"] == 1 + np.count_nonzero(prob < prob[4000])
    worst = of_file(path, RowSelector())
    assert worst["row"]["row"] == int(prob.argmin()) + 1


def test_losses_wait_on_disk_where_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rank_counts, "_IN_MEMORY", 100)
    monkeypatch.setattr(rank_counts, "_BLOCK", 64)
    losses = np.random.default_rng(0).integers(0, 50, 3000).astype(float)
    own = RankCounts()
    for part in np.split(losses[:2000], 20):
        own.add(part)
    own.settle(30.0)
    own.add(losses[2000:])
    assert (own.rows, own.larger, own.same) == (3000, (losses > 30).sum(), (losses == 30).sum())


def test_files_are_one_data_set(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(THREE)
    second.write_text("label,id,prob\n0,d,0.7\n")
    found = explained(first, second, "--row", "4")
    assert (found["row"]["file"], found["row"]["file_row"]) == (str(second), 1)
    assert found["cross_entropy"] == pytest.approx(-math.log(0.3))
    assert "row 1 (row 4 of all)" in page(first, second, "--row", "4")


def test_a_pipe_is_read_once() -> None:
    piped = run_ce("explain", "--row", "2", "--json", stdin=THREE.encode())
    assert strict(piped.stdout)["cross_entropy"] == pytest.approx(-math.log(0.8))
    assert strict(piped.stdout)["standing"]["rank"] == 2


def test_soft_labels_have_an_entropy(tmp_path: Path) -> None:
    path = tmp_path / "soft.csv"
    path.write_text("y_a,y_b,y_c,p_a,p_b,p_c\n1,0,0,0.6,0.3,0.1\n0.2,0.5,0.3,0.1,0.6,0.3\n")
    found = explained(path, "--row", "2")
    assert found["entropy"] == pytest.approx(entropy([0.2, 0.5, 0.3]), rel=CLOSE)
    divergence = entropy([0.2, 0.5, 0.3], [0.1, 0.6, 0.3])
    assert found["kl_divergence"] == pytest.approx(divergence, rel=1e-9)
    assert explained(path, "--row", "1")["entropy"] == 0


def test_several_labels_are_a_table_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("y_a,y_b,p_a,p_b\n1,0,0.6,0.3\n")
    found = explained(path, "--task", "multilabel")
    assert column(found, "product") == pytest.approx([-math.log(0.6), -math.log(0.7)], rel=CLOSE)
    assert column(found, "otherwise") == pytest.approx([-math.log(0.4), -math.log(0.7)], rel=CLOSE)
    assert found["cross_entropy"] == pytest.approx(sum(column(found, "product")) / 2, rel=CLOSE)
    assert "−log(1−q)" in page(path, "--task", "multilabel")


def test_what_happened_alone_has_no_entropy(tmp_path: Path) -> None:
    path = tmp_path / "tokens.csv"
    path.write_text("token,logprob\nthe,-0.5\ncat,-3\n")
    found = explained(path, "--id", "token", "--of", "cat")
    assert found["cross_entropy"] == 3
    assert found["entropy"] is None
    assert found["classes"][0]["class"] is None
    assert found["classes"][0]["prediction"] == pytest.approx(math.exp(-3))
    assert "KL" not in page(path, "--row", "2")


def test_labels_may_be_in_a_file_of_their_own(tmp_path: Path) -> None:
    labels, predictions = tmp_path / "y.csv", tmp_path / "p.csv"
    labels.write_text("case,label\nx,1\ny,0\n")
    predictions.write_text("case,prob\ny,0.25\nx,0.5\n")
    found = explained(predictions, "--labels", labels, "--id", "case", "--of", "y")
    assert found["cross_entropy"] == pytest.approx(-math.log(0.75))


def test_balanced_classes_weigh_the_row(tmp_path: Path) -> None:
    """Weights are n / (K · n_k): 3 rows, of which 2 are of class 1."""
    path = tmp_path / "rows.csv"
    path.write_text(THREE)
    found = explained(path, "--row", "1", "--class-weight", "balanced")
    assert found["row"]["weight"] == 0.75


BAD: dict[str, tuple[str, str, Sequence[str]]] = {
    "a row beyond the end": (THREE, "--row 4", ("no row 4", "3 rows")),
    "an id that is not there": (THREE, "--id id --of z", ("'z'", "'id'")),
    "an id that occurs twice": (
        THREE.replace("c,", "a,"), "--id id --of a", ("row 1", "'a'", "row 3", "--row")
    ),
    "a row that is skipped": (
        THREE + "1,d,\n", "--row 4 --missing skip", ("row 4", "--missing skip", "missing")
    ),
    "an id of a row that is skipped": (
        "label,id,prob\n1,d,\n1,a,0.5\n", "--id id --of d --missing skip", ("row 1", "--missing")
    ),
    "a row that is ignored": (
        THREE + "9,d,0.5\n", "--row 4 --ignore-label 9", ("row 4", "--ignore-label")
    ),
    "a row with a missing value": (THREE + "1,d,\n", "--row 4", ("row 4", "'prob'", "missing")),
    "a bad row, before another one": (
        "label,id,prob\n1,a,1.5\n1,b,7\n1,c,0.5\n", "--row 2", ("row 2", "7", "correct")
    ),
    "a good row among bad ones": (
        "label,id,prob\n1,a,0.5\n1,b,7\n1,c,0.5\n", "--row 1", ("row 2", "7", "correct")
    ),
    "a malformed row": (THREE + "1,2,3,4,5\n", "--row 4", ("row 4", "5 fields instead of 3")),
    "no row at all": ("label,prob\n", "--row 1", ("no data row",)),
    "an empty file": ("", "--row 1", ("empty",)),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_one_sentence_names_the_problem(name: str, tmp_path: Path) -> None:
    text, options, parts = BAD[name]
    path = tmp_path / "rows.csv"
    path.write_text(text)
    [line] = complaints(run_ce("explain", path, *options.split()), BAD_DATA)
    for part in ("rows.csv", *parts):
        assert part in line


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    complaints(run_ce("explain", tmp_path / "none.csv"), STORAGE)


def test_a_pipe_cannot_be_read_twice() -> None:
    done = run_ce("explain", "-", "--class-weight", "balanced", stdin=THREE.encode())
    assert "pipe" in complaints(done, USAGE)[0]


# The page


SOFT = ("--p", "0.2,0.5,0.3", "--q", "1e-20,0.4,0.6", "--classes", f"{'long' * 9},b,c")
PAGES: dict[str, Sequence[str]] = {
    "binary": (str(SAMPLES / "breast_cancer.csv"), "--curve", "--id", "id"),
    "logits": (str(SAMPLES / "digits_logits.parquet"), "--curve", "--base", "2"),
    "soft": (*SOFT, "--curve", "--label-smoothing", "0.1"),
    "clipped": ("--q", "0,1", "--p", "1,0", "--curve", "--base", "10"),
    "multilabel": ("--q", "3,-1,0.2", "--p", "1,0,0.5", "--as", "logits", "--task", "multilabel"),
    "likelihood": ("--q", "0.02", "--curve"),
    "renormalised": ("--q", "0.02,0.4", "--p", "0.5,0.5", "--on-bad-sum", "renormalize"),
    "many classes": ("--q", ",".join(["1/40"] * 40), "--label", "7"),
}


@pytest.mark.parametrize("name", PAGES)
def test_the_page_fits_80_columns(name: str) -> None:
    lines = page(*PAGES[name]).splitlines()
    text = [line for line in lines if not line.startswith(("ce:", "label ", "probabilities "))]
    text = [line for line in text if "sample_data" not in line]
    assert max(map(len, text)) <= 80
    assert "\x1b" not in "".join(lines)


@pytest.mark.parametrize("name", PAGES)
def test_a_terminal_with_colours_shows_the_same_text(name: str) -> None:
    done = run_ce("explain", *PAGES[name], env={"FORCE_COLOR": "1"})
    assert "\x1b[" in done.stdout
    bare = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert bare.split() == page(*PAGES[name]).split()


def test_bars_are_as_long_as_what_they_show() -> None:
    text = page("--p", "0.5,0.5", "--q", "3/4,1/4").splitlines()
    first, second = (line for line in text if re.match(r"[01] ", line))
    bars = [re.findall("█+", line) for line in (first, second)]
    assert len(bars[0][0]) == len(bars[1][0])  # of p
    assert len(bars[0][1]) == pytest.approx(3 * len(bars[1][1]), abs=2)  # of q
    entropy_, divergence, whole = (
        next(line for line in text if line.startswith(start))
        for start in ("entropy  ", "+ KL", "= cross")
    )
    end = len(whole.rstrip())
    assert divergence.index("█") == pytest.approx(len(entropy_), abs=1)
    assert len(divergence) == end


@pytest.mark.parametrize("q", [0.5, 0.06, 0.95])
def test_the_mark_lies_on_the_curve(q: float) -> None:
    lines = page("--q", str(q), "--p", "1", "--curve").splitlines()
    plot = [line for line in lines if re.match(r"[ \d.]{6} [│┤]", line)]
    assert len(plot) == 15
    [row] = [number for number, line in enumerate(plot) if "●" in line]
    across = plot[row].index("●") - 8
    assert across == pytest.approx(60 * q, abs=1)
    assert 14 - row == pytest.approx(-math.log(q) / 5 * 14.75, abs=1)
    drawn = [line[8:] for line in plot]
    for place in range(60):  # a dot in every column, at the height of −log q
        dots = [at for at, line in enumerate(drawn) if "⠀" <= line.ljust(60)[place] <= "⣿"]
        highest, lowest = -math.log(max(place, 0.02) / 60), -math.log((place + 1) / 60)
        if dots:
            assert 14 - dots[0] <= min(highest, 5) / 5 * 14.75 + 1
            assert 14 - dots[-1] >= min(lowest, 5) / 5 * 14.75 - 1
        else:
            assert place == across


def test_the_curve_is_minus_log_q() -> None:
    found = explained("--q", "0.3,0.7", "--p", "0.4,0.6", "--curve", "--base", "2")
    points = found["curve"]["points"]
    assert points[0] == {"prediction": 0, "surprisal": None}
    for point in points[1:]:
        assert point["surprisal"] == pytest.approx(-math.log2(point["prediction"]), abs=CLOSE)
    marks = [(mark["class"], mark["prediction"]) for mark in found["curve"]["marks"]]
    assert marks == [("1", 0.7), ("0", 0.3)]


def test_hostile_names_are_shown_as_text(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('id,label,p_a\x1b[31m,p_[b]\n"\x1b]0;x\x07",[b],0.4,0.6\n', encoding="utf-8")
    whole = page(path, "--id", "id", "--curve")
    assert "\x1b" not in whole
    assert "\x07" not in whole
    assert "[b]" in whole


def test_it_is_written_to_a_file_as_well(tmp_path: Path) -> None:
    target = tmp_path / "row.txt"
    done = run_ce("explain", "--q", "0.5", "--output", target)
    assert (done.stdout, done.stderr) == ("", "")
    assert target.read_text(encoding="utf-8") == page("--q", "0.5")


def test_warnings_go_to_stderr_beside_json(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("label,prob\n1,0\n0,0.5\n")
    done = run_ce("explain", path, "--json")
    assert "ce: warning: 1 row has a probability below" in done.stderr
    assert strict(done.stdout)["warnings"][0]["code"] == "clipped"
    assert run_ce("explain", path, "--json", "--quiet").stderr == ""


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_reader_that_is_gone_is_not_a_failure(options: Sequence[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [*COMMAND, "explain", str(SAMPLES / "wine.csv"), *options]
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            command, stdout=pipe, stderr=subprocess.PIPE, env=environment(), check=False
        )
    assert (done.returncode, done.stderr) == (0, b"")
