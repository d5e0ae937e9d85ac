"""A calibration as a function of plain Python."""

from __future__ import annotations

from collections.abc import Iterator

from ce_cli.outputs.formulas.parts import LIMIT, about_classes, is_common, is_single, listed, title
from ce_cli.results.calibrate import Calibrated

_LOGIT = {
    "probabilities": "math.log(max(p, {clip!r})) - math.log(max(1.0 - p, {clip!r}))",
    "logits": "p",
    "logprobs": "({limit!r} if p >= 0.0 else p - math.log(-math.expm1(max(p, -{limit!r}))))",
}
_LOG = {"probabilities": "math.log(max(p, {clip!r}))", "logits": "p", "logprobs": "p"}


def render(result: Calibrated) -> str:
    """The source of a module with a function ``calibrated``."""
    lines = [f"# {title(result)}", f"# {about_classes(result)}", *_imports(result), "", ""]
    body = _two(result) if len(result.classes) == 2 else _several(result)
    return "\n".join([*lines, *body]) + "\n"


def _imports(result: Calibrated) -> list[str]:
    return (["import bisect"] if result.calibration.knots else []) + ["import math"]


def _two(result: Calibrated) -> Iterator[str]:
    own = result.calibration
    if own.knots:
        yield f"LOGITS = {listed(own.knots)}"
        yield f"PROBABILITIES = {listed(own.curve)}"
        yield from ("", "")
    single = is_single(result)
    yield f"def calibrated({'p' if single else 'predictions'}):"
    if single:
        yield "    if p is None or p != p:"
        yield "        return None"
        logit = _LOGIT[own.values].format(clip=own.clip, limit=LIMIT)
        yield f"    logit = {logit}"
    else:
        yield from _refusing_missing()
        log = _LOG[own.values].format(clip=own.clip)
        yield f"    first, second = ({log} for p in predictions)"
        yield f"    logit = max(second, {-LIMIT!r}) - max(first, {-LIMIT!r})"
    yield f"    logit = max({-LIMIT!r}, min(logit, {LIMIT!r}))"
    yield from _curve() if own.knots else _score(result)
    yield "    return probability" if single else "    return [1.0 - probability, probability]"


def _refusing_missing() -> Iterator[str]:
    yield "    if any(p is None or p != p for p in predictions):"
    yield "        return None"


def _curve() -> Iterator[str]:
    yield "    at = bisect.bisect_right(LOGITS, logit)"
    yield "    low, high = max(at - 1, 0), min(at, len(LOGITS) - 1)"
    yield "    probability = PROBABILITIES[low]"
    yield "    if low < high and at > 0:"
    yield "        share = (logit - LOGITS[low]) / (LOGITS[high] - LOGITS[low])"
    yield "        probability += share * (PROBABILITIES[high] - PROBABILITIES[low])"


def _score(result: Calibrated) -> Iterator[str]:
    (first, second), biases = result.calibration.slopes, result.calibration.biases
    bias = biases[1] - biases[0]
    if is_common(result):
        yield f"    score = {second!r} * logit + {bias!r}"
    else:
        yield "    tail = math.log1p(math.exp(-abs(logit)))"
        yield "    log_first = -max(logit, 0.0) - tail"
        yield "    log_second = min(logit, 0.0) - tail"
        yield f"    score = {second!r} * log_second - {first!r} * log_first + {bias!r}"
    yield "    odds = math.exp(-abs(score))"
    yield "    probability = (1.0 if score > 0 else odds) / (1.0 + odds)"


def _several(result: Calibrated) -> Iterator[str]:
    own = result.calibration
    log = _LOG[own.values].format(clip=own.clip)
    yield f"SLOPES = {listed(own.slopes)}"
    yield f"BIASES = {listed(own.biases)}"
    yield from ("", "", "def calibrated(predictions):")
    yield from _refusing_missing()
    yield f"    logs = [max({-LIMIT!r}, min({log}, {LIMIT!r})) for p in predictions]"
    if not is_common(result):
        yield "    largest = max(logs)"
        yield "    total = largest + math.log(sum(math.exp(log - largest) for log in logs))"
        yield f"    logs = [max(log - total, {-LIMIT!r}) for log in logs]"
    yield "    scores = [w * log + b for w, log, b in zip(SLOPES, logs, BIASES)]"
    yield "    largest = max(scores)"
    yield "    odds = [math.exp(score - largest) for score in scores]"
    yield "    total = sum(odds)"
    yield "    return [one / total for one in odds]"
