"""`ce score` as a process, on files that are fine: numbers, formats, the ways in and out."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import math
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.special import expit, softmax
from sklearn.metrics import accuracy_score, brier_score_loss, d2_log_loss_score, log_loss

from tests.conftest import SAMPLES, run_ce, score_json, spawn_ce, strict, write_csv, write_parquet

WEIGHTED = ("breast_cancer_weighted.csv", "--positive", "malignant", "--weight", "weight")


@cache
def sample(name: str, *args: str) -> dict[str, Any]:
    return score_json(SAMPLES / name, *args)


def read(name: str) -> pd.DataFrame:
    path = SAMPLES / name
    return (
        pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, engine="pyarrow")
    )


def truth(name: str) -> tuple[Any, Any, list[Any], Any]:
    """Labels, probabilities, the order of the classes in them, and weights of a sample file."""
    frame = read(name)
    label = frame["label"].to_numpy()
    weight = frame["weight"].to_numpy() if "weight" in frame else None
    if "prob" in frame or "logit" in frame:
        prob = frame["prob"] if "prob" in frame else pd.Series(expit(frame["logit"]))
        positive = (label.astype(str) == ("1" if weight is None else "malignant")).astype(int)
        return positive, np.column_stack([1.0 - prob, prob]), [0, 1], weight
    if "probabilities" in frame:
        return label, np.stack(frame["probabilities"].to_list()), [0, 1, 2], weight
    if name == "wine.csv":
        classes: list[Any] = ["class_0", "class_1", "class_2"]
        return label, frame[[f"p_{one}" for one in classes]].to_numpy(), classes, weight
    predictions = frame.drop(columns="label").to_numpy(np.float64)
    probabilities = softmax(predictions, axis=1) if "logit_0" in frame else predictions
    return label, probabilities, list(range(10)), weight


@pytest.mark.filterwarnings("ignore:The y_p")
@pytest.mark.parametrize(
    "arguments",
    [
        ("breast_cancer.csv",),
        ("breast_cancer_logits.csv",),
        WEIGHTED,
        ("wine.csv",),
        ("wine.parquet",),
        ("digits.csv",),
        ("digits_logits.parquet",),
    ],
    ids=lambda arguments: str(arguments[0]),
)
def test_sample_scores_are_those_of_scikit_learn(arguments: tuple[str, ...]) -> None:
    document = sample(*arguments)
    label, probabilities, classes, weight = truth(arguments[0])
    given = {"sample_weight": weight, "labels": classes}
    predicted = np.array(classes)[probabilities.argmax(axis=1)]
    expected = {
        "cross_entropy": log_loss(label, probabilities, **given),
        "skill": d2_log_loss_score(label, probabilities, **given),
        "accuracy": accuracy_score(label, predicted, sample_weight=weight),
    }
    if arguments[0] != "digits.csv":  # rounded to 6 decimals, which scikit-learn will not take
        binary = len(classes) == 2
        expected["brier"] = brier_score_loss(
            label,
            probabilities[:, 1] if binary else probabilities,
            sample_weight=weight,
            labels=classes,
        )
    found = {name: document["metrics"][name] for name in expected}
    assert found == pytest.approx(expected, rel=1e-12)
    assert document["rows"]["read"] == document["rows"]["scored"] == len(label)
    total = len(label) if weight is None else math.fsum(weight)
    assert document["metrics"]["total"] == pytest.approx(expected["cross_entropy"] * total)


def test_groups_are_scored_as_if_they_were_files() -> None:
    document = sample(*WEIGHTED, "--by", "segment")
    frame = read(WEIGHTED[0])
    assert [group["by"]["segment"] for group in document["groups"]] == ["large", "medium", "small"]
    for group in document["groups"]:
        part = frame[frame["segment"] == group["by"]["segment"]]
        expected = log_loss(
            part["label"] == "malignant", part["prob"], sample_weight=part["weight"]
        )
        assert group["rows"]["scored"] == len(part)
        assert group["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("base", "unit"), [("2", "bits"), ("10", "bans")])
def test_base_divides_by_its_logarithm(base: str, unit: str) -> None:
    nats, other = sample("wine.csv"), sample("wine.csv", "--base", base)
    assert other["unit"] == unit
    for name in ("cross_entropy", "total", "standard_error", "baseline", "median", "max"):
        assert other["metrics"][name] * math.log(int(base)) == pytest.approx(
            nats["metrics"][name], rel=1e-14
        )
    for name in ("perplexity", "skill", "accuracy", "brier", "normalized_cross_entropy"):
        assert other["metrics"][name] == pytest.approx(nats["metrics"][name], rel=1e-14)


def row_losses() -> pd.Series[float]:
    frame = read("breast_cancer.csv")
    given = frame["prob"].where(frame["label"] == 1, 1.0 - frame["prob"])
    losses: pd.Series[float] = -np.log(given.clip(2.0**-52, 1.0 - 2.0**-52))
    return losses


def test_worst_are_the_largest_losses_in_order() -> None:
    document = sample("breast_cancer.csv", "--worst", "7", "--id", "id")
    worst = row_losses().nlargest(7)
    assert [row["row"] for row in document["worst"]] == [place + 1 for place in worst.index]
    assert [row["id"] for row in document["worst"]] == [f"case-{n + 1:03d}" for n in worst.index]
    assert [row["loss"] for row in document["worst"]] == pytest.approx(list(worst), rel=1e-14)


METRICS = (
    "cross_entropy total perplexity standard_error min median p90 p99 max baseline "
    "normalized_cross_entropy skill entropy kl_divergence accuracy brier"
).split()


@pytest.mark.parametrize("names", [("brier", "skill"), *((name,) for name in METRICS)], ids=str)
def test_metric_limits_what_is_computed(names: tuple[str, ...]) -> None:
    document = sample("wine.csv", *(word for name in names for word in ("--metric", name)))
    assert document["metrics"] == {
        name: value for name, value in sample("wine.csv")["metrics"].items() if name in names
    }


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_per_row_writes_every_loss(suffix: str, tmp_path: Path) -> None:
    out = tmp_path / f"rows.{suffix}"
    document = score_json(SAMPLES / "breast_cancer.csv", "--id", "id", "--per-row", out)
    load: dict[str, Callable[[Path], pd.DataFrame]] = {
        "csv": lambda path: pd.read_csv(path, engine="pyarrow"),
        "jsonl": lambda path: pd.read_json(path, lines=True, precise_float=True),
        "parquet": pd.read_parquet,
    }
    rows = load[suffix](out)
    frame = read("breast_cancer.csv")
    assert {"row", "id", "label", "probability", "loss", "predicted"} <= set(rows)
    assert rows["row"].to_list() == list(range(1, len(frame) + 1))
    assert rows["id"].to_list() == frame["id"].to_list()
    assert rows["label"].astype(int).to_list() == frame["label"].to_list()
    assert rows["predicted"].astype(int).to_list() == (frame["prob"] > 0.5).astype(int).to_list()
    np.testing.assert_allclose(rows["loss"], row_losses(), rtol=1e-7, atol=1e-15)
    mean = math.fsum(rows["loss"]) / len(rows)
    assert abs(document["metrics"]["cross_entropy"] - mean) <= 2 * math.ulp(mean)


def test_per_row_on_stdout_leaves_the_summary_to_stderr() -> None:
    done = run_ce("score", SAMPLES / "wine.csv", "--per-row", "-")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert done.returncode == 0
    assert [row["label"] for row in rows] == read("wine.csv")["label"].to_list()
    assert "cross-entropy" in done.stderr


def test_per_row_names_classes_as_the_summary_does(tmp_path: Path) -> None:
    labels = ["spam"] * 50_000 + ["ham"]  # the last is far from the first rows
    path = write_csv(tmp_path / "sorted.csv", {"label": labels, "prob": [0.5] * len(labels)})
    out = tmp_path / "rows.parquet"
    document = score_json(path, "--positive", "spam", "--per-row", out)
    assert document["classes"] == ["ham", "spam"]
    assert set(pd.read_parquet(out)["label"]) == {"ham", "spam"}


@pytest.mark.parametrize("name", ["row", "label", "loss", "probability"])
def test_per_row_keeps_its_own_columns_beside_any_id(name: str, tmp_path: Path) -> None:
    ids = ["first", "second"]
    path = write_csv(tmp_path / "preds.csv", {"y": [1, 0], "prob": [0.5, 0.25], name: ids})
    out = tmp_path / "rows.jsonl"
    score_json(path, "--label", "y", "--id", name, "--per-row", out)
    lines = [list(json.loads(line).values()) for line in out.read_text().splitlines()]
    for values, number, own, given in zip(lines, (1, 2), ids, (0.5, 0.75), strict=True):
        assert {number, own, given, -math.log(given)} <= set(values)


def test_the_page_shows_what_was_read_and_bound() -> None:
    done = run_ce("score", SAMPLES / "wine.csv")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    for shown in ("wine.csv", "178", "multiclass", "p_class_2 → class_2", "nats", "95 %"):
        assert shown in done.stdout
    expected = log_loss(*truth("wine.csv")[:2])
    assert f"{expected:.5f}" in done.stdout


def test_csv_and_markdown_hold_the_numbers_of_the_json() -> None:
    metrics = sample("wine.csv")["metrics"]
    text = run_ce("score", SAMPLES / "wine.csv", "--format", "csv").stdout
    assert {line["metric"]: float(line["value"]) for line in csv.DictReader(io.StringIO(text))} == (
        metrics
    )
    markdown = run_ce("score", SAMPLES / "wine.csv", "--format", "markdown").stdout
    cells = [line.strip("| ").split(" | ") for line in markdown.splitlines() if line[:1] == "|"]
    found = {cell[0].replace("\\", ""): cell[1] for cell in cells}
    for name in ("cross_entropy", "skill", "brier"):
        assert float(found[name]) == pytest.approx(metrics[name], rel=1e-4)


def test_output_file_gets_what_stdout_would(tmp_path: Path) -> None:
    out = tmp_path / "score.json"
    done = run_ce("score", SAMPLES / "wine.csv", "--json", "--output", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert strict(out.read_text(encoding="utf-8")) == sample("wine.csv")


@pytest.mark.parametrize("arguments", [(), ("-",)])
@pytest.mark.parametrize("name", ["breast_cancer.csv", "wine.parquet"])
def test_standard_input_is_a_file_like_any_other(name: str, arguments: tuple[str, ...]) -> None:
    document = score_json(*arguments, stdin=(SAMPLES / name).read_bytes())
    assert document["inputs"] == ["-"]
    assert document | {"inputs": None} == sample(name) | {"inputs": None}


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A file of several blocks with awkward numbers, and a directory with its pieces."""
    rng = np.random.default_rng(7)
    count = 400_000
    text = io.StringIO()
    rows = pd.DataFrame(
        {"label": rng.integers(0, 2, count), "prob": rng.beta(0.2, 0.2, count).clip(0, 1)}
    ).assign(weight=rng.lognormal(0, 6, count), segment=rng.integers(0, 5, count))
    rows.to_csv(text, index=False)
    lines = text.getvalue().splitlines(keepends=True)
    directory = tmp_path_factory.mktemp("data")
    pieces = directory / "pieces"
    pieces.mkdir()
    for number, (start, end) in enumerate([(1, 2), (2, 140_000), (140_000, len(lines))]):
        (pieces / f"{number}.csv").write_text(lines[0] + "".join(lines[start:end]))
    whole = directory / "whole.csv"
    whole.write_text("".join(lines))
    return whole, pieces


