"""Parquet files of the web: only the needed ranges, over few connections."""

from __future__ import annotations

import contextlib
import io
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import complaints, run_ce, score_json

BAD_DATA, NOT_READ = 3, 4
ROWS = 60_000


def parquet(seed: int, count: int = ROWS) -> bytes:
    random, sink = np.random.default_rng(seed), io.BytesIO()
    columns = {f"f{n}": random.random(count) for n in range(10)}
    table = pa.table(
        {**columns, "label": random.integers(0, 2, count), "prob": random.random(count)}
    )
    # Neither compressed nor in dictionaries, so that all of one length have the same places.
    plain: dict[str, Any] = {"compression": "none", "use_dictionary": False}
    pq.write_table(table, sink, row_group_size=count // 3, **plain)
    return sink.getvalue()


CONTENT = parquet(1)


def marks(path: str, content: bytes) -> dict[str, str]:
    """What a server says about the version of a file."""
    if "unmarked" in path:
        return {}
    if "dated" in path:
        return {"Last-Modified": f"Mon, 0{1 + (content != CONTENT)} Jan 2024 00:00:00 GMT"}
    return {"ETag": f'"{hash(content)}"'}


class Handler(BaseHTTPRequestHandler):
    """A file by ranges, in the ways of several servers."""

    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_GET(self) -> None:
        server, (path, _, _) = self.server, self.path.partition("?")
        asked = self.headers.get("Range", "")
        server.seen.append((path, asked, self.headers.get("Authorization")))
        if path.startswith("/moved/"):
            self._answer(302, b"", Location=f"/{path.removeprefix('/moved/')}")
            return
        content = server.contents(len(server.seen))
        found = re.fullmatch(r"bytes=(\d*)-(\d*)", asked)
        if path == "/none.parquet" or (path == "/later.parquet" and len(server.seen) > 2):
            status = server.status
            self._answer(status, b"")
        elif found is None or path == "/whole.parquet" or self._is_late(path):
            extra = {"Accept-Ranges": "bytes"} if path.startswith("/download") else {}
            self._answer(200, content, **extra, **marks(path, content))
        else:
            self._answer_range(path, content, found)

    def _is_late(self, path: str) -> bool:
        return path == "/forgets.parquet" and len(self.server.seen) > 2

    def _answer_range(self, path: str, content: bytes, found: re.Match[str]) -> None:
        size = len(content)
        if not found[1]:
            if path == "/no-end.parquet":
                self._answer(416, b"")
                return
            start, stop = max(0, size - int(found[2])), size
        else:
            start, stop = int(found[1]), min(size, int(found[2]) + 1)
        if start >= size:
            self._answer(416, b"", **{"Content-Range": f"bytes */{size}"})
            return
        part = content[start:stop]
        self.server.sent += len(part)
        place = f"bytes {start}-{stop - 1}/{size}"
        if path == "/cut.parquet" and len(self.server.seen) > 2:
            self.send_response(206)
            self.send_header("Content-Range", place)
            self.send_header("Content-Length", str(len(part)))
            for name, value in marks(path, content).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(part[: len(part) // 2])
            self.close_connection = True
            return
        self._answer(206, part, **{"Content-Range": place}, **marks(path, content))
        if path == "/closes.parquet":
            self.close_connection = True  # without a word, as servers do after a while

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever reads by ranges hangs up
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    """Counts what is asked for.

    Attributes
    ----------
    seen : list of (str, str, str or None)
        Path, range and login of each request.
    sent : int
        Bytes of ranges.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str, str | None]] = []
        self.sent = self.connections = 0
        self.status = 404
        self.other: bytes | None = None
        self.before_other = 3

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients hang up where an answer is of no use to them."""

    def contents(self, requests: int) -> bytes:
        """The file; after three requests, or so many, another one, if there is one."""
        is_other = self.other is not None and requests > self.before_other
        return self.other if self.other is not None and is_other else CONTENT

    def uri(self, path: str, login: str = "") -> str:
        """The address of a path."""
        return f"http://{login}127.0.0.1:{self.server_address[1]}/{path}"


@pytest.fixture
def web() -> Iterator[Server]:
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def read(uri: str) -> int:
    count: int = score_json(uri, "--label", "label", "--pred", "prob")["rows"]["read"]
    return count


def refused(uri: str, code: int = NOT_READ) -> str:
    (line,) = complaints(run_ce("score", uri, "--label", "label", "--pred", "prob"), code)
    return line


@pytest.mark.parametrize("path", ["a.parquet", "a.parquet?key=1", "a.PARQUET", "closes.parquet"])
def test_only_the_needed_ranges_are_read(path: str, web: Server) -> None:
    assert read(web.uri(path)) == ROWS
    file = pq.ParquetFile(io.BytesIO(CONTENT))
    groups = map(file.metadata.row_group, range(file.num_row_groups))
    needed = sum(group.column(at).total_compressed_size for group in groups for at in (10, 11))
    assert web.sent <= 1.1 * needed + (1 << 16)
    assert len(web.seen) <= 1 + 3 + 1
    assert all(asked for _, asked, _ in web.seen)


def test_connections_are_kept(web: Server) -> None:
    assert read(web.uri("a.parquet")) == ROWS
    assert web.connections < len(web.seen)


@pytest.mark.parametrize("path", ["whole.parquet", "no-end.parquet"])
def test_servers_without_ranges(path: str, web: Server) -> None:
    assert read(web.uri(path)) == ROWS
    assert len(web.seen) <= 2


def test_a_name_without_a_suffix(web: Server) -> None:
    """The first bytes show the format; then only ranges are read."""
    assert read(web.uri("download")) == ROWS
    assert web.seen[0][1] == ""
    assert all(asked for _, asked, _ in web.seen[1:])


def test_redirects_keep_ranges_and_no_passwords(web: Server) -> None:
    assert read(web.uri("moved/a.parquet", "me:s3cret@")) == ROWS
    assert {path for path, _, login in web.seen if login} == {"/moved/a.parquet"}
    assert all(asked for _, asked, _ in web.seen)


@pytest.mark.parametrize("name", ["a.parquet", "dated.parquet"])
@pytest.mark.parametrize("kind", ["replaced", "shorter", "longer"])
def test_a_file_that_is_replaced_while_it_is_read(kind: str, name: str, web: Server) -> None:
    later = {"replaced": parquet(2), "shorter": parquet(1, 300), "longer": parquet(1, 2 * ROWS)}
    web.other = later[kind]
    assert kind != "replaced" or len(later[kind]) == len(CONTENT)
    assert "was replaced while it was read" in refused(web.uri(name), BAD_DATA)


@pytest.mark.parametrize("name", ["unmarked.parquet", "download-unmarked"])
def test_a_file_without_marks_comes_with_one_answer(name: str, web: Server) -> None:
    """Bytes of two versions could not be told from each other."""
    web.other, web.before_other = parquet(2), 2
    assert read(web.uri(name)) == ROWS
    assert [asked for _, asked, _ in web.seen if asked.startswith("bytes=-")] == [
        asked for _, asked, _ in web.seen if asked
    ]


@pytest.mark.parametrize("name", ["a.parquet", "whole.parquet", "dated.csv"])
def test_a_file_that_is_replaced_between_two_passes(name: str, web: Server) -> None:
    uri = web.uri(name)
    options = ("--label", "label", "--pred", "prob", "--class-weight", "balanced")
    score_json(uri, *options)
    web.before_other, web.other = len(web.seen) // 2, parquet(2)  # each pass asks for the same
    web.seen.clear()
    (line,) = complaints(run_ce("score", uri, *options), BAD_DATA)
    assert f"{uri}: was replaced while it was read" in line


def test_a_server_that_gives_no_ranges_any_longer(web: Server) -> None:
    line = refused(web.uri("forgets.parquet"))
    assert "the server gives no ranges of its bytes any longer; try again" in line


def test_a_connection_that_is_cut(web: Server) -> None:
    assert re.search(r"the server sent [\d,]+ of [\d,]+ bytes", refused(web.uri("cut.parquet")))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "permission denied"),
        (403, "permission denied"),
        (404, "there is no such file"),
        (410, "answers 410"),
        (500, "answers 500"),
        (503, "answers 503"),
    ],
)
@pytest.mark.parametrize("path", ["none.parquet", "later.parquet"])
def test_answers_without_the_file(path: str, status: int, words: str, web: Server) -> None:
    web.status = status
    line = refused(web.uri(path, "me:s3cret@"))
    assert words in line
    assert "s3cret" not in line
