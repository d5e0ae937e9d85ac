"""Lines that hold several rows: a list of labels and a list of predictions."""

from __future__ import annotations

import re

import numpy as np

from ce_cli.binding.binding import Binding
from ce_cli.binding.rows.columns import lists
from ce_cli.errors import DataError
from ce_cli.inputs.source import Frame, Projection, Source
from ce_cli.spec import Spec
from ce_cli.text import quoted, sanitize

_FAR = 0.05  # from 1
_LONGEST = 400  # of a command


def check_batches(source: Source, bound: Binding, spec: Spec) -> None:
    """Refuse lists that are not one row: labels of whole numbers, and predictions for each of them.

    Neither sum to 1, as they do where one row has a share and a probability for each class.

    Raises
    ------
    DataError
        Most of the first rows are such lists.
    """
    both_lists = bound.labels.shape == bound.shape == "list" and not bound.ragged
    if not both_lists or spec.task == "multilabel" or spec.label_counts:
        return
    label, pred = bound.labels.columns[0], bound.predictions[0]
    if label == pred:
        return
    if len({one.from_labels for one in source.columns() if one.name in (label, pred)}) > 1:
        return  # they are in two files, whose first rows may be others
    frame = source.sample(Projection((), (), (label, pred), bound.missing_texts))
    if not _are_batches(frame, label, pred):
        return
    raise DataError(
        f"the lists in {quoted(label)} and {quoted(pred)} hold whole numbers that do not sum to 1, "
        "and predictions that do not either; if each line holds several rows, write a line for "
        f"each, with {_command(source, label, pred)}; if several labels may apply at once, use "
        "--task multilabel."
    ).about(source.name)


def _are_batches(frame: Frame, label: str, pred: str) -> bool:
    (labels, starts), (numbers, ends) = lists(frame.columns[label]), lists(frame.columns[pred])
    sizes = np.diff(starts)
    if not len(sizes) or not (np.array_equal(sizes, np.diff(ends)) and sizes.all()):
        return False
    whole = bool((labels == np.floor(labels)).all()) and not np.isnan(numbers).any()
    if not whole or numbers.min() < 0.0 or numbers.max() > 1.0:
        return False
    sums = [np.add.reduceat(*pair) for pair in ((labels, starts[:-1]), (numbers, ends[:-1]))]
    far = [np.abs(one - 1.0) > _FAR for one in sums]
    return 2 * int((far[0] & far[1]).sum()) > len(sizes)


def _command(source: Source, label: str, pred: str) -> str:
    import json
    from shlex import quote

    if "JSON" not in source.format:
        return f"pandas: df.explode({json.dumps([label, pred], ensure_ascii=False)})"
    keys = [_key(name) for name in (label, pred)]
    each = ".[] | " if "array" in source.format else ""
    first, second = keys
    program = f"{each}[.{first}, .{second}] | transpose[] | {{{first}: .[0], {second}: .[1]}}"
    return f"jq -c {quote(sanitize(program, _LONGEST))}"


def _key(name: str) -> str:
    import json

    plain = re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII)
    return name if plain else json.dumps(name)
