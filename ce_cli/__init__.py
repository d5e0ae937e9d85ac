"""Cross-entropy of predictions: how surprised a model is by what really happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Result", "__version__", "score"]

if TYPE_CHECKING:
    from ce_cli.api import score
    from ce_cli.result import Result


def __dir__() -> list[str]:
    return [*globals(), "Result", "score"]


def __getattr__(name: str) -> object:
    """Import the API on first use, so that ``ce --version`` does not pay for it."""
    if name == "score":
        from ce_cli.api import score

        return score
    if name == "Result":
        from ce_cli.result import Result

        return Result
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
