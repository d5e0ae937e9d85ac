"""A gate as CI runs it: a shell script that goes by exit codes alone."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.conftest import COMMAND, SAMPLES, environment

SCRIPT = r"""
set -eu
ce() { CE "$@"; }
code() { rc=0; "$@" >out.txt 2>err.txt || rc=$?; echo "$rc"; }

# a baseline from the main branch, and a gate that is written down
ce score "$SAMPLES/breast_cancer.csv" --json --output main.json
ce gate "$SAMPLES/breast_cancer.csv" --init --quiet
test -s ce.toml

echo "configured $(code ce gate --report junit=ce.xml --report openmetrics=ce.txt)"
echo "limit $(code ce gate "$SAMPLES/breast_cancer.csv" --max 0.05)"
echo "allowed $(code ce gate "$SAMPLES/breast_cancer.csv" --max 0.05 --exit-zero)"
echo "worse $(code ce gate "$SAMPLES/breast_cancer_forest.csv" --baseline main.json \
    --max-regression 1%)"
echo "paired $(code ce gate "$SAMPLES/breast_cancer_forest.csv" \
    --baseline "$SAMPLES/breast_cancer.csv" --max-regression 1% --mode confident)"
echo "better $(code ce gate "$SAMPLES/breast_cancer.csv" \
    --baseline "$SAMPLES/breast_cancer_forest.csv" --max-regression 0 --mode proven)"
echo "usage $(code ce gate "$SAMPLES/breast_cancer.csv" --require 'acuracy >= 1')"
printf 'label,prob\n1,2\n' >bad.csv
echo "data $(code ce gate bad.csv --max 1)"
echo "storage $(code ce gate gone.csv --max 1)"
ce gate "$SAMPLES/breast_cancer.csv" --max 0.05 >/dev/null && echo deployed || echo held
ce gate "$SAMPLES/breast_cancer.csv" --max 0.1 --json | head -1
"""


def test_a_script_goes_by_exit_codes(tmp_path: Path) -> None:
    script = tmp_path / "ci.sh"
    command = " ".join(map(shlex.quote, COMMAND))
    script.write_text(SCRIPT.replace('CE "$@"', f'{command} "$@"'))
    variables = environment({"SAMPLES": str(SAMPLES)})
    done = subprocess.run(
        ["sh", script], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    *stated, outcome, first_line = done.stdout.splitlines()
    assert dict(line.split() for line in stated) == {
        **{"configured": "0", "limit": "1", "allowed": "0", "worse": "1", "paired": "1"},
        **{"better": "0", "usage": "2", "data": "3", "storage": "4"},
    }
    assert (outcome, first_line) == ("held", "{")
    suites = ET.parse(tmp_path / "ce.xml").getroot()
    assert (suites.get("failures"), int(suites.get("tests", "0")) > 1) == ("0", True)
    assert (tmp_path / "ce.txt").read_text().endswith("# EOF\n")
    assert json.loads((tmp_path / "main.json").read_text())["schema"] == "ce.score/1"
