"""`ce score --convention` and ``--conventions`` as a process, and the laws of what they sum up."""

from __future__ import annotations

import csv
import io
import json
import math
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ce_cli import score
from ce_cli.kernels.batch import Batch
from ce_cli.kernels.forms import BinaryProbability, Probabilities
from ce_cli.kernels.outcomes import Hard
from ce_cli.kernels.rules import Rule, clipped
from ce_cli.metrics.by_convention import ByConvention
from ce_cli.spec import CONVENTIONS
from tests.conftest import SAMPLES, complaints, run_ce, score_json, strict, write_csv

EDGES: dict[str, list[Any]] = {
    "label": [1, 0, 1, 1, 0],
    "prob": [0.0, 1.0, 1e-20, 0.9, 0.2],
    "w": [1, 2, 1, 1, 1],
}
TEXT = "".join(
    ",".join(map(str, row)) + "\n" for row in [EDGES, *zip(*EDGES.values(), strict=True)]
)


@pytest.fixture
def edges(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "edges.csv", EDGES)


def lines_of(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {line["convention"]: line for line in document["conventions"]}


# One convention


def test_a_convention_is_in_the_signature_and_on_the_page(edges: Path) -> None:
    document = score_json(edges, "--convention", "torch", "--weight", "w")
    assert "|convention:torch" in document["signature"]
    assert "convention" not in score_json(edges)["signature"]
    page = run_ce("score", edges, "--convention", "keras", "--weight", "w").stdout
    assert "|convention:keras" in page
    assert "keras divides by the number of rows, 5, not by the sum of weights, 6." in page


def test_rows_that_a_convention_raises_are_counted_and_reported(edges: Path) -> None:
    document = score_json(edges, "--convention", "keras", "--per-row", edges.parent / "rows.csv")
    assert document["rows"]["clipped"] == 3
    (note,) = [note for note in document["warnings"] if note["code"] == "clipped"]
    assert note["rows"] == [1, 2, 3]
    assert "1e-07" in note["message"]
    assert "keras" in note["message"]
    assert "--clip" not in note["message"]
    losses = pd.read_csv(edges.parent / "rows.csv")["loss"]
    assert losses.mean() == pytest.approx(document["metrics"]["cross_entropy"], rel=1e-15)


def test_options_for_logits_are_named() -> None:
    path = SAMPLES / "breast_cancer_logits.csv"
    for name, words in (
        ("torch", "torch scores logits as they are."),
        ("yardstick", "yardstick scores logits as probabilities."),
    ):
        warnings = score_json(path, "--convention", name)["warnings"]
        assert words in [warning["message"] for warning in warnings]


def test_rows_that_do_not_sum_to_1_are_scored_as_the_tool_does(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "off.csv", {"label": ["a"], "p_a": [0.5], "p_b": [0.25]})
    (note,) = score_json(path, "--convention", "keras")["warnings"][:1]
    assert "scored as keras does" in note["message"]
    assert "--on-bad-sum" not in note["message"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--convention", "tourch"], ["'tourch'", "did you mean 'torch'?", *CONVENTIONS]),
        (["--convention", "R"], ["'R'", *CONVENTIONS]),
        (["--convention", "torch", "--clip", "1e-9"], ["--clip", "torch"]),
        (["--convention", "torch", "--clip", "none"], ["--clip", "torch"]),
        (["--convention", "keras", "--on-bad-sum", "renormalize"], ["--on-bad-sum", "keras"]),
        (["--convention", "keras", "--on-bad-sum", "error"], ["--on-bad-sum", "keras"]),
        (["--conventions", "--on-bad-sum", "renormalize"], ["--on-bad-sum", "--conventions"]),
        (["--conventions", "--convention", "keras"], ["--conventions", "--convention "]),
    ],
)
def test_half_of_a_convention_is_refused(
    edges: Path, options: list[str], words: Sequence[str]
) -> None:
    (line,) = complaints(run_ce("score", edges, *options), 2)
    assert all(word in line for word in words), line


def test_a_wrong_name_is_reported_before_a_missing_file() -> None:
    (line,) = complaints(run_ce("score", "nowhere.csv", "--convention", "x"), 2)
    assert "'x'" in line


