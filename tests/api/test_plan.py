"""A plan for an engine of one's own gives the result of `score`."""

from __future__ import annotations

import pickle
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import ce_cli
from ce_cli.errors import DataError, UsageError
from tests.conftest import SAMPLES

CANCER = SAMPLES / "breast_cancer.csv"


def test_tasks_of_a_plan_give_the_result_of_score() -> None:
    planned = ce_cli.plan(CANCER, task_bytes=3000, metric=["all"])
    assert len(planned.tasks) > 3
    fold = pickle.loads(pickle.dumps(planned.fold))
    found = planned.result(fold.merge([fold(task) for task in planned.tasks]))
    assert found.to_dict() == ce_cli.score(CANCER, metric=["all"]).to_dict()


def test_quoted_line_ends_are_read_again_here(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("label,prob,t\n" + '1,0.5,"a\nb\nc\n"\n0,0.25,\n' * 40)
    planned = ce_cli.plan(path, task_bytes=50)
    folded = planned.fold.merge([planned.fold(task) for task in planned.tasks])
    assert len(folded.pieces) > 1
    assert planned.result(folded).to_dict() == ce_cli.score(path).to_dict()


def test_rows_that_are_there_already_are_folded_in_any_partitions() -> None:
    frame = pd.read_csv(CANCER)
    table = pa.Table.from_pandas(frame)
    planned = ce_cli.plan(frame.head(50), metric=["all"])
    assert not planned.tasks
    parts = [table.slice(start, 100).to_batches(30) for start in range(0, len(table), 100)]
    folded = planned.fold.merge([planned.fold.of_batches(iter(part)) for part in [*parts, []]])
    expected = ce_cli.score(frame, metric=["all"]).to_dict()
    assert planned.result(folded).to_dict() == expected


def test_an_error_is_a_value_until_the_result() -> None:
    frame = pd.DataFrame({"label": [0, 1], "prob": [0.5, 0.25]})
    planned = ce_cli.plan(frame)
    other = pa.RecordBatch.from_pydict({"label": [0], "score": [0.5]})
    folded = planned.fold.of_batches([other])
    with pytest.raises(DataError, match="prob"):
        planned.result(pickle.loads(pickle.dumps(folded)))


def test_two_passes_are_refused() -> None:
    with pytest.raises(UsageError, match="reads the data twice"):
        ce_cli.plan(CANCER, class_weight=["balanced"])


def test_labels_of_another_file_are_refused(tmp_path: Path) -> None:
    predictions, labels = tmp_path / "p.csv", tmp_path / "l.csv"
    predictions.write_text("id,prob\na,0.5\nb,0.25\n")
    labels.write_text("id,label\na,1\nb,0\n")
    with pytest.raises(UsageError, match="labels is not possible in a plan: write the labels"):
        ce_cli.plan(predictions, labels=str(labels), id="id")


@pytest.mark.parametrize(
    ("name", "what"), [("-", "standard input"), ("r.sqlite", "a database"), ("r.xlsx", "workbook")]
)
def test_what_has_no_tasks_is_refused_before_it_is_opened(
    name: str, what: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.touch()
    with pytest.raises(UsageError, match=f"cannot read .*{what}"):
        ce_cli.plan("-" if name == "-" else path)
