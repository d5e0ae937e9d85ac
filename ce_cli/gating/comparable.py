"""Whether two scores may be compared: the same rows, and all else that changes the number alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ce_cli.errors import DataError
from ce_cli.gating.documents import BaselineScore
from ce_cli.results.score import Note, Result
from ce_cli.text import plural, quoted_list, sanitize

_OPTIONS = {
    "task": "--task",
    "values": "--as",
    "clip": "--clip",
    "convention": "--convention",
    "weight": "--weight",
    "smoothing": "--label-smoothing",
    "missing": "--missing",
    "sum": "--on-bad-sum",
}
_ONLY_OF_VALUES = ("values", "clip", "sum")  # what may differ where the predictions are other ones
_ABSENT = {"convention": "none", "class_weight": "none", "ignore": "none", "labels": "as they are"}


def check_comparable(baseline: BaselineScore, result: Result) -> tuple[Note, ...]:
    """Refuse what cannot be compared, and tell what can but differs.

    Raises
    ------
    DataError
        One sentence for each difference.
    """
    theirs, ours = _parts(baseline.signature), _parts(result.signature)
    differing = [key for key in {**theirs, **ours} if _of(theirs, key) != _of(ours, key)]
    if "convention" in differing:  # which says what probabilities are clipped to
        differing = [key for key in differing if key != "clip"]
    allowed = _ONLY_OF_VALUES if "values" in differing else ()
    told = [_sentence(key, _of(theirs, key), _of(ours, key)) for key in differing]
    kinds = list(zip(differing, told, strict=True))
    wrong = [sentence for key, sentence in kinds if key not in allowed]
    wrong += _other_rows(baseline, result)
    if "task" not in differing:
        wrong += _other_task(baseline, result, differing)
    if wrong:
        raise DataError(*(f"{baseline.name}: {sentence}" for sentence in wrong))
    return tuple(
        Note(f"other_{key}", f"{baseline.name}: {sentence}")
        for key, sentence in kinds
        if key in allowed
    )


def _parts(signature: str) -> dict[str, str]:
    """The parts of a signature by name, but for the version, and what the loss is divided by."""
    pairs = (part.partition(":") for part in signature.split("|"))
    return {key: value for key, _, value in pairs if key not in ("ce", "bytes")}


def _of(parts: dict[str, str], key: str) -> str:
    return parts.get(key, _ABSENT.get(key, "not given"))


def _sentence(key: str, theirs: str, ours: str) -> str:
    if key == "base":
        units = {"e": "nats", "2": "bits", "10": "bans"}
        here = units.get(ours, ours)
        there = units.get(theirs, sanitize(theirs))
        way = f"say --base {sanitize(theirs)}"
        return f"unit: the baseline is in {there}, this is in {here}: {way}."
    way = f": say {_OPTIONS[key]} {sanitize(theirs)}" if key in _OPTIONS else ""
    if key in ("weight", "convention") and theirs == "none":
        way = f": leave {_OPTIONS[key]} out"
    if key == "values":
        way = ""
    name = key.replace("_", " ")
    return f"{name}: the baseline has {sanitize(theirs)}, this has {sanitize(ours)}{way}."


def _other_rows(baseline: BaselineScore, result: Result) -> Iterator[str]:
    theirs, ours = baseline.whole.rows, result.rows["scored"]
    if theirs != ours:
        yield (
            f"rows: the baseline was scored on {plural(theirs, 'row')}, this on "
            f"{plural(ours, 'row')}: they have to be the same ones."
        )
    elif baseline.whole.weight_sum != result.weight_sum:
        yield (
            f"weights: those of the baseline sum to {baseline.whole.weight_sum!r}, these to "
            f"{result.weight_sum!r}: it was scored on other rows."
        )


def _other_task(baseline: BaselineScore, result: Result, differing: Sequence[str]) -> Iterator[str]:
    if baseline.task != result.task:
        yield f"task: the baseline is {sanitize(baseline.task)}, this is {result.task}."
    elif baseline.unit != result.unit and "base" not in differing:
        yield f"unit: the baseline is in {sanitize(baseline.unit)}, this is in {result.unit}."
    elif sorted(baseline.classes) != sorted(result.classes):
        yield (
            f"classes: the baseline has {quoted_list(baseline.classes)}, this has "
            f"{quoted_list(result.classes)}."
        )
