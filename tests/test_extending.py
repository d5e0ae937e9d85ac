"""A metric, an input, an output and an engine: each is a new file and a line of the registry."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from jsonschema import Draft202012Validator

import ce_cli
from tests.conftest import SAMPLES, environment

PACKAGE = Path(ce_cli.__file__).parent
FILE = SAMPLES / "breast_cancer.csv"

METRIC = '''"""The spherical score: the probability of the label over the length of all."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ce_cli.kernels.outcomes import LabelSpace, Outcomes
from ce_cli.metrics.mean import Mean
from ce_cli.metrics.state import two_classes_only


class Spherical(Mean):
    """Mean of q_y / √Σ q² of two classes (Good 1971); 1 at best."""

    figure: ClassVar[str] = "spherical_score"

    @classmethod
    def why_not(cls, space: LabelSpace) -> str | None:
        return two_classes_only(space)

    @classmethod
    def values(cls, outcomes: Outcomes) -> NDArray[np.float64]:
        own = outcomes.label_probability()
        return own / np.hypot(own, 1.0 - own)
'''
METRIC_LINE = (
    'Metric("ce_cli.metrics.spherical:Spherical", (Figure("spherical_score", '
    '"Mean of the label\'s probability over the length of all.", title="spherical score", '
    "percent=True, low=0.0, high=1.0),)),"
)
OUTPUT = '''"""One line for a status bar."""

from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.numbers import shown
from ce_cli.results.score import Result


def render(result: Result, canvas: Canvas) -> str:
    return f"{shown(result.metrics['cross_entropy'])} {result.unit}\\n"
'''
OUTPUT_LINE = 'Output("ce_cli.outputs.statusline:render", ("statusline",), ("score",)),'

INPUT = '''"""Lines of key=value pairs."""

import pyarrow as pa

from ce_cli.inputs.arrow.memory import TableSource
from ce_cli.inputs.bytestream import ByteStream
from ce_cli.reading import Reading


def open_pairs(path: str, stream: ByteStream, reading: Reading) -> TableSource:
    lines = stream.read(1 << 20).decode().splitlines()
    rows = [dict(pair.split("=") for pair in line.split()) for line in lines]
    columns = {"label": [int(row["label"]) for row in rows]}
    columns["prob"] = [float(row["prob"]) for row in rows]
    return TableSource(path, pa.table(columns))
'''
INPUT_LINE = r'Entry("ce_cli.inputs.pairs:open_pairs", ("pairs",), rb"label=\S+ \w+=", text=True),'
ENGINE = '''"""A pool of processes, as the standard library has it."""

import os
from concurrent.futures import ProcessPoolExecutor


class Pool:
    def __init__(self, workers):
        self.workers = workers

    def map_in_order(self, work, items):
        with ProcessPoolExecutor(self.workers) as pool:
            for parent, made in pool.map(Elsewhere(work), items):
                assert parent == os.getpid()
                yield made


class Elsewhere:
    def __init__(self, work):
        self.work = work

    def __call__(self, item):
        return os.getppid(), self.work(item)
