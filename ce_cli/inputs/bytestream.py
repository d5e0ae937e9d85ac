"""Bytes of a file, a URI or standard input, decompressed, recoded and read sequentially."""

from __future__ import annotations

import codecs
import contextlib
import io
import sys
from collections.abc import Callable, Collection
from pathlib import PurePath
from typing import Any, Protocol

from ce_cli.errors import DataError, StorageError, UnseenFileError, UsageError
from ce_cli.memory.limit import is_lack_of_memory
from ce_cli.text import STDIN, display_name, quoted, sanitize, system_reason, without_secrets_of

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bz2",
    b"(\xb5/\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
}
PACKED = frozenset((".gz", ".bz2", ".zst", ".xz"))  # suffixes of text that is packed so
_NO_CHARSETS = frozenset(  # encodings of Python for other ends than text in a file
    "charmap idna mbcs oem punycode raw-unicode-escape undefined unicode-escape".split()
)
WEB = ("http", "https", "hf")
_CHUNK = 1 << 20


def open_bytes(path: str) -> io.BufferedReader:
    """Open a path, a URI or ``-`` for reading."""
    with storage_errors(path):
        if path == STDIN and sys.stdin is None:
            raise StorageError("Standard input is closed.")
        if path == STDIN:
            _widen(sys.stdin.fileno())
            return _waiting(io.FileIO(sys.stdin.fileno(), closefd=False))
        if "://" in path:
            return _open_uri(path)
        return _waiting(io.FileIO(path))


def _open_uri(path: str) -> io.BufferedReader:
    scheme = path.partition("://")[0].lower()
    if scheme in WEB:
        from ce_cli.inputs.web import open_web

        return open_web(path)
    if scheme == "file":
        from ce_cli.storage.file_systems import local_path

        return _waiting(io.FileIO(local_path(path)))
    from ce_cli.inputs.remote.opening import open_remote

    return open_remote(path)


def _waiting(file: io.FileIO) -> io.BufferedReader:
    """A file; if its bytes may not be there yet, one whose reads Ctrl-C always ends."""
    if file.seekable() or sys.platform == "win32":
        return io.BufferedReader(file, _CHUNK)
    from ce_cli.inputs.pipes import Pipe

    return buffered(Pipe(file))


def _widen(pipe: int) -> None:
    """Let a pipe hold more, where the system can, so that whoever writes to it waits less."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _CHUNK)


def suffix_of(path: PurePath, packed: Collection[str] = PACKED) -> str:
    """The suffix that shows the format, in lower case: ``.csv`` for ``a.CSV.gz``."""
    suffix = path.suffix.lower()
    return path.with_suffix("").suffix.lower() if suffix in packed else suffix


def plain_suffix(path: str) -> str:
    """The last suffix of a path or a URI, in lower case: ``.gz`` for ``http://host/a.csv.GZ?b=c``."""
    return PurePath(without_query(path)).suffix.lower()


def without_query(path: str) -> str:
    """A path, or a URI without what follows the name of the file."""
    scheme, mark, _ = path.partition("://")
    if not mark:
        return path
    path = path.partition("?")[0]
    return path.partition("#")[0] if scheme.lower() in WEB else path


def buffered(raw: io.RawIOBase) -> io.BufferedReader:
    """Bytes that can be read sequentially, as a file."""
    reader: Any = io.BufferedReader(raw, _CHUNK)
    return reader  # type: ignore[no-any-return]


def first_bytes(path: str, raw: io.BufferedReader, count: int = 16) -> bytes:
    """Look at the first bytes, `count` at most, without consuming them."""
    with storage_errors(path):
        return raw.peek(count)[:count]


class storage_errors:  # noqa: N801 - reads as a phrase: with storage_errors(path)
    """Turn errors of the operating system or a decompressor into one sentence."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: Any
    ) -> None:
        if error is not None and is_lack_of_memory(error):
            return
        known = isinstance(error, OSError | EOFError | ValueError)
        if error is None or not (known or type(error).__name__ in ("LZMAError", "ArrowException")):
            return
        if isinstance(error, BrokenPipeError):
            return
        shown = display_name(self.path)
        if isinstance(error, FileNotFoundError):
            raise UnseenFileError(f"{shown}: there is no such file.").at(self.path) from error
        if isinstance(error, IsADirectoryError):
            raise StorageError(f"{shown}: is a directory.") from error
        if isinstance(error, PermissionError):
            raise UnseenFileError(f"{shown}: permission denied.").at(self.path) from error
        reason = system_reason(error) if isinstance(error, OSError) else str(error)
        reason = without_secrets_of(self.path, reason)
        reason = sanitize(reason.splitlines()[0] if reason else type(error).__name__, 160)
        raise StorageError(f"{shown}: could not be read: {reason.rstrip('.')}.") from error


class Bytes(Protocol):
    """Bytes that can be read sequentially."""

    path: str

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, roughly; empty only at the end."""
        ...


