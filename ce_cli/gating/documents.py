"""Baselines that are documents, written by ``ce score --json`` or ``ce gate --json``."""

from __future__ import annotations

import math
import re
from pathlib import Path

from ce_cli.errors import DataError
from ce_cli.inputs.bytestream import open_bytes, storage_errors
from ce_cli.inputs.document import parsed, unpacked
from ce_cli.record import Record
from ce_cli.results.json_node import JsonNode
from ce_cli.text import STDIN, display_name, plural, quoted

SCORE = "ce.score/1"
GATE = "ce.gate/1"

_BEGINNING = 4096  # bytes at the start that have to identify a document
_SCHEMA = re.compile(rb'\s*\{[^{}\[\]]*"schema"\s*:\s*"ce\.')
_PIECE = 1 << 20


class BaselineFigures(Record):
    """The figures for all rows or for a group, in the unit of the document.

    Attributes
    ----------
    standard_error : float
        NaN if the document has none.
    n : float
        How many rows, or clusters of them, vary independently.
    skewness : float
        Σ r³ / (Σ r²)^(3/2) of their residuals; 0 if the document has none.
    """

    by: dict[str, str | None]
    rows: int
    weight_sum: float
    cross_entropy: float
    standard_error: float
    n: float
    skewness: float


class BaselineScore(Record):
    """The score in a document, checked.

    Attributes
    ----------
    name : str
        The name shown to the user.
    whole : BaselineFigures
        Those of all rows.
    groups : tuple of BaselineFigures
        Those of all groups, by any columns.
    """

    name: str
    signature: str
    task: str
    classes: tuple[str, ...]
    unit: str
    whole: BaselineFigures
    groups: tuple[BaselineFigures, ...]


def document_at(path: str) -> BaselineScore | None:
    """Read a document; None if the file is not a document, and so has to contain predictions.

    A document is recognized by how it begins, or by a name that ends in ``.json``.

    Raises
    ------
    StorageError
        The file cannot be read.
    DataError
        It is not a complete score document.
    """
    name = display_name(path)
    if path != STDIN and "://" not in path and Path(path).is_dir():
        return None
    with storage_errors(path), open_bytes(path) as raw:
        is_pipe = path == STDIN or ("://" not in path and not raw.seekable())
        text = unpacked(path, raw)
        start = b"" if text is None else text.peek(_BEGINNING)
        if not path.lower().endswith(".json") and not _SCHEMA.match(start):
            if is_pipe:
                raise DataError(f"{name}: a baseline from a pipe must be a JSON document.")
            return None
        content = b"" if text is None else b"".join(iter(lambda: text.read(_PIECE), b""))
    document = parsed(name, content)
    return document_of(name, document)


def document_of(name: str, document: object) -> BaselineScore:
    """Check a document that has been read already.

    Raises
    ------
    DataError
        It is not a complete score document.
    """
    return _score(name, JsonNode(name, "", document))


_BELOW_ZERO = math.nextafter(0.0, -1.0)
_BELOW_MINUS_ONE = math.nextafter(-1.0, -2.0)


def _score(name: str, document: JsonNode) -> BaselineScore:
    """Find the score in a document of either command, and check every part that is used."""
    if "schema" not in document.values:
        raise DataError(f"{name}: this is JSON, but was not written by ce score --json.")
    schema = document.text("schema")
    if schema == GATE:
        gates = document.parts("gates")
        if len(gates) != 1:
            raise DataError(
                f"{name}: the document has {plural(len(gates), 'gate')}; a baseline must have one."
            )
        return _score(name, gates[0].part("score"))
    if schema != SCORE:
        raise DataError(
            f"{name}: the schema of the document is {quoted(schema)}, but a baseline must have "
            f"{SCORE} or {GATE}; write it with ce score --json of this version."
        )
    signature = document.text("signature")
    if not signature.startswith("ce:"):
        document.refuse("signature", "a signature of ce", signature)
    metrics = document.part("metrics")
    if metrics.value("cross_entropy")[1] is None:
        raise DataError(
            f"{name}: the cross-entropy is null (infinite or not defined), so there is nothing to "
            "compare with."
        )
    rows = document.part("rows").count("scored")
    clustered = document.values.get("cluster") is not None
    whole = BaselineFigures(
        {},
        rows,
        document.number("weight_sum", above=0.0),
        metrics.number("cross_entropy", above=_BELOW_ZERO),
        _or_nan(metrics, "standard_error"),
        *_moments(document, document.part("cluster").count("count") if clustered else rows),
    )
    groups = (_group(part) for part in document.parts("groups"))
    return BaselineScore(
        name=name,
        signature=signature,
        task=document.text("task"),
        classes=document.texts("classes"),
        unit=document.text("unit"),
        whole=whole,
        groups=tuple(groups),
    )


def _group(part: JsonNode) -> BaselineFigures:
    by, metrics = part.part("by"), part.part("metrics")
    for key, value in by.values.items():
        if value is not None and not isinstance(value, str):
            part.refuse(f"{by.path}.{key}", "text or null", value)
    rows = part.part("rows").count("scored")
    return BaselineFigures(
        dict(by.values),
        rows,
        part.number("weight_sum", above=_BELOW_ZERO),
        _or_nan(metrics, "cross_entropy"),
        _or_nan(metrics, "standard_error"),
        *_moments(part, rows),
    )


def _moments(part: JsonNode, count: int) -> tuple[float, float]:
    """The effective number of rows and the skewness, which older documents do not have."""
    intervals = part.values.get("intervals")
    if not isinstance(intervals, dict) or not isinstance(intervals.get("cross_entropy"), dict):
        return float(count), 0.0
    own = part.part("intervals").part("cross_entropy")
    if own.values.get("n") is None or own.values.get("skewness") is None:
        return float(count), 0.0
    return own.number("n", above=0.0), own.number("skewness", above=_BELOW_MINUS_ONE, to=1.0)


def _or_nan(metrics: JsonNode, key: str) -> float:
    """A number, 0 or more, or NaN where there is none."""
    absent = metrics.values.get(key) is None
    return math.nan if absent else metrics.number(key, above=_BELOW_ZERO)
