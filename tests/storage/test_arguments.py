"""What options, variables and files say about a store, in the order of its own tools."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pyarrow.fs import FileSystem

from ce_cli.errors import StorageError
from ce_cli.storage import azure, google, keys
from ce_cli.storage.addresses import address_of
from ce_cli.storage.aws_files import profile
from ce_cli.storage.file_systems import file_system
from ce_cli.storage.options import using
from ce_cli.storage.s3 import s3_arguments
from tests.conftest import run_ce
from tests.stores import S3Server

CONFIG = """
[default]
region = eu-north-1
endpoint_url = https://default.example
[profile all]
region = us-west-2
endpoint_url = https://all.example:9000/
[profile s3]
services = mine
endpoint_url = https://all.example
[services mine]
dynamodb =
    endpoint_url = https://other.example
s3 =
    endpoint_url = http://s3.example:8080
[profile nested]
s3 =
    endpoint_url = https://nested.example
[profile keys]
aws_access_key_id = IN_CONFIG
aws_secret_access_key = config secret
[profile role]
role_arn = arn:aws:iam::1:role/x
source_profile = keys
[profile ignoring]
ignore_configured_endpoint_urls = true
endpoint_url = https://ignored.example
"""
CREDENTIALS = """
[both]
aws_access_key_id = A
aws_secret_access_key = B
aws_session_token = C
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """The variables that name the files of AWS."""
    found = {}
    for variable, text in (
        ("AWS_CONFIG_FILE", CONFIG),
        ("AWS_SHARED_CREDENTIALS_FILE", CREDENTIALS),
    ):
        path = tmp_path / variable
        path.write_text(text)
        found[variable] = str(path)
    return found


def s3(
    environment: Mapping[str, str],
    typed: Mapping[str, str] | None = None,
    uri: str = "s3://b/k",
    **more: str,
) -> dict[str, Any]:
    return s3_arguments(address_of(uri, keys.S3), typed or {}, {**environment, **more})


# The order of the documentation of AWS, "Service-specific endpoints"
ENDPOINTS = [
    ({}, "default.example"),
    ({"AWS_PROFILE": "all"}, "all.example:9000"),
    ({"AWS_PROFILE": "s3"}, "s3.example:8080"),
    ({"AWS_PROFILE": "nested"}, "nested.example"),
    ({"AWS_PROFILE": "s3", "AWS_ENDPOINT_URL": "https://all.variable"}, "all.variable"),
    (
        {"AWS_ENDPOINT_URL": "https://all.variable", "AWS_ENDPOINT_URL_S3": "http://s3.variable"},
        "s3.variable",
    ),
    ({"AWS_PROFILE": "ignoring"}, None),
    ({"AWS_PROFILE": "all", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, None),
    ({"AWS_PROFILE": "both"}, None),
]


@pytest.mark.parametrize(("variables", "host"), ENDPOINTS)
def test_the_endpoint_of_aws(
    variables: dict[str, str], host: str | None, files: dict[str, str]
) -> None:
    found = s3({**files, **variables})
    assert found.get("endpoint_override") == host
    typed = s3({**files, **variables}, {"endpoint": "http://typed:1/"})
    assert (typed["endpoint_override"], typed["scheme"]) == ("typed:1", "http")
    in_uri = s3({**files, **variables}, {"endpoint": "typed"}, "s3://b/k?endpoint_override=there:2")
    assert (in_uri["endpoint_override"], in_uri["scheme"]) == ("there:2", "https")


def test_the_region(files: dict[str, str]) -> None:
    """Without an endpoint it is that of the bucket, which is asked for."""
    assert s3(files)["region"] == "eu-north-1"
    assert s3(files, AWS_REGION="here")["region"] == "here"
    assert s3(files, {"region": "typed"}, AWS_REGION="here")["region"] == "typed"
    assert "region" not in s3(files, AWS_REGION="here", AWS_PROFILE="both")
    assert (
        s3({}, AWS_ENDPOINT_URL="http://there:9", AWS_CONFIG_FILE="none")["region"] == "us-east-1"
    )


def test_keys(files: dict[str, str]) -> None:
    def login(**options: Any) -> tuple[str | None, ...]:
        found = s3(files, **options)
        return tuple(found.get(one) for one in ("access_key", "secret_key", "session_token"))

    assert login() == (None, None, None)  # Arrow's client finds them
    assert login(typed={"profile": "both"}) == ("A", "B", "C")
    assert login(typed={"profile": "keys"}) == ("IN_CONFIG", "config secret", None)
    typed = {"access_key_id": "K", "secret_access_key": "S", "profile": "both"}
    assert login(typed=typed) == ("K", "S", None)
    assert login(uri="s3://U:P%2F@b/k", typed=typed) == ("U", "P/", None)
    assert s3(files, {**typed, "anonymous": "true"})["anonymous"] is True
    assert login(typed={**typed, "anonymous": "true"}) == (None, None, None)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"profile": "none"}, "there is no profile 'none'"),
        ({"profile": "all"}, "'all' has no access key: add aws_access_key_id"),
        ({"access_key_id": "K"}, "belong together"),
    ],
)
def test_keys_that_are_missing(typed: dict[str, str], said: str, files: dict[str, str]) -> None:
    with pytest.raises(StorageError, match=said):
        s3(files, typed)


