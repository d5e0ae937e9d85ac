"""Whether the type of a column suits its role."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ce_cli.binding.binding import Binding, BytesShape
from ce_cli.binding.naming.names import plain
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import Column
from ce_cli.text import quoted, sanitize

# Tokens are pieces of UTF-8, which need not be text.
_BINARY = ("binary", "large_binary", "binary_view")


# Names of counts of bytes and, of cells without types, of tokens that may be digits
_OF_BYTES = r"(.*_)?(bytes?|hex|n|num|count|size|len|length)(_.*)?"
_OF_TOKENS = r"((?!n_|num_|no_)[a-z0-9]+_)*(token|tok|text|word|piece)(_?str(ing)?)?"
_ARROW_NESTED = ("list<", "list_view<", "large_list", "fixed_size_list<", "struct<", "map<")


def check_labels(labels: Sequence[Column]) -> None:
    """Check that a single label is a value, a list or a map, and that shares are numbers.

    Raises
    ------
    DataError
        A column has the wrong type.
    """
    for column in labels:
        alone = len(labels) == 1
        if column.kind == "nested" or (not alone and column.kind in ("list", "map")):
            raise DataError(
                f"the column {quoted(column.name)} holds {type_of(column)}, not one value per row."
            )
        if not alone and column.kind not in ("number", "boolean") and column.stored != "text":
            raise DataError(
                f"the label column {quoted(column.name)} holds {type_of(column)}, not shares of a "
                "class; if it holds the classes, name it alone with --label."
            )


def check_predictions(predictions: Sequence[Column], labels: Sequence[str]) -> None:
    """Check that predictions are numbers.

    All predictions may also be the labels: then the cross-entropy is the entropy of a distribution.

    Raises
    ------
    UsageError
        Some of them are also labels.
    DataError
        One of them does not hold numbers.
    """
    same = {column.name for column in predictions} == set(labels)
    for column in predictions:
        if column.name in labels and not same:
            raise UsageError(f"{quoted(column.name)} cannot be both label and prediction.")
        if column.kind not in ("number", "boolean", "list", "map") and column.stored != "text":
            raise DataError(
                f"the prediction column {quoted(column.name)} holds {type_of(column)}, not "
                "numbers; name the columns that do with --pred."
            )
        if column.kind in ("list", "map") and len(predictions) > 1:
            raise DataError(
                f"{quoted(column.name)} is a {column.kind} column, which holds the predictions of "
                "all classes; name it alone with --pred."
            )


def check_are_shares(binding: Binding) -> None:
    """Check that a column that is both label and prediction holds shares, not classes.

    Raises
    ------
    UsageError
        It holds classes, which would be their own predictions.
    """
    if binding.labels.shape == "single" and binding.labels.columns == binding.predictions:
        name = quoted(binding.predictions[0])
        raise UsageError(f"{name} cannot be both label and prediction: it holds classes.")


def check_others(kinds: Mapping[str, Column], texts: Sequence[str], weight: str | None) -> None:
    """Check that ids and groups are single values, and that weights are numbers.

    Raises
    ------
    DataError
        A column has the wrong type.
    """
    for column in (kinds[name] for name in texts):
        if column.kind in ("list", "map", "nested") and not _is_one_text(column):
            raise DataError(
                f"the column {quoted(column.name)} holds {type_of(column)}, not one value per row."
            )
    if weight is not None and kinds[weight].kind != "number" and not _is_one_text(kinds[weight]):
        raise DataError(
            f"the weight column {quoted(weight)} holds {type_of(kinds[weight])}, not numbers."
        )


def _is_one_text(column: Column) -> bool:
    """Whether a cell is text, whatever it describes; lists of decimals are not, nor of texts."""
    return column.stored == "text" and not column.type.startswith(_ARROW_NESTED)


def bytes_shape(column: Column) -> BytesShape:
    """Whether a column holds byte counts, lists of bytes, or text.

    Raises
    ------
    DataError
        It holds neither of these, or what it holds is not clear.
    """
    if column.kind == "number":
        texts = column.of_texts
        if texts and re.fullmatch(_OF_BYTES, plain(column.name)):
            raise DataError(
                f"the bytes column {quoted(column.name)} holds text of digits, which may be counts "
                "or the bytes themselves; write counts as numbers, without quotes, or name the "
                "column of the text with --bytes."
            )
        named = column.stored == "text" and re.fullmatch(_OF_TOKENS, plain(column.name))
        return "text" if texts or named else "counts"
    if column.kind == "list":
        return "list"
    if column.kind == "text" or column.stored == "text" or column.type in _BINARY:
        return "text"
    raise DataError(
        f"the bytes column {quoted(column.name)} holds {type_of(column)}, neither the number of "
        "bytes, nor the bytes, nor the text of each row."
    )


def type_of(column: Column) -> str:
    """The type of a column, for messages."""
    return "text" if column.kind == "text" else sanitize(column.type)
