"""The figures that a contender printed, and whether contenders agree."""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Mapping
from math import fsum, isclose, nan
from pathlib import Path
from typing import Any

Figures = dict[str, float]

QUANTILES = dict.fromkeys(("median", "p90", "p99"), 0.004)  # as the definitions of ce say
WITHIN = QUANTILES | {"auc": 1e-4}  # its auc_error
SCORE, COMPARE = "ce.score/1", "ce.compare/1"


def printed(output: Path, key: str = "") -> Figures:
    """Read figures from a document of `ce`, or from CSV, row by row.

    Parameters
    ----------
    output : Path
        What a contender printed.
    key : str
        The column of keys of a table; else there is one row, of figures.

    Returns
    -------
    dict of str to float
        Figures by name; of a table, the number of keys and rows, and two sums of the means, plain
        and weighted by a hash of the key.
    """
    with output.open(newline="") as file:
        if file.read(1) == "{":
            file.seek(0)
            return _document(json.load(file))
        file.seek(0)
        table = csv.DictReader(file)
        if not key:
            return {name: float(value) for name, value in next(table).items()}
        keys, rows, plain, weighted = 0, 0, 0.0, 0.0
        for row in table:
            mean = float(row["cross_entropy"])
            keys, rows, plain = keys + 1, rows + int(row["rows"]), plain + mean
            weighted += mean * zlib.crc32(row[key].encode()) / 2**32
        return {"keys": keys, "rows": rows, "plain": plain, "weighted": weighted}


def _document(document: Mapping[str, Any]) -> Figures:
    if document["schema"] == COMPARE:
        first, second = (model["metrics"]["cross_entropy"] for model in document["models"])
        [pair] = document["comparisons"]
        return {
            "cross_entropy": first,
            "second": second,
            "difference": pair["difference"]["absolute"],
            "error_of_difference": pair["standard_error"],
            "win_rate": pair["win_rate"],
        }
    metrics = {name: value for name, value in document["metrics"].items() if value is not None}
    classes = {f"cross_entropy_{c['class']}": c["cross_entropy"] for c in document["per_class"]}
    return metrics | classes


def apart(of_ce: Figures, of_peer: Figures, tolerance: float) -> list[str]:
    """List the figures of a peer that differ from those of `ce`.

    Parameters
    ----------
    of_ce, of_peer : dict of str to float
        Figures by name.
    tolerance : float
        Relative, and absolute for figures below 1; some have one of their own.

    Returns
    -------
    list of str
        A line for each, also for one that `ce` does not have.
    """
    return [
        f"  {name}: {of_ce.get(name)!r}, {value!r}"
        for name, value in of_peer.items()
        if not _close(of_ce.get(name, nan), value, WITHIN.get(name, tolerance))
    ]


def _close(one: float, other: float, within: float) -> bool:
    return isclose(one, other, rel_tol=within, abs_tol=min(within, 1e-6))


def summed(many: list[Figures]) -> Figures:
    """Add figures of the same names."""
    return {name: fsum(each[name] for each in many) for name in many[0]}
