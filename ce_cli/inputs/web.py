"""Files by HTTP, and files of the Hugging Face Hub."""

from __future__ import annotations

import http.client
import io
import os
import ssl
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from ce_cli.errors import StorageError
from ce_cli.inputs.bytestream import buffered, plain_suffix
from ce_cli.inputs.remote.kept_connections import KeptHTTP, KeptHTTPS
from ce_cli.inputs.remote.remote_file import END_SUFFIXES
from ce_cli.inputs.rephrased import Rephrased
from ce_cli.storage.time_limit import SECONDS, within
from ce_cli.text import display_name, sanitize, system_reason, without_secrets_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SLOWEST = 100  # bytes in a second, on average over the seconds of the limit
_HUB = "https://huggingface.co"
_KINDS = ("datasets", "spaces")  # of repositories; without one it is a model


def open_web(path: str) -> io.BufferedReader:
    """Open a URL; the file is streamed, so its size is not bounded by memory.

    Raises
    ------
    StorageError
        The server cannot be reached, or does not give the file.
    """
    if plain_suffix(path) in END_SUFFIXES:
        from ce_cli.inputs.remote.web_ranges import open_by_end

        return open_by_end(path)
    return buffered(Download(path, answer_to(path)))


def answer_to(path: str, range_: str = "", allowed: int = 0) -> Any:
    """The response of the server of a URL.

    Parameters
    ----------
    path : str
        The URL.
    range_ : str, optional
        The bytes to ask for.
    allowed : int, optional
        The status of an error that the caller understands.

    Raises
    ------
    StorageError
        The server cannot be reached, or does not give the file.
    """
    import ce_cli

    headers = {"User-Agent": f"ce/{ce_cli.__version__}", "Accept-Encoding": "identity"}
    with web_errors(path):
        request = urllib.request.Request(
            _hub_address(path) if _is_hub(path) else _escaped(path),
            headers=headers | ({"Range": range_} if range_ else {}),
        )
        _authorize(request, path)
        # A server that sends a byte now and then is within the limit of each single read.
        try:
            return within(SECONDS, lambda: _opener().open(request, timeout=SECONDS))
        except urllib.error.HTTPError as error:
            if error.code != allowed:
                raise
            return error


def _is_hub(path: str) -> bool:
    return path[:5].lower() == "hf://"


def _opener() -> urllib.request.OpenerDirector:
    """HTTP and HTTPS, and no other protocol, however a server redirects."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        KeptHTTP(),
        KeptHTTPS(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects, but none from a secure connection to one that is not."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """The next request.

        Raises
        ------
        ValueError
            Anyone on the way could read or change it.
        """
        if req.type == "https" and not newurl.lower().startswith("https:"):
            raise ValueError("the server redirects from https to an address that is not secure")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _escaped(path: str) -> str:
    """The URL with blanks and letters beyond ASCII escaped, and without user and password."""
    parts = urlsplit(path.partition("#")[0])
    host = parts.netloc.rpartition("@")[2]
    return quote(parts._replace(netloc=host).geturl(), safe="%/:=&?~#+!$,;'@()*[]")


def _authorize(request: urllib.request.Request, path: str) -> None:
    """Send the user and password of the URL, or the token of the Hub, to this server only."""
    login = urlsplit(path).netloc.rpartition("@")[0]
    if _is_hub(path):
        if token := os.environ.get("HF_TOKEN", "").strip():
            if not (token.isascii() and token.isprintable()):
                raise ValueError("HF_TOKEN holds characters that no token has")
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
    parts = path[len("hf://") :].split("/")
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


def version_of(response: Any) -> tuple[str, str] | None:
    """What changes with the bytes of a file, of what a server says about it, if it does."""
    marks = response.headers.get("ETag", ""), response.headers.get("Last-Modified", "")
    return marks if any(marks) else None


class Download(io.RawIOBase):
    """The body of a response, which has to be as long as the server announced.

    Attributes
    ----------
    size : int
        The bytes that it announced; 0 if it did not.
    version : object
        What changes with the bytes, as far as the server says so.
    """

    def __init__(self, path: str, response: Any) -> None:
        self._path = path
        self.response = response
        announced = response.headers.get("Content-Length", "")
        self._length = int(announced) if announced.isdecimal() and len(announced) < 20 else None
        self.size = self._length or 0
        self.version: object = (self._length, version_of(response))
        self._count = 0
        self._waited, self._came = 0.0, 0  # since the pace was last looked at

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """The next bytes; none before the end are an error."""
        view = memoryview(buffer).cast("B")
        with web_errors(self._path):
            data = self._next(len(view))
        view[: len(data)] = data
        self._count += len(data)
        if not data and self._length is not None and self._count < self._length:
            raise StorageError(
                f"{display_name(self._path)}: could not be read: the server sent {self._count:,} "
                f"of {self._length:,} bytes; try again."
            )
        return len(data)

    def _next(self, size: int) -> bytes:
        """Bytes that have come.

        Raises
        ------
        TimeoutError
            There are none, or too few of them in the time that was spent waiting.
        """
        start = time.monotonic()
        data: bytes = within(SECONDS, lambda: self.response.read1(size))
        self._waited += time.monotonic() - start
        self._came += len(data)
        if self._waited >= SECONDS:
            if self._came < _SLOWEST * self._waited:
                raise TimeoutError
            self._waited, self._came = 0.0, 0
        return data

    def close(self) -> None:
        """Read no more."""
        self.response.close()
        super().close()


class web_errors(Rephrased):  # noqa: N801 - reads as a phrase: with web_errors(path)
    """Turn errors of the network into sentences."""

    def _rephrased(self, error: BaseException) -> StorageError | None:
        known = (OSError, http.client.HTTPException, ValueError)  # URLError is an OSError
        if not isinstance(error, known):
            return None
        return StorageError(f"{display_name(self._name)}: {_clause(error, self._name)}.")


def _clause(error: Exception, path: str) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return _answer(error)
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError):
        return f"could not be read: the server sent nothing, or too little, for {SECONDS} seconds"
    if isinstance(reason, ssl.SSLError):
        found = getattr(reason, "verify_message", "") or reason.reason or str(reason)
        return f"could not be read: no secure connection ({sanitize(str(found), 120)})"
    text = system_reason(reason) if isinstance(reason, OSError) else str(reason)
    text = text or type(reason).__name__
    return f"could not be read: {sanitize(without_secrets_of(path, text), 160).rstrip('.')}"


def _answer(error: urllib.error.HTTPError) -> str:
    if error.code == HTTPStatus.NOT_FOUND:
        return "there is no such file (the server answers 404)"
    if error.code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return f"permission denied (the server answers {error.code})"
    reason = sanitize(str(error.reason), 60)
    return f"could not be read: the server answers {error.code} {reason}".rstrip()
