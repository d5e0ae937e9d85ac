"""A baseline that is predictions for the same rows, compared row by row."""

from __future__ import annotations

from collections.abc import Sequence

from ce_cli.comparing.bound_models import ComparisonPlan, ModelData
from ce_cli.comparing.compare import compare
from ce_cli.errors import DataError, UsageError
from ce_cli.gating.baseline_comparison import BaselineComparison, GroupComparison
from ce_cli.inputs.dataset import DataSet
from ce_cli.scoring.run import Run
from ce_cli.spec import Spec
from ce_cli.text import STDIN, display_name

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
    data: DataSet,
    baseline: DataSet,
    name: str,
    spec: Spec,
    run: Run,
    groupings: Sequence[Sequence[str]],
    inner: bool = False,
) -> BaselineComparison:
    """Compare the files of a gate with predictions for the same rows.

    Parameters
    ----------
    data : DataSet
        The files.
    baseline : DataSet
        The predictions to compare them with.
    name : str
        The baseline as it was typed.
    spec : Spec
        How both are scored; ``spec.by`` are the columns of all groupings.
    run : Run
        Where the work is done.
    groupings : sequence of sequence of str
        Sets of columns, of whose groups `BaselineComparison.groups` says how they compare.
    inner : bool
        Whether rows that only one of the two has are left out, and not an error.

    Raises
    ------
    CeError
        The two do not have the same rows, or whatever is wrong with the baseline.
    """
    shown = display_name(name)
    plan = ComparisonPlan(inner=inner, cluster=spec.cluster)
    spec = spec.replace(bytes=None, cluster=None)  # which the losses do not depend on
    both = ((shown, baseline), (display_name(data.names[0]), data))
    sets = [ModelData(files, ((model, spec),)) for model, files in both]
    found = compare(sets, plan, run, groupings)
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
