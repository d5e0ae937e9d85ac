"""From a URI, with the options in force, to a file system and the path in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.request import url2pathname

from ce_cli.storage import addresses, keys
from ce_cli.storage.options import in_force
from ce_cli.storage.sentences import storage_call
from ce_cli.storage.time_limit import in_time

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_VARIABLES = ("AWS_", "GOOGLE_", "AZURE_", "STORAGE_EMULATOR_HOST", "HOME")
# With the version of what they were made with; of the process, as are their connections.
_made: dict[object, tuple[object, FileSystem]] = {}


def file_system(uri: str) -> tuple[FileSystem, str]:
    """The file system of a URI, and the path in it: of a file, a folder or a bucket.

    It is made once in a process for the same store, options, variables and credentials in files;
    nothing is asked of the store, unless its region is not known (AWS) or credentials have to be
    found (Azure).

    Raises
    ------
    StorageError
        `ce` does not know this kind of URI, a package for it or a part of it is missing, or it
        cannot be reached.
    """
    scheme, _, rest = uri.partition("://")
    scheme = scheme.lower()
    with storage_call(uri):
        if scheme == "file":
            from pyarrow.fs import LocalFileSystem

            return LocalFileSystem(), local_path(uri)
        if scheme in keys.IN_BUCKETS:
            return _in_bucket(uri, scheme)
        if scheme in keys.AZURE_SCHEMES:
            from ce_cli.storage.azure import azure_file_system, path_of

            address = addresses.address_of(uri, keys.AZURE)
            return _cached(address, keys.AZURE, azure_file_system), path_of(address)
        if scheme in keys.HADOOP_SCHEMES:
            return _in_hadoop(scheme, rest)
        from ce_cli.storage.by_fsspec import fsspec_file_system

        return fsspec_file_system(uri, in_force().of_fsspec())


def identity(uri: str) -> str:
    """What the URIs of the same file have in common; of a file on this machine, its path."""
    scheme = uri.partition("://")[0].lower()
    if scheme == "file":
        with storage_call(uri):
            return os.path.realpath(local_path(uri))
    if scheme in keys.IN_BUCKETS:
        kind, store = ("gs", keys.GOOGLE) if scheme in keys.GOOGLE_SCHEMES else ("s3", keys.S3)
        return f"{kind}://{addresses.address_of(uri, store).path}"
    return uri


def is_local(uri: str) -> bool:
    """Whether a URI is that of a file on this machine."""
    return uri[:7].lower() == "file://"


def local_path(uri: str) -> str:
    """The path of a URI of a file.

    Raises
    ------
    ValueError
        It is on another machine, or relative.
    """
    host, slash, local = uri.partition("://")[2].partition("/")
    if not slash or host not in ("", "localhost"):
        raise ValueError("the form is file:///FOLDER/FILE")
    return url2pathname(slash + local)


def _in_bucket(uri: str, scheme: str) -> tuple[FileSystem, str]:
    if scheme in keys.GOOGLE_SCHEMES:
        from ce_cli.storage.google import google_file_system as made

        store = keys.GOOGLE
    else:
        from ce_cli.storage.s3 import s3_file_system as made

        store = keys.S3
    address = addresses.address_of(uri, store)
    if not address.bucket:
        raise ValueError(f"the form is {scheme}://BUCKET/FOLDER/FILE")
    return _cached(address, store, made), address.path


def _cached(
    address: addresses.Address,
    store: keys.Keys,
    made: Callable[[addresses.Address, Mapping[str, str]], FileSystem],
) -> FileSystem:
    """The file system of a bucket, made once."""
    typed = in_force().of(store)
    variables = tuple(sorted(one for one in os.environ.items() if one[0].startswith(_VARIABLES)))
    login = address.scheme, address.user, address.password, address.bucket
    key = (*login, _items(address.options), _items(typed), variables)
    version, found = _made.get(key, (None, None))
    if found is None or version != _version(address, store, typed):
        found = in_time(lambda: made(address, typed))
        _made[key] = _version(address, store, typed), found  # for which boto may have signed in
    return found


def _version(address: addresses.Address, store: keys.Keys, typed: Mapping[str, str]) -> object:
    """What changes with the credentials that a file system was made with."""
    if store is not keys.S3:  # clients of other stores renew what they need
        return None
    from ce_cli.storage import s3

    return in_time(lambda: s3.version(address, typed))


def _items(options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(options.items()))


def _in_hadoop(scheme: str, rest: str) -> tuple[FileSystem, str]:
    from pyarrow import fs

    host, slash, path = rest.partition("/")
    path, mark, query = path.partition("?")
    root = f"{scheme}://{host}/{mark}{query}"
    if root not in _made:
        _made[root] = None, in_time(lambda: fs.FileSystem.from_uri(root)[0])
    return _made[root][1], f"{slash}{path}"
