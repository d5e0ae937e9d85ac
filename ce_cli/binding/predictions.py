"""Which columns hold the predictions, and which classes they are for."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.binding.binding import Shape
from ce_cli.binding.naming.class_columns import naming_by_labels
from ce_cli.binding.naming.classes import UNKNOWN, NamedClasses
from ce_cli.binding.naming.names import namings_of
from ce_cli.binding.rows.columns import entries
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import Column, Projection, Source
from ce_cli.memory.limit import require
from ce_cli.spec import Spec
from ce_cli.text import plural, quoted, quoted_list

EPSILON = {"text": 2.0**-52, "float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10}
TOLERANCE = {"text": 1e-3, "float64": 1.5e-8, "float32": 3.5e-4, "float16": 3.2e-2}

Namings = list[tuple[str, ...]]

_NAME = 300  # bytes that the name of a class takes, with what is looked up by it


def shape_of(predictions: Sequence[Column]) -> Shape:
    """How predictions are stored."""
    if len(predictions) > 1:
        return "columns"
    kind = predictions[0].kind
    return kind if kind in ("list", "map") else "single"


def namings_for(
    source: Source, spec: Spec, predictions: Sequence[Column], seen: Sequence[str]
) -> Namings:
    """Possible names of the classes of several predictions, the most likely first.

    Raises
    ------
    UsageError
        ``--classes`` does not fit.
    DataError
        There are too few classes.
    """
    shape = shape_of(predictions)
    if shape == "map":
        return [_checked(spec.classes) or keys_of(source, predictions[0].name, seen)]
    names = [column.name for column in predictions]
    count = len(names) if shape == "columns" else width_of(source, predictions[0], spec)
    if spec.classes and len(spec.classes) != count:
        where = quoted_list(names) if shape == "columns" else f"the lists of {quoted_list(names)}"
        raise UsageError(
            f"--classes names {len(spec.classes)} classes, but there are {count} "
            f"predictions: {where}."
        )
    if spec.classes:
        return [_checked(spec.classes)]
    if shape == "columns" and all(column.named for column in predictions):
        carried = naming_by_labels(names, seen)
        return list(dict.fromkeys([*([carried] if carried else []), *namings_of(names)]))
    return [_numbered(count, seen)]


def best_naming(namings: Namings, seen: Sequence[str]) -> tuple[str, ...]:
    """The first naming that has all labels seen, or else some of them."""
    for naming in namings:
        if seen and UNKNOWN not in NamedClasses(naming).codes(seen):
            return naming
    for naming in namings:
        if seen and not (NamedClasses(naming).codes(seen) == UNKNOWN).all():
            return naming
    return namings[0]


def classes_of_single(spec: Spec) -> tuple[str, ...] | None:
    """The two classes of a single prediction, if ``--classes`` names them.

    Raises
    ------
    UsageError
        They are not two, or ``--positive`` is not one of them.
    """
    if not spec.classes:
        return None
    if len(spec.classes) != 2:
        raise UsageError(
            "one prediction column separates two classes, so --classes needs two names here, "
            "the negative class first."
        )
    if spec.positive is not None and spec.positive not in spec.classes:
        raise UsageError(f"--positive {quoted(spec.positive)} is not one of --classes.")
    first, second = _checked(spec.classes)
    return (second, first) if spec.positive == first else (first, second)


def keys_of(source: Source, name: str, seen: Sequence[str]) -> tuple[str, ...]:
    """The names in the maps of the first rows, and labels there that the maps do not name."""
    rows, _, names, values = entries(source.sample(Projection((), (), maps=(name,))).columns[name])
    codes = NamedClasses(tuple(names)).codes(seen)
    if len(names) > 1 and naming_by_labels(names, seen) is not None:
        return tuple(names)
    known = not seen or (codes != UNKNOWN).any()  # otherwise the names are not labels at all
    unlisted = [t for t, code in zip(seen, codes, strict=True) if code == UNKNOWN and known]
    if unlisted:
        from ce_cli.binding.unlisted import check_unlisted

        check_unlisted(name, names, unlisted, rows, values)
    if len(names) + len(unlisted) < 2:
        raise DataError(
            f"the maps in {quoted(name)} name {plural(len(names), 'class')} in the first rows, "
            "but at least two classes are needed; list all classes with --classes."
        )
    return (*names, *unlisted)


def _numbered(count: int, seen: Sequence[str]) -> tuple[str, ...]:
    """Names for positions in a list: from 0, unless the labels seen go from 1 to K."""
    from_one = tuple(str(place + 1) for place in range(count))
    if str(count) in seen and UNKNOWN not in NamedClasses(from_one).codes(seen):
        return from_one
    return tuple(str(place) for place in range(count))


def width_of(source: Source, column: Column, spec: Spec) -> int:
    """Length of the lists: as declared, or the most common one in the first rows."""
    width = column.width
    if width is None and spec.classes:
        width = len(spec.classes)
    if width is None:
        from ce_cli.binding.rows.ragged import are_ragged, list_lengths

        lengths = list_lengths(source, column.name)
        width = lengths.most_common(1)[0][0] if lengths else 0
        width = max(lengths) if are_ragged(lengths, column, spec) else width
    if width < 2:
        raise DataError(
            f"the lists in {quoted(column.name)} hold {plural(width, 'prediction')}, "
            "but at least two classes are needed."
        )
    require(_NAME * width, f"lists of {width:,} numbers, each with a class of its own,")
    return width


def _checked(classes: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(classes)) != len(classes):
        raise UsageError(f"--classes names a class twice: {quoted_list(classes, 20)}.")
    return classes
