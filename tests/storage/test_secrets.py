"""Keys in URIs are shown by no command, in no output and in no error."""

from __future__ import annotations

from pathlib import Path

import pytest

from ce_cli import registry
from ce_cli.options.commands import COMMANDS
from tests.conftest import run_ce, write_csv
from tests.stores import S3Server

SECRET = "s3cret+Key"
ROWS = b"label,prob,user\n1,0.8,a\n0,0.3,b\n1,0.6,a\n"


class Files:
    """Two files in a bucket, whose URIs have keys."""

    def __init__(self, server: S3Server) -> None:
        self._bucket, self._server = server.bucket(), server
        for name in ("a.csv", "b.csv"):
            server.put(self._bucket, name, ROWS)

    def uri(self, name: str) -> str:
        """The URI of a file."""
        query = f"region=us-east-1&endpoint_override=http://127.0.0.1:{self._server.port}"
        return f"s3://KEYID:{SECRET}@{self._bucket}/{name}?{query}&session_token={SECRET}"


@pytest.fixture
def files(s3_server: S3Server) -> Files:
    return Files(s3_server)


def words(command: str, files: Files) -> list[str]:
    """A run of a command that works."""
    read = [files.uri("a.csv"), *([files.uri("b.csv")] if command == "compare" else [])]
    return [command, *read, *(["--max", "9"] if command == "gate" else [])]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_shows_them(command: str, files: Files, tmp_path: Path) -> None:
    for number, form in enumerate(registry.formats(command)):
        path = tmp_path / str(number)
        done = run_ce(*words(command, files), "--format", form, "--output", str(path))
        assert done.returncode == 0, done.stderr
        assert SECRET not in path.read_text() + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "more",
    [
        ["--pred", "none"],
        ["--label", "prob", "--pred", "label"],
        ["--classes", "a,b,c"],
        ["--input-format", "parquet"],
        ["--query", "select"],
        ["--encoding", "utf-16"],
        ["--no-header"],
        ["--output", "https:/me:s3cret+Key@host/x"],
        ["--output", f"https://host/x?sig={SECRET}"],
    ],
)
def test_no_error_shows_them(command: str, more: list[str], files: Files, tmp_path: Path) -> None:
    done = run_ce(*words(command, files), *more, cwd=tmp_path)
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_no_error_about_a_file_shows_them(command: str, files: Files, tmp_path: Path) -> None:
    for name in ("none.csv", "folder/none.csv"):
        for typed in (files.uri(name), f"https:/me:{SECRET}@host/a.csv", f"s3:/K:{SECRET}@b/a"):
            more = [files.uri("b.csv")] if command == "compare" else []
            more += ["--max", "9"] if command == "gate" else []
            done = run_ce(command, typed, *more, cwd=tmp_path)
            assert done.returncode in (2, 3, 4)
            assert SECRET not in done.stdout + done.stderr


def test_baselines_labels_and_rows_do_not_have_them(files: Files, tmp_path: Path) -> None:
    baseline, rows = tmp_path / "baseline.json", tmp_path / "rows.jsonl"
    uri = files.uri("a.csv")
    done = run_ce("score", uri, "--json", "--output", baseline, "--per-row", rows)
    assert done.returncode == 0, done.stderr
    assert SECRET not in baseline.read_text() + rows.read_text()
    limit = ("--max-regression", "1", "--json")
    for against in (str(baseline), files.uri("b.csv")):
        done = run_ce("gate", uri, "--baseline", against, *limit)
        assert done.returncode == 0, done.stderr
        assert SECRET not in done.stdout + done.stderr
    write_csv(tmp_path / "preds.csv", {"prob": [0.8, 0.3, 0.6]})
    done = run_ce("score", tmp_path / "preds.csv", "--labels", uri, "--label", "label", "--json")
    assert SECRET not in done.stdout + done.stderr


def test_a_parser_that_repeats_what_was_typed_does_not_show_them(files: Files) -> None:
    for typed in (
        [files.uri("a.csv")],
        [f"https:/me:{SECRET}@host/a"],
        ["score", f"--{files.uri('a.csv')}"],
        ["score", "x.csv", "--threads", files.uri("a.csv")],
        ["score", "x.csv", "--storage-optoin", f"secret={SECRET}"],
        ["score", "x.csv", f"--storage-optoin=secret={SECRET}"],
    ):
        done = run_ce(*typed)
        assert SECRET not in done.stdout + done.stderr
