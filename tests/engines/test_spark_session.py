"""A session of Spark that the program has is worked in, and left as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, environment
from tests.engines.running import skip_without
from tests.scoring.test_folding import as_csv, rows_of, write

# A process of its own, since there is one session of Spark in each.
SCRIPT = """
import os, sys
from threading import Thread
import ce_cli
from ce_cli.errors import UsageError
from pyspark.sql import SparkSession

file, before = sys.argv[1], dict(os.environ)
expected = ce_cli.score(file).to_dict()
assert ce_cli.score(file, engine="spark", scheduler="local[2]").to_dict() == expected
changed = {name for name, _ in os.environ.items() ^ before.items()}
assert all(name.startswith("SPARK_") for name in changed), changed  # which pyspark sets
assert SparkSession.getActiveSession() is None  # what starts for a call ends with it

session = SparkSession.builder.master("local[2]").config("spark.log.level", "OFF").getOrCreate()

def check(**options):
    assert ce_cli.score(file, engine="spark", **options).to_dict() == expected
    assert session.range(1).count() == 1
    assert session.conf.get("spark.app.name") != "ce"
    assert session.conf.get("spark.ui.showConsoleProgress", "unset") == shown

shown = session.conf.get("spark.ui.showConsoleProgress", "unset")
check(scheduler="local[2]")
failures = []

def in_a_thread():
    try:
        check()
    except BaseException as error:
        failures.append(error)

thread = Thread(target=in_a_thread)
thread.start()
thread.join()
assert not failures, failures
for scheduler in ("spark://127.0.0.1:7077", "sc://127.0.0.1"):
    try:
        ce_cli.score(file, engine="spark", scheduler=scheduler)
    except UsageError as error:
        assert "has a session of Spark already (local[2])" in str(error), error
    else:
        raise AssertionError(scheduler)
frame = session.read.csv(file, header=True, inferSchema=True)
assert ce_cli.score(frame, scheduler=session).metrics == expected["metrics"]
try:
    ce_cli.score(frame, scheduler="local[2]")
except UsageError as error:
    assert "already: leave scheduler out" in str(error), error
else:
    raise AssertionError("a frame beside an address")
assert session.range(1).count() == 1
session.stop()
print("done")
"""


BROKEN = """#!/bin/sh
echo first >&2
echo it is broken >&2
exit 1
"""


def test_only_a_session_that_ce_started_is_stopped(tmp_path: Path) -> None:
    skip_without("spark")
    file = write(tmp_path / "a.csv", as_csv(rows_of(40)))
    done = _python(SCRIPT, str(file))
    assert done.stdout == "done\n", done.stderr[-3000:]


def test_what_java_says_is_in_the_sentence(tmp_path: Path) -> None:
    """Only of a Java that ends at once; this one says why, as those do that are too old."""
    skip_without("spark")
    (tmp_path / "bin").mkdir()
    java = write(tmp_path / "bin" / "java", BROKEN)
    java.chmod(0o755)
    file = write(tmp_path / "a.csv", as_csv(rows_of(4)))
    code = "import sys; sys.argv[0] = 'ce'; from ce_cli.cli.app import run; sys.exit(run())"
    done = _python(code, "score", str(file), "--engine", "spark", JAVA_HOME=str(tmp_path))
    assert done.stderr == (
        "ce: Spark could not start Java: it is broken; check the installation of Java (JAVA_HOME), "
        "or use --engine threads\n"
    )
    assert done.returncode == 4


def _python(code: str, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join(filter(None, sys.path))
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment({"PYTHONPATH": path, **variables}),
    )
