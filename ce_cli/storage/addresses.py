"""The parts of a URI in object storage.

A key is taken as the store has it, without decoding: it may hold blanks, ``%``, ``#`` and ``?``. So
``?`` starts options only where what follows is nothing but options that the store has. A second
``?`` with nothing behind it ends a key that looks as if it had options; names that a store lists
get it, so that whoever writes to a store cannot choose options for whoever reads from it.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from ce_cli.record import Record
from ce_cli.storage import keys

_LOGIN = re.compile(r"(?P<user>[^/:@]*)(?::(?P<password>[^@]*))?@(?P<rest>.*)", re.DOTALL)


class Address(Record):
    """A URI of a store.

    Attributes
    ----------
    scheme : str
        In lower case.
    user, password : str
        Decoded; empty if there is none.
    path : str
        The bucket and the key, as they are.
    options : dict of str
        What follows ``?``, decoded, by our names of the options.
    """

    scheme: str
    user: str
    password: str
    path: str
    options: dict[str, str]

    @property
    def bucket(self) -> str:
        """The part of the path before the first slash: a bucket, a container or a host."""
        return self.path.partition("/")[0]

    @property
    def key(self) -> str:
        """The part of the path after the first slash."""
        return self.path.partition("/")[2]


def address_of(uri: str, store: keys.Keys) -> Address:
    """The parts of a URI of a kind of store."""
    scheme, _, rest = uri.partition("://")
    path, options = _without_options(rest, store)
    login = _LOGIN.fullmatch(path)
    if login is None or (login["password"] is None and "/" in login["user"]):
        return Address(scheme.lower(), "", "", path, options)
    user, password = unquote(login["user"]), unquote(login["password"] or "")
    return Address(scheme.lower(), user, password, login["rest"], options)


def _without_options(rest: str, store: keys.Keys) -> tuple[str, dict[str, str]]:
    """A path, and the options after it."""
    path, mark, query = rest.rpartition("?")
    if not query and "?" in path:
        return path, {}
    known = keys.own_names(store)
    pairs = [one.partition("=") for one in query.split("&")]
    names = [known.get(keys.plain(name)) if equals else None for name, equals, _ in pairs]
    if not mark or None in names:
        return rest, {}
    values = (unquote(value) for _, _, value in pairs)
    return path, {name: value for name, value in zip(names, values, strict=True) if name}


def sibling(uri: str, path: str, new: str) -> str:
    """The URI of another path in the file system of `uri`, whose own path in it is `path`."""
    head, found, tail = uri.rpartition(path)
    if not found:
        head, tail = f"{uri.partition('://')[0]}://", ""
    _, mark, query = new.rpartition("?")
    has_options = uri.partition("://")[0].lower() in (*keys.IN_BUCKETS, *keys.AZURE_SCHEMES)
    end = "?" if has_options and mark and "=" in query and not tail.startswith("?") else ""
    return f"{head}{new}{tail}{end}"
