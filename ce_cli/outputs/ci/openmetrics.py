"""OpenMetrics text, as Prometheus and the metrics reports of GitLab read it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from ce_cli.outputs.check_text import group_text
from ce_cli.outputs.ci.figures import figures
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.record import Record
from ce_cli.results.gate import Gate, Gated
from ce_cli.text import sanitize

_LONGEST = 200
_GATE_HELP = "1 if every check of the gate passed, otherwise 0."
_CHECK_HELP = {
    "passed": "1 if the check passed, otherwise 0.",
    "value": "Value of the metric.",
    "limit": "Limit that the check compares with.",
    "margin": "Distance to the limit; below 0 if the check failed.",
}


class _Sample(Record):
    """One number of a family; all samples of a family have the same name, unit and help."""

    name: str
    unit: str
    help: str
    labels: dict[str, str]
    value: float

    @property
    def family(self) -> str:
        return f"ce_{self.name}_{self.unit}" if self.unit else f"ce_{self.name}"


def render(result: Gated, canvas: Canvas) -> str:
    """Gauges, family by family; without times, since it is a snapshot."""
    families: dict[str, list[_Sample]] = {}
    for gate in result.gates:
        for sample in _samples(gate):
            families.setdefault(sample.family, []).append(sample)
    lines = [line for name in families for line in _family(name, families[name])]
    return "".join(f"{line}\n" for line in (*lines, "# EOF"))


def _samples(gate: Gate) -> Iterator[_Sample]:
    own = {"gate": sanitize(gate.name, _LONGEST)}
    yield _Sample("gate_passed", "", _GATE_HELP, own, gate.passed)
    for check in gate.checks:
        labels = own | {"check": sanitize(check.name, _LONGEST)}
        if check.by is not None:
            labels["group"] = group_text(check)
        for name, about in _CHECK_HELP.items():
            yield _Sample(f"gate_check_{name}", "", about, labels, getattr(check, name))
    for number in figures(gate):
        yield _Sample(number.name, number.unit, number.about, own, number.value)


def _family(name: str, samples: list[_Sample]) -> Iterator[str]:
    first = samples[0]
    yield f"# TYPE {name} gauge"
    if first.unit:
        yield f"# UNIT {name} {first.unit}"
    yield f"# HELP {name} {first.help}"
    seen: set[str] = set()
    for sample in samples:
        labels, copies = _labels(sample.labels), 1
        while labels in seen:  # two checks may be equal, or have the same name
            copies += 1
            labels = _labels(sample.labels | {"copy": str(copies)})
        seen.add(labels)
        yield f"{name}{{{labels}}} {_number(sample.value)}"


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(text: str) -> str:
    """Escaped for a label value; line feeds are already visible escapes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    if isinstance(value, int):  # or a bool
        return str(int(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(value)
