"""Odd Arrow tables: the columns of a sheet in other types, and columns of every type."""

from __future__ import annotations

import contextlib
import datetime
import decimal
import itertools
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.compute

from tests.fuzz.case import Dice
from tests.fuzz.sheets import NAMES, NUMBERS, TEXTS, Sheet

PLAIN = (
    *(pa.float16(), pa.float32(), pa.float64(), pa.int8(), pa.uint8(), pa.int64(), pa.uint64()),
    *(pa.bool_(), pa.decimal128(20, 3), pa.decimal256(60, 30), pa.string(), pa.large_string()),
    *(pa.string_view(), pa.binary(), pa.large_binary(), pa.binary_view(), pa.binary(3), pa.null()),
    *(pa.date32(), pa.date64(), pa.timestamp("ns"), pa.timestamp("us", "Europe/Berlin")),
    *(pa.time32("s"), pa.time64("ns"), pa.duration("ms"), pa.month_day_nano_interval()),
)
_REFUSED = (pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError)
_HALF = datetime.datetime(2024, 2, 29, 12, 30)
_VALUES: dict[str, tuple[Any, ...]] = {  # by a part of the name of a type; the first that fits
    "interval": ((0, 0, 0), (1, 15, 30)),
    "int": (0, 1, 2, 100),
    "bool": (True, False),
    "float": tuple(float(one) for one in NUMBERS if one is not None),
    "double": tuple(float(one) for one in NUMBERS if one is not None),
    "decimal": (decimal.Decimal("0.5"), decimal.Decimal("-1.250"), decimal.Decimal(0)),
    "binary": (b"", b"a", b"\xff\xfe", b"0.5", b"1"),
    "string": tuple(text.encode("utf-8", "replace").decode() for text in TEXTS),
    "date": (datetime.date(2024, 2, 29), datetime.date(1, 1, 1), datetime.date(9999, 12, 31)),
    "timestamp": (_HALF, datetime.datetime(1970, 1, 1)),
    "time": (datetime.time(0, 0), datetime.time(23, 59, 59)),
    "duration": (datetime.timedelta(0), datetime.timedelta(days=-1)),
}


def table(dice: Dice, columns: Sheet) -> pa.Table:
    """A table of the columns, some of them in other types, and sometimes of odd ones beside."""
    arrays: list[pa.Array] = []
    names: list[str] = []
    for name, values in columns.items():
        array = _array(values)
        if dice.sometimes(0.25):
            array = _retyped(dice, array)
        arrays.append(array)
        names.append(_encodable(name))
    rows = len(arrays[0]) if arrays else 3
    for _ in range(dice.choice((0, 0, 0, 1, 2))):
        arrays.append(odd_array(dice, odd_type(dice), rows))
        names.append(_encodable(dice.choice((*NAMES, *names))))
    found = pa.table(arrays, names=names)
    if dice.sometimes(0.1):
        found = found.replace_schema_metadata(
            {dice.choice(TEXTS): dice.choice(TEXTS), "pandas": "{"}
        )
    return found


def odd_type(dice: Dice, depth: int = 0) -> pa.DataType:
    """Any type, nested up to three levels."""
    if depth > 2 or dice.sometimes(0.5):
        return dice.choice(PLAIN)
    inner = odd_type(dice, depth + 1)
    text = dice.choice((pa.string(), pa.large_string(), pa.int64()))
    return dice.choice(
        (
            *(
                pa.list_(inner),
                pa.large_list(inner),
                pa.list_view(inner),
                pa.large_list_view(inner),
            ),
            *(pa.list_(inner, 2), pa.map_(text, inner)),
            *(pa.struct([("a", inner), ("b", pa.float64())]), pa.struct([])),
            pa.dictionary(pa.int8(), dice.choice((pa.string(), pa.float64(), pa.binary()))),
        )
    )


