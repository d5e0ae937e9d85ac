"""Responses of language models, as servers write them: a row for each token.

The servers are those of OpenAI and its many likenesses (chat and completions, batches, vLLM,
llama.cpp, Ollama, text-generation-inference).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ce_cli.errors import DataError
from ce_cli.inputs.json.named_scores import is_number
from ce_cli.inputs.json.prompts import prompt_tokens
from ce_cli.record import Record
from ce_cli.text import quoted_list

Row = dict[str, Any]

_DEEPEST = 10
_AT_ROOT = ("logprobs", "tokens", "completion_probabilities", "output_logprobs")
_IDS = ("custom_id", "id", "request_id", "doc_id", "document")
_LABEL = re.compile(
    r"(?i)(y_?)?(true_?)?(label|target|class|gold|y)s?(_?true)?|(ground_?)?truth|(is_?)?correct"
)
_TOKEN_KEYS = ("token", "text", "tok_str", "tok", "content", "decoded_token")


class Part(Record):
    """Tokens of one answer, or of one prompt.

    Attributes
    ----------
    path : str
        The keys that lead there, without numbers: ``choices.logprobs.content``.
    choice : int
        Number of the answer.
    tokens : tuple of (str or None, float or None, int or None)
        Text, log-probability and number of bytes of each token.
    """

    path: str
    choice: int
    tokens: tuple[tuple[str | None, float | None, int | None], ...]


def parts_of(row: Mapping[str, Any]) -> list[Part]:
    """All tokens with log-probabilities in a response; none if it is an ordinary row."""
    if any(_LABEL.fullmatch(name) for name in row):
        return []
    return list(_within(row, (), 0))


def path_of(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """Where the first rows have log-probabilities of tokens, None if they are ordinary rows.

    Raises
    ------
    DataError
        They have those of the prompt, and others.
    """
    paths = list(dict.fromkeys(part.path for row in rows for part in parts_of(row)))
    if len(paths) > 1:
        last = paths[-1].split(".")
        key = next((one for one in last if "prompt" in one), last[-1])
        plain = re.fullmatch(r"[A-Za-z_]\w*", key, re.ASCII)
        example = f", for example with jq -c 'del(.. | .{key}?)'" if plain else ""
        raise DataError(
            f"there are log-probabilities of several kinds of tokens ({quoted_list(paths)}); keep "
            f"one of them{example}."
        )
    return paths[0] if paths else None


def token_rows(row: Mapping[str, Any], number: int, path: str) -> Iterator[Row]:
    """The tokens of response `number`, each with its document.

    Raises
    ------
    DataError
        It has tokens elsewhere, too.
    """
    parts = parts_of(row)
    other = [part.path for part in parts if part.path != path]
    if other:
        raise DataError(
            f"response {number:,} has log-probabilities in {quoted_list(other)}, but the first "
            f"responses have them in {quoted_list([path])}; keep one of them."
        )
    named = (found[key] for found in _bodies(row) for key in _IDS if key in found)
    document = next((one for one in named if isinstance(one, str | int)), number)
    if not parts and not _is_chunk(row):  # a failed request: a missing value, which is reported
        yield {"document": document, "token": None, "logprob": None}
    for part in parts:
        for text, logprob, size in part.tokens:
            found: Row = {"document": document, "token": text, "logprob": logprob}
            if size is not None:
                found["bytes"] = size
            if part.choice:
                found["choice"] = part.choice
            yield found


def _bodies(row: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A row and, in the results of a batch, the response that it holds."""
    yield row
    for key in ("response", "body"):
        inner = row.get(key)
        if isinstance(inner, Mapping):
            yield from _bodies(inner)


def _is_chunk(row: Mapping[str, Any]) -> bool:
    """Whether this is a piece of a stream, the last of which have no tokens."""
    return str(row.get("object", "")).endswith(".chunk")


def _within(value: Any, path: tuple[str, ...], choice: int) -> Iterator[Part]:
    if len(path) > _DEEPEST:
        return
    if isinstance(value, Mapping):
        if path and isinstance(value.get("token_logprobs"), list):
            yield Part(".".join((*path, "token_logprobs")), choice, _completion(value))
            return
        index = value.get("index")
        choice = index if isinstance(index, int) and path[-1:] == ("choices",) else choice
        for key, inner in value.items():
            if not key.startswith("top_") and isinstance(inner, Mapping | list):
                yield from _under(key, inner, value, path, choice)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, Mapping):
                yield from _within(inner, path, choice)


def _under(
    key: str, inner: Any, owner: Mapping[str, Any], path: tuple[str, ...], choice: int
) -> Iterator[Part]:
    """What is under one key of an object."""
    here = (*path, key)
    if key == "prompt_logprobs" and isinstance(inner, list) and inner:
        tokens = prompt_tokens(inner, owner.get("prompt_token_ids"))
        yield Part(".".join(here), choice, tokens)
        return
    if isinstance(inner, list) and inner and (path or key in _AT_ROOT):
        found = [_token(one) for one in inner]
        if None not in found:
            yield Part(".".join(here), choice, tuple(found))  # type: ignore[arg-type]
            return
    yield from _within(inner, here, choice)


def _token(entry: Any) -> tuple[str | None, float | None, int | None] | None:
    """A token that is an object: its text, log-probability and bytes."""
    if not isinstance(entry, Mapping):
        return None
    text = next((entry[key] for key in _TOKEN_KEYS if isinstance(entry.get(key), str)), None)
    if text is None and not isinstance(entry.get("id"), int):
        return None
    listed = entry.get("bytes")
    size = len(listed) if isinstance(listed, list) else None
    if "logprob" in entry:
        logprob = entry["logprob"]
        return (text, logprob, size) if logprob is None or is_number(logprob) else None
    if is_number(entry.get("prob")):
        return text, _log(entry["prob"]), size
    if isinstance(entry.get("probs"), list):  # llama.cpp before December 2024
        own = [one for one in entry["probs"] if isinstance(one, Mapping)]
        probs = [one.get("prob") for one in own if one.get("tok_str") == text]
        return text, _log(probs[0]) if probs and is_number(probs[0]) else None, size
    return None


def _completion(found: Mapping[str, Any]) -> tuple[tuple[str | None, float | None, None], ...]:
    """The tokens of a completion; the first of a prompt has no log-probability."""
    logprobs = [one if is_number(one) else None for one in found["token_logprobs"]]
    texts = found.get("tokens")
    known = isinstance(texts, list) and len(texts) == len(logprobs)
    tokens = [
        (str(texts[place]) if known and texts else None, logprob, None)
        for place, logprob in enumerate(logprobs)
    ]
    return tuple(tokens[1:] if logprobs[:1] == [None] else tokens)


def _log(prob: Any) -> float:
    return math.log(prob) if prob > 0 else -math.inf
