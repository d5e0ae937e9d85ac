"""A calibration as a function of numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.outputs.formulas.parts import LIMIT, about_classes, is_common, is_single, listed, title
from ce_cli.results.calibrate import Calibrated

_LOG = {
    "probabilities": "np.log(np.maximum({name}, {clip!r}))",
    "logits": "{name}",
    "logprobs": "{name}",
}


def render(result: Calibrated) -> str:
    """The source of a module with a function ``calibrated``."""
    shape = "(n,)" if is_single(result) else f"(n, {len(result.classes)})"
    head = [f"# {title(result)}", f"# {about_classes(result)}", f"# Arrays have shape {shape}."]
    body = _two(result) if len(result.classes) == 2 else _several(result)
    return "\n".join([*head, "import numpy as np", "", "", *body]) + "\n"


def _two(result: Calibrated) -> Iterator[str]:
    own = result.calibration
    if own.knots:
        yield f"LOGITS = {listed(own.knots)}"
        yield f"PROBABILITIES = {listed(own.curve)}"
        yield from ("", "")
    yield "def calibrated(predictions):"
    yield "    p = np.asarray(predictions, np.float64)"
    yield '    with np.errstate(divide="ignore", invalid="ignore"):'
    yield f"        logit = {_logit(result)}"
    yield f"    logit = np.clip(logit, {-LIMIT!r}, {LIMIT!r})"
    if own.knots:
        yield "    probability = np.interp(logit, LOGITS, PROBABILITIES)"
    else:
        yield from _score(result)
    single = is_single(result)
    yield (
        "    return probability"
        if single
        else "    return np.stack([1.0 - probability, probability], axis=1)"
    )


def _logit(result: Calibrated) -> str:
    own = result.calibration
    log = _LOG[own.values]
    if not is_single(result):
        first, second = (log.format(name=f"p[:, {at}]", clip=own.clip) for at in (0, 1))
        return f"np.maximum({second}, {-LIMIT!r}) - np.maximum({first}, {-LIMIT!r})"
    if own.values == "probabilities":
        first = log.format(name="1.0 - p", clip=own.clip)
        return f"{log.format(name='p', clip=own.clip)} - {first}"
    return "p" if own.values == "logits" else "p - np.log(-np.expm1(p))"


def _score(result: Calibrated) -> Iterator[str]:
    (first, second), biases = result.calibration.slopes, result.calibration.biases
    bias = biases[1] - biases[0]
    if is_common(result):
        yield f"    score = {second!r} * logit + {bias!r}"
    else:
        yield "    log_first, log_second = -np.logaddexp(0.0, logit), -np.logaddexp(0.0, -logit)"
        yield f"    score = {second!r} * log_second - {first!r} * log_first + {bias!r}"
    yield "    probability = np.exp(-np.logaddexp(0.0, -score))"


def _several(result: Calibrated) -> Iterator[str]:
    own = result.calibration
    yield f"SLOPES = np.array({listed(own.slopes)})"
    yield f"BIASES = np.array({listed(own.biases)})"
    yield from ("", "", "def calibrated(predictions):")
    yield "    p = np.asarray(predictions, np.float64)"
    yield '    with np.errstate(divide="ignore"):'
    yield f"        logs = {_LOG[own.values].format(name='p', clip=own.clip)}"
    yield f"    logs = np.clip(logs, {-LIMIT!r}, {LIMIT!r})"
    if not is_common(result):
        yield "    logs = logs - logs.max(axis=1, keepdims=True)"
        yield "    logs = logs - np.log(np.exp(logs).sum(axis=1, keepdims=True))"
        yield f"    logs = np.maximum(logs, {-LIMIT!r})"
    yield "    scores = SLOPES * logs + BIASES"
    yield "    odds = np.exp(scores - scores.max(axis=1, keepdims=True))"
    yield "    return odds / odds.sum(axis=1, keepdims=True)"
