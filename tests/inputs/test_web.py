"""Files by HTTP: streamed, complete, and with one sentence where the server has none."""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from ce_cli import registry
from ce_cli.inputs import web
from tests.conftest import complaints, run_ce, score_json
from tests.writing import as_excel, as_npz, as_parquet, as_sqlite, as_text, as_zip

BAD_DATA, NOT_READ = 3, 4
TABLE = pa.table({"label": [1, 0], "prob": [0.5, 0.75]})  # losses of 1 and 2 bits
MEAN = 1.5
TEXT = as_text(TABLE)
FILES: dict[str, bytes] = {
    "/a.csv": TEXT,
    "/a b.csv": TEXT,
    "/many.csv": TEXT + TEXT.partition(b"\n")[2] * 9,  # enough for a calibration
    "/a.csv.gz": gzip.compress(TEXT),
    "/a.csv.zip": as_zip(TEXT, "a.csv"),
    "/a.parquet": as_parquet(TABLE),
    "/a.npz": as_npz(TABLE),
    "/a.db": as_sqlite(TABLE),
    "/a.xlsx": as_excel(TABLE),
    "/page": b"<!doctype html><html></html>",
    "/datasets/me/it/resolve/main/part/a.csv": TEXT,
    "/datasets/me/it/resolve/refs%2Fconvert%2Fparquet/a.parquet": as_parquet(TABLE),
    "/me/model/resolve/v1/a.csv": TEXT,
}

_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SLOW = {  # what comes at once, and what comes again and again for five seconds
    "/silent": (b"", b""),
    "/slow-headers": (b"HTTP/1.1 200 OK\r\n", b"a: b\r\n"),
    "/slow-body": (b"HTTP/1.1 200 OK\r\n\r\nlabel,prob\n1,0.5\n", b"0"),
    "/silent-body": (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nlabel,prob\n", b""),
    "/slow-chunk": (_CHUNKED, b"0"),
}


class Handler(BaseHTTPRequestHandler):
    """Serves the files; other addresses answer in other ways."""

    def do_GET(self) -> None:
        seen: list[tuple[str, str | None]] = self.server.seen  # type: ignore[attr-defined]
        seen.append((self.path, self.headers.get("Authorization")))
        path = self.path.partition("?")[0].replace("%20", " ")
        if path in FILES:
            self._answer(200, FILES[path])
        elif path == "/short":
            self._answer(200, TEXT, len(TEXT) + 8)
        elif path == "/moved":
            self._answer(302, b"", 0, Location="/a.csv")
        elif path == "/away":
            host = f"localhost:{self.headers['Host'].partition(':')[2]}"
            self._answer(302, b"", 0, Location=f"http://{host}/a.csv")
        elif path == "/loop":
            self._answer(302, b"", 0, Location="/loop")
        elif path == "/file":
            self._answer(302, b"", 0, Location="file:///etc/passwd")
        elif path == "/odd-length":
            self._answer(200, TEXT, "\u00b2")
        elif path in SLOW:
            self._answer_slowly(*SLOW[path])
        else:
            self._answer(int(path[1:]) if path[1:].isdigit() else 404, b"")

    def _answer_slowly(self, at_once: bytes, then: bytes) -> None:
        self.wfile.write(at_once)
        with contextlib.suppress(OSError):  # nobody waits any longer
            for _ in range(100):
                self.wfile.write(then)
                time.sleep(0.05)

    def _answer(
        self, code: int, content: bytes, length: int | str | None = None, **headers: str
    ) -> None:
        self.send_response(code)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.seen = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture
def root(server: ThreadingHTTPServer) -> str:
    server.seen.clear()  # type: ignore[attr-defined]
    return f"http://127.0.0.1:{server.server_address[1]}"


def bits(*args: str | Path) -> float:
    mean: float = score_json(*args, "--base", "2")["metrics"]["cross_entropy"]
    return mean


def refused(path: str, code: int = NOT_READ) -> str:
    (line,) = complaints(run_ce("score", path), code)
    return line


@pytest.mark.parametrize("path", [one for one in FILES if one.startswith("/a")])
def test_every_format_comes_by_http(path: str, root: str) -> None:
    assert bits(root + path) == MEAN


def test_a_file_is_read_twice_where_that_is_needed(root: str) -> None:
    assert bits(f"{root}/a.csv", "--class-weight", "balanced") == MEAN


def test_redirects_are_followed(root: str) -> None:
    assert bits(f"{root}/moved") == MEAN
    assert refused(f"{root}/loop").startswith(f"ce: {root}/loop: could not be read")
    assert "root:" not in refused(f"{root}/file")


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/none.csv", "there is no such file"),
        ("/401", "permission denied"),
        ("/403", "permission denied"),
        ("/500", "answers 500"),
        ("/short", f"of {len(TEXT) + 8} bytes"),
    ],
)
def test_an_answer_without_the_file_is_reported(path: str, part: str, root: str) -> None:
    assert part in refused(root + path)


