"""File systems that fsspec knows: FTP, SFTP, WebDAV, the Hugging Face Hub and many others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ce_cli.errors import StorageError
from ce_cli.text import sanitize

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_PACKAGES = {  # where the package is not called as the module
    **{"hf": "huggingface_hub", "sftp": "paramiko", "ssh": "paramiko", "smb": "smbprotocol"},
    **{"webdav": "webdav4", "webhdfs": "requests", "dbfs": "requests", "github": "requests"},
    **{"adl": "adlfs", "oci": "ocifs", "oss": "ossfs", "gdrive": "gdrivefs", "box": "boxfs"},
    **{"dropbox": "dropboxdrivefs", "lakefs": "lakefs-spec", "git": "pygit2", "tos": "tosfs"},
    **{"root": "fsspec-xrootd", "wandb": "wandbfs", "ftp": "fsspec"},
}
_NO_STORES = (  # of fsspec: other views of a file, and what is read in other ways
    *("http", "https", "file", "local", "cached", "blockcache", "filecache", "simplecache"),
    *("data", "zip", "tar", "libarchive", "reference", "generic", "dir", "asyncwrapper"),
)
_OURS = "files, https://, hf://, s3://, gs://, abfs://, hdfs:// and URLs of databases"


class UnknownSchemeError(StorageError):
    """Neither `ce` nor fsspec knows this kind of URI."""


def fsspec_file_system(uri: str, options: Mapping[str, Any]) -> tuple[FileSystem, str]:
    """The file system of a URI, and the path in it.

    Raises
    ------
    StorageError
        fsspec does not know it, or a package is missing.
    """
    scheme = uri.partition("://")[0].lower()
    try:
        import fsspec
    except ImportError:
        if package := _PACKAGES.get(scheme):
            names = " ".join(dict.fromkeys(("fsspec", package)))
            raise StorageError(f"to read {scheme}:// addresses, pip install {names}.") from None
        raise _unknown(scheme) from None
    if scheme in _NO_STORES or scheme not in fsspec.available_protocols():
        raise _unknown(scheme)
    from pyarrow.fs import FSSpecHandler, PyFileSystem

    try:
        kind = fsspec.get_filesystem_class(scheme)  # a name with :: would else be another address
        system = kind(**(kind._get_kwargs_from_urls(uri) | dict(options)))
        path = kind._strip_protocol(uri)
    except ImportError as error:
        package = _PACKAGES.get(scheme) or (error.name or "").partition(".")[0]
        hint = f"pip install {package}" if package else sanitize(str(error), 120)
        raise StorageError(f"to use {scheme}:// addresses, {hint}.") from error
    except TypeError as error:  # of a constructor
        missing = re.findall(r"'(\w+)'", str(error)) if "missing" in str(error) else []
        if not missing:
            raise
        wanted = " and ".join(f"fsspec.{name}=VALUE" for name in missing)
        raise StorageError(
            f"to use {scheme}:// addresses, set --storage-option {wanted}."
        ) from None
    return PyFileSystem(FSSpecHandler(system)), path


def _unknown(scheme: str) -> UnknownSchemeError:
    return UnknownSchemeError(f"ce cannot read {sanitize(scheme)}:// addresses; it reads {_OURS}.")
