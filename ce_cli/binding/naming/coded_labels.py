"""Labels that are numbers, with the names of their classes kept by the file beside them."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.binding.naming.classes import UNKNOWN, Codes, LabelReader, NamedClasses
from ce_cli.binding.naming.names import class_named, namings_of
from ce_cli.binding.rows.columns import entries
from ce_cli.inputs.source import Column, Projection, Source
from ce_cli.record import Record
from ce_cli.spec import Spec


class CodedReader(Record):
    """Reads 0 as the first of `names`, 1 as the second, and so on.

    Attributes
    ----------
    names : tuple of str
        The names that the file gives to the numbers.
    reader : LabelReader
        Reads the names.
    """

    names: tuple[str, ...]
    reader: LabelReader

    def codes(self, texts: Sequence[str]) -> Codes:
        """The class code of each text, by its name."""
        return self.reader.codes(by_code(texts, self.names))


def by_code(texts: Sequence[str], names: Sequence[str]) -> list[str]:
    """Labels by name; those that are not numbers of `names` as they are."""
    own = {str(code): name for code, name in enumerate(names)}
    return [own.get(text, text) for text in texts]


def codes_of(labels: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The numbers of the labels that are among `names`."""
    return tuple(str(names.index(label)) for label in labels if label in names)


def unknown_codes(seen: Sequence[str]) -> tuple[str, ...]:
    """The negative numbers, by which data sets mark a label that is not known."""
    return tuple(text for text in {"-1", *seen} if text.startswith("-") and text[1:].isdigit())


def named_classes(
    source: Source, spec: Spec, label: Column, predictions: Sequence[Column], seen: Sequence[str]
) -> Spec | None:
    """The spec by which labels are read by their names; None if the predictions do not need it.

    Parameters
    ----------
    source, spec : Source, Spec
        The file and the options.
    label : Column
        The label, whose numbers the file names.
    predictions : sequence of Column
        The columns of predictions.
    seen : sequence of str
        The labels of the first rows.
    """
    names, known = label.classes, {str(code) for code in range(len(label.classes))}
    if not names or not {*seen, *unknown_codes(seen)} <= {*known, *unknown_codes(seen)}:
        return None
    chosen = (*spec.classes, *([spec.positive] if spec.positive is not None else []))
    if chosen:
        return spec if UNKNOWN not in NamedClasses(names).codes(chosen) else None
    namings = _namings(source, predictions)
    if namings is not None:
        return spec if _are_named(namings, names) else None
    if len(predictions) > 1 or predictions[0].kind == "list":
        return spec.replace(classes=names)
    return _of_two(spec, names, predictions[0].name) if len(names) == 2 else None


def _of_two(spec: Spec, names: tuple[str, ...], prediction: str) -> Spec:
    """For a single prediction, of the second class unless its name is that of the first."""
    code = class_named(prediction, ("0", "1"))
    positive = class_named(prediction, names) or names[1] if code is None else names[int(code)]
    return spec.replace(classes=(names[1 - names.index(positive)], positive))


def _namings(source: Source, predictions: Sequence[Column]) -> list[tuple[str, ...]] | None:
    """Possible names of classes in the names of columns or of a map; None without names."""
    if len(predictions) > 1 and all(column.named for column in predictions):
        return namings_of([one.name for one in predictions])
    if predictions[0].kind != "map":
        return None
    frame = source.sample(Projection((), (), maps=(predictions[0].name,)))
    return [tuple(entries(frame.columns[predictions[0].name])[2])]


def _are_named(namings: Sequence[tuple[str, ...]], names: Sequence[str]) -> bool:
    """Whether predictions have the names of the classes, and not their numbers."""
    numbers = [str(code) for code in range(len(names))]
    readers = [NamedClasses(naming) for naming in namings]
    by_number = any(UNKNOWN not in reader.codes(numbers) for reader in readers)
    return not by_number and any((reader.codes(names) != UNKNOWN).any() for reader in readers)
