"""Cross-entropy of predictions: how surprised a model is by what really happened."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = [
    "Calibration",
    "Compared",
    "Explained",
    "Gated",
    "Inspected",
    "Plan",
    "Result",
    "__version__",
    "calibrate",
    "compare",
    "explain",
    "gate",
    "inspect",
    "plan",
    "score",
]

_MODULES = {
    "calibrate": "ce_cli.api.calibrate",
    "Calibration": "ce_cli.api.calibrate",
    "compare": "ce_cli.api.compare",
    "explain": "ce_cli.api.explain",
    "gate": "ce_cli.api.gate",
    "inspect": "ce_cli.api.inspect",
    "plan": "ce_cli.api.plan",
    "score": "ce_cli.api.score",
    "Compared": "ce_cli.results.compare",
    "Explained": "ce_cli.results.explain",
    "Gated": "ce_cli.results.gate",
    "Inspected": "ce_cli.results.inspect",
    "Plan": "ce_cli.scoring.plan",
    "Result": "ce_cli.results.score",
}

TYPE_CHECKING = False  # typing takes milliseconds, and the command line has to start
if TYPE_CHECKING:
    from ce_cli.api.calibrate import Calibration, calibrate
    from ce_cli.api.compare import compare
    from ce_cli.api.explain import explain
    from ce_cli.api.gate import gate
    from ce_cli.api.inspect import inspect
    from ce_cli.api.plan import plan
    from ce_cli.api.score import score
    from ce_cli.results.compare import Compared
    from ce_cli.results.explain import Explained
    from ce_cli.results.gate import Gated
    from ce_cli.results.inspect import Inspected
    from ce_cli.results.score import Result
    from ce_cli.scoring.plan import Plan


def __dir__() -> list[str]:
    return [*globals(), *_MODULES]


def __getattr__(name: str) -> object:
    """Import the API on first use, so that ``ce --version`` does not pay for it."""
    if name in _MODULES:
        from importlib import import_module

        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