def test_a_profile_that_a_variable_names_has_to_be_there(files: dict[str, str]) -> None:
    with pytest.raises(StorageError, match=r"there is no profile 'x'"):
        s3(files, AWS_PROFILE="x")


def test_files_of_aws_that_cannot_be_read(tmp_path: Path) -> None:
    for content in (b"\xff\xfe\x00", b"[open", b"key = without a section"):
        (tmp_path / "config").write_bytes(content)
        with pytest.raises(StorageError, match="config: could not be read"):
            profile(None, {"AWS_CONFIG_FILE": str(tmp_path / "config")})
    with pytest.raises(StorageError, match="is a directory"):
        profile(None, {"AWS_CONFIG_FILE": str(tmp_path)})


def _keys_in_use(profile: str) -> tuple[FileSystem, str]:
    """The file system of a bucket, and the access key that it has."""
    with using({"profile": profile, "region": "us-east-1"}):
        system, _ = file_system("s3://bucket/key")
    return system, system.__reduce__()[1][0]["access_key"]


def test_keys_that_change_are_used(files: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, path in files.items():
        monkeypatch.setenv(variable, path)
    first, key = _keys_in_use("both")
    assert (key, _keys_in_use("both")[0] is first) == ("A", True)
    credentials = Path(files["AWS_SHARED_CREDENTIALS_FILE"])
    credentials.write_text(CREDENTIALS.replace("= A", "= rotated"))
    second, key = _keys_in_use("both")
    assert (key, _keys_in_use("both")[0] is second) == ("rotated", True)


def test_keys_that_expire_are_asked_for_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("botocore")
    program = tmp_path / "keys.py"
    program.write_text(
        "import datetime, json, pathlib, sys\n"
        "seen = pathlib.Path(__file__).with_suffix('.seen')\n"
        "count = len(seen.read_text()) + 1 if seen.exists() else 1\n"
        "seen.write_text('x' * count)\n"
        "now = datetime.datetime.now(datetime.timezone.utc)\n"
        "end = now + datetime.timedelta(minutes=int(sys.argv[1]))\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': f'K{count}', 'SecretAccessKey': 'S',\n"
        "                  'SessionToken': 'T', 'Expiration': end.isoformat()}))\n"
    )
    config = tmp_path / "config"
    command = f"credential_process = {sys.executable} {program}"
    config.write_text(f"[profile short]\n{command} 2\n[profile long]\n{command} 60\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    system, key = _keys_in_use("long")
    assert (key, _keys_in_use("long")[0] is system) == ("K1", True)
    keys = [_keys_in_use("short")[1] for _ in range(3)]  # boto renews what ends within minutes
    assert len(set(keys)) == 3


def test_a_program_that_gives_no_keys_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("botocore")
    config = tmp_path / "config"
    program = "import sys; sys.exit('sign in first\\n\\x1b[31mat the door')"
    config.write_text(f'[profile p]\ncredential_process = {sys.executable} -c "{program}"\n')
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(StorageError, match=r"'p' cannot sign in: .*[^.]\.$") as caught:
        _keys_in_use("p")
    (sentence,) = caught.value.sentences
    assert sentence.isprintable()


def test_an_endpoint_in_the_files_of_aws_is_read(s3_server: S3Server, tmp_path: Path) -> None:
    bucket = s3_server.bucket(**{"x.csv": b"label,prob\n1,0.5\n0,0.75\n"})
    (tmp_path / "config").write_text(
        "[profile lab]\nservices = lab\n"
        f"[services lab]\ns3 =\n  endpoint_url = {s3_server.endpoint}"
    )
    (tmp_path / "keys").write_text(
        f"[lab]\naws_access_key_id = {s3_server.key}\naws_secret_access_key = {s3_server.secret}"
    )
    env = {"AWS_CONFIG_FILE": "config", "AWS_SHARED_CREDENTIALS_FILE": "keys"}
    uri = f"s3://{bucket}/x.csv"
    by_option = run_ce("score", uri, "--storage-option", "profile=lab", env=env, cwd=tmp_path)
    assert by_option.returncode == 0, by_option.stderr
    written = run_ce(
        *("score", uri, "--storage-option", "profile=lab", "--json"),
        *("--output", f"s3://{bucket}/x.json"),
        env=env,
        cwd=tmp_path,
    )
    assert written.returncode == 0, written.stderr
    assert s3_server.keys(bucket) == ["x.csv", "x.json"]


def test_variables_of_aws(s3_server: S3Server) -> None:
    bucket = s3_server.bucket(**{"x.csv": b"label,prob\n1,0.5\n0,0.75\n"})
    done = run_ce("score", f"s3://{bucket}/x.csv", env=s3_server.variables)
    assert done.returncode == 0, done.stderr


def test_anyone_reads_what_is_public(s3_server: S3Server) -> None:
    bucket = s3_server.bucket()
    rows = b"label,prob\n1,0.5\n0,0.75\n"
    public = s3_server.put(bucket, "public.csv", rows, ACL="public-read")
    private = s3_server.put(bucket, "private.csv", rows)
    nobody = [f"--storage-option=endpoint={s3_server.endpoint}", "--storage-option=anon=true"]
    assert run_ce("score", public, *nobody).returncode == 0
    done = run_ce("score", private, *nobody)
    assert done.returncode == 4
    assert "permission denied" in done.stderr


# Google


def test_arguments_of_google() -> None:
    def found(uri: str, typed: Mapping[str, str], **environment: str) -> dict[str, Any]:
        return google.google_arguments(address_of(uri, keys.GOOGLE), typed, environment)

    assert found("gs://b/k", {"project": "p"})["project_id"] == "p"
    assert found("gs://anonymous@b/k", {})["anonymous"] is True
    assert found("gs://b/k", {"anonymous": "yes", "token": "t"})["anonymous"] is True
    assert found("gs://b/k", {"token": "t"})["access_token"] == "t"
    emulated = found("gs://b/k", {}, STORAGE_EMULATOR_HOST="localhost:4443")
    assert (emulated["endpoint_override"], emulated["scheme"]) == ("localhost:4443", "http")
    assert emulated["anonymous"] is True
    assert found("gs://b/k", {"endpoint": "https://h:1"})["endpoint_override"] == "h:1"
    with pytest.raises(StorageError, match="must be a number"):
        found("gs://b/k?retry_limit_seconds=soon", {})


def test_no_credentials_of_google_are_found_at_once(tmp_path: Path) -> None:
    env = {"CLOUDSDK_CONFIG": str(tmp_path), "GCE_METADATA_HOST": "127.0.0.1:9"}
    done = run_ce("score", "gs://b/k.csv", env=env)
    assert done.returncode == 4
    assert "gcloud auth application-default login" in done.stderr
    done = run_ce("score", "gs://b/k.csv", "--storage-option", f"service_account={tmp_path}/none")
    assert "there is no file" in done.stderr


# Azure


def azure_of(uri: str, typed: Mapping[str, str], **environment: str) -> dict[str, Any]:
    return azure.azure_arguments(address_of(uri, keys.AZURE), typed, environment)


KEY = "Zm9v"
ACCOUNT = {"account_name": "me"}


@pytest.mark.parametrize(
    ("uri", "typed", "environment", "expected"),
    [
        ("abfs://c@me.dfs.core.windows.net/k", {}, {}, {}),
        ("abfs://me.blob.core.windows.net/c/k", {}, {}, {}),
        (f"abfs://c:{KEY}@me.dfs.core.windows.net/k", {}, {}, {"account_key": KEY}),
        ("az://c/k", {"account_name": "me", "account_key": KEY}, {}, {"account_key": KEY}),
        ("az://c/k", {}, {"AZURE_STORAGE_ACCOUNT": "me"}, {}),
        (
            "az://c/k",
            {},
            {"AZURE_STORAGE_ACCOUNT_NAME": "me", "AZURE_STORAGE_SAS_TOKEN": "?sv=1"},
            {"sas_token": "sv=1"},
        ),
        (
            "az://c/k",
            {"sas_token": "sv=1"},
            {"AZURE_STORAGE_ACCOUNT": "me", "AZURE_STORAGE_KEY": KEY},
            {"sas_token": "sv=1"},
        ),
        (
            "az://c/k",
            {"connection_string": f"AccountName=me;AccountKey={KEY};EndpointSuffix=x"},
            {},
            {"account_key": KEY},
        ),
        ("az://c/k", {**ACCOUNT, "anonymous": "true"}, {}, {"credential_kind": "anonymous"}),
        (
            "az://c/k",
            {**ACCOUNT, "client_id": "i", "client_secret": "s", "tenant_id": "t"},
            {},
            {"client_id": "i", "client_secret": "s", "tenant_id": "t"},
        ),
    ],
)
def test_arguments_of_azure(
    uri: str, typed: dict[str, str], environment: dict[str, str], expected: dict[str, str]
) -> None:
    assert azure_of(uri, typed, **environment) == {**ACCOUNT, **expected}


def test_another_server_of_azure() -> None:
    found = azure_of("abfs://me@127.0.0.1:10000/c/k?enable_tls=false", {"account_key": KEY})
    assert found["blob_storage_authority"] == found["dfs_storage_authority"] == "127.0.0.1:10000"
    assert found["blob_storage_scheme"] == "http"
    found = azure_of("az://c/k", {**ACCOUNT, "account_key": KEY, "endpoint": "http://h:1/me"})
    assert (found["blob_storage_authority"], found["blob_storage_scheme"]) == ("h:1", "http")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({}, "account name is missing"),
        ({**ACCOUNT, "account_key": "n!t base64"}, "account key is not valid"),
        ({**ACCOUNT, "account_key": KEY, "endpoint": "::x"}, "endpoint is not valid"),
    ],
)
def test_what_would_end_the_process_is_refused(typed: dict[str, str], said: str) -> None:
    with pytest.raises(StorageError, match=said):
        azure_of("az://c/k", typed)


def test_packages_of_fsspec_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fsspec")
    monkeypatch.setitem(__import__("sys").modules, "smbclient", None)
    done = run_ce("score", "smb://me:s3cret@host/share/a.csv")
    assert done.returncode == 4
    assert "pip install smbprotocol" in done.stderr
    assert "s3cret" not in done.stderr
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    assert "pip install fsspec paramiko" in run_ce("score", "sftp://host/a.csv").stderr
