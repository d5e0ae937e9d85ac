"""Azure Blob Storage: its options and variables, and the file system."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ce_cli.errors import StorageError
from ce_cli.storage.options import switch
from ce_cli.storage.time_limit import SECONDS
from ce_cli.text import sanitize

if TYPE_CHECKING:
    from pyarrow.fs import AzureFileSystem

    from ce_cli.storage.addresses import Address

_DOMAIN = ".core.windows.net"
# Arrow lets errors of Azure's credentials end the process, so another one tries first.
_TRIAL = (
    "import json, sys; from pyarrow import fs; said, container = json.load(sys.stdin); "
    "system = fs.AzureFileSystem(**said) if isinstance(said, dict) "
    "else fs.FileSystem.from_uri(said)[0]; system.get_file_info(container)"
)
_SIGN_IN = (
    "sign in with az login, set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or set "
    "account_key, sas_token or anonymous=true with --storage-option"
)
_VARIABLES = {  # that tools of Azure read, beside those that Arrow's client reads by itself
    "account_name": ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"),
    "account_key": ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_KEY"),
    "sas_token": ("AZURE_STORAGE_SAS_TOKEN",),
    "connection_string": ("AZURE_STORAGE_CONNECTION_STRING",),
}
_OF_CONNECTION = {
    "AccountName": "account_name",
    "AccountKey": "account_key",
    "SharedAccessSignature": "sas_token",
    "BlobEndpoint": "endpoint",
}
_KEYS = ("account_key", "sas_token", "connection_string")  # one of them is enough
_SIGNED = ("account_key", "sas_token")  # with which nothing has to be asked for
_AUTHORITY = re.compile(r"[\w.-]+(:\d{1,5})?")


def azure_file_system(address: Address, typed: Mapping[str, str]) -> AzureFileSystem:
    """The file system of an account.

    Raises
    ------
    StorageError
        The account is not named, or no credentials work.
    """
    from pyarrow import fs

    found = azure_arguments(address, typed, os.environ)
    container, kind = path_of(address).partition("/")[0], found.get("credential_kind")
    said: Any = found if kind is None else _with_kind(found)
    if kind != "anonymous" and not any(name in found for name in _SIGNED):
        _try_elsewhere(json.dumps([said, container]))
    return fs.AzureFileSystem(**said) if kind is None else fs.FileSystem.from_uri(said)[0]


def _with_kind(arguments: Mapping[str, str]) -> str:
    """The URI of an account with a kind of credentials, which only a URI can choose."""
    authority = arguments.get("blob_storage_authority")
    account, query = arguments["account_name"], {"credential_kind": arguments["credential_kind"]}
    if arguments.get("blob_storage_scheme") == "http":
        query["enable_tls"] = "false"
    host = f"{account}@{authority}" if authority else f"c@{account}.dfs{_DOMAIN}"
    return f"abfs://{quote(host, safe='@:.')}/?{urlencode(query)}"


def path_of(address: Address) -> str:
    """The container and the name of the blob."""
    if address.user and _is_host(address.bucket) and ":" not in address.bucket:
        return f"{address.user}/{address.key}"  # container@account.dfs.core.windows.net/name
    return address.key if _is_host(address.bucket) else address.path


def azure_arguments(
    address: Address, typed: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, Any]:
    """What `pyarrow.fs.AzureFileSystem` needs, and the kind of credentials where that is chosen.

    Raises
    ------
    StorageError
        The account is not named.
    """
    options = _with_variables({**typed, **address.options}, environment)
    if address.password:
        options["account_key"] = address.password
    host = address.bucket
    account = options.get("account_name")
    if _is_host(host) and ":" not in host:
        account = host.partition(".")[0]
    elif address.user:
        account = address.user
    if not account:
        raise StorageError(
            "the account name is missing: the form is abfs://CONTAINER@ACCOUNT.dfs"
            f"{_DOMAIN}/FOLDER/FILE, or set --storage-option account_name=NAME."
        )
    found: dict[str, Any] = {"account_name": account, **_endpoint(host, options)}
    if switch("anonymous", options.get("anonymous", "false")):
        return {**found, "credential_kind": "anonymous"}
    if kind := options.get("credential_kind"):
        return {**found, "credential_kind": kind}
    if key := options.get("account_key"):
        return {**found, "account_key": _checked_key(key)}
    if token := options.get("sas_token"):
        return {**found, "sas_token": token.removeprefix("?")}
    names = ("tenant_id", "client_id", "client_secret")
    return found | {name: options[name] for name in names if name in options}


def _checked_key(key: str) -> str:
    """A key that is base64; another would end the process."""
    try:
        base64.b64decode(key, validate=True)
    except ValueError:
        raise StorageError("the account key is not valid: it is base64.") from None
    return key


def _is_host(name: str) -> bool:
    """Whether the first part of a path is a host rather than a container."""
    return _DOMAIN in name or ":" in name or ".blob." in name or ".dfs." in name


def _with_variables(options: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The options, what variables add, and what a connection string says in one."""
    found = dict(options)
    has_key = any(name in found for name in _KEYS)
    for name, variables in _VARIABLES.items():
        value = next((environment[one] for one in variables if environment.get(one)), None)
        if value and name not in found and not (has_key and name in _KEYS):
            found[name] = value
    parts = dict(
        part.partition("=")[::2] for part in found.pop("connection_string", "").split(";") if part
    )
    said = {ours: parts[theirs] for theirs, ours in _OF_CONNECTION.items() if parts.get(theirs)}
    return {**said, **found}


def _endpoint(host: str, options: Mapping[str, str]) -> dict[str, str]:
    """Where the account is, if not at its usual place."""
    endpoint = options.get("endpoint") or (host if ":" in host else "")
    if not endpoint:
        return {}
    scheme, mark, authority = endpoint.rpartition("://")
    authority = authority.partition("/")[0] if mark else endpoint
    if not _AUTHORITY.fullmatch(authority):  # it would end the process
        raise StorageError("the endpoint is not valid: the form is https://HOST:PORT.")
    usual = "https" if switch("enable_tls", options.get("enable_tls", "true")) else "http"
    return {
        f"{service}_storage_{part}": value
        for service in ("blob", "dfs")
        for part, value in (("authority", authority), ("scheme", (scheme or usual).lower()))
    }


@lru_cache
def _try_elsewhere(arguments: str) -> None:
    """Look at a container in another process, and report it if that process is ended."""
    if not sys.executable:
        return
    command = [sys.executable, "-P", "-c", _TRIAL]  # -P: with no code of this directory
    try:
        done = subprocess.run(
            command, input=arguments.encode(), capture_output=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        raise TimeoutError from None
    if done.returncode >= 0:  # it answers, or there is an error that can be caught
        return
    said = done.stderr.decode(errors="backslashreplace").partition("what():")[2].strip()
    reason = sanitize(said.partition("\n")[0], 120).rstrip(".")
    shown = f" ({reason})" if reason else ""
    raise StorageError(f"no credentials work{shown}; {_SIGN_IN}.")
