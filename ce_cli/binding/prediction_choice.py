"""Choosing the columns of predictions: names propose, and values must agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from ce_cli.binding.chosen import Chosen
from ce_cli.binding.class_columns import ClassColumns, class_columns
from ce_cli.binding.classes import UNKNOWN, ConventionalBinary, NamedClasses
from ce_cli.binding.evidence import FirstRows, Numbers
from ce_cli.binding.names import (
    has_word_of_prediction,
    is_aside,
    named_choices,
    namings_of,
    pattern_of,
    values_of,
)
from ce_cli.errors import DataError, Suggestion
from ce_cli.metrics.groups import sortable
from ce_cli.options.choices import Values
from ce_cli.text import quoted, quoted_list

# How far from 1 most sums of probabilities are if each is rounded to one decimal place; columns
# that only happen to have such names are further off.
_ROUNDED = 0.051
_FURTHEST = 0.5
_MOST = 0.95
_EXACT = 1e-3
_MODELS = 4  # more columns of fractions are features rather than the predictions of models

Choice = tuple[str, ...]


class PredictionChoice:
    """The choice among the columns of a file.

    Parameters
    ----------
    rows : FirstRows
        The first rows.
    taken : iterable of str
        Columns with another role.
    seen : sequence of str
        The labels of the first rows, or the classes of several label columns.
    as_ : str
        The kind of values, as far as an option sets it.
    """

    def __init__(
        self, rows: FirstRows, taken: Iterable[str], seen: Sequence[str], as_: Values | str
    ) -> None:
        self._rows, self._seen, self._as = rows, seen, as_
        beside = {*taken, *rows.repeated}
        free = [c for c in rows.columns if c.name not in beside and not c.from_labels]
        self._lists = [c.name for c in free if c.kind in ("list", "map")]
        self._numbers = [c.name for c in free if c.kind in ("number", "boolean")]

    def chosen(self) -> Chosen | None:
        """The columns; None if nothing shows them.

        Raises
        ------
        DataError
            There is more than one choice.
        """
        tiers = named_choices(self._lists, self._numbers, self._seen)
        sets = self.by_labels()
        if len(sets) > 1:
            raise self._ambiguous([one.columns for one in sets])
        if sets:
            return Chosen(sets[0].columns, "labels")
        if len(self._lists) + len(self._numbers) == 1 and tiers:
            return Chosen(tiers[0][0])
        for tier in tiers:
            agreeing = self._preferred([one for one in tier if self._agrees(one)])
            if len(agreeing) > 1:
                agreeing = [one for one in agreeing if self._may_be_read(one)] or agreeing
            if len(agreeing) == 1:
                self._check_one_model(agreeing[0])
                return Chosen(agreeing[0])
            if agreeing:
                raise self._ambiguous(agreeing)
        return self._by_values(tiers)

    def by_labels(self) -> list[ClassColumns]:
        """Sets of columns whose names are exactly the labels, and whose values may be theirs."""
        if not self._seen or len(self._numbers) < 2:
            return []
        named = [
            column.name
            for column in self._rows.columns
            if column.name in self._numbers and column.kind == "number" and column.named
        ]
        return [fit for one in class_columns(named, self._seen) for fit in self._fitting(one)]

    def _fitting(self, one: ClassColumns) -> Iterator[ClassColumns]:
        """The columns with or without those of unseen classes, whichever sum to 1."""
        if self._are_logs(one.columns):
            whole = one.extended(self._numbers) if one.is_dressed else one
            yield from (own for own in (whole,) if len(own.columns) > 1)
            return
        kinds = self._rows.numbers(one.columns)
        if any(kind.bad or not kind.in_unit for kind in kinds):
            return
        if all(kind.are_decisions for kind in kinds) and self._have_fractions(one.columns):
            return
        alone, whole = one.replace(others=()), self._with_unseen(one)
        for candidate, exact in ((whole, True), (alone, True), (whole, False), (alone, False)):
            known = len(one.columns) > 1 and (one.is_dressed or candidate is alone)
            if len(candidate.columns) < 2 or not (exact or known):
                continue
            if self._sum_to_one(candidate.columns, exact):
                yield candidate
                return

    def _with_unseen(self, one: ClassColumns) -> ClassColumns:
        """With the columns of unseen classes, as far as their values are probabilities."""
        names = [name for name, _ in one.others if not is_aside(name)]
        kinds = dict(zip(names, self._rows.numbers(names), strict=True))
        fitting = {n for n, kind in kinds.items() if kind.in_unit and not kind.bad}
        others = tuple(pair for pair in one.others if pair[0] in fitting)
        return one.replace(others=others).extended(self._numbers)

    def _are_logs(self, columns: Sequence[str]) -> bool:
        """Whether an option or the names show logits or log-probabilities."""
        if self._as != "auto":
            return self._as != "probabilities"
        try:
            return values_of(columns) is not None
        except DataError:
            return False

    def _sum_to_one(self, columns: Sequence[str], exact: bool = False) -> bool:
        """Whether most rows sum to 1, exactly or as far as rounding to one decimal allows."""
        sums = self._rows.sums(columns)
        sums = sums[~np.isnan(sums)]
        allowed = _EXACT if exact else min(_FURTHEST, _ROUNDED * len(columns))
        return len(sums) == 0 or float((np.abs(sums - 1.0) <= allowed).mean()) >= _MOST

    def _agrees(self, choice: Choice) -> bool:
        """Whether the values may be predictions: no decisions, texts or counts."""
        if choice[0] in self._lists:
            return not self._is_aside_list(choice[0])
        if self._are_logs(choice):
            return not any(kind.bad for kind in self._rows.numbers(choice))
        kinds = self._rows.numbers(choice)
        if self._mixes_decisions(kinds):
            return False
        if all(kind.are_decisions or not len(kind.values) for kind in kinds):
            return not self._have_fractions(choice)
        return not all(kind.bad or kind.are_counts for kind in kinds)

    @staticmethod
    def _mixes_decisions(kinds: Sequence[Numbers]) -> bool:
        """Whether some columns are decisions and others fractions, so they are not one family."""
        decided = any(kind.are_decisions and len(kind.values) > 1 for kind in kinds)
        return decided and any(kind.are_fractions for kind in kinds)

    def _are_decisions(self, choice: Choice) -> bool:
        if choice[0] in self._lists:
            return False
        return all(kind.are_decisions and not kind.bad for kind in self._rows.numbers(choice))

    def _may_be_read(self, choice: Choice) -> bool:
        """Whether all values are in [0, 1], or the names show that they are logarithms."""
        if self._are_logs(choice):
            return True
        if choice[0] in self._lists:
            return self._rows.nested(choice[0]).in_unit
        return all(kind.in_unit for kind in self._rows.numbers(choice))

    def _is_aside_list(self, name: str) -> bool:
        """Whether a list holds bytes or features, not predictions."""
        kind = self._rows.nested(name)
        if self._are_logs((name,)) or has_word_of_prediction(name):
            return False
        return kind.are_counts or (self._as == "auto" and not kind.in_unit and self._has_rivals())

    def _has_rivals(self) -> bool:
        return len(self._lists) + len(self._numbers) > 1

    def _have_fractions(self, beside: Sequence[str]) -> bool:
        """Whether another column has fractions, so that these decisions are not the predictions."""
        return any(kind.are_fractions for _, kind in self._likely(beside)) or any(
            self._rows.nested(name).are_fractions for name in self._lists if name not in beside
        )

    def _likely(self, beside: Sequence[str]) -> list[tuple[str, Numbers]]:
        """Other columns of numbers that are not named like something else."""
        names = [n for n in self._numbers if n not in beside and not is_aside(n)]
        return list(zip(names, self._rows.numbers(names), strict=True))

    def _preferred(self, choices: list[Choice]) -> list[Choice]:
        """The choices without lists of another name where one is named like a prediction."""
        named = [one for one in choices if one[0] not in self._lists]
        named += [one for one in choices if one not in named and has_word_of_prediction(one[0])]
        return named or choices

    def _check_one_model(self, choice: Choice) -> None:
        """Raise if the columns are of several models, not of several classes."""
        if len(choice) < 2 or not self._seen or self._are_logs(choice):
            return
        namings, words = namings_of(choice), ConventionalBinary()
        of_labels = (NamedClasses(naming).codes(self._seen) for naming in namings)
        known = [*of_labels, *map(words.codes, namings)]
        kinds = self._rows.numbers(choice)
        are_fractions = all(kind.are_fractions for kind in kinds)
        if not are_fractions or any((codes != UNKNOWN).any() for codes in known):
            return
        if not self._sum_to_one(choice):
            raise self._models([(name,) for name in choice])

    def _by_values(self, tiers: Sequence[Sequence[Choice]]) -> Chosen | None:
        """The only column of fractions; otherwise columns whose names alone show the role."""
        refused = [one for tier in tiers for one in tier]
        fractions = [(name,) for name, kind in self._likely(()) if kind.are_fractions]
        fractions += [(name,) for name in self._lists if self._rows.nested(name).are_fractions]
        worded = [one for one in fractions if has_word_of_prediction(one[0])]
        decided = [one for one in refused if self._are_decisions(one)]
        if len(worded) == 1 or (len(fractions) == 1 and decided == refused):
            return Chosen((worded or fractions)[0], "values")
        if len(fractions) > 1 or (fractions and refused):
            raise self._models(worded or fractions, refused)
        return Chosen(refused[0]) if refused else None

    def _ambiguous(self, choices: Sequence[Choice]) -> DataError:
        shown = "; ".join(quoted_list(choice, 3) for choice in choices[:4])
        suggestions = [_suggested(choices[0])]
        if all(len(one) == len(choices[0]) for one in choices) and len(choices) == 2:
            suggestions.append(_compared(choices))
        return DataError(
            f"more than one set of columns may hold the predictions: {shown}; choose one with "
            "--pred.",
            suggestions=suggestions,
        )

    def _models(self, choices: Sequence[Choice], refused: Sequence[Choice] = ()) -> DataError:
        names = [name for choice in choices for name in choice]
        if refused and len(choices) == 1:
            message = (
                f"the values of {quoted_list(refused[0], 3)} are not probabilities, but those of "
                f"{quoted(names[0])} may be; name the predictions with --pred."
            )
            return DataError(message, suggestions=[_suggested(choices[0])])
        if len(names) > 1 and self._numbers and self._sum_to_one(names, exact=True):
            return self._other_names(names)
        message = f"each of the columns {quoted_list(names)} may be the prediction; choose one with"
        if len(choices) > _MODELS:  # features, more likely
            return DataError(f"{message} --pred.")
        return DataError(
            f"{message} --pred, or compare them if they are of several models.",
            suggestions=[_suggested(choices[0]), _compared(choices)],
        )

    def _other_names(self, names: Sequence[str]) -> DataError:
        """The columns are the classes by their sum, but not by their names."""
        options = [("--pred", name) for name in names]
        labels = sorted(self._seen, key=lambda label: sortable((label,)))
        if len(labels) == len(names) and not any("," in label or '"' in label for label in labels):
            options.append(("--classes", ",".join(labels)))
        known = f"are not those of the labels {quoted_list(self._seen, 4)}; name" if labels else ""
        return DataError(
            f"the columns {quoted_list(names)} sum to 1, but their names {known or 'do not show'} "
            "the class of each, in order, with --pred and --classes.",
            suggestions=[Suggestion(tuple(options))] if len(options) > len(names) else (),
        )


def _suggested(choice: Choice) -> Suggestion:
    return Suggestion((("--pred", pattern_of(choice)),))


def _compared(choices: Sequence[Choice]) -> Suggestion:
    return Suggestion(tuple(("--pred", pattern_of(one)) for one in choices), "compare")
