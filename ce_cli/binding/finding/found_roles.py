"""Which columns hold the labels and the predictions: named by options, or found."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property

from ce_cli.binding.finding.chosen import Chosen
from ce_cli.binding.finding.evidence import FirstRows, Numbers
from ce_cli.binding.finding.label_choice import LabelChoice
from ce_cli.binding.finding.loss_columns import loss_columns
from ce_cli.binding.finding.prediction_choice import PredictionChoice
from ce_cli.binding.naming.class_columns import class_columns
from ce_cli.binding.naming.classes import UNKNOWN, ConventionalBinary, NamedClasses
from ce_cli.binding.naming.coded_labels import by_code
from ce_cli.binding.naming.label_names import (
    first_row_for_names,
    is_fraction,
    label_namings,
    no_label,
)
from ce_cli.binding.naming.names import (
    class_named,
    expand,
    find_unreadable,
    is_aside,
    is_index,
    values_of,
)
from ce_cli.binding.naming.words import is_measure, is_negated
from ce_cli.binding.predictions import namings_for, shape_of, width_of
from ce_cli.errors import DataError, Suggestion, UsageError
from ce_cli.record import Record
from ce_cli.spec import Spec
from ce_cli.text import quoted, quoted_list


class Roles(Record):
    """The columns of labels and predictions, either of which may be missing.

    Attributes
    ----------
    labels, predictions : Chosen or None
        The columns.
    seen : tuple of str
        The labels of the first rows, if they are in one column.
    """

    labels: Chosen | None
    predictions: Chosen | None
    seen: tuple[str, ...] = ()

    @property
    def chosen(self) -> tuple[tuple[str, Chosen], ...]:
        """The roles that were found, by their name."""
        roles = (("label", self.labels), ("predictions", self.predictions))
        return tuple((name, chosen) for name, chosen in roles if chosen is not None)


class RoleFinder:
    """The search for the roles of a file.

    Parameters
    ----------
    rows : FirstRows
        The first rows.
    spec : Spec
        The options.
    others : sequence of str
        Columns of weights, bytes, ids and groups.
    """

    def __init__(self, rows: FirstRows, spec: Spec, others: Sequence[str]) -> None:
        self._rows, self._spec, self._others = rows, spec, tuple(others)

    def roles(self) -> Roles:
        """Both roles; no label if the prediction is that of what happened.

        Raises
        ------
        UsageError
            An option names a column that does not exist.
        DataError
            The columns do not show the roles, or leave a choice.
        """
        labels = self._named_labels()
        if labels is not None:
            return self._with_predictions(labels)
        if self._spec.task == "likelihood" or self._is_likelihood():
            return Roles(None, self._predictions((), ()))
        return self._without_named_labels()

    def partial(self) -> Roles:
        """As much as can be found, where `roles` fails."""
        labels = predictions = None
        with suppress(DataError):
            labels = self._named_labels()
        seen = self._seen(labels)
        with suppress(DataError):
            predictions = self._predictions(() if labels is None else labels.columns, seen)
        return Roles(labels, predictions, seen)

    def why_unused(self, name: str) -> str:
        """What a column without a role holds, as far as it explains why it has none."""
        kind = self._rows.kind(name)
        if is_index(name):
            return "an index"
        if is_aside(name):
            return "not used"
        if kind not in ("number", "boolean") or name in self._rows.repeated:
            return kind if kind in ("text", "list", "map") else "not used"
        numbers = self._free_numbers[name]
        shown = {
            "not numbers": numbers.bad,
            "0 and 1 only": numbers.are_decisions,
            "whole numbers": numbers.are_whole,
            "beyond [0, 1]": not numbers.in_unit,
        }
        return next((why for why, holds in shown.items() if holds), "not used")

    @cached_property
    def _free_numbers(self) -> dict[str, Numbers]:
        """The numbers of every column that has some, read at once."""
        rows = self._rows
        names = [
            column.name
            for column in rows.columns
            if column.kind in ("number", "boolean") and column.name not in rows.repeated
        ]
        return dict(zip(names, rows.numbers(names), strict=True))

    def _named_labels(self) -> Chosen | None:
        spec = self._spec
        if spec.task == "likelihood":
            if spec.label:
                raise UsageError("--task likelihood has no label; use --pred without --label.")
            return None
        if spec.label:
            beside = (*spec.pred, *self._others)
            return Chosen(expand(spec.label, self._rows.columns, beside), "option")
        return self._label_choice(self._typed_predictions()).by_name()

    def _label_choice(self, predictions: Sequence[str]) -> LabelChoice:
        """The choice among columns without another role; a group may be the label as well."""
        spec = self._spec
        beside = [spec.weight, spec.bytes, spec.tokens, spec.predicted_class]
        return LabelChoice(self._rows, (*predictions, *(one for one in beside if one)))

    def _typed_predictions(self) -> tuple[str, ...]:
        return expand(self._spec.pred, self._rows.columns, ()) if self._spec.pred else ()

    def _seen(self, labels: Chosen | None) -> tuple[str, ...]:
        """The labels of the first rows that are to be scored."""
        if labels is None or len(labels.columns) > 1:
            return ()
        if self._rows.kind(labels.columns[0]) in ("list", "map", "nested"):
            return ()
        texts = self._rows.classes(labels.columns[0])
        if not self._spec.ignore_label:
            return tuple(texts)
        codes = NamedClasses(self._spec.ignore_label).codes(texts)
        return tuple(t for t, code in zip(texts, codes, strict=True) if code == UNKNOWN)

    def _with_predictions(self, labels: Chosen) -> Roles:
        seen = self._seen(labels)
        several = len(labels.columns) > 1
        names = label_namings(labels.columns)[0] if several else self._carried_names(labels, seen)
        predictions = self._predictions(labels.columns, names)
        self._check_label(labels, predictions)
        return Roles(labels, predictions, seen)

    def _check_label(self, labels: Chosen, predictions: Chosen) -> None:
        """Raise if the name of a single prediction speaks against the label, or for no event."""
        spec = self._spec
        if len(labels.columns) > 1 or len(predictions.columns) > 1 or spec.classes:
            return
        label, prediction = labels.columns[0], predictions.columns[0]
        choice = self._label_choice((prediction,))
        if labels.reason == "name" and (rivals := choice.rivals(label, prediction)):
            raise choice.ambiguous([label, *rivals], (prediction,))
        seen = self._seen(labels)
        unsettled = spec.positive is None and spec.predicted_class is None and seen
        if not unsettled or self._rows.kind(prediction) not in ("number", "boolean"):
            return
        usual = (ConventionalBinary().codes(seen) != UNKNOWN).all()
        if usual and is_negated(prediction, label) and class_named(prediction, seen) is None:
            negative = min(seen, key=lambda text: int(ConventionalBinary().codes([text])[0]))
            choices = dict.fromkeys((negative, *seen))
            raise DataError(
                f"{quoted(prediction)} may be the probability of the negative class; name the "
                "class that it predicts with --positive.",
                suggestions=[Suggestion((("--positive", one),)) for one in choices],
            )

    def _carried_names(self, labels: Chosen, seen: Sequence[str]) -> Sequence[str]:
        """The labels, by the names that the file gives to them if columns are named so."""
        label = next(one for one in self._rows.columns if one.name == labels.columns[0])
        if not label.classes or self._spec.pred:
            return seen
        named, beside = by_code(seen, label.classes), (label.name, *self._others)
        sets = PredictionChoice(self._rows, beside, named, self._spec.as_).by_labels()
        return named if sets else seen

    def _predictions(self, labels: Sequence[str], seen: Sequence[str]) -> Chosen:
        spec, columns = self._spec, self._rows.columns
        beside = (*labels, *self._others)
        if spec.pred and spec.pred == spec.label:
            beside = self._others  # the entropy of a distribution
        if spec.pred:
            return Chosen(expand(spec.pred, columns, beside), "option")
        losses = loss_columns(columns, beside) if spec.as_ == "losses" else ()
        if losses:
            return Chosen(losses)
        label = labels[0] if len(labels) == 1 else ""
        several = spec.task == "multilabel"
        found = PredictionChoice(self._rows, beside, seen, spec.as_, label, several).chosen()
        if found is not None:
            return found
        own = [column for column in columns if not column.from_labels]
        if unreadable := find_unreadable(own, beside):
            return Chosen(unreadable)
        if first_row_for_names(columns):
            raise DataError(no_label(columns))
        free = [column.name for column in columns if column.name not in beside]
        nested = [column.name for column in columns if column.kind == "nested"]
        within = (
            f"; ce does not read {quoted_list(nested)}: extract its numbers, for example with jq"
        )
        advice = f"name the predictions with --pred{within if nested else ''}."
        raise DataError(
            "no column is named like a prediction (prob, p, score, y_pred, logit, p_<class>, …) or "
            "is the only one with fractions; the remaining columns are "
            f"{quoted_list(free) or 'none'}; {advice}",
            suggestions=self._margins(beside),
        )

    def _margins(self, beside: Sequence[str]) -> list[Suggestion]:
        """The only column of numbers of both signs, which may be logits."""
        names = [
            column.name
            for column in self._rows.columns
            if column.kind == "number"
            and column.name not in beside
            and not is_aside(column.name)
            and not is_measure(column.name)
        ]
        signed = [
            name
            for name, numbers in zip(names, self._rows.numbers(names), strict=True)
            if numbers.have_both_signs
        ]
        options = (("--pred", name) for name in signed)
        return (
            [Suggestion((*options, ("--as", "logits")))] if len(signed) == 1 == len(names) else []
        )

    def _is_likelihood(self) -> bool:
        """Whether the single prediction is that of what happened, so that there is no label."""
        if self._spec.task != "auto" or self._spec.as_ not in ("auto", "logprobs"):
            return False
        found = self._spec.pred
        names = [column.name for column in self._rows.columns]
        if not found and not any(values_of([name]) == "logprobs" for name in names):
            return False
        if not found:
            choice = PredictionChoice(self._rows, self._others, (), self._spec.as_).chosen()
            found = () if choice is None else choice.columns
        return len(found) == 1 and values_of(found) == "logprobs" and "*" not in found[0]

    def _without_named_labels(self) -> Roles:
        """Find the label by its values, together with the predictions."""
        if any(is_fraction(column.name) for column in self._rows.columns):
            raise DataError(no_label(self._rows.columns))  # the first row, not a header
        if not self._spec.pred:
            carried = self._carried()
            if carried is not None:
                return carried
        try:
            predictions = self._predictions((), ())
        except DataError as error:
            raise self._with_a_label(error) from None
        choice = self._label_choice(predictions.columns)
        namings = self._namings(predictions.columns)
        found = choice.by_values(predictions.columns, namings) or self._one_hot(
            predictions, namings
        )
        if found is None:
            raise DataError(no_label(self._rows.columns))
        return self._with_predictions(found)

    def _one_hot(
        self, predictions: Chosen, namings: Sequence[tuple[str, ...]] | None
    ) -> Chosen | None:
        """Columns of 0 and 1 that are named like the classes of the predictions."""
        names = [
            column.name
            for column in self._rows.columns
            if column.kind in ("number", "boolean") and column.name not in predictions.columns
        ]
        kinds = zip(names, self._rows.numbers(names), strict=True)
        decided = [name for name, kind in kinds if kind.are_decisions]
        for naming in namings or ():
            for one in class_columns(decided, naming):
                if len(one.columns) == len(naming) > 1:
                    return Chosen(one.columns, "labels")
        return None

    def _with_a_label(self, error: DataError) -> DataError:
        """An error about predictions, whose suggestions name the likeliest label as well."""
        guessed = self._guessed(error)
        labels = self._label_choice(guessed).likeliest(guessed)
        if not labels:
            return DataError(no_label(self._rows.columns))
        suggestions = [
            one._replace(options=(("--label", labels[0]), *one.options))
            for one in error.suggestions
        ]
        return DataError(*error.sentences, suggestions=suggestions)

    def _guessed(self, error: DataError) -> list[str]:
        """The columns of predictions that an error suggests."""
        patterns = [
            value for one in error.suggestions for name, value in one.options if name == "--pred"
        ]
        return list(expand(patterns, self._rows.columns, ()))

    def _namings(self, predictions: Sequence[str]) -> list[tuple[str, ...]] | None:
        """Possible names of the classes; None for a single prediction."""
        columns = [column for column in self._rows.columns if column.name in predictions]
        if shape_of(columns) == "single":
            return None
        if self._spec.classes:
            return [self._spec.classes]
        if shape_of(columns) != "list":
            return namings_for(self._rows.source, self._spec, columns, ())
        width = width_of(self._rows.source, columns[0], self._spec)
        return [tuple(str(place + first) for place in range(width)) for first in (0, 1)]

    def _carried(self) -> Roles | None:
        """The only column whose values are carried by the names of prediction columns."""
        found = []
        for name in self._label_choice(()).candidates():
            seen = self._seen(Chosen((name,)))
            sets = PredictionChoice(self._rows, (name, *self._others), seen, "auto").by_labels()
            sets = [one for one in sets if not one.columns[0].startswith(name)]  # decisions
            if len(sets) == 1:
                predictions = Chosen(sets[0].columns, "labels")
                found.append(Roles(Chosen((name,), "values"), predictions, seen))
        if len(found) > 1:
            labels = [one.labels.columns[0] for one in found if one.labels is not None]
            raise self._label_choice(()).ambiguous(labels)
        return found[0] if found else None
