"""Cross-entropy of predictions: how surprised a model is by what really happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = ["Compared", "Explained", "Result", "__version__", "compare", "explain", "score"]

_MODULES = {
    "compare": "ce_cli.api",
    "explain": "ce_cli.api",
    "score": "ce_cli.api",
    "Compared": "ce_cli.results.compare",
    "Explained": "ce_cli.results.explain",
    "Result": "ce_cli.results.score",
}

if TYPE_CHECKING:
    from ce_cli.api import compare, explain, score
    from ce_cli.results.compare import Compared
    from ce_cli.results.explain import Explained
    from ce_cli.results.score import Result


def __dir__() -> list[str]:
    return [*globals(), *_MODULES]


def __getattr__(name: str) -> object:
    """Import the API on first use, so that ``ce --version`` does not pay for it."""
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
