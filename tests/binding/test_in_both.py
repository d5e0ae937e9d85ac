"""Labels and predictions that both files have: where they disagree, the rows are counted."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ce_cli.binding.joining.in_both import Disagreements, InBoth
from tests.conftest import run_ce, score_json

PREDS = "label,prob\n0,.2\n1,.7\n1,.6\n0,.1\n"


def notes(folder: Path, preds: str, truth: str, *options: str) -> list[tuple[int, str]]:
    (folder / "preds.csv").write_text(preds)
    (folder / "truth.csv").write_text(truth)
    document = score_json(folder / "preds.csv", "--labels", folder / "truth.csv", *options)
    found = [one for one in document["warnings"] if one["code"] == "files_disagree"]
    return [(one["count"], one["message"]) for one in found]


def test_labels_that_disagree_are_counted(tmp_path: Path) -> None:
    ((rows, message),) = notes(tmp_path, PREDS, "label\n1\n0\n1\n0\n")
    assert rows == 2
    assert message.startswith("2 of 4 rows have another 'label' in the predictions than in ")
    assert "in the same order" in message


def test_labels_of_two_names_are_compared(tmp_path: Path) -> None:
    ((rows, message),) = notes(tmp_path, PREDS.replace("label", "y_true"), "target\n1\n1\n1\n0\n")
    assert rows == 1
    assert "another 'y_true' in the predictions than 'target' in" in message


@pytest.mark.parametrize("spelling", [("0.0", "1.0"), ("False", "True"), ("a", "b"), ("", "1")])
def test_one_label_in_two_spellings_is_no_disagreement(
    spelling: tuple[str, str], tmp_path: Path
) -> None:
    own = "".join(f"{spelling[label]},{p}\n" for label, p in ((0, 0.2), (1, 0.7), (1, 0.6)))
    assert notes(tmp_path, "label,prob\n" + own, "label\n0\n1\n1\n") == []


def test_a_label_with_another_role_is_not_compared(tmp_path: Path) -> None:
    truth = "label\n1\n0\n1\n0\n"
    preds = "target,score\n0,.8\n1,.7\n1,.6\n0,.9\n"
    assert notes(tmp_path, preds, truth, "--predicted-class", "target") == []


def test_predictions_of_one_name_are_compared_where_rows_are_in_order(tmp_path: Path) -> None:
    truth = "id,label,prob\n1,0,.2\n2,1,.7000000001\n3,1,.6\n4,0,.9\n"
    own = "id,prob\n1,.2\n2,.7\n3,.6\n4,.1\n"
    ((rows, message),) = notes(tmp_path, own, truth)
    assert rows == 1
    assert "another 'prob'" in message
    assert notes(tmp_path, own, truth, "--id", "id") == []


def test_labels_that_disagree_are_counted_where_an_id_joins_rows(tmp_path: Path) -> None:
    own = "id,label,prob\n1,0,.2\n2,1,.7\n3,1,.6\n"
    ((rows, message),) = notes(tmp_path, own, "id,label\n3,1\n2,0\n1,0\n", "--id", "id")
    assert rows == 1
    assert "order" not in message


@pytest.mark.parametrize("command", ["inspect", "gate"])
def test_other_commands_count_them_too(command: str, tmp_path: Path) -> None:
    notes(tmp_path, PREDS, "label\n1\n0\n1\n0\n")
    files = [str(tmp_path / "preds.csv"), "--labels", str(tmp_path / "truth.csv")]
    done = run_ce(command, *files, *(["--max", "9"] if command == "gate" else []))
    assert "2 of 4 rows have another 'label'" in done.stdout


def test_a_cell_that_is_no_number_does_not_disagree() -> None:
    """The rows report it; of the other three, one differs."""
    found = Disagreements([InBoth("prob", "prob", is_label=False)])
    ours, theirs = pa.array(["0.5", "oops", "0.25", "1"]), pa.array(["0.5", "0.5", "0.75", "1.0"])
    found.add(lambda _ours, _theirs: (ours, theirs))
    ((_, count),) = found.messages("truth.csv", by_id=False)
    assert count == 1
