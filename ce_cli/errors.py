"""The errors that users may see, each with an exit code that scripts can rely on."""

from __future__ import annotations

from typing import Self


class CeError(Exception):
    """An error that is reported to the user in plain sentences, without a traceback.

    Parameters
    ----------
    *sentences : str
        The problem, its place and its fix; one string for each problem.
    option : (str, str), optional
        An option that may help, and its value.
    """

    exit_code = 70

    def __init__(self, *sentences: str, option: tuple[str, str] | None = None) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences
        self.option = option

    def about(self, name: str) -> Self:
        """The same error, with the name of its file at the start of each sentence."""
        start = f"{name}: "
        named = (one if one.startswith(start) else start + one for one in self.sentences)
        return type(self)(*named, option=self.option)


class UsageError(CeError):
    """The options or the configuration are wrong."""

    exit_code = 2


class DataError(CeError):
    """The data is bad."""

    exit_code = 3


class CheckFailed(CeError):  # noqa: N818 - not an error, but the result of a gate
    """A gate did not pass, as its report shows; nothing else exits with 1."""

    exit_code = 1


class StorageError(CeError):
    """A file could not be read or written."""

    exit_code = 4
