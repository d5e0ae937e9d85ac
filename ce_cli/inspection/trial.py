"""Try a suggested command: score the data as it would."""

from __future__ import annotations

from typing import Any

from ce_cli.binding.data_set import data_set
from ce_cli.errors import CeError
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.locate import located
from ce_cli.inspection.score_command import READ_OTHERWISE, ScoreCommand
from ce_cli.options.commands import InspectOptions
from ce_cli.options.option import flag, options_of
from ce_cli.reading import Reading
from ce_cli.record import Record
from ce_cli.scoring.pipeline import score
from ce_cli.scoring.run import Run
from ce_cli.spec import Spec
from ce_cli.text import STDIN


class Trial(Record):
    """What a suggested command would score.

    Attributes
    ----------
    data : DataSet
        The data that was inspected.
    spec : Spec
        The options it was inspected with.
    typed : ScoreCommand
        The command with these options.
    run : Run
        Where the work is done.
    """

    data: DataSet
    spec: Spec
    typed: ScoreCommand
    run: Run

    def line(self, command: ScoreCommand) -> str | None:
        """The command if it scores the data, or else, if its errors suggest more, one to see them.

        What came from a pipe cannot be read again: then the command is taken to work.
        """
        error = self._error(command)
        if error is None:
            return command.line()
        return (
            command.line("inspect") if any(not one.command for one in error.suggestions) else None
        )

    def _error(self, command: ScoreCommand) -> CeError | None:
        options = _values(command)
        if STDIN in (*command.paths, options.get("labels")):
            return None
        data, changed = self.data, {*command.options} ^ {*self.typed.options}
        try:
            spec = self._with(options)
            if {name for name, _ in changed} & READ_OTHERWISE:
                reading = Reading.from_options(options)
                data = data_set(located(command.paths), reading, spec, options.get("labels"))
            score(data, spec, self.run.replace(progress=None, workers=1))
        except CeError as error:
            return error
        return None

    def _with(self, options: dict[str, Any]) -> Spec:
        """The options it was inspected with, and those that are added."""
        new, old = Spec.from_options(options), Spec.from_options(_values(self.typed))
        added = {
            name: getattr(new, name)
            for name in Spec._fields
            if getattr(new, name) != getattr(old, name)
        }
        return self.spec.replace(**added)


def _values(command: ScoreCommand) -> dict[str, Any]:
    """The options of a command as the command line passes them on."""
    known = {flag(name): (name, option) for name, option in options_of(InspectOptions).items()}
    found: dict[str, Any] = {}
    for typed, value in command.options:
        name, option = known[typed]
        if option.typed == list[str]:
            found.setdefault(name, []).append(value)
        elif value is None:
            found[name] = True
        else:
            found[name] = option.typed(value) if option.typed in (int, float) else value
    return found
