"""``ce gate``: pass or fail against limits and a baseline."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ce_cli.cli.command import Call, command
from ce_cli.cli.common import (
    all_read,
    check_read_twice,
    check_written,
    echo_origins,
    passes,
    paths_of,
    running,
)
from ce_cli.cli.config import FILES
from ce_cli.cli.gate_reports import Target, targets_of, warn, write
from ce_cli.errors import CheckFailed, UsageError
from ce_cli.memory.limit import limited
from ce_cli.options.option import flag
from ce_cli.text import STDIN, display_name, shell_word

if TYPE_CHECKING:
    from ce_cli.cli.gate_plans import GatePlan
    from ce_cli.gating.judge import PreparedGate
    from ce_cli.gating.request import GateRequest
    from ce_cli.results.gate import Gate, Gated
    from ce_cli.results.score import Note


@command()
def gate(call: Call) -> None:
    """Check a score against limits and a baseline; the exit code is 1 if a check fails.

    Without FILES, the gates in ce.toml or pyproject.toml are run.

    Examples, with files from sample_data:

      ce gate wine.csv --max 0.35 --require 'accuracy >= 0.9'
      ce gate tokens.csv --require 'cross_entropy.by(doc) <= 15'
      ce gate digits.csv --baseline digits_logits.parquet --max-regression 1%
    """
    from ce_cli.cli.gate_plans import plans
    from ce_cli.cli.gates_not_run import not_read, not_run
    from ce_cli.gating.judge import ready

    options = call.options
    explicit = {FILES: list(call.files), **call.explicit} if call.files else call.explicit
    if options["init"]:
        _check_alone(call)
        _initialize(call, explicit)
        return
    format_is_set = any(name in call.explicit for name in ("format", "json"))
    targets = targets_of(
        call.options["format"], format_is_set, options["output"], options["report"] or ()
    )
    chosen = options["gate"] or ()
    note = None if chosen else not_run(call.config, call.files, call.explicit.get("config"))
    found = plans(call.config, chosen, explicit)
    gates = [ready(_checked(plan.request(_names(plan)))) for plan in found]
    if "mode" in call.explicit:
        for one in gates:
            one.request.check_mode()
    _check_paths(gates, targets, [call.config.path] if call.config else [])
    gated = _judged(gates, call)
    if not any(STDIN in gate.request.names for gate in gates) and not call.files:
        note = not_read(call.config)
    gated = gated if note is None else _with_note(gated, note)
    try:
        write(gated, targets, call)
        if all(target.form != "table" for target in targets):
            echo_origins(call)
        if not options["quiet"]:
            warn(gated, targets)
    except BrokenPipeError as gone:
        if gated.passed or options["exit_zero"]:
            raise
        raise CheckFailed from gone
    if not gated.passed and not options["exit_zero"]:
        raise CheckFailed


def _with_note(gated: Gated, note: Note) -> Gated:
    """The result with a warning about the whole run, which its first gate shows."""
    first, *others = gated.gates
    return gated.replace(gates=(first.replace(warnings=(*first.warnings, note)), *others))


def _names(plan: GatePlan) -> list[str]:
    """The files of a gate."""
    from ce_cli.inputs.locate import located

    names = located(_paths(plan))
    all_read([*names, *_some(plan.options["baseline"])], plan.options["labels"])
    return names


def _paths(plan: GatePlan) -> list[str]:
    try:
        return paths_of(plan.files, "gate")
    except UsageError as error:
        if plan.files:
            raise
        if plan.origin:
            limit = "" if plan.limited else " --max 0.35"
            raise UsageError(
                f'{plan.origin}: the gate has no files: add files = ["preds.csv"], or type them: '
                f"ce gate preds.csv{limit}."
            ) from None
        raise UsageError(
            f"{error.sentences[0]} --max 0.35; or write a configuration: ce gate preds.csv --init."
        ) from None


def _checked(request: GateRequest) -> GateRequest:
    """Check the options that depend on the files."""
    check_read_twice(request.spec, all_read(request.names, request.labels))
    return request


def _some(path: str | None) -> list[str]:
    return [] if path is None else [path]


def _check_paths(
    gates: Sequence[PreparedGate], targets: Sequence[Target], config: Sequence[str]
) -> None:
    """Check that a pipe is not read twice, and that no input is overwritten."""
    read = [*config]
    for gate in gates:
        request = gate.request
        read += [*request.names, *_some(request.baseline), *_some(request.labels)]
        read += _some(request.calibration)
    all_read(read, None)
    check_written(read, [(target.option, target.path) for target in targets])


def _judged(gates: Sequence[PreparedGate], call: Call) -> Gated:
    from ce_cli.results.gate import Gated

    return Gated(tuple(_one_judged(gate, call) for gate in gates))


def _one_judged(gate: PreparedGate, call: Call) -> Gate:
    from ce_cli.binding.data_set import data_set
    from ce_cli.gating.judge import judged

    request = gate.request
    data = data_set(request.names, request.reading, request.spec, request.labels)
    workers, most = request.reading.threads, request.reading.max_memory
    with limited(most), running(call, workers, _read(gate)) as run:
        return judged(gate, data, run)


def _read(gate: PreparedGate) -> list[str]:
    """The files of a gate, each as often as it is read."""
    from ce_cli.inputs.locate import located

    request = gate.request
    files = [*request.names] * passes(request.spec)
    if request.baseline is None or gate.baseline is not None:
        return files
    return [*files, *request.names, *located([request.baseline]) * passes(request.spec)]


def _check_alone(call: Call) -> None:
    """Check that there are no options beside ``--init`` that it ignores."""
    for name in ("format", "json", "report", "config", "gate", "exit_zero"):
        if name in call.typed:
            raise UsageError(f"--init only writes a configuration: leave {flag(name)} out.")


def _initialize(call: Call, explicit: Mapping[str, Any]) -> None:
    """Score the files and write a configuration that they pass.

    Raises
    ------
    UsageError
        A file of that name already exists.
    """
    from ce_cli.cli.config import NAME
    from ce_cli.cli.gate_init import configuration_from
    from ce_cli.cli.gate_plans import plans
    from ce_cli.gating.judge import PreparedGate
    from ce_cli.outputs.files import written

    target = NAME if call.options["output"] is None else call.options["output"]
    if not target or "://" in target:
        raise UsageError("--output of --init needs the name of a file on this machine.")
    if target != STDIN and Path(target).exists():
        raise UsageError(f"{display_name(target)} already exists and was not overwritten.")
    plan = plans(None, (), explicit)[0]
    request = _checked(plan.request(_names(plan), limited=False))
    score = _one_judged(PreparedGate(request), call).score
    written(configuration_from(explicit, score, target), target, sys.stdout)
    if not call.options["quiet"] and target != STDIN:
        how = "ce gate" if Path(target).name == NAME else f"ce gate --config {shell_word(target)}"
        typer.echo(f"ce: wrote {display_name(target)}; {how} runs it.", err=True)
