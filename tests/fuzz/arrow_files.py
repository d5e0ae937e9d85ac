"""Parquet, Arrow and ORC files of odd tables, written in every way, and damaged."""

from __future__ import annotations

import contextlib
import io

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import orc

from tests.fuzz.case import Dice
from tests.fuzz.mutating import mutated
from tests.fuzz.sheets import sheet
from tests.fuzz.tables import batches, table


def parquet(dice: Dice) -> bytes:
    """A Parquet file."""

    def write(found: pa.Table, sink: io.BytesIO) -> None:
        pq.write_table(
            found,
            sink,
            row_group_size=dice.choice((1, 7, 50, 1000)),
            compression=dice.choice(("snappy", "none", "gzip", "zstd", "lz4", "brotli")),
            use_dictionary=dice.sometimes(0.7),
            data_page_version=dice.choice(("1.0", "2.0")),
            version=dice.choice(("1.0", "2.4", "2.6")),
            data_page_size=dice.choice((16, 1 << 20)),
            write_statistics=dice.sometimes(0.7),
            store_schema=dice.sometimes(0.8),
            write_page_index=dice.sometimes(0.2),
            write_page_checksum=dice.sometimes(0.2),
        )

    return _damaged(dice, _written(dice, write))


def ipc(dice: Dice) -> bytes:
    """An Arrow file or stream."""

    def write(found: pa.Table, sink: io.BytesIO) -> None:
        options = pa.ipc.IpcWriteOptions(
            compression=dice.choice((None, None, "lz4", "zstd")),
            unify_dictionaries=dice.sometimes(0.2),
            emit_dictionary_deltas=dice.sometimes(0.2),
        )
        new = dice.choice((pa.ipc.new_file, pa.ipc.new_stream))
        with new(sink, found.schema, options=options) as writer:
            for batch in batches(dice, found):
                writer.write_batch(batch)

    return _damaged(dice, _written(dice, write))


def as_orc(dice: Dice) -> bytes:
    """An ORC file."""

    def write(found: pa.Table, sink: io.BytesIO) -> None:
        compression = dice.choice(("uncompressed", "zlib", "snappy", "zstd", "lz4"))
        orc.write_table(found, sink, compression=compression, stripe_size=4096)

    return _damaged(dice, _written(dice, write))


def _written(dice: Dice, write: object) -> bytes:
    """The first of the tables made that can be written, at last one without columns."""
    assert callable(write)
    for _ in range(5):
        sink = io.BytesIO()
        with contextlib.suppress(pa.ArrowException, OSError, ValueError, TypeError):
            write(table(dice, sheet(dice)), sink)
            return sink.getvalue()
    return b""


def _damaged(dice: Dice, content: bytes) -> bytes:
    """Sound in half of the cases; what counts is at the end of these files."""
    if dice.sometimes(0.45):
        return content
    if dice.sometimes(0.5):
        at = max(0, len(content) - dice.choice((50, 300, 2000)))
        return content[:at] + mutated(dice, content[at:], 3)
    return mutated(dice, content, 3)
