"""Which rules of other tools apply to a binding."""

from __future__ import annotations

from ce_cli.binding.binding import Binding
from ce_cli.binding.conventions import Convention, ConventionCase, convention_of, every_convention
from ce_cli.binding.predictions import EPSILON
from ce_cli.kernels.rules import Rule
from ce_cli.spec import Spec


def case_of(binding: Binding, spec: Spec) -> ConventionCase:
    """The properties that the rules depend on; ``auto`` values have to be resolved."""
    several = binding.task == "multilabel"
    single = binding.shape == "single" and binding.task != "likelihood"
    shares = binding.labels.shape not in ("single", "none") or bool(spec.label_smoothing)
    return ConventionCase(
        values=spec.as_,
        alone=single or several,
        shares=shares and not several,
        several=several,
        epsilon=max(EPSILON[one] for one in binding.stored),
        mixed=bool(spec.label_smoothing and (spec.class_weights or spec.balanced)),
    )


def chosen_convention(binding: Binding, spec: Spec) -> Convention | None:
    """The convention of ``--convention``, if there is one."""
    if spec.convention is None:
        return None
    return convention_of(spec.convention, case_of(binding, spec))


def all_conventions(binding: Binding, spec: Spec) -> tuple[Convention, ...]:
    """All conventions of ``--conventions``, that of `ce` itself first."""
    return every_convention(case_of(binding, spec), spec.clip or 0.0, spec.clip_zeros)


def rule_of(binding: Binding, spec: Spec) -> Rule | None:
    """The rule that losses follow, if it is more than a clip."""
    chosen = chosen_convention(binding, spec)
    if chosen is None and spec.conventions:
        chosen = all_conventions(binding, spec)[0]
    return None if chosen is None else chosen.rule
