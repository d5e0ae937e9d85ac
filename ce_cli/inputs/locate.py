"""From the names of files, directories, URIs and standard input to open sources."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

from ce_cli import registry
from ce_cli.errors import DataError, EmptyFileError, StorageError, UsageError
from ce_cli.inputs.bytestream import (
    PACKED,
    ByteStream,
    first_bytes,
    open_bytes,
    storage_errors,
    suffix_of,
    without_query,
)
from ce_cli.inputs.databases.urls import is_database
from ce_cli.inputs.folders import (
    cut_glob,
    data_names,
    in_order,
    is_deep,
    is_glob,
    matching,
    matching_folders,
)
from ce_cli.inputs.foreign.starts import START_BYTES, foreign_kind
from ce_cli.inputs.lakes.roots import lake_around, lakes_below
from ce_cli.inputs.partitioned import partitioned
from ce_cli.inputs.source import EmptySource, Source
from ce_cli.inputs.unchanged import States, UnchangedSource, Watched, state_of
from ce_cli.reading import Reading
from ce_cli.text import STDIN, display_name

_PACKED = PACKED | {".zip"}
_FOREIGN_BYTES = 1 << 20  # beginning of a file in a foreign format that may show more
_TEXT = [entry for entry in registry.INPUTS if entry.text]
_BINARY = [entry for entry in registry.INPUTS if not entry.text]
_ZIP = registry.find(registry.INPUTS, "zip", "input format")


def located(paths: Sequence[str]) -> list[str]:
    """Expand folders and globs into their data files, in order of name.

    Raises
    ------
    StorageError
        A path does not exist.
    DataError
        A directory holds no data.
    """
    if len(paths) > 1 and any("://" in path for path in paths):
        from ce_cli.inputs.remote.fetching import made_ahead

        return list(chain.from_iterable(made_ahead(_files_of, paths)))
    return list(chain.from_iterable(map(_files_of, paths)))


def _files_of(path: str) -> list[str]:
    if path == STDIN or is_database(path):
        return [path]
    return _files_of_uri(path) if "://" in path else _files_of_path(path)


def _files_of_uri(uri: str) -> list[str]:
    from ce_cli.storage.file_systems import is_local, local_path

    if is_local(uri):
        with storage_errors(uri):
            return _files_of_path(local_path(uri))
    from ce_cli.inputs.remote.listing import listed

    return listed(uri)


def _files_of_path(path: str) -> list[str]:
    with storage_errors(path):
        if path and Path(path).exists():
            return _files_at(path)
        found = _matching(path) if is_glob(path) else []
    if not found:
        raise StorageError(f"{display_name(path)}: there is no such file.")
    return found


def _matching(path: str) -> list[str]:
    """The files that match a glob that no shell has expanded, and those of folders that do."""
    folder, glob = cut_glob(path.rstrip("/"))
    base = Path(folder or ("/" if path.startswith("/") else "."))
    if not base.is_dir():
        return []
    entries = base.rglob("*") if is_deep(glob) else base.iterdir()
    kinds = {one.relative_to(base).as_posix(): one.is_file() for one in entries}
    found = matching((name for name, is_file in kinds.items() if is_file), glob)
    if not is_deep(glob):
        found += matching_folders((name for name, is_file in kinds.items() if not is_file), glob)
    return [file for name in in_order(found) for file in _files_at(str(base / name))]


def _files_at(path: str) -> list[str]:
    """The data files of a directory, or a file itself; of a table, those that are current."""
    lake = lake_around(Path(path))
    if lake is not None:
        from ce_cli.inputs.lakes.live import current_files

        return current_files(path, lake)
    if not Path(path).is_dir():
        return [path]
    files = _data_files(Path(path))
    for inner in lakes_below(Path(path), map(Path, files)):
        raise DataError(
            f"{display_name(path)}: contains {inner.title}, {display_name(str(inner.root))}, whose "
            "directory also holds rows that were deleted; give the path of the table itself."
        )
    return files


def opened(path: str, reading: Reading, states: States | None = None) -> Source:
    """Open one file in the format that its first bytes show.

    Parameters
    ----------
    path : str
        The file.
    reading : Reading
        How it is read.
    states : dict, optional
        The state of each file when it was first opened, which this call adds to. The file has to
        keep it until its rows are read.

    Raises
    ------
    StorageError
        It cannot be read.
    DataError
        It is empty, or not a table.
    """
    if is_database(path):
        from ce_cli.inputs.databases.by_url import open_database

        return with_names(open_database(path, reading))
    state, states = state_of(path), {} if states is None else states
    raw = open_bytes(path)
    source = partitioned(with_names(opened_bytes(path, raw, reading)), path)
    if "://" in path:
        return _watched_object(source, path, raw, states)
    if state is None:
        return source
    return UnchangedSource(source, states.setdefault(path, Watched(path, source.name, state)))


def _watched_object(source: Source, path: str, raw: io.BufferedReader, states: States) -> Source:
    """The same, if it is on a server; it has to be what it was when it was first opened."""
    from ce_cli.inputs.remote.opening import file_of
    from ce_cli.inputs.remote.unchanged_object import WatchedObject

    file = file_of(raw)
    found: Any = file or raw.raw
    if not hasattr(found, "version"):
        return source
    now = WatchedObject(path, source.name, found.size, found.version)
    first = states.setdefault(path, now)
    if isinstance(first, WatchedObject):
        first.compare(now)
    return source if file is None else UnchangedSource(source, first)  # one answer is one version


def with_names(source: Source) -> Source:
    """The same columns, where lists of numbers that other lists name are maps.

    Of lists of the log-probabilities of tokens, each token becomes a row.
    """
    kinds = {column.kind for column in source.columns()}
    if "list" not in kinds and "map" not in kinds:
        return source
    from ce_cli.inputs.likeliest_tokens import without_likeliest
    from ce_cli.inputs.named_lists import named_lists
    from ce_cli.inputs.token_lists import token_lists

    source = without_likeliest(source)
    return token_lists(source) or named_lists(source)


def opened_bytes(
    path: str, raw: io.BufferedReader, reading: Reading, named: str | None = None
) -> Source:
    """Open bytes in the format that the first of them show.

    Parameters
    ----------
    path : str
        The file, for messages.
    raw : io.BufferedReader
        Its bytes.
    reading : Reading
        How files are read.
    named : str, optional
        The name whose suffix shows the format of a text, if it is not that of the file.

    Raises
    ------
    StorageError
        They cannot be read.
    DataError
        They are not a table.
    UsageError
        An option chooses one of several tables, but the format has only one.
    """
    start = _start(path, raw)
    if kind := foreign_kind(start):
        _refuse(path, kind, first_bytes(path, raw, _FOREIGN_BYTES))
    entry = _binary_format(start, reading)
    if entry is not None:
        _check_chosen(path, entry, reading)
        return entry.load()(path, raw, reading)  # type: ignore[no-any-return]
    stream = ByteStream(path, raw, reading.encoding)
    entry = _text_format(path, stream, reading, named or path)
    _check_chosen(path, entry, reading)
    return entry.load()(path, stream, reading)  # type: ignore[no-any-return]


def _start(path: str, raw: io.BufferedReader) -> bytes:
    if "://" in path:
        from ce_cli.inputs.remote.opening import start_by_end

        if start := start_by_end(path, raw):
            return start
    return first_bytes(path, raw, START_BYTES)


def _refuse(path: str, kind: str, start: bytes) -> NoReturn:
    from ce_cli.inputs.foreign.formats import refuse

    refuse(path, kind, start)


def _check_chosen(path: str, entry: registry.Entry, reading: Reading) -> None:
    for name in ("query", "table"):
        if getattr(reading, name) is not None and name not in entry.chooses:
            kinds = {"query": "a database", "table": "a database, a workbook or a zip archive"}
            raise UsageError(f"{display_name(path)}: is not {kinds[name]}, so leave out --{name}.")


def opener(names: Sequence[str], reading: Reading) -> Callable[[], Iterator[Source]]:
    """A function that opens files one after another, anew at each call.

    A file among several may be empty. Each has to be the same at each call.
    """
    states: States = {}
    if len(names) == 1:
        return lambda: iter([opened(names[0], reading, states)])
    if any("://" in name for name in names):
        from ce_cli.inputs.remote.fetching import made_ahead

        return lambda: made_ahead(lambda name: opened_or_empty(name, reading, states), names)
    return lambda: (opened_or_empty(name, reading, states) for name in names)


def opened_or_empty(path: str, reading: Reading, states: States) -> Source:
    """Open one of several files, which may be empty."""
    try:
        return opened(path, reading, states)
    except EmptyFileError:
        return EmptySource(display_name(path))


def _binary_format(start: bytes, reading: Reading) -> registry.Entry | None:
    if reading.input_format is not None:
        entry = registry.find(registry.INPUTS, reading.input_format, "input format")
        if not re.match(_ZIP.magic, start):
            return None if entry.text else entry
        return entry if entry.target == _ZIP.target else _ZIP  # a zip with a file in that format
    return next((one for one in _BINARY if re.match(one.magic, start)), None)


def _text_format(path: str, stream: ByteStream, reading: Reading, named: str) -> registry.Entry:
    """The format of a text by its beginning or, where that does not show it, by its suffix."""
    start = stream.peek(START_BYTES)
    if kind := foreign_kind(start):  # packed, or text
        _refuse(path, kind, start)
    if reading.input_format is not None:
        return registry.find(registry.INPUTS, reading.input_format, "input format")
    if packed := next((one for one in _BINARY if re.match(one.magic, start)), None):
        raise DataError(
            f"{display_name(path)}: is a compressed {packed.names[0]} file, but ce decompresses "
            "only text; decompress it first."
        )
    by_content = (one for one in _TEXT if one.magic and re.match(one.magic, start))
    suffix = suffix_of(Path(without_query(named)), _PACKED)
    by_name = (one for one in _TEXT if suffix[1:] in one.names)
    return next(chain(by_content, by_name, _TEXT[-1:]))


def _data_files(directory: Path) -> list[str]:
    paths = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*")}
    names = data_names(paths, lambda name: paths[name].is_file())
    if not names:
        known = ", ".join(sorted(registry.data_suffixes()))
        raise DataError(
            f"{display_name(str(directory))}: the directory holds no data file ({known})."
        )
    return [str(paths[name]) for name in names]
