"""What a worker must have in common with this process, so that their figures can be merged."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from ce_cli import __version__
from ce_cli.errors import UsageError
from ce_cli.record import Record
from ce_cli.text import sanitize

if TYPE_CHECKING:
    from typing import Any

    import numpy as np
    from numpy.typing import NDArray

# An expression for the version of ce, None if it is not installed: as text, it can be sent to any
# Python, and needs no ce to be read there.
VERSION = (
    "__import__('importlib.util').util.find_spec('ce_cli') and __import__('ce_cli').__version__"
)
_GRID = 4096  # points between 0 and 1


class Worker(Record):
    """Who a worker is: its host, what is installed there, and the last bits of its arithmetic.

    Attributes
    ----------
    host : str
        The name of its machine.
    ce, python, numpy, pyarrow : str
        Versions.
    digest : str
        A digest of logarithms and exponentials over a fixed grid. Processors with other vector
        units may round some of them the other way.
    """

    host: str
    ce: str
    python: str
    numpy: str
    pyarrow: str
    digest: str

    def refuse_other(self, here: Worker) -> None:
        """Refuse a worker whose ce may compute something else.

        Raises
        ------
        UsageError
            It has another version of ce.
        """
        check_installed({f"the worker {self.host}": self.ce}, here.ce)

    def difference(self, here: Worker) -> str:
        """The sentence for a worker whose arithmetic has other last bits; empty if it has not."""
        if self.digest == here.digest:
            return ""
        own, other = (
            f"numpy {one.numpy}, pyarrow {one.pyarrow}, Python {one.python}" for one in (here, self)
        )
        versions = f" ({sanitize(other, 100)}; here {own})" if own != other else ""
        return (
            f"The worker on {sanitize(self.host)} rounds logarithms and exponentials otherwise "
            f"than this machine{versions}: the last digits may differ from those of another run."
        )


def check_installed(versions: Mapping[str, str], here: str = __version__) -> None:
    """Refuse workers with another version of ce.

    Parameters
    ----------
    versions : mapping
        What each has, by what messages call it.
    here : str
        The version that they have to have.

    Raises
    ------
    UsageError
        One has another.
    """
    for name, ce in versions.items():
        if ce != here:
            raise UsageError(
                f"{sanitize(name)} has ce {sanitize(ce)}, and this is ce {here}: "
                "install the same version there."
            )


@cache
def this_worker() -> Worker:
    """What this process is, as a worker."""
    import numpy as np
    import pyarrow as pa

    python = ".".join(map(str, sys.version_info[:2]))
    return Worker(platform.node(), __version__, python, np.__version__, pa.__version__, _digest())


def _digest() -> str:
    """A digest of log, exp and log1p over a fixed grid, in single and double precision."""
    import hashlib

    import numpy as np

    found = hashlib.blake2b(digest_size=16)
    for kind in (np.float64, np.float32):
        grid: NDArray[np.floating[Any]] = (np.arange(1, _GRID) / _GRID).astype(kind)
        for values in (np.log(grid), np.exp(-40 * grid), np.log1p(-grid)):
            found.update(values.astype(kind).tobytes())
    return found.hexdigest()
