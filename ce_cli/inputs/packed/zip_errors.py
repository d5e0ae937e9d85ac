"""Errors of zip archives, as one sentence."""

from __future__ import annotations

import struct
import zipfile
import zlib

from ce_cli.errors import DataError
from ce_cli.inputs.rephrased import Rephrased, reason_of

_BROKEN = (  # what `zipfile` raises for bytes that are no archive, or not one that it knows
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)


class zip_errors(Rephrased):  # noqa: N801 - reads as a phrase: with zip_errors(name)
    """Turn errors about a broken zip into one sentence."""

    def _rephrased(self, error: BaseException) -> DataError | None:
        if isinstance(error, RuntimeError) and "ncrypted" in str(error):
            return DataError(
                f"{self._name}: is encrypted; unpack it, for example with unzip, and give the file."
            )
        known = isinstance(error, _BROKEN) or type(error).__name__ == "LZMAError"
        if not known:
            return None
        reason = reason_of(error) if str(error) else "it ends too early"
        return DataError(
            f"{self._name}: is truncated or not a zip archive that ce can read ({reason})."
        )