class ByteStream:
    """The plain UTF-8 bytes of a text file, whatever its compression and encoding.

    Parameters
    ----------
    path : str
        For messages.
    raw : io.BufferedReader
        The file, from `open_bytes`.
    encoding : str
        Encoding of the text; anything but UTF-8 is recoded.
    """

    def __init__(self, path: str, raw: io.BufferedReader, encoding: str = "utf-8") -> None:
        self.path = path
        start = first_bytes(path, raw)
        packed = next((name for magic, name in _MAGIC.items() if start.startswith(magic)), None)
        self._position = _position(raw)
        self._plain_file = _plain_file(raw, encoding) if not packed else None
        self._read = _plain(raw)
        if packed:
            self._read = _unpacked(path, raw, packed)
            if _is_file(raw):
                from ce_cli.inputs.bytes_ahead import BytesAhead

                ahead = BytesAhead(self._read, raw.tell)
                self._read, self._position = ahead.read, ahead.position
        self._recode = _recoder(path, encoding)
        self._counted = 0
        self._ended = False
        self._held = b""
        self._held = self._without_mark(self.read(4))

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, roughly; empty only at the end."""
        if self._held:
            held, self._held = self._held, b""
            return held
        while not self._ended:
            with storage_errors(self.path):
                data = self._read(size)
            self._ended = not data
            data = self._recode(data, self._ended)
            if data:
                return data
        return b""

    def peek(self, size: int) -> bytes:
        """Look at the next bytes, at least `size` if there are so many, without consuming them."""
        pieces = [self.read(size)]
        while sum(map(len, pieces)) < size and (piece := self.read(size)):
            pieces.append(piece)
        self.push_back(b"".join(pieces))
        return self._held

    def push_back(self, data: bytes) -> None:
        """Return bytes to the stream, to be read next."""
        self._held = data + self._held

    def offset(self) -> int | None:
        """Where the next byte is in the file; None if it cannot be read from any place."""
        return None if self._plain_file is None else self._plain_file.tell() - len(self._held)

    def move_to(self, offset: int) -> None:
        """Continue at another place of a file that has an `offset`."""
        if self._plain_file is not None:
            with storage_errors(self.path):
                self._counted = self._plain_file.seek(offset)
        self._held, self._ended = b"", False

    def newly_read(self) -> int:
        """The bytes read from the file since the last call, packed ones if it is packed.

        0 for a pipe, which has no position.
        """
        before, self._counted = self._counted, self._position()
        return self._counted - before

    def _without_mark(self, start: bytes) -> bytes:
        while len(start) < 3 and (more := self.read(4)):
            start += more
        marks = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
        wide = next((mark for mark in marks if start.startswith(mark)), b"")
        if wide or start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._recode = _recoder(self.path, "utf-32" if wide else "utf-16")
            self._plain_file = None
            return self._recode(start, False)
        return start.removeprefix(codecs.BOM_UTF8)


def _plain(raw: io.BufferedReader) -> Callable[[int], bytes]:
    """How to read: a file without another copy, a pipe until there is as much as is asked for."""
    return raw.read1 if _is_file(raw) else raw.read


def _plain_file(raw: io.BufferedReader, encoding: str) -> io.BufferedReader | None:
    """The file, if its bytes are those of the text and can be read from any place."""
    in_archive = hasattr(raw.raw, "covered")
    known = _recoder("", encoding) is _unchanged
    return raw if known and not in_archive and raw.seekable() else None


def _is_file(raw: io.BufferedReader) -> bool:
    """Whether it is a file of the system, whose bytes are there."""
    return isinstance(raw.raw, io.FileIO) and raw.seekable()


def _position(raw: io.BufferedReader) -> Callable[[], int]:
    """Returns how far a file has been read; a pipe has no position, which is then 0."""
    covered = getattr(raw.raw, "covered", None)  # of a member of an archive
    if covered is not None:
        return covered  # type: ignore[no-any-return]
    return raw.tell if raw.seekable() else lambda: 0


def _unpacked(path: str, packed: io.BufferedReader, kind: str) -> Callable[[int], bytes]:
    if kind == "xz":
        import lzma

        return lzma.LZMAFile(packed).read
    import pyarrow as pa

    with storage_errors(path):
        stream = pa.CompressedInputStream(pa.PythonFile(packed, mode="r"), kind)
    return stream.read  # type: ignore[no-any-return]


def _is_ebcdic(name: str) -> bool:
    """Whether lines end in NEL, as mainframes write them, rather than in a line feed."""
    with contextlib.suppress(UnicodeError):
        return "\n\x85".encode(name) == b"\x25\x15"
    return False


def _unchanged(data: bytes, final: bool) -> bytes:
    return data


def _recoder(path: str, encoding: str) -> Callable[[bytes, bool], bytes]:
    try:
        codec = codecs.lookup(encoding)
        if not codec._is_text_encoding or codec.name in _NO_CHARSETS:
            raise LookupError
    except (LookupError, ValueError):  # a name with NUL, or one that is not text
        raise UsageError(f"--encoding {quoted(encoding)} is not a known encoding.") from None
    name = codec.name
    if name in ("utf-8", "ascii"):
        return _unchanged
    decoder = codecs.getincrementaldecoder(name)()
    line_end = "\x85" if _is_ebcdic(name) else "\n"

    def recode(data: bytes, final: bool) -> bytes:
        try:
            return decoder.decode(data, final).replace(line_end, "\n").encode()
        except UnicodeError as error:
            raise DataError(
                f"{display_name(path)}: is not {name} text ({sanitize(str(error), 120)}); "
                "set the encoding with --encoding."
            ) from None

    return recode
