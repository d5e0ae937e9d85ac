"""64-bit keys of ids, by which rows are matched without a text for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.joining.fingerprints import fingerprints
from ce_cli.binding.joining.row_columns import row_names
from ce_cli.binding.rows.columns import as_texts, floats, nulls
from ce_cli.inputs.arrow.arrays import numbers, text_bytes
from ce_cli.kernels.hashing import Hashes, mixed, unmixed
from ce_cli.record import Record

if TYPE_CHECKING:
    import pyarrow as pa

Bools = NDArray[np.bool_]
Places = NDArray[np.integer]

_LARGEST = 10**18  # whole numbers below it have up to 18 digits, which always fit an int64
NUMBER = r"^(0|-?[1-9][0-9]{0,17})$"  # how such a number is written
_WHOLE_FLOATS = 2.0**53  # below it, each whole number is a float of its own
_MOST_BYTES = 19


class RowKeys(Record):
    """The keys of the ids of n rows: equal for equal ids, whatever their types.

    The keys of whole numbers are one to one. Those of other texts are hashes, so `names` has to
    decide whether such ids are equal.

    Attributes
    ----------
    keys : ndarray of uint64, shape (n,)
        The keys.
    names : pyarrow.Array or None
        The ids as texts; None if all are whole numbers.
    missing : ndarray of bool, shape (n,), or None
        Which rows have no id; None if all have one.
    """

    keys: Hashes
    names: pa.Array | None = None
    missing: Bools | None = None

    @classmethod
    def of(cls, ids: pa.Array) -> RowKeys:
        """The keys of a column of any type."""
        import pyarrow as pa

        if pa.types.is_dictionary(ids.type):
            if len(ids.dictionary) > len(ids):
                return cls.of(ids.dictionary_decode())
            words = pa.concat_arrays([ids.dictionary, pa.nulls(1, ids.dictionary.type)])
            codes = _codes(ids)
            return cls.of(words).taken(np.where(codes < 0, len(words) - 1, codes))
        whole = whole_numbers(ids)
        if whole is not None:
            return cls(mixed(whole.view(np.uint64)), None, nulls(ids))
        names = row_names(as_texts(ids))
        return cls(_text_keys(names), names, nulls(names))

    @classmethod
    def joined(cls, parts: Sequence[RowKeys]) -> RowKeys:
        """The rows of all parts, one after another."""
        import pyarrow as pa

        keys = np.concatenate([part.keys for part in parts])
        names = missing = None
        if any(part.names is not None for part in parts):
            names = pa.concat_arrays([part.texts() for part in parts])
        if any(part.missing is not None for part in parts):
            missing = np.concatenate([part._missing() for part in parts])
        return cls(keys, names, missing)

    def taken(self, places: Places) -> RowKeys:
        """Some of the rows."""
        names = None if self.names is None else self.names.take(numbers(places))
        missing = None if self.missing is None else self.missing[places]
        if missing is not None and not missing.any():
            missing = None
        return RowKeys(self.keys[places], names, missing)

    def texts(self) -> pa.Array:
        """The ids as texts, null for a missing one."""
        import pyarrow as pa

        return self.ids().cast(pa.utf8()) if self.names is None else self.names

    def ids(self) -> pa.Array:
        """The ids: whole numbers, or texts; null for a missing one."""
        if self.names is not None:
            return self.names
        return numbers(unmixed(self.keys).view(np.int64), self.missing)

    def equals(self, other: RowKeys) -> bool:
        """Whether the rows have the same ids, one after another."""
        if self.names is None and other.names is None:
            both = (self.keys, other.keys), (self._missing(), other._missing())
            return all(np.array_equal(*pair) for pair in both)
        return bool(self.texts().equals(other.texts()))

    def _missing(self) -> Bools:
        return np.zeros(len(self.keys), np.bool_) if self.missing is None else self.missing


def exact_keys(parts: Sequence[RowKeys]) -> list[Hashes]:
    """Keys for each of several lists of ids, none of which is missing: equal for equal ids only."""
    import pyarrow as pa

    if all(part.names is None for part in parts):
        return [part.keys for part in parts]
    texts = pa.concat_arrays([part.texts() for part in parts])
    codes = mixed(_codes(texts.dictionary_encode()).astype(np.uint64))
    return np.split(codes, np.cumsum([len(part.keys) for part in parts])[:-1])


def _codes(column: pa.Array) -> Places:
    """Places in the dictionary, −1 where null."""
    import pyarrow as pa

    codes = _integers(column.indices.cast(pa.int64()))
    missing = nulls(column.indices)
    return codes if missing is None else np.where(missing, -1, codes)


def whole_numbers(ids: pa.Array) -> NDArray[np.int64] | None:
    """Ids that are whole numbers of up to 18 digits, or texts that are written like those.

    Floats are read as whole numbers up to 2**53, as other columns of floats are.
    """
    import pyarrow as pa

    try:
        if pa.types.is_integer(ids.type):
            found = _integers(ids.cast(pa.int64()))
        elif pa.types.is_floating(ids.type):
            values, absent = floats(ids), nulls(ids)
            values = values if absent is None else np.where(absent, 0.0, values)
            if not ((values == np.rint(values)) & (np.abs(values) < _WHOLE_FLOATS)).all():
                return None
            found = values.astype(np.int64)
        elif pa.types.is_string(ids.type) and _may_be_numbers(ids):
            whole = ids.cast(pa.int64())
            if not whole.cast(pa.utf8()).equals(ids):
                return None  # a number with a leading 0, for example, is another text
            found = _integers(whole)
        else:
            return None
    except pa.ArrowInvalid:
        return None
    missing = nulls(ids)
    found = found if missing is None else np.where(missing, 0, found)
    within = not len(found) or (found.min() > -_LARGEST and found.max() < _LARGEST)
    return found if within else None


def _may_be_numbers(texts: pa.Array) -> bool:
    """Whether all bytes are digits or minus signs; Arrow's cast is slow where many texts fail."""
    data, _ = text_bytes(texts)
    for some in (data[:_MOST_BYTES], data):
        if not ((some - np.uint8(ord("0")) <= 9) | (some == ord("-"))).all():
            return False
    return True


def _integers(column: pa.Array) -> NDArray[np.int64]:
    buffer = column.buffers()[1]
    if buffer is None or not len(column):
        return np.zeros(len(column), np.int64)
    return np.frombuffer(buffer, np.int64, len(column), 8 * column.offset)


def _text_keys(names: pa.Array) -> Hashes:
    """The keys of texts, some of which may be written like whole numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = fingerprints(names)
    data, bounds = text_bytes(names)
    lengths = np.diff(bounds)
    maybe = np.flatnonzero((lengths > 0) & (lengths <= _MOST_BYTES))
    last = data[bounds[1:][maybe] - 1]
    maybe = maybe[(last >= ord("0")) & (last <= ord("9"))]
    if not len(maybe):
        return keys
    written = names.take(numbers(maybe))
    numeric = floats(pc.match_substring_regex(written, NUMBER)) == 1
    if numeric.any():
        whole = _integers(written.take(numbers(np.flatnonzero(numeric))).cast(pa.int64()))
        keys[maybe[numeric]] = mixed(whole.view(np.uint64))
    return keys
