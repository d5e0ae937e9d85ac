"""The errors that users may see, each with an exit code that scripts can rely on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

_LONGEST_VALUES = 1 << 13  # characters; nobody pastes more


class Suggestion(NamedTuple):
    """Options that settle what is not clear.

    Attributes
    ----------
    options : tuple of (str, str)
        Names and values, to be added to the options that are set.
    command : str
        The command to use instead, if it is another one.
    """

    options: tuple[tuple[str, str], ...]
    command: str = ""


def pasteable(sentence: str) -> str:
    """A sentence without a full stop after the value of an option, which would become part of it.

    ``--ignore-label .`` and ``--pred 3`` at the end of a sentence are typed as they are shown.
    """
    import re

    value = r"""(?!out\.$)('[^']*'|"[^"]*"|[^\s'")])+"""  # as in: leave --label out.
    ends_in_value = re.search(rf"--[a-z][a-z-]* {value}\.$", sentence)
    return sentence.removesuffix(".") if ends_in_value else sentence


class CeError(Exception):
    """An error that is reported to the user in plain sentences, without a traceback.

    Parameters
    ----------
    *sentences : str
        The problem, its place and its fix; one string for each problem.
    suggestions : sequence of Suggestion
        Options of which each resolves the problem, the likeliest first; those too long to be
        typed are left out.
    """

    exit_code = 70

    def __init__(self, *sentences: str, suggestions: Sequence[Suggestion] = ()) -> None:
        sentences = tuple(map(pasteable, sentences))
        super().__init__("\n".join(sentences))
        self.sentences = sentences
        self.suggestions = tuple(filter(_can_be_typed, suggestions))

    def about(self, name: str) -> Self:
        """The same error, with the name of its file at the start of each sentence."""
        start = f"{name}: "
        named = (one if one.startswith(start) else start + one for one in self.sentences)
        return type(self)(*named, suggestions=self.suggestions)

    def with_commands(
        self, command: Callable[[Suggestion], str], options: Callable[[Suggestion], str]
    ) -> Self:
        """The same error, whose last sentence ends with the commands that resolve it.

        `command` writes the first of them in full, `options` what the others have instead.
        """
        if not self.suggestions:
            return self
        first, *more = self.suggestions
        alternatives = [command(one) if one.command else f"with {options(one)}" for one in more]
        *others, last = self.sentences
        commands = ", or ".join([command(first), *alternatives])
        shown = f"{last.removesuffix('.')}, for example: {commands}"
        return type(self)(*others, shown, suggestions=self.suggestions)


def _can_be_typed(suggestion: Suggestion) -> bool:
    return sum(len(value) for _, value in suggestion.options) <= _LONGEST_VALUES


class UsageError(CeError):
    """The options or the configuration are wrong."""

    exit_code = 2


class DataError(CeError):
    """The data is bad."""

    exit_code = 3


class EmptyFileError(DataError):
    """A file holds nothing, not even the names of columns."""


class CheckFailed(CeError):  # noqa: N818 - not an error, but the result of a gate
    """A gate did not pass, as its report shows; nothing else exits with 1."""

    exit_code = 1


class StorageError(CeError):
    """A file could not be read or written."""

    exit_code = 4


class UnseenFileError(StorageError):
    """A file of a machine is not there, or its permissions forbid to read it.

    Attributes
    ----------
    path : str
        The file; another process, or another machine, may see it.
    """

    path = ""

    def at(self, path: str) -> Self:
        """The same error, with the path."""
        self.path = path
        return self

    def about(self, name: str) -> Self:
        """The same error, with the name of its file at the start of each sentence."""
        return super().about(name).at(self.path)
