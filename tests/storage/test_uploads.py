"""Outputs to a store are whole or not there, and refused before anything is read."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import ce_cli
from ce_cli.errors import StorageError
from ce_cli.storage import s3_uploads, uploads
from ce_cli.storage.options import using
from ce_cli.storage.s3_uploads import Bucket, Login
from tests.conftest import COMMAND, complaints, environment, run_ce
from tests.stores import S3Server

USAGE, BAD_DATA, STORAGE = 2, 3, 4
OLD = b"what was there before"
ROWS = "label,prob\n" + "1,0.5\n0,0.75\n" * 10
MEGABYTE = 1 << 20


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return path


def test_every_output_is_written(s3_server: S3Server, rows: Path) -> None:
    bucket = s3_server.bucket()
    start = f"s3://{bucket}/a b/ä#1"
    done = run_ce(
        *("score", str(rows), *s3_server.words, "--json"),
        *("--output", f"{start}.json", "--per-row", f"{start}.parquet"),
    )
    assert (done.returncode, done.stdout) == (0, "")
    document = json.loads(s3_server.get(bucket, "a b/ä#1.json"))
    assert document["rows"]["scored"] == 20
    table = pq.read_table(io.BytesIO(s3_server.get(bucket, "a b/ä#1.parquet")))
    assert table.num_rows == 20
    for name in ("x.csv", "x.csv?region=us-east-1"):
        run_ce("score", rows, *s3_server.words, "--per-row", f"s3://{bucket}/{name}")
        assert len(list(csv.reader(io.StringIO(s3_server.get(bucket, "x.csv").decode())))) == 21


def test_reports_of_a_gate(s3_server: S3Server, rows: Path, tmp_path: Path) -> None:
    bucket = s3_server.bucket()
    done = run_ce(
        *("gate", str(rows), "--max", "9", *s3_server.words, "--output", f"s3://{bucket}/o.txt"),
        *("--report", f"json=s3://{bucket}/r.json", "--report", f"junit={tmp_path}/r.xml"),
        *("--report", f"markdown={(tmp_path / 'r.md').as_uri()}"),
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert json.loads(s3_server.get(bucket, "r.json"))["passed"]
    assert sorted(s3_server.keys(bucket)) == ["o.txt", "r.json"]
    assert {one.name for one in tmp_path.iterdir()} == {"rows.csv", "r.xml", "r.md"}


@pytest.mark.parametrize("bad", ["label,prob\n1,0.5\n0,1.5\n", "label,prob\n1,x\n"])
def test_bad_data_leaves_the_old_object(s3_server: S3Server, tmp_path: Path, bad: str) -> None:
    bucket = s3_server.bucket(**{"x.csv": OLD})
    (tmp_path / "bad.csv").write_text(bad)
    target = f"s3://{bucket}/x.csv"
    done = run_ce("score", tmp_path / "bad.csv", "--per-row", target, *s3_server.words)
    complaints(done, BAD_DATA)
    assert s3_server.get(bucket, "x.csv") == OLD
    assert (s3_server.keys(bucket), s3_server.uploads(bucket)) == (["x.csv"], [])


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("https://host/x.json", "cannot write to https:// addresses"),
        ("hf://datasets/a/b/x.json", "cannot write to hf:// addresses"),
        ("postgresql://me:s3cret@host/db", "cannot write to postgresql:// addresses"),
        ("gopher://host/x.json", "cannot write to gopher:// addresses"),
        ("s3://bucket", "names a folder"),
        ("s3://bucket/", "names a folder"),
        ("s3://bucket/folder/", "names a folder"),
        ("", "needs the name of a file"),
    ],
)
@pytest.mark.parametrize("command", ["score", "gate", "compare", "inspect", "explain"])
def test_what_cannot_be_written_is_refused_before_the_data(
    target: str, said: str, command: str, tmp_path: Path
) -> None:
    for name in ("bad.csv", "worse.csv"):
        (tmp_path / name).write_text("no,table\n")  # which would be another error
    words = [command, str(tmp_path / "bad.csv")]
    words += [str(tmp_path / "worse.csv")] if command == "compare" else []
    words += ["--max", "9"] if command == "gate" else []
    region = ("--storage-option", "region=x", "--storage-option", "anonymous=true")
    (line,) = complaints(run_ce(*words, "--output", target, *region), USAGE)
    assert said in line
    assert "s3cret" not in line


def test_a_bucket_or_keys_that_are_wrong_are_refused_before_the_data(
    s3_server: S3Server, tmp_path: Path
) -> None:
    bucket = s3_server.bucket(**{"old.json": OLD})
    (tmp_path / "bad.csv").write_text("no,table\n")
    score = ("score", tmp_path / "bad.csv", "--output")

    def refusal(target: str, *words: str) -> str:
        (line,) = complaints(run_ce(*score, target, *words), STORAGE)
        return line

    assert "there is no such bucket" in refusal("s3://not-there/x.json", *s3_server.words)
    address = ("--storage-option", f"endpoint={s3_server.endpoint}")
    nobody = (*address, "--storage-option", "anonymous=true")
    assert "permission denied" in refusal(f"s3://{bucket}/old.json", *nobody)
    with s3_server.checking() as checked:
        right = checked.words
        complaints(run_ce(*score, f"s3://{bucket}/x.json", *right), BAD_DATA)
        checked.secret = "another secret"
        assert "secret access key is wrong" in refusal(f"s3://{bucket}/x.json", *checked.words)
        assert "access key is not known" in refusal(f"s3://{bucket}/x.json", *s3_server.words)
    assert s3_server.get(bucket, "old.json") == OLD
    assert s3_server.keys(bucket) == ["old.json"]


def test_keys_are_signed_with(s3_server: S3Server, rows: Path) -> None:
    bucket = s3_server.bucket()
    with s3_server.checking() as checked:
        target = f"s3://{bucket}/a b/ü+&=@:,$~!*'().json"
        done = run_ce("score", rows, "--json", "--output", target, *checked.words)
        assert done.returncode == 0, done.stderr
        assert json.loads(checked.get(bucket, "a b/ü+&=@:,$~!*'().json"))["rows"]["scored"] == 20


@pytest.mark.parametrize(
    "words", [["--p", "0.5,0.5"], ["--curve"], ["--q", "0.5,0.5", "--p", "1,0"]]
)
def test_what_is_typed_is_written(words: list[str], s3_server: S3Server) -> None:
    bucket = s3_server.bucket()
    written = ("--output", f"s3://{bucket}/x.txt", *s3_server.words)
    assert run_ce("explain", *words, *written).stderr == ""
    assert s3_server.keys(bucket) == ["x.txt"]
    complaints(run_ce("explain", *words, "--output", ""), USAGE)


def test_an_input_is_not_overwritten(s3_server: S3Server, rows: Path) -> None:
    bucket = s3_server.bucket(**{"x.csv": ROWS.encode()})
    for read, target in (
        (f"s3://{bucket}/x.csv", f"s3a://{bucket}/x.csv?region=us-east-1"),
        (rows.as_uri(), str(rows)),
        (str(rows), rows.as_uri()),
    ):
        done = run_ce("score", read, "--output", target, *s3_server.words)
        assert "is an input" in complaints(done, USAGE)[0]


def test_two_reports_with_one_file_are_named(rows: Path, tmp_path: Path) -> None:
    there = ("--report", "json=b", "--report", "junit=./b")
    done = run_ce("gate", rows, "--max", "9", *there, cwd=tmp_path)
    (line,) = complaints(done, USAGE)
    assert line == "ce: --report cannot write to the same file."


def test_keys_that_only_the_client_of_arrow_finds(
    s3_server: S3Server, rows: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = s3_server.bucket()
    monkeypatch.setattr(s3_uploads, "bucket_of", lambda *_: None)
    done = run_ce("score", rows, *s3_server.words, "--json", "--output", f"s3://{bucket}/x.json")
    assert done.returncode == 0, done.stderr
    assert json.loads(s3_server.get(bucket, "x.json"))["rows"]["scored"] == 20
    assert s3_server.uploads(bucket) == []


def test_python_reads_with_options(s3_server: S3Server) -> None:
    bucket = s3_server.bucket(**{"x.csv": ROWS.encode()})
    result = ce_cli.score(f"s3://{bucket}/x.csv", storage_options=s3_server.options)
    assert result.rows["scored"] == 20


# A large object


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is sent in three parts, the least that a server takes."""
    monkeypatch.setattr(s3_uploads, "_LARGEST", 1)
    monkeypatch.setattr(s3_uploads, "_PART", 5 * MEGABYTE)
    path = tmp_path / "large"
    path.write_bytes(os.urandom(11 * MEGABYTE))
    return path


