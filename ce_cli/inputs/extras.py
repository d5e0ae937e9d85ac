"""Packages that only some inputs need, and that an extra installs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ce_cli.errors import DataError


def needed(module: str, extra: str, why: str) -> Any:
    """Import a package, or report which extra installs it.

    Parameters
    ----------
    module : str
        The package.
    extra : str
        The extra that installs it.
    why : str
        The start of the sentence: ``"preds.xlsx: is an Excel workbook"``.

    Raises
    ------
    DataError
        It is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise DataError(
            f"{why}; to read it, install the extra: pip install 'ce-cli[{extra}]'."
        ) from error
