"""``ce gate``: pass or fail against limits and a baseline."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ce_cli.cli import gate_options as own
from ce_cli.cli import options as opt
from ce_cli.cli.common import (
    all_read,
    check_read_twice,
    check_written_once,
    paths_of,
    running,
)
from ce_cli.cli.gate_reports import Target, targets_of, warn, write
from ce_cli.errors import CheckFailed, UsageError
from ce_cli.text import STDIN, display_name, shell_word

if TYPE_CHECKING:
    from ce_cli.cli.gate_plans import GatePlan
    from ce_cli.gating.judge import PreparedGate
    from ce_cli.gating.request import GateRequest
    from ce_cli.results.gate import Gate, Gated


@opt.asking
def gate(
    context: typer.Context,
    limits: own.Limits,
    asked: opt.DataOptions,
    files: opt.Files = None,
    format_: own.Format = "table",
    json: opt.Json = False,
    output: opt.Output = None,
    report: own.Report = None,
    quiet: opt.Quiet = False,
    exit_zero: own.ExitZero = False,
    config: own.Config = None,
    gate_: own.Chosen = None,
    init: own.Init = False,
) -> None:
    """Pass or fail: hold a score against limits and a baseline. Exits 1 if a check fails.

    Without FILES the gates of ce.toml or pyproject.toml are run. Examples:

      ce gate preds.csv --max 0.35 --require 'accuracy >= 0.9'

      ce gate preds.csv --require 'cross_entropy.by(segment) <= 0.5' --confident

      ce gate preds.csv --baseline main.json --max-regression 1% --mode confident
    """
    from ce_cli.cli.gate_config import configuration
    from ce_cli.cli.gate_plans import plans
    from ce_cli.gating.judge import ready

    given = _given(context, files, (limits, asked))
    if init:
        _check_alone(context)
        _initialize(given, output, quiet)
        return
    explicit = _is_given(context, "format_") or json
    targets = targets_of("json" if json else format_, explicit, output, report or ())
    found = configuration(config)
    gates = [ready(_checked(_request(plan))) for plan in plans(found, gate_ or (), given)]
    _check_paths(gates, targets, [found.path] if found else [])
    gated = _judged(gates, quiet)
    try:
        write(gated, targets)
        if not quiet:
            warn(gated, targets)
    except BrokenPipeError as gone:
        if gated.passed or exit_zero:
            raise
        raise CheckFailed from gone
    if not gated.passed and not exit_zero:
        raise CheckFailed


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name != "DEFAULT"


def _given(
    context: typer.Context,
    files: Sequence[str] | None,
    typed: Sequence[own.Limits | opt.DataOptions],
) -> dict[str, Any]:
    """What was typed, by field; the rest is up to the configuration."""
    fields = {
        name: getattr(value, name)
        for value in typed
        for name in type(value)._fields
        if _is_given(context, name)
    }
    return {"files": list(files), **fields} if files else fields


def _names(plan: GatePlan) -> list[str]:
    """The files of a gate."""
    from ce_cli.inputs.locate import located

    names = located(_paths(plan))
    _check_baseline(plan.limits.baseline, names)
    all_read([*names, *_some(plan.limits.baseline)], plan.asked.labels)
    return names


def _paths(plan: GatePlan) -> list[str]:
    try:
        return paths_of(plan.files, "gate")
    except UsageError as error:
        if plan.files:
            raise
        raise UsageError(
            f"{error.sentences[0]} --max 0.35; or write gates down: ce gate preds.csv --init."
        ) from None


def _request(plan: GatePlan) -> GateRequest:
    names = _names(plan)
    return plan.request(names, plan.requirements())


def _checked(request: GateRequest) -> GateRequest:
    """Refuse what its options say of files."""
    from ce_cli.spec import check_names

    check_names(request.spec, request.reading, request.labels is not None)
    check_read_twice(request.spec, all_read(request.names, request.labels))
    return request


def _some(path: str | None) -> list[str]:
    return [] if path is None else [path]


def _check_baseline(baseline: str | None, names: Sequence[str]) -> None:
    if baseline is None or baseline == STDIN:
        return
    if Path(baseline).resolve() in {Path(name).resolve() for name in names if name != STDIN}:
        raise UsageError(
            f"{display_name(baseline)}: is read as the data and as the baseline, and would never "
            "be worse than itself."
        )


def _check_paths(
    gates: Sequence[PreparedGate], targets: Sequence[Target], config: Sequence[str]
) -> None:
    """Refuse to read a pipe twice, or to write over what is read."""
    read = [*config]
    for gate in gates:
        request = gate.request
        read += [*request.names, *_some(request.baseline), *_some(request.labels)]
    all_read(read, None)
    paths = [path for _, path in targets if path is not None]
    check_written_once(read, paths, "--output and --report")


def _judged(gates: Sequence[PreparedGate], quiet: bool) -> Gated:
    from ce_cli.results.gate import Gated

    return Gated(tuple(_one_judged(gate, quiet) for gate in gates))


def _one_judged(gate: PreparedGate, quiet: bool) -> Gate:
    from ce_cli.binding.joined import data_set
    from ce_cli.gating.judge import judged

    request = gate.request
    data = data_set(request.names, request.reading, request.spec, request.labels)
    with running(request.reading, quiet) as run:
        return judged(gate, data, run)


def _check_alone(context: typer.Context) -> None:
    """Refuse what makes no sense while a configuration is written."""
    others = {"format_": "format", "json": "json", "report": "report", "config": "config"}
    for name, option in {**others, "gate_": "gate", "exit_zero": "exit-zero"}.items():
        if _is_given(context, name):
            raise UsageError(f"--init only writes a configuration: leave out --{option}.")


def _initialize(given: Mapping[str, Any], output: str | None, quiet: bool) -> None:
    """Score the files and write a configuration that they pass.

    Raises
    ------
    UsageError
        There is a file of that name already.
    """
    from ce_cli.cli.gate_config import NAME
    from ce_cli.cli.gate_init import configuration_from
    from ce_cli.cli.gate_plans import plans
    from ce_cli.gating.judge import PreparedGate
    from ce_cli.outputs.files import written

    target = NAME if output is None else output
    if target != STDIN and Path(target).exists():
        raise UsageError(f"{display_name(target)}: is there already, and is not written over.")
    plan = plans(None, (), given)[0]
    request = _checked(plan.request(_names(plan), ()))
    score = _one_judged(PreparedGate(request), quiet).score
    written(configuration_from(given, score, target), target, sys.stdout)
    if not quiet and target != STDIN:
        how = "ce gate" if Path(target).name == NAME else f"ce gate --config {shell_word(target)}"
        typer.echo(f"ce: wrote {display_name(target)}; {how} runs it.", err=True)