def odd_array(dice: Dice, kind: pa.DataType, rows: int) -> pa.Array:
    """Values of a type, with a few missing ones; of no type where Arrow cannot make them."""
    with contextlib.suppress(*_REFUSED):
        values = [_value(dice, kind) for _ in range(rows)]
        array = pa.array(values, kind)
        return dice.choice((array, array, array, _wrapped(dice, array)))
    return pa.nulls(rows)


def _array(values: list[Any]) -> pa.Array:
    """As Arrow infers it, or else as text."""
    with contextlib.suppress(*_REFUSED):
        return pa.array(values)
    return pa.array([None if value is None else _encodable(str(value)) for value in values])


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _retyped(dice: Dice, array: pa.Array) -> pa.Array:
    """The same values in another type, if Arrow can."""
    kinds: tuple[Any, ...] = PLAIN
    if pa.types.is_list(array.type):
        inner = dice.choice((array.type.value_type, *PLAIN[:7]))
        sizes = {len(one) for one in array.to_pylist() if one is not None}
        fixed = (pa.list_(inner, sizes.pop()),) if len(sizes) == 1 else ()
        kinds = (pa.large_list(inner), pa.list_view(inner), pa.large_list_view(inner), *fixed)
    elif pa.types.is_struct(array.type):
        kinds = (pa.map_(pa.string(), pa.float64()), pa.map_(pa.string(), pa.string()))
    with contextlib.suppress(*_REFUSED):
        return array.cast(dice.choice(kinds), safe=False)
    with contextlib.suppress(*_REFUSED):
        return pa.array(array.to_pylist(), dice.choice(kinds))
    with contextlib.suppress(*_REFUSED):
        return _wrapped(dice, array)
    return array


def _wrapped(dice: Dice, array: pa.Array) -> pa.Array:
    """The same values encoded by dictionaries or runs, in a union, or as an extension type."""
    wrap: Callable[[], pa.Array] = dice.choice(
        (
            array.dictionary_encode,
            lambda: pa.compute.run_end_encode(array),
            lambda: pa.UnionArray.from_sparse(pa.array([0] * len(array), pa.int8()), [array]),
            lambda: pa.ExtensionArray.from_storage(pa.opaque(array.type, "kind", "vendor"), array),
            lambda: pa.StructArray.from_arrays([array], names=["a"]),
            lambda: array.cast(pa.string()).cast(pa.binary()),
        )
    )
    return wrap()


def _value(dice: Dice, kind: pa.DataType) -> Any:
    if dice.sometimes(0.1) or pa.types.is_null(kind):
        return None
    if pa.types.is_dictionary(kind):
        return _value(dice, kind.value_type)
    if pa.types.is_map(kind):
        pairs = range(dice.randint(0, 3))
        return [(_key(dice, kind.key_type, at), _value(dice, kind.item_type)) for at in pairs]
    if pa.types.is_struct(kind):
        return {field.name: _value(dice, field.type) for field in kind}
    if pa.types.is_nested(kind):
        count = getattr(kind, "list_size", dice.randint(0, 4))
        return [_value(dice, kind.value_type) for _ in range(count)]
    return _plain(dice, kind)


def _key(dice: Dice, kind: pa.DataType, at: int) -> Any:
    return at if pa.types.is_integer(kind) else f"{dice.choice('abc')}{at}"


def _plain(dice: Dice, kind: pa.DataType) -> Any:
    if pa.types.is_fixed_size_binary(kind):
        return dice.randbytes(kind.byte_width)
    for name, values in _VALUES.items():
        if name in str(kind):
            return dice.choice(values)
    raise NotImplementedError(kind)


def batches(dice: Dice, found: pa.Table) -> list[pa.RecordBatch]:
    """The rows in pieces, of which some are empty."""
    pieces = found.to_batches(max_chunksize=dice.choice((1, 3, 50, 1000)))
    empty = [[pa.RecordBatch.from_pylist([], found.schema)]] if dice.sometimes(0.1) else []
    return list(itertools.chain(pieces, *empty))
