"""A proxy on loopback that logs every request and can delay, cut or refuse it."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from tests.conftest import Completed, complaints, run_ce
from tests.stores import S3Server

_PER_HOP = {"connection", "transfer-encoding", "keep-alive"}


class Request(NamedTuple):
    """A request that was answered."""

    method: str
    path: str
    range: str  # as it was sent, or nothing
    sent: int  # bytes of the body of the answer
    status: int


class CountingProxy(ThreadingHTTPServer):
    """Passes requests on to a server, after a latency.

    Parameters
    ----------
    port : int
        That of the server, on loopback.
    latency : float
        Seconds before each answer.

    Attributes
    ----------
    log : list of Request
        What was asked for, in the order of the answers.
    most : int
        How many requests there were at once.
    instead : callable
        Called with method and path; returns a status to answer at once, -1 to cut the connection
        in the middle of the body, or None.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, latency: float = 0.0) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target, self.latency = port, latency
        self.log: list[Request] = []
        self.most = self._current = 0
        self._lock = threading.Lock()
        self.instead: Callable[[str, str], int | None] = lambda method, path: None

    @property
    def port(self) -> int:
        """The port to connect to."""
        return int(self.server_address[1])

    def wait(self) -> None:
        """Let a request wait for its answer."""
        with self._lock:
            self._current += 1
            self.most = max(self.most, self._current)
        time.sleep(self.latency)
        with self._lock:
            self._current -= 1

    def gets(self, part: str = "") -> list[Request]:
        """The requests for bytes of objects whose path contains `part`."""
        found = [one for one in self.log if one.method == "GET" and "list-type" not in one.path]
        return [one for one in found if part in one.path]

    def heads(self, part: str = "") -> list[Request]:
        """The requests for the size of such objects."""
        return [one for one in self.log if one.method == "HEAD" and part in one.path]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients may hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: CountingProxy

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length) if length else None
        self.server.wait()
        instead = self.server.instead(self.command, self.path)
        if instead is not None and instead > 0:
            self._answer(instead, [], b"")
            return
        there = http.client.HTTPConnection("127.0.0.1", self.server.target)
        with contextlib.closing(there):
            headers = dict(self.headers.items())
            there.request(self.command, self.path, body, headers)
            answer = there.getresponse()
            content = answer.read()
        kept = [one for one in answer.getheaders() if one[0].lower() not in _PER_HOP]
        if instead is not None:
            content = content[: len(content) // 2]
            self.close_connection = True
        self._answer(answer.status, kept, content)

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        asked = self.headers.get("Range", "")
        self.server.log.append(Request(self.command, self.path, asked, len(content), status))
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass_on  # noqa: N815 - the names of http.server

    def log_message(self, *args: Any) -> None:
        pass


@contextlib.contextmanager
def counting(port: int, latency: float = 0.0) -> Iterator[CountingProxy]:
    """A running proxy before the server on `port`."""
    proxy = CountingProxy(port, latency)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()


class CountedStore(NamedTuple):
    """A bucket of a server, behind a proxy."""

    server: S3Server
    proxy: CountingProxy
    bucket: str

    def put(self, key: str, content: bytes) -> str:
        """Make an object, past the proxy, and return its URI."""
        return self.server.put(self.bucket, key, content)

    def uri(self, key: str = "") -> str:
        """The URI of a key."""
        return f"s3://{self.bucket}/{key}"

    @property
    def env(self) -> dict[str, str]:
        """The variables that lead to the proxy."""
        return self.server.variables | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.proxy.port}"}

    def run(self, *args: str, env: dict[str, str] | None = None) -> Completed:
        """Run ``ce ARGS``."""
        return run_ce(*args, env=env or self.env)

    def scored(self, *args: str) -> dict[str, Any]:
        """The document of ``ce score ARGS``."""
        done = self.run("score", *args, "--json")
        assert done.returncode == 0, done.stderr
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    def refused(self, *args: str, code: int = 4, env: dict[str, str] | None = None) -> str:
        """The only line of an error."""
        (line,) = complaints(self.run("score", *args, env=env), code)
        return line
