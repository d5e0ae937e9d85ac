"""Labels and predictions in two files give what the same rows give in one."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from ce_cli import score
from ce_cli.errors import UsageError
from tests.conftest import SAMPLES, complaints, run_ce, score_json

USAGE, BAD_DATA, STORAGE = 2, 3, 4
BLOCKS = ("metrics", "intervals", "per_class", "groups", "weight_sum")
WHOLE = pd.read_csv(SAMPLES / "breast_cancer_weighted.csv").assign(
    case=[f"case {row}" for row in range(569)]
)
OPTIONS = ("--positive", "malignant", "--weight", "weight", "--by", "segment")


def written(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    path = folder / name
    if name.endswith(".parquet"):
        frame.to_parquet(path, row_group_size=100)
    else:
        frame.to_csv(path, index=False)
    return path


def blocks(document: dict[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in BLOCKS}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = written(tmp_path_factory.mktemp("whole"), "whole.csv", WHOLE)
    return blocks(score_json(path, *OPTIONS))


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("order", ["same", "shuffled"])
def test_rows_are_matched_by_id(
    order: str, suffix: str, whole: dict[str, Any], tmp_path: Path
) -> None:
    truth = WHOLE.drop(columns="prob")
    if order == "shuffled":
        truth = truth.sample(frac=1, random_state=1)
    preds = written(tmp_path, f"preds.{suffix}", WHOLE[["case", "prob"]])
    labels = written(tmp_path, f"truth.{suffix}", truth)
    document = score_json(preds, "--labels", labels, "--id", "case", *OPTIONS, "--worst", "1")
    assert blocks(document) == whole
    assert document["columns"]["labels_from"] == str(labels)
    (row,) = document["worst"]
    (label,) = WHOLE.loc[WHOLE["case"] == row["id"], "label"]
    assert row["label"] == label


def test_rows_match_by_their_order(whole: dict[str, Any], tmp_path: Path) -> None:
    preds = written(tmp_path, "preds.parquet", WHOLE[["prob"]])
    labels = written(tmp_path, "truth.csv", WHOLE.drop(columns="prob"))
    assert blocks(score_json(preds, "--labels", labels, *OPTIONS)) == whole


def test_several_files_of_predictions_share_one_file_of_labels(
    whole: dict[str, Any], tmp_path: Path
) -> None:
    parts = [
        written(tmp_path, f"{part}.csv", WHOLE[["prob"]].iloc[rows])
        for part, rows in enumerate((slice(0, 100), slice(100, 101), slice(101, None)))
    ]
    labels = written(tmp_path, "truth.csv", WHOLE.drop(columns="prob"))
    document = score_json(*parts, "--labels", labels, *OPTIONS, "--threads", "2")
    assert blocks(document) == whole


def test_labels_may_come_from_standard_input(whole: dict[str, Any], tmp_path: Path) -> None:
    preds = written(tmp_path, "preds.csv", WHOLE[["prob"]])
    piped = WHOLE.drop(columns="prob").to_csv(index=False).encode()
    assert blocks(score_json(preds, "--labels", "-", *OPTIONS, stdin=piped)) == whole


def test_the_only_column_of_the_labels_needs_no_name(tmp_path: Path) -> None:
    preds = written(tmp_path, "preds.csv", WHOLE[["prob"]])
    labels = written(tmp_path, "truth.csv", WHOLE[["label"]].rename(columns={"label": "what"}))
    document = score_json(preds, "--labels", labels, "--positive", "malignant")
    assert document["columns"]["label"] == ["what"]


def test_label_columns_of_each_class_are_joined_too(tmp_path: Path) -> None:
    one_hot = pd.get_dummies(WHOLE["label"], prefix="y", dtype=int).assign(case=WHOLE["case"])
    preds = WHOLE[["case", "prob"]].rename(columns={"prob": "p_malignant"})
    labels = written(tmp_path, "truth.parquet", one_hot.sample(frac=1, random_state=2))
    document = score_json(written(tmp_path, "preds.csv", preds), "--labels", labels, "--id", "case")
    alone = score(WHOLE, positive="malignant").metrics
    assert document["metrics"]["cross_entropy"] == alone["cross_entropy"]


def test_the_python_api_joins_frames() -> None:
    truth = WHOLE[["case", "label"]].sample(frac=1, random_state=3)
    joined = score(WHOLE[["case", "prob"]], labels=truth, id="case", positive="malignant")
    assert joined.metrics == score(WHOLE, positive="malignant").metrics
    balanced = score(
        WHOLE[["case", "prob"]],
        labels=truth,
        id="case",
        positive="malignant",
        class_weight="balanced",
    )
    alone = score(WHOLE, positive="malignant", class_weight="balanced")
    assert balanced.metrics == alone.metrics


def test_several_files_of_labels_are_refused(tmp_path: Path) -> None:
    for name in ("0.csv", "1.csv"):
        written(tmp_path, name, WHOLE[["label"]])
    with pytest.raises(UsageError, match="one file"):
        score(WHOLE[["prob"]], labels=tmp_path)


# Unmatched rows

BOTH = WHOLE[["case", "prob"]], WHOLE[["case", "label"]]
SKIPPED = ("--id", "case", "--positive", "malignant", "--missing", "skip")


def test_rows_of_one_file_only_can_be_left_out_and_are_counted(tmp_path: Path) -> None:
    preds = written(tmp_path, "preds.csv", BOTH[0].iloc[5:])
    labels = written(tmp_path, "truth.csv", BOTH[1].iloc[:-7])
    document = score_json(preds, "--labels", labels, *SKIPPED)
    both = score(WHOLE.iloc[5:-7], positive="malignant")
    assert document["metrics"] == both.metrics
    assert document["rows"]["skipped"] == 7
    (unpredicted,) = (w for w in document["warnings"] if w["code"] == "unpredicted")
    assert unpredicted["count"] == 5


def repeated(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame, frame.iloc[[3]]])


BAD: dict[str, tuple[pd.DataFrame, pd.DataFrame, Sequence[str], int, Sequence[str]]] = {
    "a prediction without a label": (
        BOTH[0],
        BOTH[1].drop(index=16),
        ["--id", "case"],
        BAD_DATA,
        ["preds.csv: row 17", "'case'", "'case 16'", "--missing skip"],
    ),
    "a label without a prediction": (
        BOTH[0].drop(index=16),
        BOTH[1],
        ["--id", "case"],
        BAD_DATA,
        ["truth.csv", "'case 16'", "preds.csv", "--missing skip"],
    ),
    "an id twice among the predictions": (
        repeated(BOTH[0]),
        BOTH[1],
        ["--id", "case"],
        BAD_DATA,
        ["preds.csv: row 570", "'case 3'"],
    ),
    "an id twice among the labels": (
        BOTH[0],
        repeated(BOTH[1]),
        ["--id", "case"],
        BAD_DATA,
        ["truth.csv", "4", "570", "'case 3'"],
    ),
    "no id": (
        BOTH[0],
        BOTH[1].replace("case 9", ""),
        ["--id", "case"],
        BAD_DATA,
        ["truth.csv", "row 10", "'case'"],
    ),
    "more predictions than labels": (
        BOTH[0][["prob"]],
        BOTH[1].iloc[:-1],
        [],
        BAD_DATA,
        ["truth.csv", "568 rows", "--id"],
    ),
    "fewer predictions than labels": (
        BOTH[0][["prob"]].iloc[:-1],
        BOTH[1],
        [],
        BAD_DATA,
        ["truth.csv", "569 rows", "568", "--id"],
    ),
    "rows in another order": (
        BOTH[0].rename(columns={"case": "case_id"}),
        BOTH[1].rename(columns={"case": "case_id"}).iloc[::-1],
        [],
        BAD_DATA,
        ["row 1", "'case 0'", "'case 568'", "--id case_id"],
    ),
    "rows in another order, by a text that both have": (
        BOTH[0].rename(columns={"case": "what"}),
        BOTH[1].rename(columns={"case": "what"}).iloc[::-1],
        [],
        BAD_DATA,
        ["row 1", "'case 0'", "'case 568'", "--id what"],
    ),
    "an id that one file has not": (
        BOTH[0],
        BOTH[1].rename(columns={"case": "key"}),
        ["--id", "case"],
        USAGE,
        ["truth.csv", "'case'", "'key'"],
    ),
    "an id that the other has not": (
        BOTH[0].rename(columns={"case": "key"}),
        BOTH[1],
        ["--id", "case"],
        USAGE,
        ["preds.csv", "'case'", "'key'"],
    ),
    "no column like a label": (
        BOTH[0],
        BOTH[1].rename(columns={"label": "what"}).assign(more=1),
        ["--id", "case"],
        BAD_DATA,
        ["truth.csv", "'what'", "--label"],
    ),
    "no labels at all": (BOTH[0], BOTH[1].iloc[:0], ["--id", "case"], BAD_DATA, ["truth.csv"]),
}


@pytest.mark.parametrize("name", BAD)
def test_one_sentence_names_the_unmatched_rows(name: str, tmp_path: Path) -> None:
    preds, labels, options, code, parts = BAD[name]
    written(tmp_path, "preds.csv", preds)
    written(tmp_path, "truth.csv", labels)
    command = ["score", "preds.csv", "--labels", "truth.csv", "--positive", "malignant", *options]
    message = complaints(run_ce(*command, cwd=tmp_path), code)
    assert len(message) == 1, message
    for part in parts:
        assert part in message[0]


def test_a_file_of_labels_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    written(tmp_path, "preds.csv", BOTH[0])
    (tmp_path / "junk.csv").write_bytes(bytes(range(256)) * 20)
    for labels, code in (("nowhere.csv", STORAGE), ("junk.csv", BAD_DATA), ("-", USAGE)):
        files = ["preds.csv", "-"] if labels == "-" else ["preds.csv"]
        done = run_ce("score", *files, "--labels", labels, cwd=tmp_path, stdin=b"")
        assert len(complaints(done, code)) == 1


def test_labels_are_not_written_over(tmp_path: Path) -> None:
    preds, labels = (written(tmp_path, f"{n}.csv", one) for n, one in enumerate(BOTH))
    before = labels.read_bytes()
    done = run_ce("score", preds, "--labels", labels, "--id", "case", "--output", labels)
    assert len(complaints(done, USAGE)) == 1
    assert labels.read_bytes() == before


def test_inspection_joins_too_and_reports_unmatched_rows(tmp_path: Path) -> None:
    written(tmp_path, "preds.csv", BOTH[0].iloc[5:])
    written(tmp_path, "truth.csv", BOTH[1].iloc[:-7])
    options = "--labels truth.csv --id case --positive malignant".split()
    done = run_ce("inspect", "preds.csv", *options, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    found = {finding["code"]: finding["count"] for finding in document["findings"]}
    assert found["unpredicted"] == 5
    assert found["unmatched"] == 7
    mended = run_ce(*document["next"].split()[1:], "--json", cwd=tmp_path)
    assert mended.returncode == 0, mended.stderr


def test_whole_numbers_match_whether_or_not_they_are_written_as_floats(tmp_path: Path) -> None:
    numbered = WHOLE.assign(case=range(569))
    preds = written(tmp_path, "preds.csv", numbered[["case", "prob"]])
    labels = written(tmp_path, "truth.csv", numbered[["case", "label"]].astype({"case": float}))
    document = score_json(preds, "--labels", labels, "--id", "case", "--positive", "malignant")
    assert document["rows"]["scored"] == 569


def test_the_first_file_decides_which_columns_come_from_the_labels(tmp_path: Path) -> None:
    first = written(tmp_path, "1.csv", WHOLE[["case", "prob", "segment"]].iloc[:300])
    second = written(tmp_path, "2.csv", WHOLE[["case", "prob"]].iloc[300:])
    labels = written(tmp_path, "truth.csv", WHOLE[["case", "label", "segment"]])
    options = ("--labels", labels, "--id", "case", "--positive", "malignant", "--by", "segment")
    (line,) = complaints(run_ce("score", first, second, *options), BAD_DATA)
    assert "2.csv" in line
    assert "'segment'" in line
    assert len(score_json(second, "--missing", "skip", *options)["groups"]) == 3


def test_inspection_copes_with_bad_cells_beside_unmatched_rows(tmp_path: Path) -> None:
    preds = tmp_path / "preds.csv"
    preds.write_text("id,prob\n9,x\n1,0.5\n2,y\n3,0.25\n")
    labels = tmp_path / "truth.csv"
    labels.write_text("id,label\n1,1\n2,0\n3,1\n")
    done = run_ce("inspect", preds, "--labels", labels, "--id", "id", "--json")
    assert done.returncode == 0, done.stderr
    codes = {finding["code"] for finding in json.loads(done.stdout)["findings"]}
    assert {"not_a_number", "unmatched"} <= codes


@pytest.mark.parametrize("header", ["", "label\n"])
def test_numbers_without_names_are_read_as_rows(header: str, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("0.1,0.2,0.7\n0.6,0.3,0.1\n", encoding="utf-8")
    (tmp_path / "y.csv").write_text(f"{header}2.0e+00\n0.0e+00\n", encoding="utf-8")
    done = run_ce("score", "p.csv", "--labels", "y.csv", "--json", cwd=tmp_path)
    document = json.loads(done.stdout)
    expected = -(math.log(0.7) + math.log(0.6)) / 2
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-12)
    assert "layout" in [one["code"] for one in document["warnings"]]


HEADLESS = {
    "1\n0\n1\n0\n": (),
    "yes\nno\nyes\nno\n": (),
    "dog\ncat\ndog\ncat\n": ("--positive", "dog"),
    '"1"\r\n"0"\r\n"1"\r\n"0"\r\n': (),
    "0\n1\n0\n1\n0\n": ("--label", "0"),  # as pandas names a column without a name
    "true\nfalse\ntrue\nfalse\n": (),
}


@pytest.mark.parametrize("text", HEADLESS)
def test_labels_without_a_header_are_all_read(text: str, tmp_path: Path) -> None:
    predicted = [0.8, 0.3, 0.7, 0.4]
    preds, truth = tmp_path / "preds.csv", tmp_path / "truth.csv"
    preds.write_text("prob\n" + "".join(f"{prob}\n" for prob in predicted))
    truth.write_bytes(text.encode())
    document = score_json(preds, "--labels", truth, *HEADLESS[text])
    assert document["metrics"] == score([1, 0, 1, 0], predicted).metrics


def test_labels_after_a_name_that_is_a_number_need_it(tmp_path: Path) -> None:
    preds, truth = tmp_path / "preds.csv", tmp_path / "truth.csv"
    preds.write_text("prob\n0.2\n0.7\n0.4\n")
    truth.write_text("0\n0\n1\n0\n")
    (message,) = complaints(run_ce("score", preds, "--labels", truth), BAD_DATA)
    assert "if its first line names the columns, name the label with --label" in message
    assert run_ce("score", preds, "--labels", truth, "--label", "0").returncode == 0
    truth.write_text("0\n1\n0\n")  # a label
    assert run_ce("score", preds, "--labels", truth).returncode == 0


def test_labels_whose_first_line_may_be_one_are_named(tmp_path: Path) -> None:
    preds, truth = tmp_path / "preds.csv", tmp_path / "truth.csv"
    preds.write_text("prob\n0.2\n0.7\n0.4\n")
    truth.write_text("dog\ncat\ncat\n")
    done = run_ce("score", preds, "--labels", truth, "--positive", "cat")
    (message,) = complaints(done, BAD_DATA)
    assert "if its first line, 'dog', is a label, add a line with a name before it" in message
    truth.write_text("label\ndog\ncat\ncat\n")
    assert run_ce("score", preds, "--labels", truth, "--positive", "cat").returncode == 0