'''
ENGINE_LINE = 'Entry("ce_cli.engines.pool:Pool", ("pool",)),'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with four more files, and a line for each."""
    folder = tmp_path_factory.mktemp("extended")
    copy = folder / "ce_cli"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "metrics" / "spherical.py").write_text(METRIC, encoding="utf-8")
    (copy / "outputs" / "statusline.py").write_text(OUTPUT, encoding="utf-8")
    (copy / "inputs" / "pairs.py").write_text(INPUT, encoding="utf-8")
    (copy / "engines" / "pool.py").write_text(ENGINE, encoding="utf-8")
    lines = (copy / "registry.py").read_text(encoding="utf-8")
    for table, line in (
        ("METRICS", METRIC_LINE),
        ("OUTPUTS", OUTPUT_LINE),
        ("INPUTS", INPUT_LINE),  # before delimited text, which takes what nothing else takes
        ("ENGINES", ENGINE_LINE),
    ):
        before, start, after = lines.partition(f"{table} = (\n")
        assert start
        lines = f"{before}{start}    {line}\n{after}"
    (copy / "registry.py").write_text(lines, encoding="utf-8")
    return folder


def run(folder: Path, *args: str | Path, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "ce_cli", *map(str, args)],
        capture_output=True,
        check=False,
        cwd=folder,
        env=environment({"PYTHONPATH": str(folder), "COLUMNS": "200"}),
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == code, done.stderr.decode()
    return done.stdout.decode()


def expected() -> float:
    frame = pd.read_csv(FILE)
    own = np.where(frame["label"] == 1, frame["prob"], 1.0 - frame["prob"])
    return float(np.mean(own / np.sqrt(own**2 + (1.0 - own) ** 2)))


def test_a_metric_without_a_unit_is_the_same_in_every_base(folder: Path) -> None:
    schema = json.loads((PACKAGE / "results" / "score.schema.json").read_text())
    for base in ("e", "2", "10"):
        document = json.loads(run(folder, "score", FILE, "--base", base, "--json"))
        Draft202012Validator(schema).validate(document)
        assert document["metrics"]["spherical_score"] == pytest.approx(expected(), rel=1e-12)
    document = json.loads(run(folder, "score", FILE, "-m", "spherical_score", "--json"))
    interval = document["intervals"]["spherical_score"]
    assert 0.0 <= interval["low"] < expected() < interval["high"] <= 1.0


def test_pages_show_a_new_metric_as_it_is_declared(folder: Path) -> None:
    percentage = f"{100 * expected():.2f} %"
    page = run(folder, "score", FILE)
    (line,) = [line for line in page.splitlines() if "spherical score" in line]
    assert line.endswith(percentage)
    assert "min" in page  # it is beside the others, which are shown as before
    alone = run(folder, "score", FILE, "-m", "spherical_score")
    assert percentage in alone
    assert "spherical\\_score" in run(folder, "score", FILE, "-f", "markdown")
    assert "spherical_score" in run(folder, "score", "--help")


def test_a_gate_takes_a_new_metric(folder: Path) -> None:
    limit = f"spherical_score >= {expected() - 1e-6}"
    gate = ("gate", FILE, "--require", limit, "--base", "2")
    run(folder, *gate)
    run(folder, "gate", FILE, "--require", f"spherical_score >= {expected() + 1e-6}", code=1)
    text = run(folder, *gate, "-f", "openmetrics")
    (sample,) = [line for line in text.splitlines() if line.startswith("ce_spherical_score{")]
    assert float(sample.split()[-1]) == pytest.approx(expected(), rel=1e-12)
    assert "Mean of the label's probability" in text
    assert "spherical_score" in json.loads(run(folder, *gate, "-f", "metrics"))


def test_an_output_is_known_to_its_command_alone(folder: Path) -> None:
    assert run(folder, "score", FILE, "-f", "statusline").endswith(" nats\n")
    assert "statusline" in run(folder, "score", "--help")
    assert "statusline" not in run(folder, "compare", "--help")
    run(folder, "inspect", FILE, "-f", "statusline", code=2)


def test_an_input_is_found_by_how_it_begins(folder: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.log"
    rows.write_text("label=1 prob=0.5\nlabel=0 prob=0.5\n", encoding="utf-8")
    document = json.loads(run(folder, "score", rows, "--base", "2", "--json"))
    assert document["metrics"]["cross_entropy"] == 1.0
    assert json.loads(run(folder, "inspect", rows, "--json"))["rows"]["read"] == 2
    (tmp_path / "part.pairs").write_text("label=1 prob=0.25\n", encoding="utf-8")
    assert json.loads(run(folder, "score", tmp_path, "--json"))["rows"]["read"] == 1
    assert "pairs" in run(folder, "score", "--help")


COMMANDS: list[list[str | Path]] = [
    ["score", FILE, "--metric", "all", "--by", "label", "--worst", "3", "--decompose"],
    ["score", FILE, SAMPLES / "breast_cancer_forest.csv", "--class-weight", "balanced"],
    ["inspect", FILE],
    ["explain", FILE, "--row", "7"],
    ["compare", FILE, SAMPLES / "breast_cancer_forest.csv"],
    ["gate", FILE, "--max", "1"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command[0]))
def test_every_command_gives_the_same_document_on_another_engine(
    command: list[str | Path], folder: Path
) -> None:
    """Processes share nothing, so work, splits and results travel as bytes."""
    threads = run(folder, *command, "--json")
    assert run(folder, *command, "--json", "--engine", "pool", "--threads", "2") == threads
    assert "pool" in run(folder, str(command[0]), "--help")
