"""An option: how it is typed, explained and shown.

An option is a key of a `TypedDict`: its annotation is what Python takes, and the `Option` beside it
is all that the command line, a configuration file and the signature need.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple, get_type_hints


class Option(NamedTuple):
    """How an option is typed, explained and shown.

    Attributes
    ----------
    help : str
        For ``--help``.
    panel : str
        Where it is in the help; one of `PANELS`.
    typed : type
        The type that the command line and a configuration file give: ``str``, ``list[str]``,
        ``bool``, ``int``, ``float`` or a `Literal`, whose choices the help lists.
    default : object
        The value where none is given.
    metavar : str
        The placeholder for its value in the help.
    short : str
        Its one-letter form.
    names : str
        What its values name, for completion and the help: ``column``, ``metric``, ``format``,
        ``input format`` or ``engine``.
    signature : str
        Its key in the signature, if it changes the number.
    of_numbers : bool
        Whether it means something for numbers that are typed in place of a file.
    is_path : bool
        Whether it is a path, which a configuration file gives relative to itself.
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


@cache
def options_of(declared: Any) -> dict[str, Option]:
    """The options that a `TypedDict` of this module declares, by name, in its order."""
    hints = get_type_hints(declared, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


def flag(name: str) -> str:
    """The option as it is typed: ``--max-regression`` for ``max_regression``."""
    return f"--{key(name)}"


def key(name: str) -> str:
    """The option in a configuration file: ``max-regression`` for ``max_regression``."""
    return name.rstrip("_").replace("_", "-")
