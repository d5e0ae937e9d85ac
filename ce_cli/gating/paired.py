"""A baseline that is predictions for the same rows, compared row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ce_cli.comparing.bound_models import ComparisonPlan, DataSet
from ce_cli.comparing.compare import compare
from ce_cli.errors import DataError, UsageError
from ce_cli.gating.baseline_comparison import BaselineComparison, GroupComparison
from ce_cli.inputs.locate import located, opener
from ce_cli.scoring.pipeline import Progress
from ce_cli.spec import Reading, Spec
from ce_cli.text import STDIN, display_name

if TYPE_CHECKING:
    from ce_cli.inputs.source import Source

_OF_ALL = ("left_out", "unmatched", "repeated")  # warnings that are not about one of the two
_UNLIKE = "other_clip"


def check_read_again(names: Sequence[str], baseline: str) -> None:
    """Refuse data that can be read only once, since they are scored and then compared.

    Raises
    ------
    UsageError
        They are standard input.
    """
    if STDIN in names:
        raise UsageError(
            f"Standard input can be read only once, and is compared with {display_name(baseline)} "
            "row by row after it is scored: name a file."
        )


def check_weighs_rows(spec: Spec) -> None:
    """Refuse conventions by which a weighted sum may be divided by the number of rows.

    Raises
    ------
    UsageError
        It is one, and there are weights.
    """
    weighted = spec.weight or spec.class_weights or spec.balanced
    if weighted and spec.convention in ("keras", "torch"):
        raise UsageError(
            f"--convention {spec.convention} divides by the number of rows, and rows are compared "
            "with those of a baseline by their weights: compare with what ce score --json wrote."
        )


def paired_comparison(
    names: Sequence[str],
    baseline: str,
    spec: Spec,
    reading: Reading,
    labels: Callable[[], Source] | None,
    groupings: Sequence[Sequence[str]],
    progress: Progress | None = None,
    inner: bool = False,
) -> BaselineComparison:
    """Compare the files of a gate with predictions for the same rows.

    Parameters
    ----------
    names : sequence of str
        The files.
    baseline : str
        The file or directory of predictions to compare them with.
    spec, reading : Spec, Reading
        How both are scored and read; ``spec.by`` are the columns of all groupings.
    labels : callable, optional
        Opens the file that has the labels.
    groupings : sequence of sequence of str
        Sets of columns, of whose groups `BaselineComparison.groups` says how they compare.
    progress : callable, optional
        Is given the number of rows read so far.
    inner : bool
        Whether rows that only one of the two has are left out, and not an error.

    Raises
    ------
    CeError
        The two do not have the same rows, or whatever is wrong with the baseline.
    """
    shown = display_name(baseline)
    plan = ComparisonPlan(inner=inner, cluster=spec.cluster)
    spec = spec.replace(bytes=None, cluster=None)  # which the losses do not depend on
    both = ((shown, located([baseline])), (display_name(names[0]), names))
    sets = [
        DataSet(tuple(files), opener(files, reading), ((model, spec),), labels)
        for model, files in both
    ]
    found = compare(sets, plan, reading.threads, progress, groupings)
    unlike = [note.message for note in found.warnings if note.code == _UNLIKE]
    if unlike:
        raise DataError(*(f"{shown}: {message}" for message in unlike))
    return BaselineComparison(
        name=shown,
        paired=True,
        whole=found.comparisons[0],
        groups=tuple(GroupComparison(one.by, one.comparisons[0]) for one in found.groups),
        warnings=tuple(
            note
            for note in found.warnings
            if note.code in _OF_ALL or note.message.startswith(f"{shown}: ")
        ),
    )
