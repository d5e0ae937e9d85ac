"""Single predictions that may be the probability of a class that another column names."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.binding.binding import Binding
from ce_cli.binding.finding.evidence import FirstRows
from ce_cli.binding.naming.classes import UNKNOWN, NamedClasses
from ce_cli.binding.naming.names import is_aside
from ce_cli.binding.rows.predicted_class import class_codes
from ce_cli.errors import Suggestion

_PLAIN = ("number", "boolean", "text")
_MOST = 100  # columns that are looked at


def top_class_beside(rows: FirstRows, bound: Binding, seen: Sequence[str]) -> str | None:
    """The only column without a role whose values are classes of the labels `seen`.

    None if the prediction cannot be that of the likeliest class: one of two classes has at least
    1/2, and one of several at least its share.
    """
    used = {*bound.projection.names, *rows.repeated}
    if not _may_be_largest(rows, bound.predictions[0], seen):
        return None
    free = [c for c in rows.columns if c.name not in used and not c.from_labels]
    names = [c.name for c in free[:_MOST] if c.kind in _PLAIN and not is_aside(c.name)]
    found = [name for name in names if _are_among(rows.classes(name), seen)]
    return found[0] if len(found) == 1 else None


def label_beside_top_class(
    rows: FirstRows, labels: Sequence[str], predictions: Sequence[str]
) -> Suggestion | None:
    """The options for two columns named like a label of which one is the predicted class.

    Parameters
    ----------
    rows : FirstRows
        The first rows.
    labels : sequence of str
        The columns that may hold the label. The one named ``label`` beside a clearer name is the
        predicted class, as pipelines of Hugging Face write it.
    predictions : sequence of str
        The columns that may hold the only prediction.
    """
    own = [name for name in labels if name.lower() == "label"]
    others = [name for name in labels if name not in own]
    if len(own) != 1 or len(others) != 1 or len(predictions) != 1:
        return None
    seen = rows.classes(others[0])
    if not _are_among(rows.classes(own[0]), seen) or len(set(seen)) != 2:
        return None
    if not _may_be_largest(rows, predictions[0], seen):
        return None
    return Suggestion((("--label", others[0]), ("--predicted-class", own[0])))


def _may_be_largest(rows: FirstRows, name: str, seen: Sequence[str]) -> bool:
    (numbers,) = rows.numbers([name])
    if numbers.bad or not numbers.in_unit or not len(numbers.values):
        return False
    return float(numbers.values.min()) >= 1.0 / max(len(set(seen)), 2) - 1e-9


def _are_among(values: Sequence[str], seen: Sequence[str]) -> bool:
    """Whether these are classes of the labels, two of them at least."""
    if not 2 <= len(values) <= len(seen) + 2:
        return False
    codes = class_codes(NamedClasses(tuple(seen)), values)
    return UNKNOWN not in codes and len(set(codes.tolist())) > 1
