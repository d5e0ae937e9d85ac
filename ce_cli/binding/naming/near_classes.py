"""Labels that are nearly the names of the predictions: the options by which they match."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.errors import DataError, Suggestion
from ce_cli.findings.label_advice import nearest, renamed
from ce_cli.text import comma_separated, quoted, quoted_list


def nearly_classes(label: str, seen: Sequence[str], classes: Sequence[str]) -> DataError | None:
    """The error for labels that are nearly the classes of the predictions."""
    spelled = renamed(seen, classes)
    if spelled is None:
        return None
    return DataError(
        f"the labels in {quoted(label)} are {quoted_list(seen, 4)}, but the predictions are for "
        f"the classes {quoted_list(classes)}: there is no class {quoted(spelled[0])}, and "
        f"{nearest(spelled[0], classes[0])}; if they are the same, name them with --classes.",
        suggestions=[Suggestion((("--classes", comma_separated(spelled)),))],
    )
