"""Errors of the libraries that read files, rephrased as one sentence about the file."""

from __future__ import annotations

from ce_cli.errors import CeError
from ce_cli.memory.limit import is_lack_of_memory, ran_out
from ce_cli.text import sanitize


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
