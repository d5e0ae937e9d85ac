"""Errors of zip archives, as one sentence."""

from __future__ import annotations

import zipfile
import zlib

from ce_cli.errors import DataError
from ce_cli.text import sanitize


class zip_errors:  # noqa: N801 - reads as a phrase: with zip_errors(name)
    """Turn errors about a broken zip into one sentence."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if isinstance(error, RuntimeError) and "ncrypted" in str(error):
            raise DataError(
                f"{self._name}: is encrypted; unpack it, for example with unzip, and give the file."
            ) from error
        broken = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError)
        if isinstance(error, (*broken, RuntimeError)) or type(error).__name__ == "LZMAError":
            reason = sanitize(str(error) or "it ends too early", 120).rstrip(".")
            raise DataError(
                f"{self._name}: is truncated or not a zip archive that ce can read ({reason})."
            ) from error
