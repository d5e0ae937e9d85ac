"""Lines that hold several rows are refused with the command that writes a line for each."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from itertools import chain
from pathlib import Path

import pytest
from sklearn.metrics import log_loss

from ce_cli import score
from ce_cli.errors import DataError
from tests.conftest import score_json

LABELS = [[0, 1, 1, 1, 0], [1, 0, 1, 1, 1]]
PROBS = [[0.2, 0.9, 0.6, 0.7, 0.1], [0.8, 0.4, 0.9, 0.6, 0.7]]
ROWS = [{"labels": own, "probs": row} for own, row in zip(LABELS, PROBS, strict=True)]


def wrong(path: Path) -> str:
    with pytest.raises(DataError) as caught:
        score(path)
    return str(caught.value)


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
@pytest.mark.parametrize("array", [False, True])
def test_the_command_for_batches_writes_their_rows(array: bool, tmp_path: Path) -> None:
    path, fixed = tmp_path / "batches.json", tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROWS) if array else "".join(f"{json.dumps(r)}\n" for r in ROWS))
    message = wrong(path)
    assert "--label-counts" not in message
    command = re.search(r"jq -c '.*?'", message)
    assert command is not None
    found = subprocess.run([*shlex.split(command[0]), path], capture_output=True, check=True)
    fixed.write_bytes(found.stdout)
    document = score_json(fixed)
    assert document["rows"]["read"] == 10
    expected = log_loss([*chain(*LABELS)], [*chain(*PROBS)])
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-12)


def test_shares_counts_and_several_labels_are_no_batches(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in ROWS))
    assert score(path, task="multilabel").metrics["cross_entropy"] > 0
    counts = [{"label": [3, 1], "probs": [0.75, 0.25]}] * 2
    path.write_text("".join(f"{json.dumps(row)}\n" for row in counts))
    assert "if they are counts, use" in wrong(path)
