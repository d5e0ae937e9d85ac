"""``python -m ce_cli``, and what the console script ``ce`` calls."""

from __future__ import annotations

import gc
import os
from typing import NoReturn


def main() -> NoReturn:
    """Prepare the process, run the command line, and exit."""
    # Imports make many objects and no garbage: collecting less often is a tenth of the start-up.
    gc.set_threshold(100_000, 20, 100)
    # ce has threads of its own; those of the linear algebra library would only wait for work.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from ce_cli.cli.app import run

    code = run()
    if not code:  # after an error, a traceback may be what keeps a temporary file
        # At exit Python looks for garbage among all that was imported: an eighth of a short run.
        gc.freeze()
    raise SystemExit(code)


if __name__ == "__main__":
    main()
