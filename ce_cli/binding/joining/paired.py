"""Which columns are labels and predictions where these are in two files."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.binding.finding.evidence import FirstRows
from ce_cli.binding.finding.label_choice import LabelChoice
from ce_cli.binding.naming.label_names import no_label, numbers_for_names
from ce_cli.binding.naming.names import are_fractions, expand, is_id, no_column
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import Column, Source
from ce_cli.record import Record
from ce_cli.spec import Spec


class ColumnPairing(Record):
    """The columns that a file of labels and a file of predictions contribute.

    Attributes
    ----------
    labels : tuple of str
        Columns of the file of labels.
    predictions : tuple of str
        Columns or globs in the file of predictions; empty if they are to be found by name.
    shared : tuple of str
        Labels that have the name of a prediction.
    """

    labels: tuple[str, ...]
    predictions: tuple[str, ...]
    shared: tuple[str, ...]


def paired(source: Source, truth: Source, spec: Spec) -> ColumnPairing:
    """Find the label columns in the file of labels, and the prediction columns in the other.

    Raises
    ------
    UsageError
        ``--label`` matches no column.
    DataError
        No name shows the label, or the predictions have no names.
    """
    own = source.columns()
    names = _but_others([column.name for column in own], spec)
    labels = _labels(truth, names, spec)
    if not spec.pred and are_fractions(names):
        raise DataError(f"{source.name}: {numbers_for_names(names)}.")
    predictions = spec.pred or _predictions(own, names, labels)
    named = _named(predictions, own)
    return ColumnPairing(labels, predictions, tuple(name for name in labels if name in named))


def _labels(truth: Source, others: Sequence[str], spec: Spec) -> tuple[str, ...]:
    """Those of ``--label``, or named like labels, or the only one, or those in both files."""
    columns, file = truth.columns(), truth.name
    own = [column for column in columns if column.name != spec.id]
    if spec.label:
        for pattern in spec.label:
            if not _named((pattern,), own):
                raise UsageError(f"{file}: {no_column(pattern, [c.name for c in columns])}")
        return expand(spec.label, own, ())
    rows = FirstRows(truth, spec.missing_texts)
    choice = LabelChoice(rows, spec.other_columns)
    named = choice.by_name()
    names = [column.name for column in own]
    rest = _but_others(names, spec)
    single = next((tuple(some) for some in (names, rest) if len(some) == 1), ())
    shared = tuple(name for name in rest if name in others)
    if named is not None:
        return named.columns
    candidates = [] if single or shared else choice.candidates()
    if len(candidates) > 1:
        raise choice.ambiguous(candidates).about(file)
    found = single or shared or tuple(candidates)
    if not found:
        raise DataError(f"{file}: {no_label(columns)}")
    return found


def _predictions(
    own: Sequence[Column], names: Sequence[str], labels: Sequence[str]
) -> tuple[str, ...]:
    """The only column, or all that match labels, or all but texts if there are no names."""
    if len(names) == 1 or set(names) <= set(labels):
        return tuple(names)
    unnamed = not any(column.named for column in own)
    numbers = (column.name for column in own if column.kind != "text" and column.name in names)
    return tuple(numbers) or tuple(names) if unnamed else ()


def _named(patterns: Sequence[str], columns: Sequence[Column]) -> tuple[str, ...]:
    """The columns that match any of the `patterns`."""
    found: list[str] = []
    for pattern in patterns:
        try:
            found += expand((pattern,), columns, ())
        except UsageError:
            continue
    return tuple(found)


def _but_others(names: Sequence[str], spec: Spec) -> list[str]:
    """Names without those of ids, weights and groups, and of the index that pandas writes."""
    others = {*spec.other_columns, ""}
    return [name for name in names if name not in others and not is_id(name)]
