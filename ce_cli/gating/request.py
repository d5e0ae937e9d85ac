"""The request for one gate, once the options are read and the files are known."""

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
        The name in the configuration; ``gate`` if it has none.
    names : tuple of str
        The files, directories expanded.
    spec, reading : Spec, Reading
        What to compute, and how to read the files.
    requirements : tuple of Requirement
        The limits to check.
    labels : str or None
        The file with the labels, if they are in a separate one.
    baseline : str or None
        A score document, or predictions for the same rows.
    mode : {"point", "confident", "proven"}
        Which number has to pass for a regression: the value, or the near or the far end of its
        interval.
    confident : bool
        Whether the far end of the interval of every other metric has to pass.
    inner : bool
        Whether rows that only the data or only the baseline has are left out instead of
        rejected.
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
