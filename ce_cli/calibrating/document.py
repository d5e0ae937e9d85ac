"""Calibrations that were written down: by path, as a document, or as the result of a fit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ce_cli.errors import UsageError
from ce_cli.inputs.document import document_in
from ce_cli.results.calibrate import Calibrated
from ce_cli.text import display_name

_WRITTEN_BY = "ce calibrate fit"


def calibration_at(path: str) -> Calibrated:
    """Read a calibration from a file.

    Raises
    ------
    StorageError
        The file cannot be read.
    DataError
        It is no calibration, or one of another version, or was edited.
    """
    return Calibrated.from_dict(document_in(path, _WRITTEN_BY), display_name(path))


def calibration_of(value: object) -> Calibrated:
    """The calibration that a path, a document or a result stands for.

    Raises
    ------
    UsageError
        It is none of these.
    """
    if isinstance(value, Calibrated):
        return value
    if isinstance(value, Mapping):
        return Calibrated.from_dict(dict(value))
    if isinstance(value, str | os.PathLike):
        return calibration_at(os.fspath(value))
    raise UsageError(
        "calibrate must be a path, or the result of calibrate() or its document, not "
        f"{type(value).__name__}."
    )


def with_calibration(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options with the calibration itself in place of what stands for it."""
    return {**options, "calibrate": calibration_of(options["calibrate"]).calibration}
