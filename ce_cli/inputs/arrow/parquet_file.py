"""Parquet files, without the file systems of clouds that ``pyarrow.parquet`` loads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData, ParquetFile


def parquet_file(
    source: Any, dictionaries: Sequence[str], buffer_size: int, footer: FileMetaData | None = None
) -> ParquetFile:
    """Open a file as `pyarrow.parquet.ParquetFile` does, with what is used of it here.

    Its module loads the clients of S3, Azure, Google Cloud and HDFS, and TLS: a tenth of the time
    that scoring a small file takes. The reader below it has no use for them.

    Parameters
    ----------
    source : pyarrow.NativeFile or file
        The open file.
    dictionaries : sequence of str
        The columns of text to read as dictionaries.
    buffer_size : int
        How many bytes of each column are read ahead; 0 reads a column of a row group at once.
    footer : pyarrow.parquet.FileMetaData, optional
        What the end of the file says, if it has been read.

    Raises
    ------
    pyarrow.ArrowException
        It is not a Parquet file.
    """
    options: dict[str, Any] = {"read_dictionary": list(dictionaries), "buffer_size": buffer_size}
    if footer is not None:
        options["metadata"] = footer
    try:
        return _Reader(source, **options)
    except (ImportError, AttributeError, TypeError):  # an Arrow whose reader is another one
        from pyarrow.parquet import ParquetFile

        return ParquetFile(source, pre_buffer=False, **options)


class _Reader:
    """The part of `pyarrow.parquet.ParquetFile` that inputs use."""

    def __init__(self, source: Any, **options: Any) -> None:
        from pyarrow._parquet import ParquetReader

        self._reader = ParquetReader()
        self._reader.open(source, pre_buffer=False, arrow_extensions_enabled=True, **options)
        self._leaves: dict[str, list[int]] = {}
        for leaf, path in enumerate(self._reader.column_paths):
            for depth in range(1, len(path) + 1):
                self._leaves.setdefault(".".join(path[:depth]), []).append(leaf)
        self.metadata = self._reader.metadata
        self.schema_arrow: pa.Schema = self._reader.schema_arrow
        self.num_row_groups: int = self._reader.num_row_groups

    def read_row_group(
        self, group: int, columns: Sequence[str] | None = None, use_threads: bool = True
    ) -> pa.Table:
        return self._reader.read_row_group(
            group, column_indices=self.leaves(columns), use_threads=use_threads
        )

    def iter_batches(
        self,
        batch_size: int,
        row_groups: Sequence[int] | None = None,
        columns: Sequence[str] | None = None,
        use_threads: bool = True,
    ) -> Iterator[pa.RecordBatch]:
        groups = range(self.num_row_groups) if row_groups is None else row_groups
        chosen = self.leaves(columns)
        return self._reader.iter_batches(  # type: ignore[no-any-return]
            batch_size, row_groups=groups, column_indices=chosen, use_threads=use_threads
        )

    def leaves(self, columns: Sequence[str] | None) -> list[int] | None:
        """The columns of numbers or text inside those of a table, which may be nested."""
        if columns is None:
            return None
        return [leaf for name in columns for leaf in self._leaves.get(name, ())]
