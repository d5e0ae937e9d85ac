"""Files in clouds and on clusters, by the file systems of Arrow: with a limit on every wait."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ce_cli.errors import StorageError
from ce_cli.inputs.bytestream import buffered
from ce_cli.inputs.rephrased import Rephrased
from ce_cli.inputs.time_limit import SECONDS, Result, within
from ce_cli.text import display_name, sanitize, without_secrets_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_AZURE = ("abfs", "abfss")
_IN_BUCKETS = ("s3", "gs", "gcs")
_SCHEMES = (*_IN_BUCKETS, *_AZURE, "hdfs", "viewfs")
_RETRIES = "retry_limit_seconds"  # of Google's client, which retries for 10 minutes by default
_RETRY_SECONDS = 15
# Arrow lets errors of Azure's credentials end the process, so another one tries first.
_TRIAL = (
    "import sys; from pyarrow import fs; system, path = fs.FileSystem.from_uri(sys.stdin.read()); "
    "system.open_input_file(path)"
)
_HINTS = {
    "libjvm": "install Java and Hadoop, and set JAVA_HOME and HADOOP_HOME",
    "libhdfs": "install Java and Hadoop, and set JAVA_HOME and HADOOP_HOME",
    "ACCESS_DENIED": "check the credentials",
    "No response body": "check the credentials and the region",
    "NETWORK_CONNECTION": "check the network and the name of the bucket",
    "resolve host": "check the network and the name of the host",
    "UNAVAILABLE": "check the network and the credentials",
    "UNAUTHENTICATED": "check the credentials",
    "PERMISSION_DENIED": "check the credentials",
}
_SIGN_IN = "sign in with az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"


def open_cloud(path: str) -> io.BufferedReader:
    """Open a URI for reading, in any order.

    Raises
    ------
    StorageError
        There is no such file, it cannot be reached, or `ce` does not know this kind of URI.
    """
    scheme, _, rest = path.partition("://")
    scheme = scheme.lower()
    if scheme not in _SCHEMES:
        raise StorageError(
            f"{display_name(path)}: ce cannot read {sanitize(scheme)}:// addresses; it reads "
            "files, https://, hf://, s3://, gs://, abfs://, hdfs:// and URLs of databases."
        )
    if scheme in _IN_BUCKETS and not rest.partition("/")[2]:
        raise StorageError(f"{display_name(path)}: the form is {scheme}://BUCKET/FOLDER/FILE.")
    uri = f"{scheme}://{rest}"
    if scheme in ("gs", "gcs") and _RETRIES not in uri:
        uri += f"{'&' if '?' in uri else '?'}{_RETRIES}={_RETRY_SECONDS}"
    with _cloud_errors(path):
        if scheme in _AZURE:
            _try_elsewhere(uri)
        return buffered(_TimedFile(path, _in_time(lambda: _opened(uri))))


def _opened(uri: str) -> Any:
    from pyarrow import fs

    system, inner = fs.FileSystem.from_uri(uri)
    return system.open_input_file(inner)


def _in_time(call: Callable[[], Result]) -> Result:
    try:
        return within(SECONDS, call)
    except TimeoutError:
        _end_without_s3()
        raise


def _end_without_s3() -> None:
    """Keep the end of the process from waiting for requests of S3 that got no answer."""
    import atexit

    with contextlib.suppress(ImportError):  # an Arrow without S3
        from pyarrow import _s3fs

        atexit.unregister(_s3fs.ensure_s3_finalized)


@lru_cache
def _try_elsewhere(path: str) -> None:
    """Open a file in another process, and report it if that process is ended."""
    if not sys.executable:
        return
    command = [sys.executable, "-P", "-c", _TRIAL]  # -P: with no code of this directory
    try:
        done = subprocess.run(
            command, input=path.encode(), capture_output=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    if done.returncode >= 0:  # it is open, or there is an error that can be caught
        return
    said = done.stderr.decode(errors="backslashreplace").partition("what():")[2].strip()
    reason = sanitize(without_secrets_of(path, said.partition("\n")[0]), 120).rstrip(".")
    shown = f" ({reason})" if reason else ""
    raise StorageError(
        f"{display_name(path)}: could not be read: no credentials work{shown}; {_SIGN_IN}."
    )


class _TimedFile(io.RawIOBase):
    """A file of Arrow whose calls have a limit on their time."""

    def __init__(self, path: str, file: Any) -> None:
        self._path, self._file = path, file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        with _cloud_errors(self._path):
            place: int = _in_time(lambda: self._file.seek(offset, whence))
        return place

    def tell(self) -> int:
        place: int = self._file.tell()
        return place

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        size = len(view)
        with _cloud_errors(self._path):
            data = _in_time(lambda: self._file.read(size))
        view[: len(data)] = data
        return len(data)


class _cloud_errors(Rephrased):  # noqa: N801 - reads as a phrase: with _cloud_errors(path)
    """Turn errors of Arrow's file systems into sentences."""

    def _rephrased(self, error: BaseException) -> StorageError | None:
        import pyarrow as pa

        if not isinstance(error, OSError | ValueError | pa.ArrowException):
            return None
        return StorageError(f"{display_name(self._name)}: {self._clause(error)}.")

    def _clause(self, error: BaseException) -> str:
        if isinstance(error, TimeoutError) and not str(error):
            return f"could not be read: the server did not answer within {SECONDS} seconds"
        if isinstance(error, FileNotFoundError):
            return "there is no such file"
        text = without_secrets_of(self._name, " ".join(str(error).split()))
        hint = next((f"; {hint}" for part, hint in _HINTS.items() if part in text), "")
        reason = sanitize(text.rpartition("with a last message of ")[2], 160).rstrip(".")
        return f"could not be read: {reason}{hint}"
