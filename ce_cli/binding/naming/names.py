"""Finding prediction columns by name, and the classes and kinds of values in those names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from functools import cached_property

from ce_cli.binding.naming.classes import UNKNOWN, ConventionalBinary
from ce_cli.binding.naming.spelling import as_name, canonical, is_made_name
from ce_cli.binding.naming.words import has_aside_word, is_measure, label_in_words
from ce_cli.errors import DataError, UsageError
from ce_cli.inputs.source import Column
from ce_cli.options.choices import Values
from ce_cli.record import Record
from ce_cli.text import closest, is_number, quoted, quoted_list

# Single predictions, the clearest names first: a column called `prediction` is as often the
# predicted class, so `prob` takes precedence.
_SINGLES = (
    frozenset(
        "prob p proba probability y_prob y_proba y_pred_proba y_pred_prob predict_proba "
        "predicted_probability pred_prob pred_proba prob_positive "
        "prediction_probability probability_1 p_1 prob_1 proba_1 logit logits y_logit pred_logit "
        "logprob log_prob logprobs log_probability logp log_p token_logprob token_logprobs "
        "log_likelihood loglikelihood logprobability rawformulaval "
        "probs probas probabilities y_probs y_probas pred_probs pred_probas prediction_probs "
        "predicted_probabilities y_logits pred_logits log_probs".split()
    ),
    frozenset("score scores y_score y_scores prediction_score".split()),
    frozenset("y_pred y_preds pred preds prediction predictions y_hat yhat predicted".split()),
)
_INDEX = (  # as pandas, R and DuckDB call the numbers or names of rows
    r"(?i)|unnamed: ?\d+(\.\d+)*|index|level_\d+|__index_level_\d+__|rn|row[._ ]?names?"
)
_STEMS = (
    "predicted_probability prediction_probability predict_proba log_probability probabilities "
    "probability prediction_score prediction predicted pred_proba pred_prob pred_logit pred "
    "log_proba log_prob logprobability logprob rawformulaval logits logit proba probs prob "
    "softmax y_pred y_prob y_proba y_score y_hat yhat scores score class p"
).split()
SEPARATORS = r"[_.:/\- ]"
_FIRST = re.compile(
    rf"(?i)({'|'.join(_STEMS)})(?:{SEPARATORS}+(?:class=)?(.+)|[\[(](.+)[\])]|(\d+))"
)
_LAST = re.compile(rf"(?i)(.+?){SEPARATORS}+({'|'.join(_STEMS)})")


def are_fractions(names: Sequence[str]) -> bool:
    """Whether these are predictions, not names: whole numbers may be the names of classes."""
    return all(map(is_number, names)) and any(re.search(r"[.eE]", name) for name in names)


def named_choices(
    lists: Sequence[str], numbers: Sequence[str], seen: Sequence[str]
) -> list[list[tuple[str, ...]]]:
    """Columns that may be the predictions by their names, the clearest names first.

    Choices of one list are equally clear.

    Parameters
    ----------
    lists, numbers : sequence of str
        Columns of lists or maps, and of numbers.
    seen : sequence of str
        The labels of the first rows.
    """
    families = [one for one in _families(numbers) if not all(map(is_measure, one))]
    in_family = {name for family in families for name in family}
    alone = [name for name in numbers if name not in in_family]
    labels = SeenLabels(tuple(seen))
    of_class = [name for name in alone if labels.named_by(name) is not None]
    dressed = [name for name in of_class if _varying(name) != name]
    first, second, third = (_each([n for n in alone if plain(n) in names]) for names in _SINGLES)
    clear = [*_each(lists), *families, *first, *_each(dressed)]
    tiers = [clear, second, third, _each(of_class)]
    return [list(dict.fromkeys(tier)) for tier in tiers if tier]


def _each(names: Sequence[str]) -> list[tuple[str, ...]]:
    return [(name,) for name in names]


def find_unreadable(columns: Sequence[Column], taken: Iterable[str]) -> tuple[str, ...]:
    """A column that is clearly named like a prediction but holds no numbers, to be reported."""
    clear = _SINGLES[0] | _SINGLES[1]
    return tuple(c.name for c in columns if c.name not in taken and plain(c.name) in clear)[:1]


def class_named(column: str, seen: Sequence[str]) -> str | None:
    """The label, among those `seen`, that the name of a single prediction column refers to.

    ``p_dog`` is the probability of ``dog``, and ``prob_negative`` that of 0 where the labels are
    0 and 1.
    """
    return SeenLabels(tuple(seen)).named_by(column)


class SeenLabels(Record):
    """The labels of the first rows, to be found in the names of many columns.

    Attributes
    ----------
    texts : tuple of str
        The labels, each once.
    """

    texts: tuple[str, ...]

    def named_by(self, column: str) -> str | None:
        """The label that a single prediction column refers to; see `class_named`."""
        varying = _varying(column)
        for name in (varying, column):
            if (found := self._spelled(name)) is not None:
                return self.texts[found]
        named = ConventionalBinary().codes([varying])[0]
        if len(varying) == 1 or named == UNKNOWN:
            return label_in_words(column, self._unusual or self._numbers)
        return next(
            (t for t, code in zip(self.texts, self._codes, strict=True) if code == named), None
        )

    def _spelled(self, name: str) -> int | None:
        """The first label that `NamedClasses` would find in the name."""
        places = [self._by_text.get(name), self._by_value.get(canonical(name))]
        if is_made_name(name):
            places.append(self._by_name.get(as_name(name)))
        return min((one for one in places if one is not None), default=None)

    @cached_property
    def _by_text(self) -> dict[str, int]:
        return _first_places(self.texts)

    @cached_property
    def _by_value(self) -> dict[str, int]:
        return _first_places(map(canonical, self.texts))

    @cached_property
    def _by_name(self) -> dict[str, int]:
        return _first_places(None if is_made_name(one) else as_name(one) for one in self.texts)

    @cached_property
    def _codes(self) -> list[int]:
        return ConventionalBinary().codes(self.texts).tolist()  # type: ignore[no-any-return]

    @cached_property
    def _unusual(self) -> list[str]:
        return [t for t, code in zip(self.texts, self._codes, strict=True) if code == UNKNOWN]

    @cached_property
    def _numbers(self) -> list[str]:
        return [text for text in self.texts if canonical(text) in ("0", "1")]


def _first_places(texts: Iterable[str | None]) -> dict[str, int]:
    """The first place of each text."""
    found: dict[str, int] = {}
    for place, text in enumerate(texts):
        if text is not None:
            found.setdefault(text, place)
    return found


def is_aside(name: str) -> bool:
    """Whether a column is named like one that is neither label nor prediction."""
    return is_id(name) or is_index(name) or has_aside_word(name)


def is_index(name: str) -> bool:
    """Whether a column has a name that tools give to the index, or no name."""
    return re.fullmatch(_INDEX, name.strip()) is not None


def expand(
    patterns: Sequence[str], columns: Sequence[Column], taken: Iterable[str]
) -> tuple[str, ...]:
    """Columns that match `patterns`, which are names or globs, in the order of the patterns.

    Raises
    ------
    UsageError
        A pattern matches no column.
    """
    names = [column.name for column in columns]
    taken = set(taken)
    found: list[str] = []
    for pattern in patterns:
        if pattern in names:
            found.append(pattern)
            continue
        matching = [name for name in names if fnmatchcase(name, pattern) and name not in taken]
        if not matching:
            raise UsageError(no_column(pattern, names))
        found += matching
    return tuple(dict.fromkeys(found))


def is_id(name: str) -> bool:
    """Whether a column is named like one that identifies rows."""
    words = "ids?|key|index|uuid|guid|uid|case|name|file|filename|path|image|doc|document|sample"
    return bool(re.fullmatch(rf"(.*_)?({words})", plain(name)) or re.search("[a-z]I[dD]$", name))


def no_column(name: str, names: Sequence[str]) -> str:
    """The message that a column does not exist, with the columns that do."""
    return (
        f"there is no column {quoted(name)}{closest(name, names)}; the columns are "
        f"{quoted_list(names)}."
    )


def namings_of(columns: Sequence[str]) -> list[tuple[str, ...]]:
    """Possible names of the classes of prediction `columns`, the most likely first."""
    namings = [tuple(_varying(name) for name in columns), without_common(columns), tuple(columns)]
    return usable(namings, len(columns)) or [tuple(columns)]  # one of them has no name


def values_of(columns: Sequence[str]) -> Values | None:
    """The kind of values that the names show, None if they show none.

    Raises
    ------
    DataError
        They show different kinds.
    """
    kinds = {_values_in(name) for name in columns}
    if len(kinds) > 1:
        raise DataError(
            f"the names of the predictions {quoted_list(columns, 4)} show different kinds of "
            "values; set the kind with --as probabilities, --as logits or --as logprobs."
        )
    return kinds.pop()


def _values_in(name: str) -> Values | None:
    words = plain(name)
    if re.search(r"log_?p(rob|roba|robability|robs)?(_|\d|$)|log_?(prob|likelihood)", words):
        return "logprobs"
    return "logits" if re.search(r"(^|_)(logits?|rawformulaval)(_|\d|$)", words) else None


def _families(names: Sequence[str]) -> list[tuple[str, ...]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for name in names:
        if match := _FIRST.fullmatch(name):
            stem, varying = match[1].lower(), match[2] or match[3] or match[4]
            # class_weight and class_id do not name classes, nor does p-value
            if (stem != "class" or varying.isdigit()) and (stem, varying) != ("p", "value"):
                groups.setdefault(("first", stem), []).append(name)
        if match := _LAST.fullmatch(name):
            groups.setdefault(("last", match[2].lower()), []).append(name)
    families = dict.fromkeys(tuple(group) for group in groups.values() if len(group) > 1)
    return [one for one in families if not any(set(one) < set(other) for other in families)]


def usable(namings: Iterable[tuple[str, ...]], count: int) -> list[tuple[str, ...]]:
    """The namings that give each of `count` classes a different name."""
    return [one for one in dict.fromkeys(namings) if all(one) and len(set(one)) == count]


def is_prediction(name: str) -> bool:
    """Whether a name that begins or ends like a label is that of a prediction."""
    match = _FIRST.fullmatch(name)
    clear = match is not None and match[1].lower() not in ("class", "p")
    return clear or any(plain(name) in names for names in _SINGLES)


def _varying(name: str) -> str:
    if match := _FIRST.fullmatch(name):
        return match[2] or match[3] or match[4] or ""
    if match := _LAST.fullmatch(name):
        return match[1] or ""
    return name


def without_common(names: Sequence[str]) -> tuple[str, ...]:
    """Names without the words that they all begin or end with."""
    split = [re.split(rf"({SEPARATORS})", name) for name in names]
    start = _common(split)
    end = _common([parts[start:][::-1] for parts in split])
    kept = ["".join(parts[start : len(parts) - end]) for parts in split]
    return tuple(re.sub(rf"^{SEPARATORS}|{SEPARATORS}$", "", name) for name in kept)


def _common(words: Sequence[Sequence[str]]) -> int:
    shared = 0
    for column in zip(*words, strict=False):
        if len(set(column)) > 1:
            break
        shared += 1
    return shared


def pattern_of(names: Sequence[str]) -> str:
    """A glob that matches all of these columns."""
    if len(names) == 1:
        return names[0]
    first = names[0]
    shared = next(
        size for size in range(len(first), -1, -1) if all(n.startswith(first[:size]) for n in names)
    )
    return first[:shared] + "*"


def plain(name: str) -> str:
    """A name in lower case with single underscores."""
    return re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_")
