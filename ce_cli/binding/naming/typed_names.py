"""Options that name columns as the file does, where ce gives them other names."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.inputs.source import Column
from ce_cli.spec import Spec


def with_own_names(spec: Spec, columns: Sequence[Column]) -> Spec:
    """The spec with the names that `columns` have here in place of those in the file."""
    new = {one.name_in_file: one.name for one in columns if one.name_in_file is not None}
    if not new:
        return spec
    several = {
        name: tuple(new.get(one, one) for one in getattr(spec, name))
        for name in ("label", "pred", "by")
    }
    single = {
        name: new.get(getattr(spec, name), getattr(spec, name))
        for name in ("weight", "id", "bytes", "tokens", "predicted_class", "cluster")
    }
    return spec.replace(**several, **single)
