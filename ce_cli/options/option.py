"""The declaration of an option: how it is typed, explained and shown.

An option is a key of a `TypedDict`. Its annotation is the type for Python; the `Option` beside it
holds everything that the command line, a configuration file and the signature need.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple


class Option(NamedTuple):
    """How an option is typed, explained and shown.

    Attributes
    ----------
    help : str
        The text for ``--help``.
    panel : str
        The panel of the help that it is in; one of `PANELS`.
    typed : type
        Its type on the command line and in a configuration file: ``str``, ``list[str]``,
        ``bool``, ``int``, ``float`` or a `Literal`, whose choices the help lists.
    default : object
        The value if the option is not used.
    metavar : str
        The placeholder for its value in the help.
    short : str
        Its one-letter form.
    names : str
        The kind of thing that its values name, for completion and the help: ``column``,
        ``metric``, ``convention``, ``format``, ``input format`` or ``engine``.
    signature : str
        Its key in the signature, if it changes the number.
    of_numbers : bool
        Whether it applies to numbers that are typed in place of a file.
    is_path : bool
        Whether it is a path; in a configuration file, paths are relative to that file.
    is_secret : bool
        Whether its values are shown nowhere.
    """

    help: str
    panel: str
    typed: Any = str
    default: Any = None
    metavar: str = ""
    short: str = ""
    names: str = ""
    signature: str = ""
    of_numbers: bool = False
    is_path: bool = False
    is_secret: bool = False


@cache
def options_of(declared: Any) -> dict[str, Option]:
    """The options that a `TypedDict` declares, by name, in order."""
    return {name: hint.__metadata__[0] for name, hint in declared.__annotations__.items()}


def flag(name: str) -> str:
    """An option as it is typed: ``--max-regression`` for ``max_regression``."""
    return f"--{key(name)}"


def variable_of(name: str) -> str:
    """The variable that sets an option: ``CE_MAX_REGRESSION``."""
    return f"CE_{key(name).replace('-', '_').upper()}"


def key(name: str) -> str:
    """An option in a configuration file: ``max-regression`` for ``max_regression``."""
    if (
        name == "storage_options"
    ):  # several at once in Python, as in pandas, and one each when typed
        return "storage-option"
    return name.rstrip("_").replace("_", "-")
