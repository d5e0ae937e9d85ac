"""Options of storage: their names, and that their values are shown nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import ce_cli
from ce_cli import registry
from ce_cli.errors import UsageError
from ce_cli.options.commands import COMMANDS
from ce_cli.storage import keys
from ce_cli.storage.options import in_force, storage_options, using, without_secrets
from tests.conftest import complaints, run_ce, write_csv

USAGE, STORAGE = 2, 4
SECRET = "s3cret/Value+1"
TYPED = ("--storage-option", f"secret_access_key={SECRET}", "--storage-option", "region=eu-west-7")
HIDDEN = (SECRET, "eu-west-7")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with predictions of two models."""
    for name, prob in (("a.csv", [0.8, 0.3, 0.6]), ("b.csv", [0.7, 0.4, 0.6])):
        write_csv(tmp_path / name, {"label": [1, 0, 1], "prob": prob})
    return tmp_path


def words(command: str) -> list[str]:
    """A run of a command that works."""
    files = ["a.csv", "b.csv"] if command == "compare" else ["a.csv"]
    return [command, *files, *(["--max", "9"] if command == "gate" else [])]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_shows_a_value(command: str, here: Path) -> None:
    for form in registry.formats(command):
        done = run_ce(*words(command), *TYPED, "--format", form, cwd=here)
        assert done.returncode == 0, done.stderr
        for hidden in HIDDEN:
            assert hidden not in done.stdout + done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_no_output_shows_a_value_from_a_variable_or_a_file(command: str, here: Path) -> None:
    (here / "ce.toml").write_text(f"storage-option = ['secret_access_key={SECRET}']")
    env = {"CE_STORAGE_OPTION": "region=eu-west-7"}
    for extra in ({}, env):
        done = run_ce(*words(command), cwd=here, env=extra)
        assert done.returncode == 0, done.stderr
        assert "storage-option = ***" in done.stdout
        for hidden in HIDDEN:
            assert hidden not in done.stdout + done.stderr


@pytest.mark.parametrize("typed", [TYPED, (f"--storage-option=secret={SECRET}",)])
def test_a_suggested_command_has_asterisks(typed: tuple[str, ...], here: Path) -> None:
    columns: dict[str, list[float]] = {
        "label": [1, 0, 1],
        "model_a": [0.8, 0.3, 0.6],
        "model_b": [0.7, 0.4, 0.6],
    }
    write_csv(here / "c.csv", columns)
    for command in ("score", "inspect"):
        done = run_ce(command, "c.csv", *typed, cwd=here)
        assert "=***" in done.stdout + done.stderr
        for hidden in HIDDEN:
            assert hidden not in done.stdout + done.stderr


def test_a_traceback_has_no_value(here: Path) -> None:
    env = {"CE_TRACEBACK": "1"}
    script = here / "ce.toml"
    script.write_text(f"storage-option = ['token={SECRET}']")
    with pytest.MonkeyPatch.context() as patch:

        def fails(*_: object, **__: object) -> None:
            raise ZeroDivisionError(f"with {SECRET}")

        patch.setattr("ce_cli.scoring.pipeline.score", fails)
        done = run_ce("score", "a.csv", cwd=here, env=env)
    assert "ZeroDivisionError: with ***" in done.stderr


BAD = [
    ("regoin=x", "did you mean 'region'?"),
    ("justtext", "must be KEY=VALUE"),
    ("wJalr/K7MDENG=" + SECRET, "must be KEY=VALUE"),
    ("anonymous=maybe" + SECRET, "must be true or false"),
    ("region=", "must be KEY=VALUE"),
    ("=" + SECRET, "must be KEY=VALUE"),
]


@pytest.mark.parametrize(("typed", "said"), BAD)
def test_a_bad_option_is_refused_without_its_value(typed: str, said: str, here: Path) -> None:
    places: list[dict[str, Any]] = [{"env": {"CE_STORAGE_OPTION": typed}}, {}]
    (here / "other.toml").write_text(f"storage-option = ['{typed}']")
    for extra, more in (
        (places[0], ()),
        (places[1], ("--storage-option", typed)),
        (places[1], ("--config", "other.toml")),
    ):
        (line,) = complaints(run_ce("score", "a.csv", *more, cwd=here, **extra), USAGE)
        assert said in line
        assert SECRET not in line
        assert "justtext" not in line


