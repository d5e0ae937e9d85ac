"""``python -m ce_cli``, and what the console script ``ce`` calls."""

from __future__ import annotations

from ce_cli.app import main

if __name__ == "__main__":
    main()
