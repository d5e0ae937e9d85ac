"""Check that two scores are comparable: the same rows, scored with the same settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ce_cli.binding.precision import precision_of_clip
from ce_cli.errors import DataError
from ce_cli.gating.documents import BaselineScore
from ce_cli.options.commands import GateOptions
from ce_cli.options.option import flag, options_of
from ce_cli.results.score import Note, Result
from ce_cli.spec import UNITS
from ce_cli.text import plural, quoted_list, sanitize

_NO_ADVICE = ("class_weight", "ignore", "labels")  # their values are not as they are typed
_OPTIONS = {
    option.signature: flag(name)
    for name, option in options_of(GateOptions).items()
    if option.signature and option.signature not in _NO_ADVICE
}
_FOLLOW_VALUES = ("values", "clip", "sum")  # may differ if predictions are of another kind
_ABSENT = {
    **dict.fromkeys(("convention", "class_weight", "ignore", "calibration"), "none"),
    "labels": "as they are",
}


def check_comparable(baseline: BaselineScore, result: Result) -> tuple[Note, ...]:
    """Reject scores that cannot be compared, and note differences that are allowed.

    Raises
    ------
    DataError
        One sentence for each difference.
    """
    theirs, ours = _parts(baseline.signature), _parts(result.signature)
    differing = [key for key in {**theirs, **ours} if _of(theirs, key) != _of(ours, key)]
    if {"convention", "calibration"} & set(differing):  # they set the clip
        differing = [key for key in differing if key != "clip"]
    allowed = _FOLLOW_VALUES if "values" in differing else ()
    sentences = [(key, _sentence(key, _of(theirs, key), _of(ours, key))) for key in differing]
    errors = [sentence for key, sentence in sentences if key not in allowed]
    errors += _other_rows(baseline, result)
    if "task" not in differing:
        errors += _other_task(baseline, result, differing)
    if errors:
        raise DataError(*(f"{baseline.name}: {sentence}" for sentence in errors))
    return tuple(
        Note(f"other_{key}", f"{baseline.name}: {sentence}")
        for key, sentence in sentences
        if key in allowed
    )


def _parts(signature: str) -> dict[str, str]:
    """The parts of a signature by name, except for the version and the divisor of the loss."""
    pairs = (part.partition(":") for part in signature.split("|"))
    return {key: value for key, _, value in pairs if key not in ("ce", "bytes")}


def _of(parts: dict[str, str], key: str) -> str:
    return parts.get(key, _ABSENT.get(key, "not set"))


def _sentence(key: str, theirs: str, ours: str) -> str:
    if key == "base":
        here, there = UNITS.get(ours, ours), UNITS.get(theirs, sanitize(theirs))
        return (
            f"unit: the baseline is in {there}, and this score is in {here}: use --base "
            f"{sanitize(theirs)}."
        )
    fix = f": use {_OPTIONS[key]} {sanitize(theirs)}" if key in _OPTIONS else ""
    if key == "calibration":
        fix = f": use {_OPTIONS[key]} with that one"
    if key in ("weight", "convention", "calibration") and theirs == "none":
        fix = f": omit {_OPTIONS[key]}"
    if key == "values":
        fix = ""
    if key == "clip" and theirs.startswith("0="):  # as it is by default without labels
        fix = f": use {_OPTIONS[key]} auto"
    if key == "clip" and (precisions := [precision_of_clip(one) for one in (theirs, ours)]):
        stored = [f" ({one})" if one and all(precisions) else "" for one in precisions]
        return (
            f"clip: the baseline has {sanitize(theirs)}{stored[0]}, this score has "
            f"{sanitize(ours)}{stored[1]}{fix}."
        )
    name = key.replace("_", " ")
    return f"{name}: the baseline has {sanitize(theirs)}, this score has {sanitize(ours)}{fix}."


def _other_rows(baseline: BaselineScore, result: Result) -> Iterator[str]:
    theirs, ours = baseline.whole.rows, result.rows["scored"]
    if theirs != ours:
        yield (
            f"rows: the baseline has {plural(theirs, 'row')}, and this score has "
            f"{plural(ours, 'row')}; both must be scored on the same rows."
        )
    elif baseline.whole.weight_sum != result.weight_sum:
        yield (
            f"weights: the baseline's sum to {baseline.whole.weight_sum!r}, these to "
            f"{result.weight_sum!r}, so it was scored on other rows."
        )


def _other_task(baseline: BaselineScore, result: Result, differing: Sequence[str]) -> Iterator[str]:
    if baseline.task != result.task:
        yield f"task: the baseline is {sanitize(baseline.task)}, this score is {result.task}."
    elif baseline.unit != result.unit and "base" not in differing:
        yield f"unit: the baseline is in {sanitize(baseline.unit)}, this score is in {result.unit}."
    elif sorted(baseline.classes) != sorted(result.classes):
        yield (
            f"classes: the baseline has {quoted_list(baseline.classes)}, this score has "
            f"{quoted_list(result.classes)}."
        )
