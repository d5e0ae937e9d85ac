"""What the values of an Arrow type are, whichever of its widths it has; and that text is text."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
