"""Google Cloud Storage: its options and variables, and the file system."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ce_cli.errors import StorageError
from ce_cli.process.variables import variables_set
from ce_cli.storage.options import switch
from ce_cli.text import display_name

if TYPE_CHECKING:
    from pyarrow.fs import GcsFileSystem

    from ce_cli.storage.addresses import Address

_RETRY_SECONDS = 15  # Google's client retries for 15 minutes by default
_VALID = timedelta(hours=1)  # of a token, whose end nobody tells
_KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"
_EMULATOR = "STORAGE_EMULATOR_HOST"
_METADATA_SECONDS = 3
_SIGN_IN = (
    "run gcloud auth application-default login, set GOOGLE_APPLICATION_CREDENTIALS, or set "
    "service_account=FILE or anonymous=true with --storage-option"
)


def google_file_system(address: Address, typed: Mapping[str, str]) -> GcsFileSystem:
    """The file system of a bucket."""
    from pyarrow import fs

    options = {**typed, **address.options}
    found = google_arguments(address, typed, os.environ)
    file = options.get("service_account")
    if file is None or "anonymous" in found or "access_token" in found:
        if not ("anonymous" in found or "access_token" in found):
            _check_credentials(os.environ)
        return fs.GcsFileSystem(**found)
    if not os.path.isfile(file):  # noqa: PTH113 - as the client opens it
        raise StorageError(f"there is no file {display_name(file)} with a service account.")
    with variables_set(**{_KEY_FILE: file}):  # the client takes such a file from there only
        return fs.GcsFileSystem(**found)


def _check_credentials(environment: Mapping[str, str]) -> None:
    """Find at once that there are no credentials, which the client looks for half a minute long.

    Raises
    ------
    StorageError
        There is no file with them, and this is no machine of Google, which has them.
    """
    folder = environment.get("CLOUDSDK_CONFIG") or "~/.config/gcloud"
    if os.name == "nt":
        folder = environment.get("CLOUDSDK_CONFIG") or "~/AppData/Roaming/gcloud"
    file = Path(folder).expanduser() / "application_default_credentials.json"
    if environment.get(_KEY_FILE) or file.is_file():
        return
    host = environment.get("GCE_METADATA_HOST") or "metadata.google.internal"
    name, _, port = host.partition(":")
    try:
        socket.create_connection((name, int(port or 80)), _METADATA_SECONDS).close()
    except (OSError, ValueError):
        raise StorageError(f"no credentials were found: {_SIGN_IN}.") from None


def google_arguments(
    address: Address, typed: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, Any]:
    """What `pyarrow.fs.GcsFileSystem` needs: options of the URI first, then those of the call."""
    options = {**typed, **address.options}
    emulator = environment.get(_EMULATOR)
    seconds = options.get("retry_limit_seconds") or str(_RETRY_SECONDS)
    try:
        found: dict[str, Any] = {"retry_time_limit": timedelta(seconds=float(seconds))}
    except (ValueError, OverflowError):
        raise StorageError("retry_limit_seconds must be a number.") from None
    if endpoint := options.get("endpoint") or emulator:
        scheme, mark, host = endpoint.rpartition("://")
        found["endpoint_override"] = host.rstrip("/") if mark else endpoint
        usual = "https" if options.get("endpoint") else "http"
        found["scheme"] = (options.get("scheme") or scheme or usual).lower()
    is_anonymous = switch("anonymous", options.get("anonymous", "false"))
    if is_anonymous or address.user == "anonymous" or (emulator and not options.get("endpoint")):
        found["anonymous"] = True
    elif token := options.get("token"):
        found |= {
            "access_token": token,
            "credential_token_expiration": datetime.now(UTC) + _VALID,
        }
    if project := options.get("project"):
        found["project_id"] = project
    return found
