"""Samples of lm-evaluation-harness: questions with answers, or documents, a row for each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ce_cli.errors import DataError
from ce_cli.text import quoted

Row = dict[str, Any]

_LONGEST_PLACE = 9  # digits
_COUNTS = {"word_perplexity": "words", "byte_perplexity": "bytes", "bits_per_byte": "bytes"}


def is_sample(row: Mapping[str, Any]) -> bool:
    """Whether this is a sample with log-likelihoods; one with texts only has no number."""
    return "doc_id" in row and "target" in row and bool(_answers(row))


def sample_row(row: Mapping[str, Any], number: int) -> Row:
    """The question or document of sample `number`.

    Several answers are `logits`, with the place of the right one as `label`: the softmax of their
    log-likelihoods is the probability of each. A single one is a `logprob`.

    Raises
    ------
    DataError
        The right answer is not known.
    """
    answers = _answers(row)
    found: Row = {"document": row.get("doc_id")}
    if _are_twice(row, len(answers)):
        answers = answers[: len(answers) // 2]
    if not answers:
        return found | {"logprob": None}
    if len(answers) == 1:
        return found | {"logprob": answers[0]} | _counts(row)
    return found | {"label": _right(row, len(answers), number), "logits": answers}


def one_filter(first: Sequence[Mapping[str, Any]]) -> Callable[[Mapping[str, Any], int], list[Row]]:
    """The row of each sample, all of which are of the filter of the first one.

    Raises
    ------
    DataError
        One is of another filter, so that its question is there twice.
    """
    own = next((str(row["filter"]) for row in first if "filter" in row), None)

    def rows(row: Mapping[str, Any], number: int) -> list[Row]:
        other = str(row.get("filter", own))
        if own is not None and other != own:
            name = own if re.fullmatch(r"[\w.-]+", own, re.ASCII) else "NAME"
            raise DataError(
                f"sample {number:,} is of the filter {quoted(other)}, but the first is of "
                f"{quoted(own)}, so that questions are there twice; keep one of them, for example "
                f"with jq -c 'select(.filter == \"{name}\")'."
            )
        return [sample_row(row, number)]

    return rows


def _are_twice(row: Mapping[str, Any], count: int) -> bool:
    """Whether the second half has the answers without their question, for ``acc_mutual_info``."""
    if "acc_mutual_info" in row:
        return True
    document = row.get("doc")
    choices = document.get("choices") if isinstance(document, Mapping) else None
    listed = choices.get("text") if isinstance(choices, Mapping) else choices
    return isinstance(listed, list) and len(listed) > 1 and count == 2 * len(listed)


def _answers(row: Mapping[str, Any]) -> list[float]:
    """The log-likelihood of each answer; empty if one is not a number."""
    responses = row.get("filtered_resps", row.get("resps"))
    if not isinstance(responses, list):
        return []
    numbers = [_number(one) for one in responses]
    return [] if None in numbers else numbers  # type: ignore[return-value]


def _number(response: Any) -> float | None:
    """The number in ``-1.2``, ``"-1.2"``, ``[-1.2, false]`` or a list around one of them."""
    if isinstance(response, list) and response:
        return _number(response[0])
    if isinstance(response, bool) or not isinstance(response, int | float | str):
        return None
    try:
        number = float(response)
    except ValueError:
        return None
    return number if number <= 0.0 else None


def _counts(row: Mapping[str, Any]) -> Row:
    """The words and bytes of a document, which are beside its log-likelihood."""
    pairs = [(name, row.get(metric)) for metric, name in _COUNTS.items()]
    return {
        name: pair[1]
        for name, pair in pairs
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], int)
    }


def _right(row: Mapping[str, Any], count: int, number: int) -> int:
    """The place of the right answer: the target is its place or its text."""
    if "target" not in row:
        raise DataError(f"sample {number:,} has no target, the place of its answer, from 0.")
    target = row["target"]
    texts = _texts(row.get("arguments"))[:count]
    same = [place for place, text in enumerate(texts) if text == str(target).strip()]
    same = same if len(texts) == count == len(set(texts)) and not isinstance(target, int) else []
    digits = str(target).strip()
    place = int(digits) if digits.isdecimal() and len(digits) <= _LONGEST_PLACE else None
    if place is not None and place >= count:
        place = None
    choices = {one for one in (place, *same) if one is not None}
    if len(choices) != 1:
        why = "may be a place or an answer" if choices else f"is none of {count} answers"
        raise DataError(
            f"sample {number:,}: the target {quoted(str(target))} {why}; write its place, from 0."
        )
    return choices.pop()


def _texts(arguments: Any) -> Sequence[str]:
    """The text of each answer."""
    if isinstance(arguments, Mapping):
        arguments = [list(one.values()) for one in arguments.values() if isinstance(one, Mapping)]
    if not isinstance(arguments, list):
        return ()
    return [str(one[1]).strip() for one in arguments if isinstance(one, list) and len(one) > 1]
