"""Writing to a store: a file appears under its name whole, or not at all."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any

from ce_cli.errors import StorageError, UsageError
from ce_cli.process.signals import undone_unless_complete
from ce_cli.storage import addresses, keys, time_limit
from ce_cli.storage.file_systems import file_system
from ce_cli.storage.options import in_force, switch
from ce_cli.storage.sentences import storage_call
from ce_cli.storage.time_limit import in_time, within
from ce_cli.text import display_name, sanitize

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_WHOLE = keys.OF_STORES  # a file is there when its upload is complete
_CANNOT = ("http", "https", "hf", "github")
_BLOCK = 8 << 20
_SLOWEST = 100_000  # bytes in a second
_FAILED = "could not be written"
_REFUSED = ("ACCESS_DENIED", "PERMISSION_DENIED")
_kept: list[Any] = []  # streams that failed: one that is dropped would complete its file


def check_target(uri: str) -> None:
    """Check that a URI can be written to, as far as that shows without writing.

    Raises
    ------
    UsageError
        Nothing can be written to such a URI, or it names no file.
    StorageError
        The bucket is not there, or the credentials are not accepted.
    """
    from ce_cli.storage.by_fsspec import UnknownSchemeError

    scheme = uri.partition("://")[0].lower()
    try:
        if scheme in _CANNOT:
            raise UnknownSchemeError
        system, path = file_system(uri)
    except UnknownSchemeError:
        raise UsageError(
            f"{display_name(uri)}: ce cannot write to {sanitize(scheme)}:// addresses: name a "
            "file, or a URI such as s3://BUCKET/FOLDER/FILE."
        ) from None
    if not path.strip("/") or path.endswith("/") or (scheme in _WHOLE and "/" not in path):
        raise UsageError(f"{display_name(uri)}: names a folder: name a file.")
    with storage_call(uri, _FAILED):
        _check(system, path, scheme, _is_anonymous(uri, scheme))


def upload(uri: str, file: IO[bytes]) -> None:
    """Write a local file, from its start, to a URI.

    Raises
    ------
    StorageError
        It cannot be written; then nothing of it is there, or what was there before.
    """
    scheme = uri.partition("://")[0].lower()
    system, path = file_system(uri)
    with storage_call(uri, _FAILED):
        if scheme in keys.S3_SCHEMES:
            _to_s3(uri, system, path, file)
        elif scheme in _WHOLE:
            _copied(system, path, file)
        else:
            _renamed(system, path, file)


def _is_anonymous(uri: str, scheme: str) -> bool:
    store = (
        keys.S3
        if scheme in keys.S3_SCHEMES
        else keys.AZURE
        if scheme in keys.AZURE_SCHEMES
        else keys.GOOGLE
    )
    options = in_force().of(store) | addresses.address_of(uri, store).options
    return switch("anonymous", options.get("anonymous", "false"))


def _check(system: FileSystem, path: str, scheme: str, is_anonymous: bool) -> None:
    from pyarrow.fs import FileType

    try:
        info = in_time(lambda: system.get_file_info(path))
        if info.type == FileType.Directory and scheme not in _WHOLE:
            raise StorageError("is a directory: name a file.")
        if scheme in _WHOLE and info.type == FileType.NotFound:
            bucket = path.partition("/")[0]
            if in_time(lambda: system.get_file_info(bucket)).type == FileType.NotFound:
                raise StorageError(f"{_FAILED}: there is no such bucket.")
    except OSError as error:
        if is_anonymous or not any(one in str(error) for one in _REFUSED):
            raise
        _check_credentials(system, path)


def _check_credentials(system: FileSystem, path: str) -> None:
    """Refuse credentials that are wrong; those that allow writing, but not reading, are right.

    An answer to HEAD has no text that would say which of them they are; one to GET has.
    """
    from pyarrow.fs import FileSelector

    selector = FileSelector(f"{path}/", allow_not_found=True)
    try:
        in_time(lambda: system.get_file_info(selector))
    except OSError as error:
        if not any(one in str(error) for one in _REFUSED):
            raise


def _to_s3(uri: str, system: Any, path: str, file: IO[bytes]) -> None:
    from ce_cli.storage import s3_uploads

    address = addresses.address_of(uri, keys.S3)
    bucket = s3_uploads.bucket_of(address, in_force().of(keys.S3), system.region)
    if bucket is None:
        _copied(system, path, file)
    else:
        s3_uploads.upload(bucket, address.key, file)


def _copied(system: FileSystem, path: str, file: IO[bytes]) -> None:
    """Write a file to a stream, which puts it under its name when it is closed."""
    stream = in_time(lambda: system.open_output_stream(path, compression=None))
    _kept.append(stream)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    while block := file.read(_BLOCK):
        in_time(lambda block=block: stream.write(block))  # type: ignore[misc]
    within(
        time_limit.SECONDS + size / _SLOWEST, stream.close
    )  # what was written may wait until now
    _kept.remove(stream)


def _renamed(system: Any, path: str, file: IO[bytes]) -> None:
    """Write a file under another name, and rename it."""
    folder, slash, name = path.rpartition("/")
    part = f"{folder}{slash}.{name[:40]}.{os.urandom(6).hex()}.part"
    inner = getattr(getattr(system, "handler", None), "fs", None)  # of fsspec

    with undone_unless_complete(lambda: system.delete_file(part)):
        _copied(system, part, file)
        in_time(lambda: (system.move if inner is None else inner.mv)(part, path))
