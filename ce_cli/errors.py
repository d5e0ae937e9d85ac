"""What can go wrong, each with the exit code that scripts may rely on."""

from __future__ import annotations

from typing import Self


class CeError(Exception):
    """A mistake that is told to the user in plain sentences, without a traceback.

    Parameters
    ----------
    *sentences : str
        What is wrong, where, and what to do; one string for each problem.
    option : (str, str), optional
        An option that may help, and its value.
    """

    exit_code = 70

    def __init__(self, *sentences: str, option: tuple[str, str] | None = None) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences
        self.option = option

    def about(self, name: str) -> Self:
        """The same, each sentence beginning with the file that it is about."""
        told = (one if one.startswith(f"{name}: ") else f"{name}: {one}" for one in self.sentences)
        return type(self)(*told, option=self.option)


class UsageError(CeError):
    """The options or the configuration do not fit."""

    exit_code = 2


class DataError(CeError):
    """The data is bad."""

    exit_code = 3


class CheckFailed(CeError):  # noqa: N818 - no mistake, but what was asked for
    """A gate did not pass: all is told already, and nothing else exits with 1."""

    exit_code = 1


class StorageError(CeError):
    """Something could not be read or written."""

    exit_code = 4
