"""Packages that only some engines need, and that an extra installs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ce_cli.errors import UsageError


def extra(module: str, name: str) -> Any:
    """Import the package of an engine.

    Parameters
    ----------
    module : str
        The package.
    name : str
        The name of the engine, and of the extra.

    Raises
    ------
    UsageError
        It is not installed; the message says what installs it.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise UsageError(
            f"--engine {name} needs the package {module}: pip install 'ce-cli[{name}]'."
        ) from error
