"""The profiles in the files of AWS, of which Arrow's client reads only the credentials."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from configparser import ConfigParser, Error
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ce_cli.errors import StorageError
from ce_cli.record import Record
from ce_cli.text import display_name, quoted, sanitize, system_reason

_DEFAULT = "default"
_CONFIG = ("AWS_CONFIG_FILE", "config")
_CREDENTIALS = ("AWS_SHARED_CREDENTIALS_FILE", "credentials")
_NEEDS_BOTO = ("sso_session", "sso_start_url", "credential_process", "role_arn", "login_session")
_signed_in: dict[object, Any] = {}  # of the process: what boto signed in, which renews its keys


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
    try:
        needs_boto = any(found.settings.get(name) for name in _NEEDS_BOTO)
        keys = _by_boto(found) if needs_boto else _written(found)
    except ImportError:
        raise StorageError(
            f"the profile {quoted(found.name)} signs in by a role, SSO or a program: to use it, "
            "pip install boto3."
        ) from None
    if keys is None:
        raise StorageError(
            f"the profile {quoted(found.name)} has no access key: add aws_access_key_id and "
            "aws_secret_access_key to it, or name another profile."
        )
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


def version(named: str | None, environment: Mapping[str, str]) -> object:
    """What changes with the files of AWS, and with the keys of a profile that boto has renewed.

    Raises
    ------
    StorageError
        The keys cannot be renewed.
    """
    files = _state(environment)
    known = _signed_in.get((named, files))
    return files if known is None else (files, _keys_of(known, named or _DEFAULT))


def _by_boto(found: Profile) -> dict[str, str] | None:
    """What boto finds: by a role, SSO, a program, or the machine that it runs on."""
    from botocore.session import Session

    key = found.name, _state(os.environ)
    known = _signed_in.get(key)
    if known is None:
        profile = None if found.name == _DEFAULT else found.name
        with _sentences(found.name):
            known = Session(profile=profile).get_credentials()
        if known is None:
            return None
        _signed_in[key] = known
    return _keys_of(known, found.name)


def _keys_of(known: Any, profile: str) -> dict[str, str]:
    """The keys of now, which boto asks for anew shortly before they expire."""
    with _sentences(profile):
        keys = known.get_frozen_credentials()
    pairs = {"access_key": keys.access_key, "secret_key": keys.secret_key}
    pairs |= {"session_token": keys.token}
    return {name: value for name, value in pairs.items() if value}


@contextmanager
def _sentences(profile: str) -> Iterator[None]:
    """Turn errors of boto into a sentence."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        reason = sanitize(" ".join(str(error).split()), 200).rstrip(".") or type(error).__name__
        raise StorageError(f"the profile {quoted(profile)} cannot sign in: {reason}.") from None


def _state(environment: Mapping[str, str]) -> tuple[object, ...]:
    """What changes with the variables of AWS and with its files."""
    variables = tuple(sorted(one for one in environment.items() if one[0].startswith("AWS_")))
    return variables, *(_written_when(*one, environment) for one in (_CONFIG, _CREDENTIALS))


def _written_when(variable: str, name: str, environment: Mapping[str, str]) -> object:
    try:
        status = _path(variable, name, environment).stat()
    except OSError:  # it is not there, or reading it will say why not
        return None
    return status.st_size, status.st_mtime_ns


def _place(variable: str, name: str, environment: Mapping[str, str]) -> str:
    return display_name(environment.get(variable) or f"~/.aws/{name}")


def _path(variable: str, name: str, environment: Mapping[str, str]) -> Path:
    return Path(environment.get(variable) or f"~/.aws/{name}").expanduser()


def _sections(
    variable: str, name: str, environment: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """The sections of a file; none if it is not there."""
    path = _path(variable, name, environment)
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
