"""Errors of the libraries that read files, rephrased as one sentence about the file."""

from __future__ import annotations

import errno

from ce_cli.errors import CeError, DataError, StorageError
from ce_cli.memory.limit import is_lack_of_memory, ran_out
from ce_cli.text import sanitize

_OF_DISKS = (errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.ENODEV)  # no bytes can cause these


class Rephrased:
    """Base of context managers that turn errors of a library into those that users see.

    Parameters
    ----------
    name : str
        The file, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: object
    ) -> None:
        if error is not None and is_lack_of_memory(error):
            raise ran_out(error).about(self._name) from None
        found = None if error is None else self._rephrased(error)
        if found is not None:
            raise found from error

    def _rephrased(self, error: BaseException) -> CeError | None:
        """The error to raise instead; None if it is not one of the library."""
        raise NotImplementedError


def reason_of(error: BaseException, longest: int = 120) -> str:
    """The first line of an error, as a clause in parentheses or after a colon."""
    text = str(error)
    return sanitize(text.splitlines()[0] if text else type(error).__name__, longest).rstrip(".")


class LongTextError(DataError):
    """A column has a text that is too long, whichever file it is in."""


class arrow_errors(Rephrased):  # noqa: N801 - reads as a phrase: with arrow_errors(name)
    """Turn Arrow's errors about bytes that it cannot read into one sentence.

    Beside exceptions of its own, it raises those of Python: for names that are not UTF-8, numbers
    that do not fit, and names, codecs and options that it does not know. Some of its own are also
    `MemoryError` or `KeyError`.

    Parameters
    ----------
    name : str
        The file, for messages.
    kind : str
        What it should be: "a Parquet file".
    """

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(name)
        self._kind = kind

    def _rephrased(self, error: BaseException) -> CeError | None:
        import pyarrow as pa

        if isinstance(error, LongTextError):
            return error.about(self._name)
        if isinstance(error, FileNotFoundError | PermissionError):
            return None
        if isinstance(error, OSError) and error.errno in _OF_DISKS:
            return StorageError(f"{self._name}: could not be read: {reason_of(error)}.")
        of_python = OSError, EOFError, ValueError, OverflowError, LookupError
        if not isinstance(error, (pa.ArrowException, *of_python)):
            return None
        if isinstance(error, UnicodeDecodeError):
            reason = "a name or text in it is not UTF-8"
        else:
            reason = reason_of(error) if str(error) else "it ends"
        return DataError(f"{self._name}: is truncated or not {self._kind} ({reason}).")
