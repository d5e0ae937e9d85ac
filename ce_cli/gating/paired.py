"""Compare row by row with a baseline of predictions for the same rows."""

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

_ABOUT_BOTH = (  # warnings not about one of the two; the score has its own of rare classes
    *("left_out", "unmatched", "repeated", "few_rows", "few_rows_in_groups"),
)
_OTHER_CLIP = "other_clip"


def check_read_again(names: Sequence[str], baseline: str) -> None:
    """Reject data that can be read only once, since they are scored and then compared.

    Raises
    ------
    UsageError
        They come from standard input.
    """
    if STDIN in names:
        raise UsageError(
            "Standard input can be read only once, but a row-by-row comparison with "
            f"{display_name(baseline)} reads the data twice: use a file."
        )


def check_weighs_rows(spec: Spec) -> None:
    """Reject weights under conventions that divide a weighted sum by the number of rows.

    Raises
    ------
    UsageError
        The convention is one of these, and there are weights.
    """
    weighted = spec.weight is not None or spec.class_weights or spec.balanced
    if weighted and spec.convention in ("keras", "torch"):
        raise UsageError(
            f"--convention {spec.convention} divides by the number of rows, but a row-by-row "
            "comparison uses their weights: use a document of ce score --json as the baseline."
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
        The predictions to compare with.
    name : str
        The baseline as it was typed.
    spec : Spec
        How to score both; ``spec.by`` has the columns of all groupings.
    run : Run
        Where the work is done.
    groupings : sequence of sequence of str
        Sets of columns whose groups are compared in `BaselineComparison.groups`.
    inner : bool
        Whether rows that only one of the two has are left out instead of being an error.

    Raises
    ------
    CeError
        The two do not have the same rows, or the baseline is invalid.
    """
    shown = display_name(name)
    plan = ComparisonPlan(inner=inner, cluster=spec.cluster)
    spec = spec.replace(bytes=None, cluster=None)  # losses do not depend on them
    both = ((shown, baseline), (display_name(data.names[0]), data))
    sets = [ModelData(files, ((model, spec),)) for model, files in both]
    compared = compare(sets, plan, run, groupings)
    other_clips = [note.message for note in compared.warnings if note.code == _OTHER_CLIP]
    if other_clips:
        raise DataError(*(f"{shown}: {message}" for message in other_clips))
    return BaselineComparison(
        name=shown,
        paired=True,
        whole=compared.comparisons[0],
        groups=tuple(GroupComparison(one.by, one.comparisons[0]) for one in compared.groups),
        warnings=tuple(
            note
            for note in compared.warnings
            if note.code in _ABOUT_BOTH or note.message.startswith(f"{shown}: ")
        ),
    )
