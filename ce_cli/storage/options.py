"""Options of object storage: how they are typed, and which are in force."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from ce_cli.errors import UsageError
from ce_cli.record import Record
from ce_cli.storage import keys
from ce_cli.text import closest, quoted

_FORM = "--storage-option must be KEY=VALUE, such as region=eu-west-1"
_NAME = re.compile(r"[A-Za-z][\w.-]{0,40}")  # of a key; anything else may be a secret
_ON_OFF = {"1": True, "true": True, "yes": True, "on": True}
_ON_OFF |= {"0": False, "false": False, "no": False, "off": False}
_SHORTEST_SECRET = 3  # which is replaced wherever it occurs


class StorageOptions(Record):
    """The options of a call, by the names that were typed; they are pickled, but never shown."""

    values: tuple[tuple[str, Any], ...] = ()

    def __repr__(self) -> str:
        return f"StorageOptions({', '.join(name for name, _ in self.values)})"

    def of(self, store: keys.Keys) -> dict[str, str]:
        """The options that a kind of store has, by our names."""
        known = keys.own_names(store)
        return {known[name]: _text(value) for name, value in self.values if name in known}

    def of_fsspec(self) -> dict[str, Any]:
        """The options that go to fsspec as they are, with numbers and switches as such."""
        start = keys.OF_FSSPEC
        own = ((name, value) for name, value in self.values if name.startswith(start))
        return {name.removeprefix(start): _value(value) for name, value in own}

    def secrets(self) -> Iterator[str]:
        """The values that nothing may show."""
        return (_text(value) for name, value in self.values if not keys.is_public(name))


_in_force: ContextVar[StorageOptions] = ContextVar("storage options")
_NONE = StorageOptions()
_secrets: set[str] = set()  # of all calls in this process, since an error may be shown later


def in_force() -> StorageOptions:
    """The options of this call; threads of `ce` inherit them, other processes need them passed."""
    return _in_force.get(_NONE)


@contextlib.contextmanager
def using(typed: object) -> Iterator[None]:
    """Put options in force for what runs inside.

    Parameters
    ----------
    typed : StorageOptions, mapping, str, iterable of str or None
        The options of another process, a mapping from keys to values, or texts ``KEY=VALUE``.

    Raises
    ------
    UsageError
        They have another form, a key is not known, or it is given twice.
    """
    options = storage_options(typed)
    _secrets.update(options.secrets())
    token = _in_force.set(options)
    try:
        yield
    finally:
        _in_force.reset(token)


def storage_options(typed: object) -> StorageOptions:
    """Options in any form in which they can be given, as above."""
    if isinstance(typed, StorageOptions):
        return typed
    found: dict[str, Any] = {}
    for key, value in _pairs(typed):
        name = _checked(key)
        if name in found:
            raise UsageError(f"--storage-option names {quoted(name)} twice.")
        if keys.is_switch(name):
            switch(name, _text(value))
        found[name] = value
    return StorageOptions(tuple(found.items()))


def without_secrets(text: str) -> str:
    """What a library says, without the values of options that it may repeat."""
    for one in sorted(_secrets, key=len, reverse=True):
        text = text.replace(one, "***") if len(one) >= _SHORTEST_SECRET else text
    return text


def switch(key: str, value: str) -> bool:
    """An option that is on or off.

    Raises
    ------
    UsageError
        It is neither.
    """
    if value.lower() not in _ON_OFF:
        raise UsageError(f"--storage-option {key} must be true or false.")
    return _ON_OFF[value.lower()]


def _pairs(typed: object) -> Iterator[tuple[str, Any]]:
    if isinstance(typed, Mapping):
        for name, value in typed.items():
            if value is not None:
                yield str(name), value
        return
    texts = (typed,) if isinstance(typed, str) else () if typed is None else typed
    if not isinstance(texts, Iterable):
        raise UsageError(f"{_FORM}.")
    for text in texts:
        name, equals, value = str(text).partition("=")
        if not (equals and value):
            raise UsageError(f"{_FORM}.")
        yield name, value


def _checked(key: str) -> str:
    """The name of a key, which a store has or which goes to fsspec."""
    name = key if key.startswith(keys.OF_FSSPEC) else keys.plain(key)
    if keys.is_known(name) or name.startswith(keys.OF_FSSPEC):
        return name
    if not _NAME.fullmatch(key.strip()):
        raise UsageError(f"{_FORM}.")
    known = keys.every_key()
    raise UsageError(
        f"--storage-option: there is no key {quoted(key)}{closest(name, known)}; there are "
        f"{', '.join(known)}, the names that AWS, fsspec and polars have for them, and "
        f"{keys.OF_FSSPEC}KEY for other file systems."
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(value: Any) -> Any:
    """What a text means, where fsspec wants a number or a switch."""
    if not isinstance(value, str):
        return value
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else value
