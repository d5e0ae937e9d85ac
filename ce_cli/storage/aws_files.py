"""The profiles in the files of AWS, of which Arrow's client reads only the credentials."""

from __future__ import annotations

from collections.abc import Mapping
from configparser import ConfigParser, Error
from pathlib import Path

from ce_cli.errors import StorageError
from ce_cli.record import Record
from ce_cli.text import display_name, quoted, system_reason

_DEFAULT = "default"
_CONFIG = ("AWS_CONFIG_FILE", "config")
_CREDENTIALS = ("AWS_SHARED_CREDENTIALS_FILE", "credentials")
_NEEDS_BOTO = ("sso_session", "sso_start_url", "credential_process", "role_arn", "login_session")


class Profile(Record):
    """A profile: its settings, and those of its services.

    Attributes
    ----------
    name : str
        Its name.
    settings : dict of str
        Those of both files.
    s3 : dict of str
        Those for S3 alone.
    """

    name: str
    settings: dict[str, str]
    s3: dict[str, str]


def profile(typed: str | None, environment: Mapping[str, str]) -> Profile:
    """The profile that is typed, or named by a variable, or else the usual one.

    Raises
    ------
    StorageError
        There is no such profile, or a file cannot be read.
    """
    named = typed or environment.get("AWS_PROFILE") or environment.get("AWS_DEFAULT_PROFILE")
    name = named or _DEFAULT
    config, credentials = (_sections(*one, environment) for one in (_CONFIG, _CREDENTIALS))
    own = config.get(name if name == _DEFAULT else f"profile {name}")
    if name == _DEFAULT and own is None:
        own = config.get(f"profile {_DEFAULT}")
    keys = credentials.get(name)
    if named and own is None and keys is None and name != _DEFAULT:
        raise StorageError(
            f"there is no profile {quoted(name)} in {_place(*_CONFIG, environment)} or "
            f"{_place(*_CREDENTIALS, environment)}."
        )
    settings = {**(own or {}), **(keys or {})}
    services = config.get(f"services {settings.get('services', '')}", {})
    return Profile(
        name, settings, _nested(services.get("s3", "")) | _nested(settings.get("s3", ""))
    )


def endpoint(found: Profile, environment: Mapping[str, str]) -> str | None:
    """The address of S3, in the order of AWS: its own variable, that of all, its own setting, …."""
    ignored = environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or found.settings.get(
        "ignore_configured_endpoint_urls", ""
    )
    if ignored.lower() == "true":
        return None
    return (
        environment.get("AWS_ENDPOINT_URL_S3")
        or environment.get("AWS_ENDPOINT_URL")
        or found.s3.get("endpoint_url")
        or found.settings.get("endpoint_url")
        or None
    )


def credentials(found: Profile) -> dict[str, str]:
    """The keys of a profile, as Arrow's client names them; roles and SSO are boto's matter.

    Raises
    ------
    StorageError
        It has none that can be used.
    """
    if not any(found.settings.get(name) for name in _NEEDS_BOTO):
        keys = _written(found)
        if keys is None:
            raise StorageError(f"the profile {quoted(found.name)} has no access key.")
        return keys
    try:
        keys = _by_boto(found)
    except ImportError:
        raise StorageError(
            f"the profile {quoted(found.name)} signs in by a role, SSO or a program: to use it, "
            "pip install boto3."
        ) from None
    if keys is None:
        raise StorageError(f"the profile {quoted(found.name)} has no access key.")
    return keys


def found_credentials(found: Profile) -> dict[str, str] | None:
    """The same for the usual profile, or those that boto finds; None if there are none here."""
    keys = _written(found)
    if keys is not None:
        return keys
    try:
        return _by_boto(found)
    except ImportError:
        return None


def _written(found: Profile) -> dict[str, str] | None:
    """The access key in the files."""
    names = {"access_key": "aws_access_key_id", "secret_key": "aws_secret_access_key"}
    if not all(found.settings.get(name) for name in names.values()):
        return None
    names |= {"session_token": "aws_session_token"}
    keys = {ours: found.settings.get(name, "") for ours, name in names.items()}
    return {name: value for name, value in keys.items() if value}


def _by_boto(found: Profile) -> dict[str, str] | None:
    """What boto finds: by a role, SSO, a program, or the machine that it runs on."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import Session

    try:
        known = Session(profile=None if found.name == _DEFAULT else found.name).get_credentials()
        if known is None:
            return None
        keys = known.get_frozen_credentials()
    except (BotoCoreError, ClientError) as error:
        reason = str(error).splitlines()[0]
        raise StorageError(f"the profile {quoted(found.name)} cannot sign in: {reason}") from None
    pairs = {"access_key": keys.access_key, "secret_key": keys.secret_key}
    pairs |= {"session_token": keys.token}
    return {name: value for name, value in pairs.items() if value}


def _place(variable: str, name: str, environment: Mapping[str, str]) -> str:
    return display_name(environment.get(variable) or f"~/.aws/{name}")


def _sections(
    variable: str, name: str, environment: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """The sections of a file; none if it is not there."""
    path = Path(environment.get(variable) or f"~/.aws/{name}").expanduser()
    parser = ConfigParser(interpolation=None, strict=False, default_section="")
    try:
        parser.read_string(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeError, Error) as error:
        shown = _place(variable, name, environment)
        reason = system_reason(error) if isinstance(error, OSError) else "it is not valid"
        raise StorageError(f"{shown}: could not be read: {reason}.") from None
    return {" ".join(one.split()): dict(parser[one]) for one in parser.sections()}


def _nested(text: str) -> dict[str, str]:
    """The settings below one, each on a line of its own."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}
