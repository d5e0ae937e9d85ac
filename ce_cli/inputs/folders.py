"""Which files of a folder are data, and which match a glob: the same on a disk and in a bucket.

Names are relative to the folder, with ``/`` between their parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from pathlib import PurePosixPath

from ce_cli import registry
from ce_cli.inputs.bytestream import PACKED, suffix_of

_PACKED = PACKED | {".zip"}
_HIDDEN = (".", "_")
_SHOWN = r"(?![._])"  # the beginning of a name that is not hidden
_WILD = re.compile(r"[*?\[]")


def data_names(
    names: Iterable[str], is_file: Callable[[str], bool] = lambda name: True
) -> list[str]:
    """The names of data files, in order."""
    known = registry.data_suffixes()
    return in_order(_without_settings([n for n in names if _is_data(n, known) and is_file(n)]))


def _is_data(name: str, known: Collection[str]) -> bool:
    is_hidden = any(part.startswith(_HIDDEN) for part in name.split("/"))
    return not is_hidden and _suffix(name) in known


def _without_settings(names: list[str]) -> list[str]:
    """Beside data, documents of JSON are rather settings and results."""
    return [name for name in names if _suffix(name) != ".json"] or names


def in_order(names: Iterable[str]) -> list[str]:
    """Names in the order in which the folders and files of a folder are listed."""
    return sorted(names, key=lambda name: name.split("/"))


def _suffix(name: str) -> str:
    return suffix_of(PurePosixPath(name), _PACKED)


def is_glob(path: str) -> bool:
    """Whether a path has a wildcard, or may have one."""
    return _WILD.search(path) is not None


def cut_glob(path: str) -> tuple[str, str]:
    """The folder before the first part of a path that has a wildcard, and the rest, a glob."""
    parts = path.split("/")
    first = next(place for place, part in enumerate(parts) if is_glob(part))
    return "/".join(parts[:first]), "/".join(parts[first:])


def is_deep(glob: str) -> bool:
    """Whether a glob may match names that are not directly in the folder."""
    return "/" in glob or "**" in glob


def matching(names: Iterable[str], glob: str) -> list[str]:
    """The names that match a glob, and the data files of the folders that do, in order.

    As in a shell, ``*`` matches a part of a name without ``/``, and no hidden file; ``**`` matches
    any number of folders. A glob that ends in nothing but ``*`` matches data files only.
    """
    parts = [part for part in glob.split("/") if part]
    of_any_name = parts[-1] in ("*", "**")
    if parts[-1] == "**":
        parts.append("*")
    form = re.compile(_expression(parts) + "(?P<below>/.+)?", re.DOTALL)
    known = registry.data_suffixes()
    typed, below = set(), []
    for name in names:
        found = form.fullmatch(name)
        if found is None:
            continue
        rest = name.rpartition("/")[2] if of_any_name and not found["below"] else found["below"]
        if not rest:
            typed.add(name)
        elif _is_data(rest.lstrip("/"), known):
            below.append(name)
    return in_order(typed.union(_without_settings(below)))


def matching_folders(names: Iterable[str], glob: str) -> list[str]:
    """The names of folders that match a glob of one part."""
    form = re.compile(_of_part(glob), re.DOTALL)
    return in_order(name for name in names if form.fullmatch(name))


def _expression(parts: Iterable[str]) -> str:
    """A regular expression for the parts of a glob."""
    return "/".join(map(_of_part, parts)).replace("**/", rf"(?:{_SHOWN}[^/]+/)*")


def _of_part(part: str) -> str:
    """The same for one part; ``**`` as it is."""
    if part == "**":
        return part
    form, rest = "" if part.startswith(_HIDDEN) else _SHOWN, part
    while rest:
        found = re.match(r"\[([!^]?)(\]?[^\]]*)\]", rest)
        if found:
            negated = "^" if found[1] else ""
            members = found[2].replace("\\", r"\\").replace("[", r"\[").replace("]", r"\]")
            form, rest = f"{form}(?!/)[{negated}{members}]", rest[found.end() :]
            continue
        one, rest = rest[0], rest[1:]
        form += {"*": "[^/]*", "?": "[^/]"}.get(one) or re.escape(one)
    return form
