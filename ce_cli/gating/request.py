"""What is asked of one gate, once the options are read and the files are known."""

from __future__ import annotations

from typing import Literal

from ce_cli.gating.requirements import Requirement
from ce_cli.record import Record
from ce_cli.spec import Reading, Spec

Mode = Literal["point", "confident", "proven"]


class GateRequest(Record):
    """One gate before it is run.

    Attributes
    ----------
    name : str
        From the configuration; ``gate`` if it has none.
    names : tuple of str
        The files, directories expanded.
    spec, reading : Spec, Reading
        What is computed, and how bytes become rows.
    requirements : tuple of Requirement
        The limits to check.
    labels : str or None
        The file that has the labels, if the others have none.
    baseline : str or None
        A score document, or predictions for the same rows.
    mode : {"point", "confident", "proven"}
        Which end of the interval of a regression has to pass.
    confident : bool
        Whether the far end of the interval of every other metric has to pass.
    inner : bool
        Whether rows that only the data or only the baseline has are left out.
    """

    name: str
    names: tuple[str, ...]
    spec: Spec
    reading: Reading
    requirements: tuple[Requirement, ...] = ()
    labels: str | None = None
    baseline: str | None = None
    mode: Mode = "point"
    confident: bool = False
    inner: bool = False
