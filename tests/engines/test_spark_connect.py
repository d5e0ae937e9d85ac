"""Spark Connect, to a server of this machine: files and frames give the document of threads."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import ce_cli
from tests.conftest import ROOT, environment
from tests.engines.running import skip_without
from tests.scoring.test_folding import as_csv, rows_of, write

# A process of its own, since one that has started another session of Spark cannot connect.
SCRIPT = """
import json, sys
import ce_cli
from pyspark.sql import SparkSession
session = SparkSession.builder.remote("local[2]").getOrCreate()
options = {"metric": ["all"], "by": ["segment"], "worst": 3, "id": "id"}
found = ce_cli.score(sys.argv[1:], engine="spark", scheduler=session, **options)
frame = session.read.csv(sys.argv[1:], header=True, inferSchema=True)
spread = ce_cli.score(frame, label="label", pred="prob")
assert type(session).__module__ == "pyspark.sql.connect.session"
assert session.range(1).count() == 1  # it is left open
print(json.dumps([found.to_dict(), spread.metrics["cross_entropy"]]))
session.stop()
"""


def test_a_session_of_spark_connect(tmp_path: Path) -> None:
    skip_without("spark")
    if importlib.util.find_spec("grpc") is None:
        pytest.skip("Spark Connect is not installed: pip install '.[spark]'")
    rows = rows_of(300)
    parts = [rows[:100], rows[100:]]
    files = [str(write(tmp_path / f"{n}.csv", as_csv(one))) for n, one in enumerate(parts)]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *files],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment(
            {
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "PYSPARK_PYTHON": sys.executable,
            }
        ),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    document, mean = json.loads(done.stdout.splitlines()[-1])
    options = {"metric": ["all"], "by": ["segment"], "worst": 3, "id": "id"}
    expected = ce_cli.score(files, **options).to_dict()  # type: ignore[arg-type]
    assert document == expected
    assert mean == ce_cli.score(files).metrics["cross_entropy"]