def test_bits_do_not_depend_on_threads_or_files(parts: tuple[Path, Path]) -> None:
    whole, pieces = parts
    chosen = ("--weight", "weight", "--by", "segment", "--json")
    one, two = (run_ce("score", whole, *chosen, "--threads", threads) for threads in ("1", "2"))
    assert one.returncode == 0
    assert one.stdout == two.stdout
    directory = strict(run_ce("score", pieces, *chosen).stdout)
    files = strict(run_ce("score", *sorted(pieces.iterdir()), *chosen).stdout)
    expected = strict(one.stdout) | {"inputs": None}
    assert directory | {"inputs": None} == expected
    assert files | {"inputs": None} == expected


def test_renormalizing_does_not_depend_on_files(tmp_path: Path) -> None:
    header, near, far = "label,p_a,p_b\n", "a,0.5003,0.5\n" * 3, "b,0.5,0.4\n"
    (tmp_path / "whole.csv").write_text(header + near + far)
    (tmp_path / "1.csv").write_text(header + near)
    (tmp_path / "2.csv").write_text(header + far)
    whole, split = (
        score_json(*(tmp_path / name for name in names), "--on-bad-sum", "renormalize")
        for names in (["whole.csv"], ["1.csv", "2.csv"])
    )
    assert whole["metrics"] == split["metrics"]


