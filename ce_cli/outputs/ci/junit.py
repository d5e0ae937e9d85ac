"""JUnit XML: a suite for each gate, a test case for each check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ce_cli import __version__
from ce_cli.outputs.check_text import failed, failure_text, title_text, verdict_text, warnings
from ce_cli.outputs.distinct import distinct
from ce_cli.outputs.drawing.canvas import Canvas
from ce_cli.results.gate import Check, Gate, Gated
from ce_cli.text import sanitize

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LONGEST = 1000
_LONGEST_NAME = 200  # like that of a check


def render(result: Gated, canvas: Canvas) -> str:
    """One document, as Jenkins, GitLab and others read it.

    It has no times, since none are measured. A gate without checks, which does not pass, has one
    failed test case.
    """
    from xml.etree import ElementTree

    root = ElementTree.Element("testsuites", name="ce gate")
    suites = [_suite(gate) for gate in result.gates]
    root.extend(suites)
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.attrib[count]) for suite in suites)))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suite(gate: Gate) -> Element:
    from xml.etree.ElementTree import Element, SubElement

    name = sanitize(gate.name, _LONGEST_NAME)
    suite = Element("testsuite", name=name)
    properties = SubElement(suite, "properties")
    for key, value in _properties(gate).items():
        SubElement(properties, "property", name=key, value=sanitize(value, _LONGEST))
    titles = distinct(map(title_text, gate.checks), "{} ({})")
    for title, check in zip(titles, gate.checks, strict=True):
        case = SubElement(suite, "testcase", classname=f"ce.{name}", name=title)
        if not check.passed:
            case.append(_failure(check))
    if not gate.checks:
        case = SubElement(suite, "testcase", classname=f"ce.{name}", name="has checks")
        SubElement(case, "failure", type="empty", message=verdict_text(gate))
    messages = [sanitize(note.message, _LONGEST) for note in warnings(gate)]
    if messages:
        SubElement(suite, "system-out").text = "\n".join(messages)
    suite.set("tests", str(len(gate.checks) or 1))
    suite.set("failures", str(len(failed(gate)) if gate.checks else 1))
    suite.set("errors", "0")
    suite.set("skipped", "0")
    return suite


def _properties(gate: Gate) -> dict[str, str]:
    """The version and the options that the figures depend on."""
    known = {"version": __version__, "signature": gate.score.signature}
    if gate.baseline is not None:
        known |= {"baseline": gate.baseline, "paired": str(gate.paired).lower(), "mode": gate.mode}
    return known


def _failure(check: Check) -> Element:
    """A sentence as the message, and all digits of the numbers as the text."""
    from xml.etree.ElementTree import Element

    kind = "regression" if check.metric == "regression" else "limit"
    failure = Element("failure", type=kind, message=failure_text(check))
    lines = [sanitize(check.reason, _LONGEST)] if check.reason else []
    lines += [
        f"{name} {number!r}"
        for name, number in (
            ("value", check.value),
            ("compared", check.compared),
            ("limit", check.limit),
            ("margin", check.margin),
        )
    ]
    if check.interval is not None:
        level, method = check.interval.confidence, sanitize(check.interval.method)
        lines.append(
            f"interval {check.interval.low!r} … {check.interval.high!r} ({level}, {method})"
        )
    failure.text = "\n".join(lines)
    return failure
