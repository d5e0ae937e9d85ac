"""What the file systems of Arrow and fsspec raise, as one sentence about a URI."""

from __future__ import annotations

import re

from ce_cli.errors import CeError, StorageError
from ce_cli.storage import keys, time_limit
from ce_cli.storage.options import without_secrets
from ce_cli.text import display_name, sanitize, without_secrets_of

_ARROWS = (*keys.OF_STORES, *keys.HADOOP_SCHEMES, "file")
_JAVA = "install Java and Hadoop, and set JAVA_HOME and HADOOP_HOME"
_CREDENTIALS = "check the credentials, or set --storage-option anonymous=true for public files"
_OTHER_REGION = "the bucket is in another region", "set it with --storage-option region=NAME"
# What a client says, as a clause; or nothing for its own words, and how to fix it.
_CLAUSES = {
    "libjvm": ("Java cannot be loaded", _JAVA),
    "libhdfs": ("the client of HDFS cannot be loaded", _JAVA),
    "ContainerNotFound": ("there is no such container", "check its name"),
    "AuthenticationFailed": ("the credentials are not accepted", "check the key or the token"),
    "AuthorizationPermissionMismatch": ("permission denied", _CREDENTIALS),
    "AuthorizationFailure": ("permission denied", _CREDENTIALS),
    "PublicAccessNotPermitted": ("permission denied", "sign in"),
    "NoAuthenticationInformation": ("permission denied", _CREDENTIALS),
    "InvalidAccessKeyId": ("the access key is not known", "check it"),
    "INVALID_ACCESS_KEY_ID": ("the access key is not known", "check it"),
    "SignatureDoesNotMatch": ("the secret access key is wrong", "check it"),
    "SIGNATURE_DOES_NOT_MATCH": ("the secret access key is wrong", "check it"),
    "ExpiredToken": ("the session has expired", "sign in again"),
    "NO_SUCH_BUCKET": ("there is no such bucket", "check its name"),
    "NoSuchBucket": ("there is no such bucket", "check its name"),
    "AccessDenied": ("permission denied", _CREDENTIALS),
    "ACCESS_DENIED": ("permission denied", _CREDENTIALS),
    "PERMISSION_DENIED": ("permission denied", _CREDENTIALS),
    "UNAUTHENTICATED": ("the credentials are not accepted", _CREDENTIALS),
    "HTTP status 301": _OTHER_REGION,
    "PermanentRedirect": _OTHER_REGION,
    "AuthorizationHeaderMalformed": _OTHER_REGION,
    "HTTP status 50": ("the server does not work, or has too much to do", "try again later"),
    "SLOW_DOWN": ("the server has too much to do", "try again later"),
    "NO_SUCH_KEY": ("there is no such file any longer", "list the folder again"),
    "HTTP status 404": ("there is no such file any longer", "list the folder again"),
    "No response body": ("", "check the credentials and the region"),
    "Connection refused": ("", "check the network and the endpoint"),
    "NETWORK_CONNECTION": ("", "check the network, the endpoint and the name of the bucket"),
    "resolve host": ("", "check the network and the name of the host"),
    "UNAVAILABLE": ("", "check the network and the credentials"),
}
_DETAILS = re.compile(
    r".*?(?:with a last message of|Details:|AWS Error \w+ during|Azure Error: \[\w*\]) ", re.DOTALL
)
_READ = "could not be read"
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")


class storage_call:  # noqa: N801 - reads as a phrase: with storage_call(uri)
    """Turn errors of a call to a store into a sentence.

    Parameters
    ----------
    uri : str
        What is read or written.
    failed : str
        What could not be done to it.
    """

    def __init__(self, uri: str, failed: str = _READ) -> None:
        self._uri, self._failed = uri, failed

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if isinstance(error, CeError):
            raise error.about(display_name(self._uri)) from error.__cause__
        if error is not None and _is_of_a_store(error, self._uri):
            shown = display_name(self._uri)
            raise StorageError(f"{shown}: {self._clause(error)}.") from error

    def _clause(self, error: BaseException) -> str:
        if isinstance(error, TimeoutError) and not str(error):
            seconds = time_limit.SECONDS
            return f"{self._failed}: the server did not answer within {seconds} seconds"
        if isinstance(error, FileNotFoundError):
            if self._failed != _READ:
                return f"{self._failed}: there is no such folder"
            escaped = "; a name is taken as it is stored: type a blank, not %20"
            return f"there is no such file{escaped if _ESCAPED.search(self._uri) else ''}"
        said = str(getattr(error, "strerror", None) or error)
        text = without_secrets_of(self._uri, " ".join(said.split()))
        text = without_secrets(text) or type(error).__name__
        said, hint = next((one for part, one in _CLAUSES.items() if part in text), ("", ""))
        reason = said or sanitize(_DETAILS.sub("", text), 160).rstrip(".")
        return f"{self._failed}: {reason}{hint and f'; {hint}'}"


def _is_of_a_store(error: BaseException, uri: str) -> bool:
    """Whether an error is one of a file system; those of fsspec raise what their packages do."""
    import pyarrow as pa

    if isinstance(error, MemoryError):
        return False
    if isinstance(error, OSError | ValueError | pa.ArrowException):
        return True
    return uri.partition("://")[0].lower() not in _ARROWS and isinstance(error, Exception)
