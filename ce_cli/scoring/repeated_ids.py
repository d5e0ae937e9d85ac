"""Ids that repeat within a file although they identify rows: several predictions for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ce_cli.binding.binding import Binding
from ce_cli.binding.naming.names import is_id, is_index
from ce_cli.binding.naming.words import words_of
from ce_cli.binding.rows.columns import tokens
from ce_cli.errors import CeError
from ce_cli.inputs.source import Frame, Projection, Source, repeated
from ce_cli.results.score import Note
from ce_cli.spec import Spec
from ce_cli.text import plural, quoted, shell_word

Codes = NDArray[np.intp]

_MOST_ROWS = 1 << 16
_MOST_TIMES = 20  # an id with more rows is that of a group
_BITS = 16.0  # of evidence that rows of one id have one label: by chance, one in 65,000
_MOST_MODELS = 50
_GROUPS = frozenset(  # ids of what has several rows by nature
    "user customer client patient subject person account doc document group session query question "
    "product cluster case file path name token batch family household site store".split()
)


def repeated_ids(source: Source, binding: Binding, spec: Spec) -> Iterator[Note]:
    """A warning if the ids of the first rows repeat, each with the same label every time.

    Parameters
    ----------
    source : Source
        The first file that has a row.
    binding : Binding
        Its columns.
    spec : Spec
        The options; with groups or clusters, repeated ids are intended.
    """
    labels = binding.labels
    if spec.by or spec.cluster is not None or labels.shape != "single":
        return
    columns = [c for c in source.columns() if c.named and c.kind in ("number", "text")]
    used = {*labels.columns, *binding.predictions, *repeated(columns)}
    free = [column.name for column in columns if column.name not in used]
    key = next((name for name in free if _identifies_rows(name)), None)
    if key is None:
        return
    frame = _sampled(source, (*labels.columns, key), key)
    if frame is None:
        return
    ids, own = (_codes(frame, name) for name in (key, labels.columns[0]))
    repeats = _repeats(ids, own)
    if not repeats:
        return
    others = [name for name in free if name != key]
    beside = _model_column(source, ids, others)
    how = f"--cluster {shell_word(key)}"
    if beside is not None:
        how = f"--by {shell_word(beside)} to score each, or {how}"
    verb = "repeats" if repeats == 1 else "repeat"
    message = (
        f"{plural(repeats, 'row')} of the first {len(ids):,} {verb} "
        f"the {quoted(key)} and the label of another row: if these are several predictions for the "
        f"same rows, use {how}."
    )
    yield Note("repeated_id", message, repeats)


def _identifies_rows(name: str) -> bool:
    return is_id(name) and not is_index(name) and _GROUPS.isdisjoint(words_of(name))


def _sampled(source: Source, names: Sequence[str], key: str | None = None) -> Frame | None:
    """The first rows of columns of text, of which `key` has few values that occur twice."""
    try:
        frame = source.sample(Projection((), tuple(names)).with_id(key))
    except CeError:
        return None  # reported when the rows are read
    return None if frame.left_out else frame


def _codes(frame: Frame, name: str) -> Codes:
    return tokens(frame.columns[name].slice(0, _MOST_ROWS))[0]


def _repeats(ids: Codes, labels: Codes) -> int:
    """How many rows repeat an id; 0 if these seem to be groups, or may agree by chance."""
    if (ids < 0).any() or (labels < 0).any() or not len(ids):
        return 0
    _, first, inverse, counts = np.unique(
        ids, return_index=True, return_inverse=True, return_counts=True
    )
    repeats = len(ids) - len(counts)
    if not repeats or counts.max() > _MOST_TIMES or (labels != labels[first][inverse]).any():
        return 0
    shares = np.unique(labels[first], return_counts=True)[1] / len(first)
    agree = float((shares**2).sum())
    return repeats if repeats * -np.log2(agree) >= _BITS else 0


def _model_column(source: Source, ids: Codes, names: Sequence[str]) -> str | None:
    """A column of few values that tells the rows of each id apart."""
    frame = _sampled(source, names[:16]) if names else None
    for name in names[:16] if frame is not None else ():
        codes = _codes(frame, name) if frame is not None else ids
        few = 1 < len(np.unique(codes)) <= _MOST_MODELS
        pairs = np.unique(np.stack([ids, codes]), axis=1) if few else codes[None, :0]
        if pairs.shape[1] == len(ids):
            return name
    return None