def test_a_stray_quote_does_not_move_the_ends_of_records(tmp_path: Path) -> None:
    path = tmp_path / "quotes.csv"
    row = '1,0.5,"a quoted text that looks\n0,0.75,like another row"\n'
    count = 150_000  # several blocks
    path.write_text('label,prob,text\n1,0.5,5" disk\n' + row * count)
    assert score_json(path, "--base", "2")["metrics"]["total"] == 1 + count


def zstd(plain: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(plain)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress), ("zst", zstd)],
)
def test_packed_files_are_unpacked(
    suffix: str, pack: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    plain = (SAMPLES / "wine.csv").read_bytes()
    half = plain.index(b"\n", len(plain) // 2) + 1
    path = tmp_path / f"wine.csv.{suffix}"
    path.write_bytes(pack(plain[:half]) + pack(plain[half:]))  # two members, as pigz and cat make
    assert score_json(path)["metrics"] == sample("wine.csv")["metrics"]


TEXTS = {
    "tabs": b"label\tprob\n1\t0.5\n1\t0.25\n0\t0.875\n",
    "semicolons": b"label;prob\n1;0.5\n1;0.25\n0;0.875\n",
    "bars": b"label|prob\n1|0.5\n1|0.25\n0|0.875\n",
    "byte order mark": b"\xef\xbb\xbflabel,prob\n1,0.5\n1,0.25\n0,0.875\n",
    "CRLF": b"label,prob\r\n1,0.5\r\n1,0.25\r\n0,0.875\r\n",
    "CR": b"label,prob\r1,0.5\r1,0.25\r0,0.875\r",
    "no last newline": b"label,prob\n1,0.5\n1,0.25\n0,0.875",
    "blank lines": b"label,prob\n\n1,0.5\n1,0.25\n\n\n0,0.875\n\n",
    "spaces": b"label , prob\n 1, 0.5\n1 ,0.25\n 0 , 0.875\n",
    "quoted": b'"label","prob"\n"1","0.5"\n"1","0.25"\n"0","0.875"\n',
    "newlines in quotes": b'n,label,prob\n"a\n1,1",1,0.5\n"""b"",\r\n",1,0.25\n"",0,0.875\n',
    "other order": b"prob,x,label\n0.5,,1\n0.25,,1\n0.875,,0\n",
    "no names": b",label,prob,,\n1,1,0.5,,\n2,1,0.25,,\n3,0,0.875,,\n",
    "repeated names": b"x,label,prob,x\n1,1,0.5,2\n1,1,0.25,2\n1,0,0.875,2\n",
    "newline in a name": b'"a\n""b",label,prob\n1,1,0.5\n2,1,0.25\n3,0,0.875\n',
    "stray quote in a row": b'n,label,prob\n5" disk,1,0.5\nx,1,0.25\nx,0,0.875\n',
    "stray quotes in header": b'in",label,prob\n1,1,0.5\n2,1,0.25\n3",0,0.875\n',
    "long field": b'n,label,prob\n"' + b"a,\n" * 200_000 + b'",1,0.5\nx,1,0.25\nx,0,0.875\n',
    "long name": b'"' + b"n" * 200_000 + b'",label,prob\nx,1,0.5\nx,1,0.25\nx,0,0.875\n',
    "numbers as text": b"label,prob\n1.0,5e-1\n01,.25\n-0,+0.875\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_in_any_shape_gives_the_same_rows(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_bytes(text)
    document = score_json(path, "--base", "2")
    assert document["rows"]["read"] == 3
    assert document["metrics"]["total"] == 1 + 2 + 3  # bits: halved once, twice and thrice
    assert document["metrics"]["cross_entropy"] == 2


@pytest.mark.parametrize(
    ("labels", "arguments"),
    [
        (["yes", "no", "YES"], ()),
        (["true", "False", "TRUE"], ()),
        (["1", "-1", "1.0"], ()),
        (["1", "0", "true"], ()),
        (["cat", "dog", "cat"], ("--positive", "cat")),
        (["cat", "dog", "cat"], ("--classes", "dog,cat")),
        (["cat", "dog", "cat"], ("--classes", "cat,dog", "--positive", "cat")),
        (["a,b", "[red]", "a,b"], ("--classes", '[red],"a,b"')),
        (["3", "7", "3"], ("--positive", "3")),
    ],
)
def test_labels_name_the_observed_class(
    labels: list[str], arguments: tuple[str, ...], tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "preds.csv", {"label": labels, "prob": [0.5, 0.75, 0.125]})
    document = score_json(path, *arguments, "--base", "2")
    assert document["metrics"]["cross_entropy"] == (1 + 2 + 3) / 3
    assert [one["rows"] for one in document["per_class"]] == [1, 2]


def test_classes_follow_the_order_of_the_predictions(tmp_path: Path) -> None:
    columns: dict[str, list[Any]] = {
        "y": ["b", "a", "c"],
        "p1": [0.5, 0, 0],
        "p2": [0.25, 0.25, 0],
        "p3": [0.25, 0.75, 1],
    }
    path = write_csv(tmp_path / "preds.csv", columns)
    arguments = ("--pred", "p3", "--pred", "p2", "--pred", "p1", "--classes", "c,a,b")
    document = score_json(path, *arguments, "--base", "2", "--clip", "none")
    assert document["classes"] == ["c", "a", "b"]
    assert document["metrics"]["total"] == 1 + 2 + 0


def test_clip_takes_the_eps_of_the_stored_type(tmp_path: Path) -> None:
    zero = np.array([0.0, 0.5], np.float32)
    path = write_parquet(tmp_path / "f32.parquet", {"label": [1, 1], "prob": zero})
    document = score_json(path)
    expected = log_loss([1, 1], zero, labels=[0, 1])
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-6)
    assert document["rows"]["clipped"] == 1
    assert document["warnings"][0]["code"] == "clipped"
    assert document["warnings"][0]["rows"] == [1]


@pytest.mark.parametrize(
    "columns",
    [
        {"label": [1, 0], "prob": [0.0, 0.5]},
        {"label": [1, 0], "logit": [-1e308, 1e308]},
        {"label": [1, 0], "logit": [-800.0, 800.0]},
        {"label": [1, 0, 1], "prob": [0.5, 0.5, 0.25], "weight": [1e308, 1e308, 1e308]},
        {"label": [1], "prob": [0.5]},
    ],
    ids=["infinite loss", "huge losses", "huge perplexity", "huge weights", "one row"],
)
def test_what_json_cannot_write_is_null_with_a_warning(
    columns: dict[str, list[float]], tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "preds.csv", columns)
    weight = ("--weight", "weight") if "weight" in columns else ()
    done = run_ce("score", path, "--clip", "none", *weight, "--json")
    assert done.returncode == 0
    document = strict(done.stdout)
    assert None in document["metrics"].values()
    assert document["warnings"]
    assert "RuntimeWarning" not in done.stderr


def test_parquet_of_empty_and_full_pieces_is_one_data_set(tmp_path: Path) -> None:
    table = pa.table({"label": ["b", "a"], "prob": pa.array([[0.25, 0.75], [0.5, 0.5]])})
    for name, rows in (("part-0", table.slice(0, 0)), ("part-1", table)):
        pq.write_table(rows, tmp_path / f"{name}.parquet")
    document = score_json(tmp_path, "--classes", "a,b")
    assert document["metrics"]["cross_entropy"] == pytest.approx(-math.log(0.75 * 0.5) / 2)


def test_csv_with_an_empty_first_piece_is_one_data_set(tmp_path: Path) -> None:
    (tmp_path / "0.csv").write_text("label,prob\n")
    write_csv(tmp_path / "1.csv", {"label": [1, 0], "prob": [0.5, 0.5]})
    assert score_json(tmp_path)["metrics"]["cross_entropy"] == math.log(2)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
def test_a_terminal_that_knows_few_characters_still_gets_the_table(encoding: str) -> None:
    done = spawn_ce("score", SAMPLES / "wine.csv", env={"PYTHONIOENCODING": encoding})
    assert done.returncode == 0, done.stderr
    assert "0.13963" in done.stdout


def test_a_document_of_very_many_groups_is_the_same_document(tmp_path: Path) -> None:
    """Which is written with a group on each line, names that would drive a terminal escaped."""
    names = [f"g{row}" for row in range(1500)] + ["\x9b31m"]
    path = tmp_path / "many.csv"
    rows = [f"{row % 2},0.{row % 8 + 1},{name}" for row, name in enumerate(names)]
    path.write_text("label,prob,g\n" + "\n".join(rows) + "\n", encoding="utf-8")
    done = run_ce("score", path, "--by", "g", "--json")
    document = strict(done.stdout)
    groups = {group["by"]["g"]: group for group in document["groups"]}
    assert groups.keys() == set(names)
    assert "\x9b" not in done.stdout
    one = score_json(path, "--metric", "cross_entropy", "--metric", "standard_error")
    assert document["metrics"]["cross_entropy"] == one["metrics"]["cross_entropy"]
    for name in ("g0", "g7"):
        given = 0.1 * (int(name[1:]) % 8 + 1)
        loss = -math.log(given if int(name[1:]) % 2 else 1 - given)
        assert groups[name]["metrics"]["cross_entropy"] == pytest.approx(loss)