def test_a_gate_holds_the_number_of_the_tool(edges: Path) -> None:
    cost = score_json(edges, "--convention", "torch")["metrics"]["cross_entropy"]
    limits = ["--convention", "torch", "--max"]
    assert run_ce("gate", edges, *limits, repr(cost)).returncode == 0
    assert run_ce("gate", edges, *limits, repr(cost * 0.999)).returncode == 1
    config = edges.parent / "ce.toml"
    config.write_text(
        f'[gate]\nfiles = ["edges.csv"]\nconvention = "torch"\nmax = {cost!r}\n', encoding="utf-8"
    )
    assert run_ce("gate", cwd=edges.parent).returncode == 0
    (line,) = complaints(run_ce("gate", edges, *limits, "1", "--clip", "none"), 2)
    assert "--clip" in line


def test_a_gate_compares_within_one_convention(edges: Path) -> None:
    baseline = edges.parent / "base.json"
    done = run_ce("score", edges, "--convention", "keras", "-w", "w", "--json", "-o", baseline)
    assert done.returncode == 0
    against = ["--baseline", str(baseline), "--max-regression", "0", "--weight", "w"]
    assert run_ce("gate", edges, *against, "--convention", "keras").returncode == 0
    (line,) = complaints(run_ce("gate", edges, *against), 3)
    assert "convention: the baseline has keras, this score has none: use --convention keras" in line


@pytest.mark.parametrize("weighted", [False, True])
def test_a_gate_against_predictions_weighs_rows(edges: Path, weighted: bool) -> None:
    """Unless they are divided by their number, which a comparison row by row does not know."""
    other = write_csv(edges.parent / "other.csv", EDGES)
    gate = [
        "gate",
        str(edges),
        "--baseline",
        str(other),
        "--max-regression",
        "0",
        "--convention",
        "keras",
    ]
    if weighted:
        (line,) = complaints(run_ce(*gate, "--weight", "w"), 2)
        assert "number of rows" in line
    else:
        assert run_ce(*gate).returncode == 0


# All of them


def test_conventions_of_a_pipe_are_those_of_each_one(edges: Path) -> None:
    """One pass over standard input gives the bits of a run for each tool."""
    document = score_json("--conventions", "--weight", "w", stdin=edges.read_bytes())
    lines = lines_of(document)
    assert list(lines) == ["ce", *CONVENTIONS]
    assert lines["ce"]["cross_entropy"] == score_json(edges, "-w", "w")["metrics"]["cross_entropy"]
    for name in CONVENTIONS:
        alone = score_json(edges, "-w", "w", "--convention", name)
        assert lines[name]["cross_entropy"] == alone["metrics"]["cross_entropy"]
        assert lines[name]["raised"] == alone["rows"]["clipped"]
        difference = lines[name]["cross_entropy"] - lines["ce"]["cross_entropy"]
        assert lines[name]["difference"] == difference


