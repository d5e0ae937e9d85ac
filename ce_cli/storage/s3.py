"""S3, of AWS and others: its options, the variables and files of AWS, and the file system."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ce_cli.errors import StorageError
from ce_cli.storage import aws_files
from ce_cli.storage.options import switch

if TYPE_CHECKING:
    from pyarrow.fs import S3FileSystem

    from ce_cli.storage.addresses import Address

_ANY_REGION = "us-east-1"  # which servers other than those of AWS are content with


def s3_file_system(address: Address, typed: Mapping[str, str]) -> S3FileSystem:
    """The file system of a bucket.

    Raises
    ------
    StorageError
        There is no such profile, or its credentials cannot be used.
    """
    from pyarrow import fs

    found = s3_arguments(address, typed, os.environ)
    if "region" not in found:
        found["region"] = _region_of(address.bucket, os.environ)
    return fs.S3FileSystem(**found)


def s3_arguments(
    address: Address, typed: Mapping[str, str], environment: Mapping[str, str]
) -> dict[str, Any]:
    """What `pyarrow.fs.S3FileSystem` needs.

    Options of the URI come first, then those that were typed, then the variables and files of AWS.
    Without ``region``, the one of the bucket has to be asked for.
    """
    options = {**typed, **address.options}
    if address.user:
        options |= {"access_key_id": address.user, "secret_access_key": address.password}
    profile = aws_files.profile(options.get("profile"), environment)
    found: dict[str, Any] = {}
    endpoint = options.get("endpoint") or aws_files.endpoint(profile, environment)
    if endpoint:
        scheme, mark, host = endpoint.rpartition("://")
        found["endpoint_override"] = host.rstrip("/") if mark else endpoint
        found["scheme"] = (options.get("scheme") or scheme or "https").lower()
        found["region"] = _region(profile, environment) or _ANY_REGION
    if region := options.get("region"):
        found["region"] = region
    if switch("anonymous", options.get("anonymous", "false")):
        found["anonymous"] = True
    else:
        found |= _credentials(options, profile)
    if switch("virtual_hosted_style", options.get("virtual_hosted_style", "false")):
        found["force_virtual_addressing"] = True
    if file := options.get("ca_file") or environment.get("AWS_CA_BUNDLE"):
        found["tls_ca_file_path"] = file
    return found


def version(address: Address, typed: Mapping[str, str]) -> object:
    """What changes where a file system that was made for a bucket is out of date."""
    return aws_files.version({**typed, **address.options}.get("profile"), os.environ)


def _credentials(options: Mapping[str, str], profile: aws_files.Profile) -> dict[str, str]:
    """Those that are typed, or of a profile that is; Arrow's client finds others by itself."""
    if options.get("access_key_id") or options.get("secret_access_key"):
        if not (options.get("access_key_id") and options.get("secret_access_key")):
            raise StorageError("access_key_id and secret_access_key belong together: set both.")
        found = {
            "access_key": options["access_key_id"],
            "secret_key": options["secret_access_key"],
        }
        return found | _renamed(options, {"session_token": "session_token"})
    role = {"role_arn": "role_arn", "role_session_name": "session_name"}
    if options.get("role_arn"):
        return _renamed(options, role | {"external_id": "external_id"})
    return aws_files.credentials(profile) if options.get("profile") else {}


def _renamed(options: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {theirs: options[ours] for ours, theirs in names.items() if options.get(ours)}


def _region(profile: aws_files.Profile, environment: Mapping[str, str]) -> str | None:
    """The usual region."""
    named = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    return named or profile.settings.get("region")


def _region_of(bucket: str, environment: Mapping[str, str]) -> str:
    """The region of a bucket of AWS: S3 tells it to everyone. Without an answer, the usual one."""
    from pyarrow import fs

    try:
        return str(fs.resolve_s3_region(bucket))
    except OSError:
        usual = _region(aws_files.profile(None, environment), environment)
        if usual is None:
            raise
        return usual
