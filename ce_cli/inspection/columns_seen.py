"""The columns of a file: what they hold, the part that each plays, and why."""

from __future__ import annotations

from ce_cli.inputs.source import Column
from ce_cli.inspection.file_facts import FileFacts
from ce_cli.inspection.profiles import sortable
from ce_cli.results.inspect import ColumnSeen
from ce_cli.text import sanitize


def columns_seen(case: FileFacts) -> tuple[ColumnSeen, ...]:
    """In the order of the file."""
    return tuple(_seen(case, column) for column in case.columns)


def _seen(case: FileFacts, column: Column) -> ColumnSeen:
    part, of, why = _part(case, column)
    profile = case.exam.profiles.get(column.name)
    names = [one.name for one in case.columns]
    if names.count(column.name) > 1:
        profile, why = None, "there is another column of this name"
    reached = profile is not None and profile.low <= profile.high
    return ColumnSeen(
        name=column.name,
        type=column.kind if column.type == "text" else column.type,
        role=part,
        of=of,
        why=why,
        count=None if profile is None else profile.count,
        missing=None if profile is None else profile.missing,
        low=profile.low if profile is not None and reached else None,
        high=profile.high if profile is not None and reached else None,
        values=() if profile is None else tuple(sorted(profile.values, key=sortable)),
        more=profile is not None and profile.more,
    )


def _part(case: FileFacts, column: Column) -> tuple[str | None, str | None, str]:
    """Its part, the class it speaks of, and the reason."""
    binding, given, name = case.binding, case.given, column.name
    if binding is None:
        return None, None, "nothing could be bound"
    if name in binding.labels.columns:
        why = _reason(case, "--label", bool(given.labels), "its name")
        return "label", _label_class(case, name), why
    if name in binding.predictions:
        named = "its name"
        if len(binding.predictions) > 1:
            named = f"family of {len(binding.predictions)}"
        why = _reason(case, "--pred", bool(given.predictions), named)
        return "prediction", _prediction_class(case, name), why
    parts = {"weight": binding.weight, "bytes": binding.bytes, "id": binding.id}
    for part, columns in parts.items():
        if name == columns:
            return part, None, f"--{part}"
    if name in binding.by:
        return "by", None, "--by"
    return None, None, "not used"


def _reason(case: FileFacts, option: str, is_given: bool, otherwise: str) -> str:
    if is_given:
        return option
    return f"assumed: {option}" if option in case.settled.assumed else otherwise


def _label_class(case: FileFacts, name: str) -> str | None:
    binding = case.binding
    if binding is None or binding.labels.shape != "columns":
        return None
    return case.classes[binding.labels.class_codes[binding.labels.columns.index(name)]]


def _prediction_class(case: FileFacts, name: str) -> str | None:
    binding = case.binding
    if binding is None or not case.classes:
        return None
    if binding.shape == "single":
        return case.classes[1]
    if binding.shape == "columns":
        return case.classes[binding.predictions.index(name)]
    return sanitize(f"all {len(case.classes)} classes")
