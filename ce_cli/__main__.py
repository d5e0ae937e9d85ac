"""``python -m ce_cli``, and what the console script ``ce`` calls."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False  # typing takes milliseconds in which no signal would be handled
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Prepare the process, run the command line, and exit."""
    from ce_cli.process import descriptors, signals

    descriptors.reserve()
    signals.install()
    # Imports make many objects and no garbage: collecting less often is a tenth of the start-up.
    gc.set_threshold(100_000, 20, 100)
    # ce has threads of its own; those of the linear algebra library would only wait for work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from ce_cli.cli.app import run
        from ce_cli.cli.ending import end

        end(run(), sys._getframe(1))
    except MemoryError:  # which left no room for the sentence either
        os.write(2, b"ce: memory ran out; run it where there is more memory.\n")
        os._exit(3)


if __name__ == "__main__":
    main()
