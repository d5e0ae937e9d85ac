"""Two files that name the same classes in two ways: the advice leads to their comparison."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.conftest import complaints, run_ce, strict

BAD_DATA = 3
FILES = {
    "single": ("label,prob\n{},0.8\n{},0.3\n{},0.7\n", "--positive dog"),
    "columns": ("label,p_{1},p_{0}\n{0},0.2,0.8\n{1},0.7,0.3\n{0},0.3,0.7\n", ""),
}


@pytest.mark.parametrize("shape", FILES)
def test_the_labels_of_one_file_serve_both(shape: str, tmp_path: Path) -> None:
    form, typed = FILES[shape]
    names = (("dog", "cat", "dog"), ("1", "0", "1"))
    for file, labels in zip(("a.csv", "b.csv"), names, strict=True):
        (tmp_path / file).write_text(form.format(*labels).replace("0.7", "0.6"))
    arguments = ["compare", "a.csv", "b.csv", *typed.split()]
    (message,) = complaints(run_ce(*arguments, cwd=tmp_path), BAD_DATA)
    options = shlex.split(message[message.rindex("--labels") :].rstrip("."))
    done = run_ce(*arguments, *options, "--json", cwd=tmp_path)
    (one,) = strict(done.stdout)["comparisons"]
    assert one["difference"]["absolute"] == 0.0  # they predict the same
