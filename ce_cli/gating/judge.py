"""Running one gate: score, compare, hold the limits against what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from ce_cli import pipeline
from ce_cli.gated import Check, Gate
from ce_cli.gating.against import Against
from ce_cli.gating.checks import checks_of
from ce_cli.gating.documents import BaselineScore, document_at
from ce_cli.gating.figures import figures_of, regression_figures
from ce_cli.gating.paired import check_read_again, check_weighs_rows, paired_comparison
from ce_cli.gating.plans import Plan
from ce_cli.gating.requirements import Requirement, groupings
from ce_cli.gating.unpaired import check_error_known, unpaired_comparison
from ce_cli.spec import Reading, Spec
from ce_cli.value import Value

if TYPE_CHECKING:
    from ce_cli.inputs.source import Source
    from ce_cli.result import Result


class Ready(Value):
    """A gate of which everything is known but the data.

    Attributes
    ----------
    requirements : tuple of Requirement
        What is asked.
    spec, reading : Spec, Reading
        What is computed, and how bytes become rows.
    names : tuple of str
        The files, directories expanded.
    baseline : BaselineScore or None
        The document to compare with, if that is what the baseline is.
    """

    plan: Plan
    requirements: tuple[Requirement, ...]
    spec: Spec
    reading: Reading
    names: tuple[str, ...]
    baseline: BaselineScore | None


def ready(plan: Plan, names: Sequence[str]) -> Ready:
    """Settle what can be settled without the data, the document of a baseline included.

    Raises
    ------
    CeError
        What is asked cannot be read or does not fit, or the baseline is no good document.
    """
    requirements = plan.requirements()
    spec, reading = plan.spec(requirements), plan.reading()
    baseline = None
    if plan.limits.baseline is not None:
        baseline = document_at(plan.limits.baseline)
        if baseline is not None and plan.limits.mode != "point":
            check_error_known(baseline)
        if baseline is None:
            check_read_again(names, plan.limits.baseline)
            check_weighs_rows(spec)
    return Ready(plan, requirements, spec, reading, tuple(names), baseline)


def unasked(plan: Plan, names: Sequence[str]) -> Ready:
    """The same for a score of which nothing is asked yet."""
    return Ready(plan, (), plan.spec(()), plan.reading(), tuple(names), None)


def judged(
    gate: Ready,
    sources: pipeline.Sources,
    labels: Callable[[], Source] | None,
    progress: pipeline.Progress | None,
) -> Gate:
    """Score the rows once, and check everything that is asked.

    Parameters
    ----------
    gate : Ready
        What `ready` gave.
    sources, labels, progress
        As `ce_cli.pipeline.run` takes them.

    Raises
    ------
    CeError
        Whatever is wrong with the data, or with what is asked of them.
    """
    plan, requirements = gate.plan, gate.requirements
    result = pipeline.run(
        sources,
        gate.names,
        gate.spec,
        gate.reading.threads,
        progress=progress,
        labels=labels,
        groupings=groupings(requirements),
    )
    against = _against(gate, result, labels, progress)
    return Gate(
        name=plan.name,
        score=result,
        checks=tuple(_checks(gate, result, against)),
        baseline=against.name if against else None,
        paired=against is not None and against.paired,
        mode=plan.limits.mode,
        comparisons=(against.whole,) if against else (),
        warnings=against.warnings if against else (),
    )


def _against(
    gate: Ready,
    result: Result,
    labels: Callable[[], Source] | None,
    progress: pipeline.Progress | None,
) -> Against | None:
    regressions = [one for one in gate.requirements if one.is_regression]
    limits = gate.plan.limits
    baseline = limits.baseline
    if not regressions or baseline is None:
        return None
    wanted = groupings(regressions)
    if gate.baseline is not None:
        return unpaired_comparison(gate.baseline, gate.spec, result, wanted)
    spec = gate.spec.replace(by=tuple(dict.fromkeys(name for some in wanted for name in some)))
    return paired_comparison(
        gate.names, baseline, spec, gate.reading, labels, wanted, progress, limits.join == "inner"
    )


def _checks(gate: Ready, result: Result, against: Against | None) -> Iterator[Check]:
    limits = gate.plan.limits
    figures = list(figures_of(result))
    regressions = []
    if against is not None:
        regressions.append(regression_figures(None, against.whole, ""))
        regressions += [
            regression_figures(one.by, one.comparison, one.reason) for one in against.groups
        ]
    for requirement in gate.requirements:
        held = regressions if requirement.is_regression else figures
        yield from checks_of(requirement, held, limits.confident, limits.mode)
