"""The columns of a file: the content and the role of each, and the reason for the role."""

from __future__ import annotations

from ce_cli.inputs.source import Column
from ce_cli.inspection.file_facts import FileFacts
from ce_cli.inspection.profiles import sortable
from ce_cli.results.inspect import ColumnSeen
from ce_cli.text import sanitize

_REASONS: dict[str, str] = {
    "option": "an option",
    "name": "its name",
    "labels": "named like a label",
    "values": "its values",
}


def columns_seen(facts: FileFacts) -> tuple[ColumnSeen, ...]:
    """In the order of the file."""
    return tuple(_seen(facts, column) for column in facts.columns)


def _seen(facts: FileFacts, column: Column) -> ColumnSeen:
    role, of, why = _role(facts, column)
    profile = facts.exam.profiles.get(column.name)
    if column.name in facts.repeated:
        profile, why = None, "another column has the same name"
    has_range = profile is not None and profile.low <= profile.high
    return ColumnSeen(
        name=column.name,
        type=column.kind if column.type == "text" else column.type,
        role=role,
        of=of,
        why=why,
        count=None if profile is None else profile.count,
        missing=None if profile is None else profile.missing,
        low=profile.low if profile is not None and has_range else None,
        high=profile.high if profile is not None and has_range else None,
        values=() if profile is None else tuple(sorted(profile.values, key=sortable)),
        more=profile is not None and profile.more,
    )


def _role(facts: FileFacts, column: Column) -> tuple[str | None, str | None, str]:
    """Its role, the class it belongs to, and the reason."""
    binding, requested, name = facts.binding, facts.requested, column.name
    if binding is None:
        return _partial_role(facts, name)
    found_by = dict(binding.found_by)
    if name in binding.labels.columns:
        why = _reason(facts, "--label", bool(requested.label), _REASONS[found_by["label"]])
        return "label", _label_class(facts, name), why
    if name in facts.prediction_places:
        reason = _REASONS[found_by["predictions"]]
        if len(binding.predictions) > 1 and reason == "its name":
            reason = f"family of {len(binding.predictions)}"
        why = _reason(facts, "--pred", bool(requested.pred), reason)
        return "prediction", _prediction_class(facts, name), why
    roles = {
        "weight": binding.weight,
        "bytes": binding.bytes,
        "tokens": binding.tokens,
        "predicted-class": binding.predicted_class,
        "id": binding.id,
    }
    for role, used in roles.items():
        if name == used:
            return role.replace("-", " "), None, f"--{role}"
    if name in binding.by:
        return "by", None, "--by"
    return None, None, facts.settled.why_unused(name)


def _partial_role(facts: FileFacts, name: str) -> tuple[str | None, str | None, str]:
    """The role as far as it was found, where binding failed."""
    roles = facts.settled.roles
    for role, chosen in () if roles is None else roles.chosen:
        if name in chosen.columns:
            return role.removesuffix("s"), None, _REASONS[chosen.reason]
    return None, None, facts.settled.why_unused(name)


def _reason(facts: FileFacts, option: str, is_set: bool, otherwise: str) -> str:
    if is_set:
        return option
    return f"assumed: {option}" if option in facts.settled.assumed else otherwise


def _label_class(facts: FileFacts, name: str) -> str | None:
    binding = facts.binding
    if binding is None or binding.labels.shape != "columns":
        return None
    return facts.classes[binding.labels.class_codes[binding.labels.columns.index(name)]]


def _prediction_class(facts: FileFacts, name: str) -> str | None:
    binding = facts.binding
    if binding is None or not facts.classes:
        return None
    if binding.shape == "single":
        return facts.classes[1]
    if binding.shape == "columns":
        return facts.classes[facts.prediction_places[name]]
    return sanitize(f"all {len(facts.classes)} classes")