def frame_of(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns with a few extreme rows, and options."""
    rng = np.random.default_rng(8)
    matrix = rng.dirichlet([0.05] * 3, 300)
    codes = rng.integers(0, 3, 300)
    classes = {f"p_{k}": matrix[:, k] for k in range(3)}
    shares = {f"y_{k}": column for k, column in enumerate(rng.dirichlet([1.0] * 3, 300).T)}
    single = rng.beta(0.02, 0.02, 300)
    with np.errstate(divide="ignore"):
        logs = np.log(matrix)
    several = {f"y_{k}": rng.integers(0, 2, 300) for k in range(3)}
    kinds: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "binary": ({"label": codes % 2, "prob": single}, {}),
        "float32": ({"label": codes % 2, "prob": single.astype(np.float32)}, {}),
        "share": ({"label": rng.random(300), "prob": single}, {}),
        "classes": ({"label": codes, **classes}, {}),
        "sums": ({"label": codes, **{k: v * 0.9 for k, v in classes.items()}}, {}),
        "soft": ({**shares, **classes}, {}),
        "smoothed": ({"label": codes, **classes}, {"label_smoothing": 0.1}),
        "class weights": ({"label": codes, **classes}, {"class_weight": {1: 3, 2: 0}}),
        "balanced": ({"label": codes, **classes}, {"class_weight": "balanced"}),
        "multilabel": ({**several, **classes}, {"task": "multilabel"}),
        "logit": ({"label": codes % 2, "logit": rng.normal(0, 60, 300)}, {}),
        "logits": ({"label": codes, **{f"logit_{k}": matrix[:, k] * 99 for k in range(3)}}, {}),
        "logprobs": (
            {"label": codes, **{f"logprob_{k}": logs[:, k] for k in range(3)}},
            {},
        ),
        "logprob": ({"label": codes % 2, "logprob": np.log(single)}, {}),
        "likelihood": ({"prob": single}, {"task": "likelihood"}),
        "tokens": ({"logprob": np.log(single)}, {}),
    }
    return kinds[kind]


KINDS = [
    *("binary", "float32", "share", "classes", "sums", "soft", "smoothed", "class weights"),
    *("balanced", "multilabel", "logit", "logits", "logprobs", "logprob", "likelihood", "tokens"),
]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_the_table_has_the_bits_of_every_single_run(kind: str, weighted: bool) -> None:
    columns, options = frame_of(kind)
    frame = pd.DataFrame(columns)
    if weighted:
        frame["w"] = np.random.default_rng(9).lognormal(size=len(frame))
        options = {**options, "weight": "w"}
    table = {
        line.convention: line for line in score(frame, conventions=True, **options).conventions
    }
    options["metric"] = "cross_entropy"
    assert table["ce"].cross_entropy == score(frame, **options).metrics["cross_entropy"]
    for name in CONVENTIONS:
        alone = score(frame, convention=name, **options)
        assert table[name].cross_entropy == alone.metrics["cross_entropy"], name
        if alone.rows["clipped"]:
            assert table[name].raised == alone.rows["clipped"], name


def test_blocks_and_files_change_no_bit(tmp_path: Path) -> None:
    columns, _ = frame_of("sums")
    frame = pd.DataFrame(columns).assign(w=np.random.default_rng(9).lognormal(size=300))
    frame.to_csv(tmp_path / "whole.csv", index=False)
    parts = tmp_path / "parts"
    parts.mkdir()
    for number, start in enumerate((0, 1, 120)):
        end = (1, 120, 300)[number]
        frame[start:end].to_csv(parts / f"{number}.csv", index=False)
    whole = score(tmp_path / "whole.csv", conventions=True, weight="w")
    cut = score(parts, conventions=True, weight="w", threads=2)
    assert whole.conventions == cut.conventions


def test_the_reasons_are_facts_of_the_data(edges: Path) -> None:
    why = {name: line["why"] for name, line in lines_of(score_json(edges, "--conventions")).items()}
    assert why["ce"] == "3 rows below 2.2e-16 raised to it"
    assert why["sklearn"] == "same here: 3 rows below 2.2e-16 raised to it"
    assert "2 rows with a log below −100 taken as −100" in why["torch"]
    assert "leaves 1 row below 2.2e-16 as it is" in why["torch"]
    assert why["keras"].startswith("3 rows below 1e-07")
    assert "3 rows below 1e-16" in why["xgboost"]
    assert why["lightgbm"] == "3 rows below 1e-15 raised to it"
    weighted = lines_of(score_json(edges, "--conventions", "-w", "w"))
    divides = "divides by the number of rows, 5, not by the sum of weights, 6"
    assert [name for name, line in weighted.items() if divides in line["why"]] == ["torch", "keras"]


def test_sums_and_kinds_of_labels_are_reported(tmp_path: Path) -> None:
    off = write_csv(
        tmp_path / "off.csv", {"label": ["a", "b"], "p_a": [0.5, 0.4], "p_b": [0.52, 0.58]}
    )
    why = {name: line["why"] for name, line in lines_of(score_json(off, "--conventions")).items()}
    assert "divides rows by their sums (0.98 to 1.02)" in why["keras"]
    assert why["torch"] == "same here: nothing to clip"
    zero = write_csv(tmp_path / "zero.csv", {"label": ["a"], "p_a": [0], "p_b": [1]})
    assert "NLLLoss" in lines_of(score_json(zero, "--conventions"))["torch"]["why"]
    soft = write_csv(tmp_path / "soft.csv", {"label": [0.25, 0.5], "prob": [0.3, 0.2]})
    lines = lines_of(score_json(soft, "--conventions"))
    found = [name for name, line in lines.items() if "does not take such labels" in line["why"]]
    assert found == ["sklearn", "yardstick"]


def test_if_there_is_nothing_to_clip_every_line_shows_it() -> None:
    lines = lines_of(score_json(SAMPLES / "wine.csv", "--conventions"))
    whys = {name: line["why"] for name, line in lines.items() if name not in ("ce", "keras")}
    assert whys.pop("lightgbm-xentropy").startswith("same here: takes no class columns")
    assert whys.pop("xgboost") == "same here, but for single precision: nothing to clip"
    assert set(whys.values()) == {"same here: nothing to clip"}


def test_infinity_of_ce_itself_is_null_in_json_and_reported(edges: Path) -> None:
    lines = lines_of(score_json(edges, "--conventions", "--clip", "none"))
    assert lines["ce"]["cross_entropy"] is None
    assert lines["ce"]["why"] == "no floor, and 2 rows are infinite"
    assert lines["torch"]["difference"] is None
    assert not any(line["why"].startswith("same here") for line in lines.values())


def test_bits_are_nats_by_log_2(edges: Path) -> None:
    nats, bits = (lines_of(score_json(edges, "--conventions", "--base", b)) for b in ("e", "2"))
    for name, line in nats.items():
        for field in ("cross_entropy", "difference"):
            assert bits[name][field] * math.log(2) == pytest.approx(line[field], rel=1e-14)


@pytest.mark.parametrize("options", [[], ["--weight", "w"], ["--clip", "none"], ["--base", "10"]])
def test_the_table_fits_80_columns(edges: Path, options: list[str]) -> None:
    page = run_ce("score", edges, "--conventions", *options).stdout.splitlines()
    (header,) = [n for n, line in enumerate(page) if line.startswith("convention ")]
    table = page[header : page.index("", header)]
    assert len(table) > len(CONVENTIONS)
    assert max(map(len, table)) <= 80


def test_csv_has_a_line_for_each_and_markdown_a_table(edges: Path) -> None:
    text = run_ce("score", edges, "--conventions", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    document = score_json(edges, "--conventions")
    assert [row["convention"] for row in rows] == ["ce", *CONVENTIONS]
    assert [float(row["cross_entropy"]) for row in rows] == [
        line["cross_entropy"] for line in document["conventions"]
    ]
    markdown = run_ce("score", edges, "--conventions", "--format", "markdown").stdout
    assert "| convention | cross\\_entropy | difference | raised | why |" in markdown


def test_json_without_it_has_an_empty_list(edges: Path) -> None:
    assert score_json(edges)["conventions"] == []


@pytest.mark.parametrize("options", [["--conventions"], ["--convention", "keras"]])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "label,prob\n",
        "when,prob\n1,0.5\n",
        "label,prob\n1,\n",
        "label,prob\n1,nan\n",
        "label,prob\n1,1.5\n",
        "label,prob\n1,x\n",
        "label,prob\nmaybe,0.5\n",
        "label,p_a,p_b\nc,0.5,0.5\n",
        "label,p_a,p_b\na,0,0\n",
    ],
)
def test_bad_files_are_reported_in_the_same_words(text: str, options: list[str]) -> None:
    plain = run_ce("score", "-", stdin=text.encode())
    with_option = run_ce("score", "-", *options, stdin=text.encode())
    assert plain.returncode == with_option.returncode == 3
    assert with_option.stderr == plain.stderr
    assert with_option.stdout == ""


# The laws of the sums

RULES = (
    clipped(2.0**-52),
    Rule(100.0, 0.0, 100.0),
    Rule(3.0, 0.1, 2.0, divided=True, stored="float32"),
    Rule(),
)
CELLS = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 1e-20, 0.5]))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    rows = draw(st.integers(1, 6))
    codes = np.array(draw(st.lists(st.integers(0, 1), min_size=rows, max_size=rows)), np.intp)
    first = np.array(draw(st.lists(CELLS, min_size=rows, max_size=rows)))
    form = Probabilities(np.stack([first, 1.0 - first / 2])) if draw(st.booleans()) else None
    weights = draw(
        st.none() | st.lists(st.floats(0, 1e6), min_size=rows, max_size=rows).map(np.array)
    )
    places = np.arange(rows)
    outcomes = Hard(form or BinaryProbability(first), codes, 2)
    return Batch(outcomes, weights, None, 1, places, places)


@settings(max_examples=100, deadline=None)
@given(batch=batches(), data=st.data())
def test_sums_are_the_same_however_rows_are_cut_and_merged(
    batch: Batch, data: st.DataObject
) -> None:
    whole, nothing = ByConvention.of(batch, RULES), ByConvention.empty(len(RULES))
    cut = data.draw(st.integers(0, len(batch)))
    first, second = (
        ByConvention.of(batch.take(part), RULES) for part in (slice(0, cut), slice(cut, None))
    )
    assert first.merge(second) == whole == second.merge(first)
    assert nothing.merge(whole) == whole == whole.merge(nothing)
    assert first.merge(second.merge(whole)) == first.merge(second).merge(whole)
    assert pickle.loads(pickle.dumps(whole)) == whole


def test_the_document_is_strict_json_from_a_pipe() -> None:
    done = run_ce("score", "--conventions", "--json", stdin=TEXT.encode())
    assert json.loads(done.stdout) == strict(done.stdout)
