"""How this process returns memory to the system."""

from __future__ import annotations

import contextlib
from functools import cache

_LARGEST = 31 << 20  # bytes; glibc adapts to blocks of up to 32 MiB


@cache
def keep_freed_memory() -> None:
    """Let arrays reuse the memory of earlier ones; done once.

    At first, glibc takes blocks of 128 KiB and more from the system and gives them back when they
    are freed, so that every array of a batch starts with page faults: a third of the time. Once a
    larger block has been freed, smaller ones stay in the process (mallopt(3), M_MMAP_THRESHOLD),
    up to 64 MiB of them. The block is never written to, so it takes no memory.
    """
    import numpy as np

    with contextlib.suppress(MemoryError):  # which a limit of the address space may not allow
        np.empty(_LARGEST, np.uint8)
