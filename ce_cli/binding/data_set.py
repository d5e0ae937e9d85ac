"""From file names to a data set."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.inputs.dataset import DataSet, Files
from ce_cli.inputs.locate import opened, opener
from ce_cli.inputs.unchanged import States
from ce_cli.reading import Reading
from ce_cli.spec import Spec
from ce_cli.text import without_secrets


def data_set(
    names: Sequence[str], reading: Reading, spec: Spec, labels: str | None = None
) -> DataSet:
    """Files that are read as one, with the file that has their labels, if there is one."""
    sources = opener(names, reading)
    shown = tuple(map(without_secrets, names))
    files = Files(tuple(names), reading, labels)
    if labels is None:
        return DataSet(shown, sources, files=files)
    from ce_cli.binding.joining.joined import reading_of_labels

    own = reading_of_labels(reading, spec)
    states: States = {}
    return DataSet(shown, sources, lambda: opened(labels, own, states), files)
