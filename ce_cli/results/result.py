"""What the results of all commands can do: show their page, and give a frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ce_cli import registry
from ce_cli.record import Record

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 60  # rows of a table in a notebook


class CommandResult(Record):
    """Base of the results of commands.

    ``str(result)`` is the page that the command writes to a pipe; a notebook shows the frame.
    """

    command: ClassVar[str]

    @property
    def notices(self) -> tuple[tuple[str, str], ...]:
        """Severity and message of what stderr repeats if the output does not show it."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of the command."""
        raise NotImplementedError

    def frame(self) -> pd.DataFrame:
        """The table that most people want, with the few columns that matter first."""
        raise NotImplementedError

    def __str__(self) -> str:
        return registry.output(self.command, "table").plain(self).removesuffix("\n")

    def _repr_html_(self) -> str:
        html: str = self.frame().to_html(index=False, na_rep="", max_rows=_SHOWN)
        return html


def beginning_with(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The columns with these names first, as far as there are any, then the others."""
    first = [name for name in names if name in frame]
    return frame[[*first, *(name for name in frame if name not in first)]]
