"""Columns of losses: negative log-likelihoods of the observed outcomes, which need no label."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ce_cli.binding.finding.evidence import FirstRows
from ce_cli.binding.naming.label_names import find_label_family, labels_by_name
from ce_cli.binding.naming.names import is_aside, named_choices, plain
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import Column, Source
from ce_cli.spec import Spec

# Names that say that a number is −log q; a column called `loss` may be anything.
_CLEAR = re.compile(
    r"(.*_)?(nlls?|neg(ative)?_?log_?(likelihoods?|prob(ability|s)?|p)|surprisals?)"
    r"(_(loss|sum|total|mean))?"
)
_LIKELY = re.compile(r"(.*_)?((log_?)?loss(es)?|cross_?entropy|xent|ce)(_(sum|total))?")


def with_losses(source: Source, spec: Spec) -> Spec:
    """The spec with the task that losses and tokens imply, and losses found by their name.

    Raises
    ------
    UsageError
        Another option needs a label.
    """
    if spec.as_ == "auto" and spec.task in ("auto", "likelihood") and not spec.label:
        names = spec.pred or _alone(source, spec)
        tokens = () if spec.pred else _of_tokens(source, spec)
        are_losses = bool(names) and all(map(_is_clear, names))
        if tokens:
            are_losses = _is_clear(tokens[0]) or _is_likely(tokens[0])
            if not are_losses and not named_choices((), tokens, ()):  # as probabilities of tokens
                spec = spec.replace(pred=tokens)
            spec = spec.replace(task="likelihood")
        spec = spec.replace(as_="losses") if are_losses else spec
    option = "--as losses" if spec.as_ == "losses" else "--tokens" if spec.tokens else ""
    if not option:
        return spec
    if spec.label or spec.task not in ("auto", "likelihood"):
        other = "--label" if spec.label else f"--task {spec.task}"
        raise UsageError(
            f"{option} is for predictions of the observed outcomes alone, without labels: leave "
            f"{other} out."
        )
    return spec.replace(task="likelihood")


def loss_columns(columns: Sequence[Column], taken: Iterable[str]) -> tuple[str, ...]:
    """The one column that is named like a loss; empty if there is none or more than one."""
    taken = set(taken)
    numbers = [c.name for c in columns if c.kind == "number" and c.name not in taken]
    for is_named in (_is_clear, _is_likely):
        found = [name for name in numbers if is_named(name)]
        if found:
            return (found[0],) if len(found) == 1 else ()
    return ()


def _alone(source: Source, spec: Spec) -> tuple[str, ...]:
    """A column that is clearly of losses in a file without labels and other predictions."""
    found = loss_columns(source.columns(), spec.other_columns)
    if not found or not _is_clear(found[0]):
        return ()
    free = [c for c in source.columns() if c.name not in (*found, *spec.other_columns)]
    try:
        labels = labels_by_name(free) or find_label_family(free, ())
    except DataError:  # there are several
        return ()
    lists = [column.name for column in free if column.kind in ("list", "map")]
    numbers = [c.name for c in free if c.kind in ("number", "boolean") and not is_aside(c.name)]
    if labels or named_choices(lists, numbers, ()):
        return ()
    rows = FirstRows(source, spec.missing_texts)
    once = [name for name in numbers if name not in rows.repeated]
    return () if any(kind.are_fractions for kind in rows.numbers(once)) else found


def _of_tokens(source: Source, spec: Spec) -> tuple[str, ...]:
    """The column that has the numbers of tokens, whose file has no labels."""
    taken = spec.other_columns
    return tuple(c.name for c in source.columns() if c.by_token and c.name not in taken)


def _is_clear(name: str) -> bool:
    return _CLEAR.fullmatch(plain(name)) is not None


def _is_likely(name: str) -> bool:
    return _LIKELY.fullmatch(plain(name)) is not None
