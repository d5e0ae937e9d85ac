"""Files in clouds: read by range, within a limit of time, and with a sentence where that fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.fs
import pytest

from ce_cli.inputs.remote import objects
from ce_cli.storage import azure, keys, time_limit
from ce_cli.storage.addresses import address_of
from ce_cli.storage.google import google_arguments
from tests.conftest import complaints, run_ce, score_json
from tests.writing import as_parquet, as_sqlite, as_text

NOT_READ = 4
TABLE = pa.table({"label": [1, 0], "prob": [0.5, 0.75]})  # losses of 1 and 2 bits
MEAN = 1.5
FILES = {
    "/bucket/a.csv": as_text(TABLE),
    "/bucket/a.parquet": as_parquet(TABLE),
    "/bucket/a.db": as_sqlite(TABLE),
}


class Handler(BaseHTTPRequestHandler):
    """As much of S3 as reading a file takes; a file that is not there never comes."""

    def do_HEAD(self) -> None:
        self._answer(0, 0)

    def do_GET(self) -> None:
        start, _, end = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")
        self._answer(int(start), int(end) + 1 if end else None)

    def _answer(self, start: int, end: int | None) -> None:
        whole = FILES.get(self.path)
        if whole is None:
            time.sleep(20)
            return
        content = whole[start:end]
        self.send_response(206 if content else 200)
        self.send_header(
            "Content-Length", str(len(content) if self.command == "GET" else len(whole))
        )
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running.server_address[1]
    running.shutdown()
    running.socket.close()


def s3(port: int, name: str) -> str:
    options = f"region=us-east-1&scheme=http&endpoint_override=127.0.0.1:{port}"
    return f"s3://KEY:s3cret@bucket/{name}?{options}"


def refused(path: str, code: int = NOT_READ) -> str:
    (line,) = complaints(run_ce("score", path), code)
    return line


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.db"])
def test_files_come_from_s3(name: str, port: int) -> None:
    document = score_json(s3(port, name), "--base", "2")
    assert document["metrics"]["cross_entropy"] == MEAN
    assert "s3cret" not in str(document)


def test_a_server_that_does_not_answer(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limit, "SECONDS", 0.3)
    line = refused(s3(port, "none.csv"))
    assert "did not answer within 0.3 seconds" in line
    assert "s3cret" not in line


def test_a_file_that_stops_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stops:
        def open_input_file(self, path: str) -> Stops:
            return self

        def size(self) -> int:
            return 1 << 20

        def metadata(self) -> None:
            return None

        def read_at(self, size: int, place: int) -> bytes:
            time.sleep(20)
            return b""

    monkeypatch.setattr(time_limit, "SECONDS", 0.1)
    monkeypatch.setattr(objects, "file_system", lambda uri: (Stops(), uri))
    assert "did not answer" in refused("gs://bucket/a.csv")


def test_google_retries_for_less_than_a_minute() -> None:
    start = time.monotonic()
    where = "scheme=http&endpoint_override=127.0.0.1:9&retry_limit_seconds=1"
    line = refused(f"gs://anonymous@bucket/a.csv?{where}")
    assert "could not be read" in line
    assert time.monotonic() - start < 50


def test_google_has_a_limit_unless_one_is_given() -> None:
    for path, seconds in (("gs://b/a", 15), ("gs://b/a?retry_limit_seconds=3", 3)):
        address = address_of(path, keys.GOOGLE)
        assert google_arguments(address, {}, {})["retry_time_limit"].total_seconds() == seconds


def test_credentials_that_end_the_process_are_tried_in_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Arrow calls `abort` where none of the credentials for Azure works."""
    dies = "import os, sys; sys.stderr.write('  what():  no key of anyone\\nmore'); os.abort()"
    monkeypatch.setattr(azure, "_TRIAL", dies)
    line = refused("abfs://data@me.dfs.core.windows.net/a.csv")
    assert "(no key of anyone)" in line
    assert "az login" in line


def test_the_trial_runs_no_code_of_the_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pyarrow.py").write_text("open('was here', 'w')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(azure, "_TRIAL", "import os, pyarrow; os.abort()")
    assert "az login" in refused("abfs://data@me.dfs.core.windows.net/a.csv")
    assert "account name" in refused("abfs://no-account/a.csv")
    assert not (tmp_path / "was here").exists()


@pytest.mark.parametrize(
    "scheme", ["gopher", "mock", "azure", "py", "", "simplecache", "reference"]
)
def test_other_addresses_are_refused(scheme: str) -> None:
    line = refused(f"{scheme}://me:s3cret@host/a.csv")
    assert f"ce cannot read {scheme}:// addresses" in line
    assert "s3cret" not in line


@pytest.mark.parametrize("path", ["s3://", "gs:///a.csv"])
def test_the_form_of_an_address(path: str) -> None:
    assert "://BUCKET/FOLDER/FILE" in refused(path)


def test_an_address_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a b.csv"
    path.write_bytes(as_text(TABLE))
    assert score_json(path.as_uri(), "--base", "2")["metrics"]["cross_entropy"] == MEAN
    assert "there is no such file" in refused(f"{path.as_uri()}x")
    assert "file:///FOLDER/FILE" in refused("file://host/a.csv")
