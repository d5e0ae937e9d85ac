"""What the values of an Arrow type are, whichever of its widths it has; and that text is text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ce_cli.inputs.rephrased import LongTextError
from ce_cli.inputs.source import LONGEST_RECORD
from ce_cli.text import quoted

if TYPE_CHECKING:
    import pyarrow as pa


def is_list(type_: pa.DataType) -> bool:
    """Whether values are lists, of one length or of any."""
    from pyarrow import types

    of_any_length = types.is_list(type_) or types.is_large_list(type_)
    return bool(of_any_length or types.is_fixed_size_list(type_))


def is_text(type_: pa.DataType) -> bool:
    """Whether values are text, perhaps in a dictionary."""
    from pyarrow import types

    if types.is_dictionary(type_):
        return is_text(type_.value_type)
    return bool(types.is_string(type_) or types.is_large_string(type_))


def is_text_list(type_: pa.DataType) -> bool:
    """Whether values are lists of text."""
    return is_list(type_) and is_text(type_.value_type)


def is_nested(type_: pa.DataType) -> bool:
    """Whether values are lists, maps or structs."""
    from pyarrow import types

    return bool(types.is_nested(type_))


def checked(column: pa.Array) -> pa.Array:
    """The column; its text is valid UTF-8, which not every reader checks.

    Raises
    ------
    pyarrow.ArrowInvalid
        It is not.
    """
    if is_text(column.type) or is_nested(column.type):
        column.validate(full=True)
    return column


def check_lengths(name: str, column: pa.Array) -> None:
    """Check that no text of a column is longer than a record of a text file may be.

    Raises
    ------
    LongTextError
        One is, and to compare it with others would take too long.
    """
    if column.nbytes <= LONGEST_RECORD:
        return
    from pyarrow import compute

    texts = column.dictionary if hasattr(column, "dictionary") else column
    longest = compute.max(compute.binary_length(texts)).as_py() or 0
    if longest > LONGEST_RECORD:
        raise LongTextError(
            f"column {quoted(name)} has a text of {longest >> 20:,} MB; leave the column out, or "
            f"cut its texts to {LONGEST_RECORD >> 20} MB."
        )