def test_a_web_page_is_not_a_table(root: str) -> None:
    line = refused(f"{root}/page", BAD_DATA)
    assert "is a web page" in line
    assert "python3" not in line


def test_a_server_that_is_not_there(root: str) -> None:
    assert "could not be read" in refused("http://127.0.0.1:9/a.csv")
    assert "no secure connection" in refused(root.replace("http:", "https:") + "/a.csv")


@pytest.mark.parametrize("path", SLOW)
def test_a_server_that_is_too_slow(path: str, root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes soon enough, but not the whole."""
    monkeypatch.setattr(web, "SECONDS", 0.3)
    monkeypatch.setattr(web, "_SLOWEST", 1000)
    start = time.monotonic()
    assert "too little, for 0.3 seconds" in refused(root + path)
    assert time.monotonic() - start < 4


def test_no_redirect_leads_out_of_a_secure_connection() -> None:
    secure = urllib.request.Request("https://host/a.csv")
    redirects = web._Redirects()
    with pytest.raises(ValueError, match="not secure"):
        redirects.redirect_request(secure, None, 302, "", {}, "http://host/a.csv")
    assert redirects.redirect_request(secure, None, 302, "", {}, "https://other/a.csv")


def test_a_token_that_is_none_is_not_shown(monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    monkeypatch.setenv("HF_ENDPOINT", root)
    monkeypatch.setenv("HF_TOKEN", "hf_exam\nple")
    line = refused("hf://datasets/me/it/part/a.csv")
    assert "HF_TOKEN" in line
    assert "ple" not in line.replace("part", "")


def test_a_length_that_is_no_number(root: str) -> None:
    assert bits(f"{root}/odd-length") == MEAN


def test_a_password_is_sent_to_this_server_only(server: ThreadingHTTPServer, root: str) -> None:
    url = root.replace("//", "//me:s3cret@")
    assert bits(f"{url}/away") == MEAN
    seen: dict[str, str | None] = dict(server.seen)  # type: ignore[attr-defined]
    assert seen == {"/away": "Basic bWU6czNjcmV0", "/a.csv": None}
    assert "s3cret" not in refused(f"{url}/404")


def test_files_of_the_hub(
    server: ThreadingHTTPServer, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", root)
    monkeypatch.setenv("HF_TOKEN", "hf_example")
    assert bits("hf://datasets/me/it/part/a.csv") == MEAN
    assert bits("hf://datasets/me/it@refs%2Fconvert%2Fparquet/a.parquet") == MEAN
    assert bits("hf://me/model@v1/a.csv") == MEAN
    assert {header for _, header in server.seen} == {"Bearer hf_example"}  # type: ignore[attr-defined]
    assert "no such file" in refused("hf://datasets/me/it/none.csv")


@pytest.mark.parametrize(
    "path", ["hf://", "hf://datasets", "hf://datasets/me", "hf://me/it", "hf:///a/b"]
)
def test_an_incomplete_address_of_the_hub(path: str) -> None:
    assert "hf://datasets/USER/NAME/FILE" in refused(path)


@pytest.mark.parametrize(
    ("command", "output"),
    [(command, one.names[0]) for one in registry.OUTPUTS for command in one.commands],
)
def test_no_output_of_a_command_has_a_secret(
    command: str, output: str, root: str, tmp_path: Path
) -> None:
    """Nor has a warning, the line on options that were not typed, a report or an error."""
    url = f"{root.replace('//', '//me:s3cret@')}/many.csv?X-Amz-Signature=s3cret&n="
    (tmp_path / "ce.toml").write_text('na-value = ["https://me:s3cret@host/?sig=s3cret"]\n')
    own = {
        "compare": [f"{url}2"],
        "gate": ["--baseline", f"{url}2", "--max-regression", "1%", "--report", "junit=report.xml"],
        "explain": ["--row", "1"],
    }.get(command, [])
    words = command.split()
    done = run_ce(*words, f"{url}1", *own, "--format", output, cwd=tmp_path)
    assert done.returncode in (0, 1), done.stderr
    wrong = run_ce(*words, f"{url}1", *own, "--id", "none", cwd=tmp_path)
    missing = run_ce(*words, f"{root.replace('//', '//me:s3cret@')}/404", *own, cwd=tmp_path)
    assert min(wrong.returncode, missing.returncode) >= 2
    written = "".join(path.read_text() for path in tmp_path.glob("*.xml"))
    for shown in (done, wrong, missing):
        assert "s3cret" not in shown.stdout + shown.stderr + written
