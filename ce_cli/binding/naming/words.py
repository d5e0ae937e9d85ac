"""The words of column names, and the roles that they suggest."""

from __future__ import annotations

import re
from itertools import pairwise

from ce_cli.binding.naming.spelling import canonical

_STRONG = frozenset(  # words that hardly anything but predictions has
    "prob proba probs probability probabilities phat pred preds predict predicted prediction "
    "predictions pctr pcvr oof yhat propensity posterior softmax sigmoid logit logits logprob "
    "logprobs".split()
)
_WEAK = frozenset(
    "p score scores model likelihood risk pd ctr cvr hat confidence conf estimate estimated est "
    "forecast output outputs scored".split()
)
_VERSIONS = frozenset("old new baseline base model candidate champion challenger train".split())
_DECISIONS = (_STRONG | _WEAK | {"decision", "decided", "inference", "argmax"}) - {
    "output",
    "outputs",
    "risk",
}
_LABELS = frozenset("label labels true truth target actual outcome gt y observed obs".split())
_ASIDE = frozenset(
    "weight weights w fold folds split cv kfold seed epoch step iter iteration batch group cluster "
    "rank time timestamp date year month day hour count counts n index row num intercept const "
    "freq frequency".split()
)
_MEASURES = frozenset(  # of predictions, but not predictions themselves
    "se std sd stderr resid residual leverage pvalue percentile quantile variance var error err "
    "lower upper lo hi ci".split()
)
_UNBOUNDED = frozenset(
    "fitted odds margin pct percent percentage predictor decision function raw xb eta".split()
)
_EMPTY = frozenset(  # words that two names may share without meaning the same
    _STRONG
    | _WEAK
    | _LABELS
    | _VERSIONS
    | set("is has was had the of a an flag type class status value not no".split())
)
_NEGATIONS = frozenset(
    "not no non legit legitimate good normal benign negative healthy ham clean safe lose".split()
)
_LEAST_STEM = 4  # letters that two forms of a word share: churn and churned
_DIGITS_OF_CLASSES = frozenset(
    "p prob proba probs probability class label y of is target c score pred".split()
)


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case: those of ``isFraud`` are ``is`` and ``fraud``."""
    return re.findall(r"[^\W\d_]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())


def has_word_of_prediction(name: str) -> bool:
    """Whether a word in the name is one of predictions."""
    return not (_STRONG | _WEAK).isdisjoint(words_of(name))


def is_clearly_prediction(name: str) -> bool:
    """Whether a word in the name is hardly used for anything else, nor for one of several."""
    words = words_of(name)
    return not _STRONG.isdisjoint(words) and _VERSIONS.isdisjoint(words)


def is_decision(name: str) -> bool:
    """Whether a column of classes is named like the decisions of a model."""
    return not _DECISIONS.isdisjoint(words_of(name))


def has_word_of_label(name: str) -> bool:
    """Whether a word in the name is one of labels, and none is one of predictions."""
    words = words_of(name)
    return not is_decision(name) and not _LABELS.isdisjoint(words)


def has_aside_word(name: str) -> bool:
    """Whether a word in the name is that of another role, such as a weight or a fold."""
    return not _ASIDE.isdisjoint(words_of(name))


def is_measure(name: str) -> bool:
    """Whether a column is about predictions, such as their standard error."""
    return name == ".hat" or not _MEASURES.isdisjoint(words_of(name))


def is_unbounded(name: str) -> bool:
    """Whether a column is named like predictions beyond [0, 1]: log-odds or percentages."""
    return not _UNBOUNDED.isdisjoint(words_of(name))


def relation(one: str, other: str) -> int:
    """How many words with a meaning two names share, in some form: churned and churn_prob."""
    theirs = [word for word in words_of(other) if word not in _EMPTY]
    own = [word for word in words_of(one) if word not in _EMPTY]
    return sum(any(_are_alike(word, another) for another in theirs) for word in own)


def is_negated(prediction: str, label: str) -> bool:
    """Whether a prediction is named after the absence of what the label is named after."""
    negations = _NEGATIONS.intersection(words_of(prediction))
    return bool(negations - set(words_of(label)))


def label_in_words(name: str, labels: list[str]) -> str | None:
    """The only one of the labels whose words a name has, such as ``home`` in ``home_win_prob``.

    Numbers count only after a word such as ``class``: 0 in ``prob_class0``.
    """
    parts = re.findall(r"\d+|[^\W\d_]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())
    texts = {label: words_of(label) for label in labels if not canonical(label).isdigit()}
    found = [label for label, words in texts.items() if words and _contains(parts, words)]
    after = [
        canonical(part)
        for before, part in pairwise(parts)
        if part.isdigit() and before in _DIGITS_OF_CLASSES
    ]
    found += [label for label in labels if canonical(label).isdigit() and canonical(label) in after]
    return found[0] if len(found) == 1 else None


def has_words(name: str, words: list[str]) -> bool:
    """Whether these words follow each other in a name."""
    return _contains(words_of(name), words)


def _contains(parts: list[str], words: list[str]) -> bool:
    starts = range(len(parts) - len(words) + 1)
    return any(parts[at : at + len(words)] == words for at in starts)


def _are_alike(one: str, other: str) -> bool:
    shared = min(len(one), len(other), _LEAST_STEM + 1)
    return one == other or (shared >= _LEAST_STEM and one[:shared] == other[:shared])