def test_a_large_file_goes_in_parts(s3_server: S3Server, large: Path) -> None:
    bucket = s3_server.bucket()
    with using(s3_server.options), large.open("rb") as file:
        uploads.upload(f"s3://{bucket}/a b", file)
    assert s3_server.get(bucket, "a b") == large.read_bytes()
    assert s3_server.uploads(bucket) == []


def test_a_part_that_fails_aborts_the_upload(
    s3_server: S3Server, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = s3_server.bucket(x=OLD)
    real: Callable[..., Any] = s3_uploads._asked
    asked: list[str] = []

    def fails(bucket: Bucket, method: str, key: str, query: dict[str, str], body: Any) -> Any:
        asked.append(f"{method} {query.get('partNumber', '')}")
        if query.get("partNumber") == "2":
            return 503, {}, "<Error><Code>SlowDown</Code><Message>Reduce it</Message></Error>"
        return real(bucket, method, key, query, body)

    monkeypatch.setattr(s3_uploads, "_asked", fails)
    monkeypatch.setattr("ce_cli.storage.s3_uploads.time.sleep", lambda seconds: None)
    with (
        using(s3_server.options),
        large.open("rb") as file,
        pytest.raises(StorageError, match="SlowDown: Reduce it"),
    ):
        uploads.upload(f"s3://{bucket}/x", file)
    assert asked.count("PUT 2") == 3
    assert s3_server.get(bucket, "x") == OLD
    assert s3_server.uploads(bucket) == []


def test_a_server_that_is_gone_hides_no_reason(
    s3_server: S3Server, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = s3_server.bucket()
    real: Callable[..., Any] = s3_uploads._asked

    def fails(bucket: Bucket, method: str, key: str, query: dict[str, str], body: Any) -> Any:
        if query.get("partNumber") == "2":
            return 403, {}, "<Error><Code>QuotaExceeded</Code></Error>"
        if method == "DELETE":
            raise ConnectionRefusedError(111, "Connection refused")
        return real(bucket, method, key, query, body)

    monkeypatch.setattr(s3_uploads, "_asked", fails)
    monkeypatch.setattr("ce_cli.storage.s3_uploads.time.sleep", lambda seconds: None)
    with (
        using(s3_server.options),
        large.open("rb") as file,
        pytest.raises(StorageError, match="QuotaExceeded"),
    ):
        uploads.upload(f"s3://{bucket}/x", file)


def test_a_signal_aborts_the_upload(s3_server: S3Server, large: Path) -> None:
    bucket = s3_server.bucket(x=OLD)
    script = (
        "import sys, time\n"
        "from ce_cli.process import signals\nsignals.install()\n"
        "from ce_cli.storage import s3_uploads, uploads\n"
        "from ce_cli.storage.options import using\n"
        f"s3_uploads._LARGEST, s3_uploads._PART = 1, {5 * MEGABYTE}\n"
        "real = s3_uploads._asked\n"
        "def slow(bucket, method, key, query, body):\n"
        "    if query.get('partNumber') == '2':\n"
        "        print('now', flush=True)\n        time.sleep(60)\n"
        "    return real(bucket, method, key, query, body)\n"
        "s3_uploads._asked = slow\n"
        f"with using({s3_server.options!r}), open({str(large)!r}, 'rb') as file:\n"
        f"    uploads.upload('s3://{bucket}/x', file)\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment({"PYTHONPATH": os.pathsep.join(sys.path)})
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"now\n"
        assert s3_server.uploads(bucket) == ["x"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
    assert s3_server.uploads(bucket) == []
    assert s3_server.get(bucket, "x") == OLD


def test_a_signal_during_the_run_leaves_the_old_object(s3_server: S3Server, tmp_path: Path) -> None:
    bucket = s3_server.bucket(**{"x.csv": OLD})
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    (tmp_path / "tmp").mkdir()
    words = ["score", str(pipe), "--per-row", f"s3://{bucket}/x.csv", *s3_server.words]
    env = environment({"TMPDIR": str(tmp_path / "tmp")})
    with (
        subprocess.Popen([*COMMAND, *words], env=env, stderr=subprocess.PIPE) as process,
        pipe.open("w") as file,
    ):
        file.write(ROWS * 1000)
        file.flush()
        deadline = time.monotonic() + 30
        while not any((tmp_path / "tmp").iterdir()) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 128 + signal.SIGTERM
    assert s3_server.get(bucket, "x.csv") == OLD
    assert s3_server.uploads(bucket) == []
    assert list((tmp_path / "tmp").iterdir()) == []


# Signatures


@pytest.mark.parametrize(
    ("query", "signature"),
    [
        ("lifecycle=", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        (
            "max-keys=2&prefix=J",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_the_signatures_of_the_documentation_of_aws(query: str, signature: str) -> None:
    """Of "Examples: Signature calculations in AWS Signature Version 4" for Amazon S3."""
    login = Login("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    bucket = Bucket("https", "examplebucket.s3.amazonaws.com", "", "us-east-1", login)
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    headers = s3_uploads.signed(bucket, "GET", "/", query, empty, moment)
    assert headers["Authorization"].endswith(f"Signature={signature}")
    assert "wJalr" not in repr(bucket)


# Other file systems


def test_servers_that_fail_are_a_sentence(rows: Path, tmp_path: Path) -> None:
    """One that refuses connections, and one that hangs up before it answers."""
    login = ("--storage-option", "key=a", "--storage-option", "secret=s3cret")
    target = ("--output", "s3://bucket/x.json")
    refused = run_ce("score", rows, *login, *target, "--storage-option", "endpoint=127.0.0.1:9")
    (line,) = complaints(refused, STORAGE)
    assert "check the network" in line
    bucket = Bucket("http", "127.0.0.1:9", "", "x", None)
    with pytest.raises(OSError, match="refused"):
        s3_uploads.upload(bucket, "k", io.BytesIO(b"x"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_hang_up, args=[server], daemon=True).start()
        bucket = bucket.replace(host=f"127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(OSError, match=r"closed|reset|Broken"):
            s3_uploads.upload(bucket, "k", io.BytesIO(b"x"))


def _hang_up(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            server.accept()[0].close()


def test_a_file_system_of_fsspec(rows: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe("/out/x.json", OLD)
    done = run_ce("score", rows, "--json", "--output", "memory://out/x.json")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert json.loads(memory.cat("/out/x.json"))["rows"]["scored"] == 20
    assert memory.ls("/out", detail=False) == ["/out/x.json"]
    memory.pipe("/in/rows.csv", ROWS.encode())
    assert run_ce("score", "memory://in/rows.csv").returncode == 0


def test_a_missing_directory_is_refused_before_the_data(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("no,table\n")
    for target in (tmp_path / "none" / "x.json", (tmp_path / "none" / "x.json").as_uri()):
        done = run_ce("score", tmp_path / "bad.csv", "--output", str(target))
        (line,) = complaints(done, STORAGE)
        assert line.endswith("could not be written: no such file or directory.")
