"""The tables of the guide to files: every row can be scored by its command."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import score_json
from tests.documents import text_of

ROWS = re.findall(
    r"(?m)^\|.*?`([{\[].*[}\]])` \| `(ce score .*)` \|$", text_of("ce_cli/inputs/README.md")
)


def test_the_guide_has_a_row_for_every_shape() -> None:
    assert len(ROWS) == text_of("ce_cli/inputs/README.md").count("`ce score ")


@pytest.mark.parametrize(("content", "command"), ROWS, ids=[content[:60] for content, _ in ROWS])
def test_files_of_this_shape_are_scored_by_the_command(
    content: str, command: str, tmp_path: Path
) -> None:
    name, *options = shlex.split(command)[2:]
    json.loads(content)
    path = tmp_path / name
    path.write_text((content + "\n") * (3 if name.endswith(".jsonl") else 1))
    document = score_json(path, *options)
    assert document["rows"]["scored"] == document["rows"]["read"] > 1
    assert 0 < document["metrics"]["cross_entropy"] < 20
