"""An inspection by tasks that are folded elsewhere finds what threads find."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ce_cli.binding.data_set import data_set
from ce_cli.inspection.inspect import inspect
from ce_cli.inspection.score_command import score_command
from ce_cli.options.commands import InspectOptions
from ce_cli.options.option import options_of
from ce_cli.reading import Reading
from ce_cli.scoring.run import Run, run_on
from ce_cli.spec import Spec
from tests.scoring.serial import serial_run
from tests.scoring.test_folding import as_csv, rows_of, write


def document(paths: Sequence[Path], run: Run, labels: Path | None = None) -> str:
    options = {name: one.default for name, one in options_of(InspectOptions).items()}
    names, spec = [str(path) for path in paths], Spec()
    if labels is not None:
        spec = Spec.from_options({"id": "id"})
        options |= {"labels": str(labels), "id": "id"}
    files = data_set(names, Reading(), spec, options["labels"])
    found = inspect(files, spec, score_command(tuple(names), options), run)
    return json.dumps(found.to_dict())


def test_an_inspection_in_pieces_is_that_of_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # paths are shown as they are typed
    rows = rows_of(300)
    good = write(tmp_path / "a.csv", as_csv(rows))
    outside = write(tmp_path / "b.csv", as_csv(rows[:50]).replace("0.", "7."))
    other = write(tmp_path / "c.csv", "label,score\n1,0.5\n")
    empty = write(tmp_path / "d.csv", "")
    header = write(tmp_path / "e.csv", as_csv(rows[:1]).partition("\n")[0] + "\n")
    for files in ([good], [outside], [empty, good, other, header, outside], [good, good]):
        paths = [path.relative_to(tmp_path) for path in files]
        expected = document(paths, run_on("threads", 2))
        for size in (700, 1 << 20):
            assert document(paths, serial_run(size, seed=size)) == expected


def test_labels_in_another_file_are_inspected_too(tmp_path: Path) -> None:
    rows = rows_of(200)
    labels = [{"id": row["id"], "label": row["label"]} for row in rows]
    truth = write(tmp_path / "truth.csv", as_csv(labels))
    found = write(tmp_path / "a.csv", as_csv([{"id": r["id"], "prob": r["prob"]} for r in rows]))
    twice = write(tmp_path / "b.csv", as_csv([{"id": "r3", "prob": 0.5}]))
    for paths in ([found], [found, twice]):
        expected = document(paths, run_on("threads", 2), truth)
        assert document(paths, serial_run(700), truth) == expected
