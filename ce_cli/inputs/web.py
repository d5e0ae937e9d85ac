"""Files by HTTP, and files of the Hugging Face Hub, read sequentially."""

from __future__ import annotations

import http.client
import io
import os
import ssl
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from ce_cli.errors import StorageError
from ce_cli.inputs.bytestream import buffered
from ce_cli.inputs.rephrased import Rephrased
from ce_cli.text import display_name, sanitize

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SECONDS = 60  # without a byte
_HUB = "https://huggingface.co"
_KINDS = ("datasets", "spaces")  # of repositories; without one it is a model


def open_web(path: str) -> io.BufferedReader:
    """Open a URL; the file is streamed, so its size is not bounded by memory.

    Raises
    ------
    StorageError
        The server cannot be reached, or does not give the file.
    """
    import ce_cli

    name = display_name(path)
    with _web_errors(name):
        request = urllib.request.Request(
            _hub_address(path) if path.startswith("hf://") else _escaped(path),
            headers={"User-Agent": f"ce/{ce_cli.__version__}", "Accept-Encoding": "identity"},
        )
        _authorize(request, path)
        return buffered(_Download(name, _opener().open(request, timeout=_SECONDS)))


def _opener() -> urllib.request.OpenerDirector:
    """HTTP and HTTPS, and no other protocol, however a server redirects."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


def _escaped(path: str) -> str:
    """The URL with blanks and letters beyond ASCII escaped, and without user and password."""
    parts = urlsplit(path.partition("#")[0])
    host = parts.netloc.rpartition("@")[2]
    return quote(parts._replace(netloc=host).geturl(), safe="%/:=&?~#+!$,;'@()*[]")


def _authorize(request: urllib.request.Request, path: str) -> None:
    """Send the user and password of the URL, or the token of the Hub, to this server only."""
    login = urlsplit(path).netloc.rpartition("@")[0]
    if path.startswith("hf://"):
        if token := os.environ.get("HF_TOKEN"):
            request.add_unredirected_header("Authorization", f"Bearer {token}")
    elif login:
        import base64

        coded = base64.b64encode(unquote(login).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {coded}")


def _hub_address(path: str) -> str:
    """The address of ``hf://datasets/user/name@revision/file``.

    Raises
    ------
    ValueError
        A part is missing.
    """
    parts = path.removeprefix("hf://").split("/")
    kind = parts.pop(0) if parts[0] in _KINDS else ""
    without_owner = kind == "datasets" and (len(parts) == 2 or "@" in "".join(parts[:1]))
    length = 1 if without_owner else 2
    owner, file = parts[:length], parts[length:]
    if not all(owner) or not any(file) or len(owner) < length:
        raise ValueError("the form is hf://datasets/USER/NAME/FILE")
    repository, _, revision = "/".join(owner).partition("@")
    where = "/".join(
        part
        for part in (kind, repository, "resolve", quote(unquote(revision) or "main", safe=""))
        if part
    )
    return f"{os.environ.get('HF_ENDPOINT', _HUB).rstrip('/')}/{where}/{quote('/'.join(file))}"


class _Download(io.RawIOBase):
    """The body of a response, which has to be as long as the server announced."""

    def __init__(self, name: str, response: Any) -> None:
        self._name = name
        self._response = response
        announced = response.headers.get("Content-Length", "")
        self._length = int(announced) if announced.isdigit() else None
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        with _web_errors(self._name):
            data = self._response.read1(len(view)) or self._response.read(len(view))
        view[: len(data)] = data
        self._count += len(data)
        if not data and self._length is not None and self._count < self._length:
            raise StorageError(
                f"{self._name}: could not be read: the server sent {self._count:,} of "
                f"{self._length:,} bytes; try again."
            )
        return len(data)

    def close(self) -> None:
        self._response.close()
        super().close()


class _web_errors(Rephrased):  # noqa: N801 - reads as a phrase: with _web_errors(name)
    """Turn errors of the network into sentences."""

    def _rephrased(self, error: BaseException) -> StorageError | None:
        known = (OSError, http.client.HTTPException, ValueError)  # URLError is an OSError
        return (
            StorageError(f"{self._name}: {_clause(error)}.") if isinstance(error, known) else None
        )


def _clause(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return _answer(error)
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return f"could not be read: the server did not answer within {_SECONDS} seconds"
    if isinstance(reason, ssl.SSLError):
        found = getattr(reason, "verify_message", "") or reason.reason or str(reason)
        return f"could not be read: no secure connection ({sanitize(str(found), 120)})"
    text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    return f"could not be read: {sanitize(text, 160).rstrip('.')}"


def _answer(error: urllib.error.HTTPError) -> str:
    if error.code == HTTPStatus.NOT_FOUND:
        return "there is no such file (the server answers 404)"
    if error.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return f"permission denied (the server answers {error.code})"
    reason = sanitize(str(error.reason), 60)
    return f"could not be read: the server answers {error.code} {reason}".rstrip()
