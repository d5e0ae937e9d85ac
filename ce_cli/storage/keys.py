"""The keys of ``--storage-option``: for each kind of store its own, and what other tools call them.

Other tools are the command line of AWS, boto3, fsspec (so pandas and Dask) and object_store (so
polars and delta-rs).
"""

from __future__ import annotations

from collections.abc import Mapping

Keys = Mapping[str, tuple[str, ...]]  # our name of a key, and its other names

S3_SCHEMES = ("s3", "s3a", "s3n")
GOOGLE_SCHEMES = ("gs", "gcs")
AZURE_SCHEMES = ("abfs", "abfss", "az")
HADOOP_SCHEMES = ("hdfs", "viewfs")
IN_BUCKETS = (*S3_SCHEMES, *GOOGLE_SCHEMES)
OF_STORES = (*IN_BUCKETS, *AZURE_SCHEMES)

S3: Keys = {
    "access_key_id": ("aws_access_key_id", "access_key", "key"),
    "secret_access_key": ("aws_secret_access_key", "secret_key", "secret"),
    "session_token": ("aws_session_token", "aws_token", "token"),
    "region": ("aws_region", "region_name", "aws_default_region", "default_region"),
    "endpoint": (
        *("endpoint_url", "endpoint_override", "aws_endpoint", "aws_endpoint_url"),
        *("aws_endpoint_url_s3", "endpoint_url_s3"),
    ),
    "anonymous": ("anon", "skip_signature", "aws_skip_signature", "no_sign_request", "unsigned"),
    "profile": ("aws_profile", "profile_name"),
    "role_arn": ("aws_role_arn",),
    "role_session_name": ("aws_role_session_name", "session_name"),
    "external_id": ("aws_external_id",),
    "virtual_hosted_style": (
        *("aws_virtual_hosted_style_request", "virtual_hosted_style_request"),
        *("force_virtual_addressing",),
    ),
    "ca_file": ("tls_ca_file_path", "aws_ca_bundle", "ca_bundle"),
    "allow_http": ("aws_allow_http",),
    "scheme": (),
}
GOOGLE: Keys = {
    "service_account": (
        *("google_service_account", "google_service_account_path", "service_account_path"),
        *("google_application_credentials", "application_credentials"),
    ),
    "token": ("access_token", "google_token"),
    "project": ("project_id", "google_project", "google_cloud_project"),
    "endpoint": ("endpoint_url", "endpoint_override", "google_endpoint_url"),
    "anonymous": ("anon", "skip_signature", "google_skip_signature"),
    "retry_limit_seconds": (),
    "allow_http": (),
    "scheme": (),
}
AZURE: Keys = {
    "account_name": (
        *("account", "azure_storage_account_name", "azure_storage_account", "storage_account"),
        *("azure_account_name",),
    ),
    "account_key": (
        *("azure_storage_account_key", "azure_storage_access_key", "azure_storage_key"),
        *("access_key", "master_key"),
    ),
    "sas_token": ("azure_storage_sas_token", "azure_storage_sas_key", "sas_key", "sas"),
    "connection_string": ("azure_storage_connection_string",),
    "tenant_id": ("azure_tenant_id", "azure_storage_tenant_id", "authority_id"),
    "client_id": ("azure_client_id", "azure_storage_client_id"),
    "client_secret": ("azure_client_secret", "azure_storage_client_secret"),
    "endpoint": (
        *("endpoint_url", "azure_endpoint", "azure_storage_endpoint"),
        *("blob_storage_authority", "dfs_storage_authority"),
    ),
    "anonymous": ("anon", "skip_signature", "azure_skip_signature"),
    "credential_kind": (),
    "enable_tls": (),
    "allow_http": (),
}
STORES = (S3, GOOGLE, AZURE)
PUBLIC = frozenset(  # keys whose values an error may repeat
    (
        *("region", "endpoint", "anonymous", "profile", "virtual_hosted_style", "ca_file"),
        *("scheme", "allow_http", "enable_tls", "retry_limit_seconds", "project"),
        *("account_name", "credential_kind"),
    )
)
_SWITCHES = frozenset(("anonymous", "virtual_hosted_style", "allow_http", "enable_tls"))
OF_FSSPEC = "fsspec."  # before a key that goes to fsspec as it is


def plain(key: str) -> str:
    """A key in the form in which it is compared: case and dashes do not matter."""
    return key.strip().lower().replace("-", "_")


def own_names(keys: Keys) -> dict[str, str]:
    """Our name of each key by all of its names."""
    return {name: key for key, others in keys.items() for name in (key, *others)}


def every_key() -> tuple[str, ...]:
    """Our names of the keys of all stores, in order."""
    return tuple(sorted({key for keys in STORES for key in keys}))


def is_known(key: str) -> bool:
    """Whether a store has a key of this name."""
    return any(key in own_names(keys) for keys in STORES)


def is_switch(key: str) -> bool:
    """Whether a key is on or off."""
    return any(own_names(keys).get(key) in _SWITCHES for keys in STORES)


def is_public(key: str) -> bool:
    """Whether the value of a key may be shown: in no store it is a secret."""
    found = [own_names(keys)[key] for keys in STORES if key in own_names(keys)]
    return bool(found) and PUBLIC.issuperset(found)
