"""Choosing the columns of predictions: names propose, and values must agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

import numpy as np

from ce_cli.binding.finding.chosen import Chosen
from ce_cli.binding.finding.evidence import FirstRows, Numbers
from ce_cli.binding.naming.class_columns import ClassColumns, class_columns
from ce_cli.binding.naming.classes import UNKNOWN, ConventionalBinary, NamedClasses
from ce_cli.binding.naming.names import is_aside, named_choices, namings_of, pattern_of, values_of
from ce_cli.binding.naming.spelling import numbered
from ce_cli.binding.naming.words import (
    has_word_of_prediction,
    is_clearly_prediction,
    is_measure,
    is_unbounded,
    relation,
)
from ce_cli.errors import DataError, Suggestion
from ce_cli.options.choices import Values
from ce_cli.text import quoted, quoted_list

# How far from 1 most sums of probabilities are if each is rounded to one decimal place; columns
# that only happen to have such names are further off.
_ROUNDED = 0.051
_FURTHEST = 0.5
_MOST = 0.95
_EXACT = 1e-3
_LONGEST_RUN = 64  # of columns without a common beginning or end
_PAIR = 2
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
    label : str
        The column of labels, if there is one.
    independent : bool
        Whether an option says that the labels are independent, so that nothing sums to 1.
    """

    def __init__(
        self,
        rows: FirstRows,
        taken: Iterable[str],
        seen: Sequence[str],
        as_: Values | str,
        label: str = "",
        independent: bool = False,
    ) -> None:
        self._rows, self._seen, self._as, self._label = rows, seen, as_, label
        self._independent = independent
        beside = set(taken)
        free = [c for c in rows.columns if c.name not in beside and not c.from_labels]
        lists = [c.name for c in free if c.kind in ("list", "map")]
        numbers = [c.name for c in free if c.kind in ("number", "boolean")]
        self._lists, self._numbers = list(dict.fromkeys(lists)), list(dict.fromkeys(numbers))

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
            self._check_no_rival(sets[0].columns, tiers)
            return Chosen(sets[0].columns, "labels")
        if len(self._lists) + len(self._numbers) == 1 and tiers:
            return Chosen(tiers[0][0])
        own = {*self._numbers}
        self._rows.numbers(
            [n for tier in tiers for one in tier for n in one if n in own]
        )  # at once
        agreeing = [[one for one in tier if self._agrees(one)] for tier in tiers]
        doubtful = [one for tier in agreeing for one in tier if self._may_be_models(one)]
        firm = [[one for one in tier if one not in doubtful] for tier in agreeing]
        for place, tier in enumerate(firm):
            if not tier:
                continue
            found = self._preferred(tier)
            if len(found) > 1:
                found = [one for one in found if self._may_be_read(one)] or found
            others = [one for later in firm[place + 1 :] for one in later]
            found = self._nearest([*found, *self._as_good(found[0], others)])
            if len(found) > 1:
                named = any(has_word_of_prediction(one[0]) for one in found)
                raise (None if named else self._scores_of_labels()) or self._ambiguous(found)
            return Chosen(found[0])
        if doubtful:
            self._check_one_model(doubtful[0])
            return Chosen(doubtful[0])
        return self._by_values(tiers)

    def by_labels(self) -> list[ClassColumns]:
        """Sets of columns whose names are exactly the labels, and whose values may be theirs."""
        if not self._seen or len(self._numbers) < 2:
            return []
        numbers = set(self._numbers)
        named = [
            column.name
            for column in self._rows.columns
            if column.name in numbers and column.kind == "number" and column.named
        ]
        sets = class_columns(named, self._seen)
        if len(sets) == 1 and len(self._seen) > _PAIR and not self._lists:
            whole = sets[0].extended(self._numbers)
            has_rest = sets[0].others and not sets[0].is_dressed
            if len(whole.columns) == len(self._numbers) and not has_rest:
                return [whole]  # there is no other choice, so its values need not be read
        if len(sets) > _MODELS:  # numbered features
            sets = [one for one in sets if has_word_of_prediction(one.columns[0])]
        self._rows.numbers([name for one in sets for name in one.columns])  # all at once
        return [fit for one in sets for fit in self._fitting(one)]

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
        if self._independent:
            yield one.replace(others=())
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
        if len(names) > _LONGEST_RUN and not has_word_of_prediction(one.columns[0]):
            names = []  # features
        kinds = dict(zip(names, self._rows.numbers(names), strict=True))
        fitting = {n for n, kind in kinds.items() if kind.in_unit and not kind.bad}
        others = tuple(pair for pair in one.others if pair[0] in fitting)
        whole = one.replace(others=others)
        return whole.extended(self._numbers) if one.is_dressed else self._side_by_side(whole)

    def _side_by_side(self, one: ClassColumns) -> ClassColumns:
        """Columns side by side that sum to 1, among them those of the labels."""
        every = one.extended(self._numbers)
        places = [every.columns.index(name) for name in one.columns]
        for first in range(min(places), max(-1, max(places) - _LONGEST_RUN), -1):
            for last in range(max(places), min(len(every.columns), first + _LONGEST_RUN)):
                run = every.columns[first : last + 1]
                if len(run) > 1 and self._sum_to_one(run, True):
                    return ClassColumns(run, every.classes[first : last + 1])
        return every

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

    def _may_be_models(self, choice: Choice) -> bool:
        """Whether several columns of fractions do not sum to 1, as those of one model do."""
        if len(choice) < 2 or self._independent or self._are_logs(choice):
            return False
        kinds = self._rows.numbers(choice)
        fractions = all(kind.in_unit and not kind.bad for kind in kinds)
        return fractions and not self._sum_to_one(choice)

    def _as_good(self, choice: Choice, others: Sequence[Choice]) -> list[Choice]:
        """Other single columns of fractions that are named like predictions as well."""
        alone = len(choice) == 1 and choice[0] in self._numbers
        if not alone or self._are_logs(choice) or not self._fractions(choice):
            return []
        named = [one for one in others if one != choice and has_word_of_prediction(one[0])]
        return [one for one in named if self._fractions(one)]

    def _fractions(self, choice: Choice) -> bool:
        if len(choice) > 1 or choice[0] not in self._numbers:
            return False
        (kind,) = self._rows.numbers(choice)
        return kind.are_fractions and not kind.bad

    def _nearest(self, choices: list[Choice]) -> list[Choice]:
        """Those whose names are nearest to that of the label."""
        near = [relation(one[0], self._label) for one in choices]
        best = max(near, default=0)
        return [one for one, own in zip(choices, near, strict=True) if own == best]

    def _check_no_rival(self, columns: Sequence[str], tiers: Sequence[Sequence[Choice]]) -> None:
        """Raise if columns that are merely named like labels compete with a clear prediction."""
        if any(map(has_word_of_prediction, columns)):
            return
        clear = [one for tier in tiers for one in tier if is_clearly_prediction(one[0])]
        rivals = [one for one in clear if one[0] not in columns and self._fractions(one)]
        if rivals:
            raise self._ambiguous([rivals[0], tuple(columns)])

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
        if not self._seen:
            return
        namings, words = namings_of(choice), ConventionalBinary()
        of_labels = (NamedClasses(naming).codes(self._seen) for naming in namings)
        known = [*of_labels, *map(words.codes, namings)]
        are_classes = any((codes != UNKNOWN).any() for codes in known)
        if not are_classes or self._rise_together(choice):
            raise self._models([(name,) for name in choice])

    def _rise_together(self, choice: Choice) -> bool:
        """Whether two columns are large in the same rows, as those of two models are."""
        if len(choice) != _PAIR:
            return False
        first, second = self._rows.cells(choice)
        present = ~(np.isnan(first) | np.isnan(second))
        first, second = first[present], second[present]
        return len(first) > _PAIR and float(np.cov(first, second)[0, 1]) > 0.0

    def _by_values(self, tiers: Sequence[Sequence[Choice]]) -> Chosen | None:
        """The only column of fractions; otherwise columns whose names alone show the role."""
        refused = [one for tier in tiers for one in tier]
        fractions = [
            (name,)
            for name, kind in self._likely(())
            if kind.are_fractions and not kind.bad and not is_measure(name)
        ]
        fractions += [(name,) for name in self._lists if self._rows.nested(name).are_fractions]
        clear = [one for one in fractions if is_clearly_prediction(one[0])]
        worded = [one for one in fractions if has_word_of_prediction(one[0])]
        near = [one for one in worded if relation(one[0], self._label)]
        for known in (clear, near):
            if len(known) == 1:
                return Chosen(known[0], "values")
        if len(self._numbers) > 1 and (scores := self._scores_of_labels()):
            raise scores
        decided = [one for one in refused if self._are_decisions(one)]
        if len(fractions) == 1 and decided == refused:
            self._check_no_logits(fractions[0], worded)
            return Chosen(fractions[0], "values")
        if len(fractions) > 1 or (fractions and refused):
            raise self._models(clear or fractions, refused)
        unread = [(name,) for name, kind in self._likely(()) if kind.bad]
        if not refused and len(unread) == 1:
            return Chosen(unread[0], "values")  # the rows show why these are not numbers
        return Chosen(refused[0]) if refused else None

    def _scores_of_labels(self) -> DataError | None:
        """The error for columns named like the labels whose values are no probabilities."""
        sets = class_columns(self._numbers, self._seen) if len(self._seen) > 1 else []
        for one in sets:
            kinds = self._rows.numbers(one.columns)
            if all(not kind.are_whole and not kind.bad for kind in kinds) and not all(
                kind.in_unit for kind in kinds
            ):
                options = [*self._options(one.columns), ("--as", "logits")]
                return DataError(
                    f"the columns {quoted_list(one.columns)} are named like the labels, but their "
                    "values are not probabilities; set the kind of their values with --as.",
                    suggestions=[Suggestion(tuple(options))],
                )
        return None

    def _check_no_logits(self, choice: Choice, worded: Sequence[Choice]) -> None:
        """Raise if the only column of fractions has a rival that may hold logits or percentages."""
        if worded:
            return
        likely = [
            name
            for name, kind in self._likely(choice)
            if not (kind.in_unit or kind.are_whole or kind.bad or is_measure(name))
            and (kind.have_both_signs or is_unbounded(name))
        ]
        if likely:
            rivals = [
                Suggestion((("--pred", name), ("--as", "logits")))
                for name, kind in self._likely(choice)
                if name in likely and kind.have_both_signs
            ]
            raise DataError(
                f"{quoted(choice[0])} is the only column with fractions, but {quoted(likely[0])} "
                "may be the prediction as logits or percentages; name the predictions with --pred.",
                suggestions=[*rivals[:1], self._suggested(choice)],
            )

    def _ambiguous(self, choices: Sequence[Choice]) -> DataError:
        shown = "; ".join(quoted_list(choice, 3) for choice in choices[:4])
        suggestions = [self._suggested(choices[0])]
        if all(len(one) == len(choices[0]) for one in choices) and len(choices) == 2:
            suggestions.append(self._compared(choices))
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
            return DataError(message, suggestions=[self._suggested(choices[0])])
        if len(names) > 1 and self._numbers and self._sum_to_one(names, exact=True):
            return self._other_names(names)
        message = f"each of the columns {quoted_list(names)} may be the prediction; choose one with"
        if len(choices) > _MODELS:  # features, more likely
            return DataError(f"{message} --pred.")
        return DataError(
            f"{message} --pred, or compare them if they are of several models.",
            suggestions=[self._suggested(choices[0]), self._compared(choices)],
        )

    def _suggested(self, choice: Choice) -> Suggestion:
        return Suggestion(tuple(self._options(choice)))

    def _compared(self, choices: Sequence[Choice]) -> Suggestion:
        options = [("--pred", pattern_of(one)) for one in choices]
        return Suggestion(tuple(options), "compare")

    def _options(self, choice: Choice) -> list[tuple[str, str]]:
        """``--pred`` with a pattern that matches these columns only, or with each name."""
        pattern = pattern_of(choice)
        matched = [one.name for one in self._rows.columns if fnmatchcase(one.name, pattern)]
        names = [pattern] if set(matched) == set(choice) else list(choice)
        return [("--pred", name) for name in names]

    def _other_names(self, names: Sequence[str]) -> DataError:
        """The columns are the classes by their sum, but not by their names."""
        labels, options = self._seen, [("--pred", name) for name in names]
        if order := numbered(labels, len(names)):
            options.append(("--classes", ",".join(order)))
        known = f", but are not named like the labels {quoted_list(labels, 4)}" if labels else ""
        return DataError(
            f"the columns {quoted_list(names)} sum to 1{known}; name the class of each, in order: "
            "--pred COL for each column and --classes.",
            suggestions=[Suggestion(tuple(options))] if order else (),
        )