def test_a_table_of_a_configuration(here: Path) -> None:
    (here / "ce.toml").write_text("[storage-option]\nanonymous = true\nregion = 'x'\n")
    assert run_ce("score", "a.csv", cwd=here).returncode == 0
    (here / "ce.toml").write_text(f"[storage-option]\ntoken = ['{SECRET}']\n")
    (line,) = complaints(run_ce("score", "a.csv", cwd=here), USAGE)
    assert SECRET not in line


def test_a_new_configuration_has_no_options_of_storage(here: Path) -> None:
    assert run_ce("gate", "a.csv", "--init", *TYPED, cwd=here).returncode == 0
    for hidden in HIDDEN:
        assert hidden not in (here / "ce.toml").read_text()


# The names that other tools have, by their documentation: pandas and Dask pass theirs to s3fs,
# gcsfs and adlfs; polars to object_store.
OTHERS = {
    "S3": {
        "key": "access_key_id",
        "secret": "secret_access_key",
        "token": "session_token",
        "anon": "anonymous",
        "endpoint_url": "endpoint",
        "aws_access_key_id": "access_key_id",
        "AWS_SECRET_ACCESS_KEY": "secret_access_key",
        "aws_session_token": "session_token",
        "aws_region": "region",
        "aws_endpoint_url": "endpoint",
        "skip_signature": "anonymous",
        "profile": "profile",
    },
    "GOOGLE": {
        "project": "project",
        "google_service_account": "service_account",
        "token": "token",
        "endpoint_url": "endpoint",
    },
    "AZURE": {
        "account_name": "account_name",
        "account_key": "account_key",
        "sas_token": "sas_token",
        "connection_string": "connection_string",
        "azure_storage_account_name": "account_name",
        "azure_storage_account_key": "account_key",
        "client_id": "client_id",
        "client_secret": "client_secret",
        "tenant_id": "tenant_id",
    },
}


@pytest.mark.parametrize("store", OTHERS)
def test_names_of_other_tools_are_ours(store: str) -> None:
    for theirs, ours in OTHERS[store].items():
        value = "true" if ours == "anonymous" else "x"
        options = storage_options({theirs: value})
        assert options.of(getattr(keys, store)) == {ours: value}


def test_every_form_is_the_same() -> None:
    forms: list[object] = ["region=a=b", ["region=a=b"], {"region": "a=b"}, {"REGION": "a=b"}]
    assert {storage_options(one).values for one in forms} == {(("region", "a=b"),)}
    assert storage_options({"anonymous": True}).of(keys.S3) == {"anonymous": "true"}
    assert storage_options(None).values == ()
    assert storage_options({"profile": None}).values == ()


def test_what_goes_to_fsspec_has_its_type() -> None:
    options = storage_options(["fsspec.port=2222", "fsspec.anon=true", "fsspec.host=h"])
    assert options.of_fsspec() == {"port": 2222, "anon": True, "host": "h"}
    with pytest.raises(UsageError, match="twice"):
        storage_options(["region=a", "region=b"])


def test_options_are_in_force_inside_and_not_shown() -> None:
    with using({"sas_token": SECRET, "region": "here"}):
        assert in_force().of(keys.S3) == {"region": "here"}
        assert SECRET not in repr(in_force())
        assert without_secrets(f"no {SECRET} here") == "no *** here"
    assert in_force().values == ()


def test_python_takes_a_mapping(here: Path) -> None:
    path, options = str(here / "a.csv"), {"secret": SECRET}
    document = json.dumps(ce_cli.score(path, storage_options=options).to_dict())
    assert SECRET not in document
    for wrong in ({"regoin": "x"}, {"anonymous": SECRET}, [SECRET], 17, SECRET):
        with pytest.raises(UsageError, match="storage_options") as found:
            ce_cli.score(path, storage_options=wrong)  # type: ignore[arg-type]
        assert SECRET not in str(found.value)
