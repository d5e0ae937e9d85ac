"""Run one gate: score, compare with the baseline, and check the limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ce_cli.binding.data_set import data_set
from ce_cli.errors import UsageError
from ce_cli.gating.baseline_comparison import BaselineComparison
from ce_cli.gating.checks import checks_of
from ce_cli.gating.documents import BaselineScore, document_at
from ce_cli.gating.figures import figures_of, regression_figures
from ce_cli.gating.paired import check_read_again, check_weighs_rows, paired_comparison
from ce_cli.gating.request import GateRequest
from ce_cli.gating.requirements import groupings
from ce_cli.gating.unpaired import check_error_known, unpaired_comparison
from ce_cli.inputs.dataset import DataSet
from ce_cli.inputs.locate import located
from ce_cli.record import Record
from ce_cli.results.gate import Check, Gate
from ce_cli.scoring.pipeline import check_possible, score
from ce_cli.scoring.run import Run

if TYPE_CHECKING:
    from ce_cli.results.score import Result


class PreparedGate(Record):
    """A gate that is ready to run on its data.

    Attributes
    ----------
    request : GateRequest
        The request.
    baseline : BaselineScore or None
        The baseline document, if the baseline is a document.
    """

    request: GateRequest
    baseline: BaselineScore | None = None

    @property
    def is_paired(self) -> bool:
        """Whether the rows are compared with those of a baseline."""
        wanted = any(one.is_regression for one in self.request.requirements)
        return wanted and self.request.baseline is not None and self.baseline is None


def ready(request: GateRequest) -> PreparedGate:
    """Check what can be checked without the data, including a baseline document.

    Raises
    ------
    CeError
        The baseline is not a usable document, or does not match the request.
    """
    if request.baseline is None:
        return PreparedGate(request)
    request.check_other_baseline()
    return against_baseline(request, document_at(request.baseline))


def against_baseline(request: GateRequest, document: BaselineScore | None) -> PreparedGate:
    """Check that a baseline, a document or None for predictions, matches the request.

    Raises
    ------
    CeError
        It does not.
    """
    has_predictions = document is None and request.baseline is not None
    if has_predictions and request.spec.calibrate is not None:
        raise UsageError(
            "--calibrate is for the predictions that are checked, and the baseline has others: "
            "compare with the output of ce score --json, or write recalibrated predictions with "
            "ce calibrate apply."
        )
    if document is None:
        check_read_again(request.names, request.baseline or "")
        check_weighs_rows(request.spec)
    elif request.mode != "point":
        check_error_known(document)
    return PreparedGate(request, document)


def judged(gate: PreparedGate, data: DataSet, run: Run, predictions: DataSet | None = None) -> Gate:
    """Score the rows once, and check all limits.

    Parameters
    ----------
    gate : PreparedGate
        The result of `ready`.
    data, run
        As `ce_cli.scoring.pipeline.score` takes them.
    predictions : DataSet, optional
        The baseline, if it is not a document; by default the file that the request names.

    Raises
    ------
    CeError
        The data are invalid, or do not match the request.
    """
    request = gate.request
    if predictions is None and gate.is_paired:
        predictions = data_set(
            located([request.baseline or ""]), request.reading, request.spec, request.labels
        )
    if predictions is not None:  # before the rows are scored
        for one in (data, predictions):
            check_possible(one, run, whole=True)
    result = score(data, request.spec, run, groupings=groupings(request.requirements))
    against = _against(gate, result, data, run, predictions)
    return Gate(
        name=request.name,
        score=result,
        checks=tuple(_checks(gate, result, against)),
        baseline=against.name if against else None,
        paired=against is not None and against.paired,
        mode=request.mode,
        comparisons=(against.whole,) if against else (),
        warnings=against.warnings if against else (),
    )


def _against(
    gate: PreparedGate,
    result: Result,
    data: DataSet,
    run: Run,
    predictions: DataSet | None,
) -> BaselineComparison | None:
    request = gate.request
    regressions = [one for one in request.requirements if one.is_regression]
    if not regressions or request.baseline is None:
        return None
    group_columns = groupings(regressions)
    if gate.baseline is not None:
        return unpaired_comparison(gate.baseline, request.spec, result, group_columns)
    spec = request.spec.replace(
        by=tuple(dict.fromkeys(name for columns in group_columns for name in columns))
    )
    assert predictions is not None
    return paired_comparison(
        data, predictions, request.baseline, spec, run, group_columns, request.inner
    )


def _checks(
    gate: PreparedGate, result: Result, against: BaselineComparison | None
) -> Iterator[Check]:
    figures = list(figures_of(result))
    regressions = []
    if against is not None:
        regressions.append(regression_figures(None, against.whole, ""))
        regressions += [
            regression_figures(one.by, one.comparison, one.reason) for one in against.groups
        ]
    for requirement in gate.request.requirements:
        relevant = regressions if requirement.is_regression else figures
        yield from checks_of(requirement, relevant, gate.request.confident, gate.request.mode)
