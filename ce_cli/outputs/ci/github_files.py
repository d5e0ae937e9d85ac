"""The job summary and the outputs of a step of GitHub Actions."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from ce_cli.outputs.check_text import failed
from ce_cli.outputs.ci.figures import figures
from ce_cli.outputs.ci.metrics import flat
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.outputs.files import appended
from ce_cli.outputs.markdown.gate import render
from ce_cli.results.gate import Gated

_PASSED_ON = ("cross_entropy", "regression")


def publish(result: Gated, environment: Mapping[str, str]) -> None:
    """Append the summary and the outputs to the files that the runner names, if any.

    Raises
    ------
    StorageError
        One of them cannot be written.
    """
    summary = environment.get("GITHUB_STEP_SUMMARY")
    if summary:
        appended(f"\n{render(result, Canvas())}\n", summary)
    target = environment.get("GITHUB_OUTPUT")
    if target:
        lines = (f"{name}={value}\n" for name, value in step_outputs(result).items())
        appended("".join(lines), target)


def step_outputs(result: Gated) -> dict[str, str]:
    """The outputs that later steps can read; no value has a line break.

    ``cross_entropy`` and ``regression`` are there only for a single gate; ``metrics`` is a JSON
    object with the numbers of all gates.
    """
    checks = sum(len(gate.checks) for gate in result.gates)
    outputs = {
        "passed": str(result.passed).lower(),
        "checks": str(checks),
        "failed": str(sum(len(failed(gate)) for gate in result.gates)),
    }
    if len(result.gates) == 1:
        known = {one.name: one.value for one in figures(result.gates[0])}
        for name in _PASSED_ON:
            if math.isfinite(known.get(name, math.nan)):
                outputs[name] = repr(known[name])
    outputs["metrics"] = json.dumps(flat(result), allow_nan=False)
    return outputs
