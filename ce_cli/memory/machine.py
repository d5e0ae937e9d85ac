"""What this process uses of the memory, and what the machine, its control groups and limits leave.

Linux tells all of this in small files; elsewhere, the memory of the machine is all that is known.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

_UNLIMITED = 1 << 60  # control groups of version 1 write a number beyond this for no limit


def used() -> int:
    """The bytes of memory that belong to this process alone; pages of mapped files do not count."""
    try:
        file = os.open("/proc/self/statm", os.O_RDONLY)  # asked for each part of each file
        try:
            _, resident, shared, *_ = map(int, os.read(file, 256).split())
        finally:
            os.close(file)
    except (OSError, ValueError):
        return _peak()
    return (resident - shared) * _page()


def available() -> int:
    """The bytes that this process could still take without harm to itself or to others."""
    return max(0, min(left for _, left in _rooms(Path("/"))))


def total() -> int:
    """The bytes of the machine, or of the tightest control group or limit that the process has."""
    return min(whole for whole, _ in _rooms(Path("/")))


@contextlib.contextmanager
def held_to(size: int) -> Iterator[None]:
    """Let the system refuse this process memory of its own beyond `size` bytes, where it can.

    Linux counts what is reserved, whether it is used or not; what is reserved already is allowed.
    """
    held = _facts(Path("/proc/self/status")).get("VmData")
    if held is None:  # elsewhere than on Linux
        yield
        return
    import resource

    limits = resource.getrlimit(resource.RLIMIT_DATA)
    reserved = max(0, (held << 10) - used())
    finite = [one for one in limits if one != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min([size + reserved, *finite]), limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, limits)


def _rooms(root: Path) -> Iterator[tuple[int, int]]:
    """How much there is and how much is left, by everything that limits this process."""
    yield _of_machine(root)
    yield from _of_groups(root)
    yield from _of_process(root)


def _of_machine(root: Path) -> tuple[int, int]:
    facts = _facts(root / "proc/meminfo")
    if "MemTotal" in facts:
        whole = facts["MemTotal"] << 10
        return whole, facts["MemAvailable"] << 10 if "MemAvailable" in facts else whole
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * _page()
    except (AttributeError, OSError, ValueError):  # such as on Windows
        whole = sys.maxsize
    return whole, whole


def _of_groups(root: Path) -> Iterator[tuple[int, int]]:
    """The control group of this process and those around it, of version 1 or 2."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, kinds, path = [*line.split(":", 2), "", ""][:3]
        mounts, names = [], ("max", "current")
        if kinds == "":  # version 2
            mounts = ["sys/fs/cgroup", "sys/fs/cgroup/unified"]
        elif "memory" in kinds.split(","):
            mounts, names = ["sys/fs/cgroup/memory"], ("limit_in_bytes", "usage_in_bytes")
        inner = PurePosixPath(path.lstrip("/"))
        for mount in mounts:
            # In a container the path may be that outside of it; its own group is then the root.
            for folder in {inner, *inner.parents, PurePosixPath()}:
                yield from _of_group(root / mount / folder, *names)


def _of_group(folder: Path, limit: str, usage: str) -> Iterator[tuple[int, int]]:
    text = _text(folder / f"memory.{limit}").strip()
    if not text.isdecimal() or int(text) >= _UNLIMITED:
        return
    now = _text(folder / f"memory.{usage}").strip()
    files = _facts(folder / "memory.stat")
    cached = files.get("inactive_file", 0) + files.get("active_file", 0)  # given back when needed
    yield int(text), int(text) - max(0, int(now if now.isdecimal() else 0) - cached)


def _of_process(root: Path) -> Iterator[tuple[int, int]]:
    """The limits of the address space and of the data of this process."""
    try:
        import resource
    except ImportError:  # on Windows
        return
    facts = _facts(root / "proc/self/status")
    for kind, name in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        limit, _ = resource.getrlimit(kind)
        if limit != resource.RLIM_INFINITY:
            yield limit, limit - (facts.get(name, 0) << 10)


def _facts(path: Path) -> dict[str, int]:
    """The lines of a file that have a name and a number."""
    found = {}
    for line in _text(path).splitlines():
        name, *rest = line.replace(":", " ").split()[:2] or [""]
        if rest and rest[0].isdecimal():
            found[name] = int(rest[0])
    return found


def _text(path: Path) -> str:
    """A small file; empty if it is not there or cannot be read."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


@cache
def _page() -> int:
    return int(os.sysconf("SC_PAGE_SIZE"))


def _peak() -> int:
    """The most that this process ever used, where no system file tells what it uses now."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10
