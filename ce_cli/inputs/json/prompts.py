"""Tokens of a prompt as vLLM writes them: a map of likely tokens for each, with that of the prompt.

Of the `k` likeliest tokens, the one of the prompt is one, or it is one more and ranks behind them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ce_cli.errors import DataError
from ce_cli.inputs.json.named_scores import is_number

Token = tuple[str | None, float | None, None]
Entry = Mapping[str, Any]

_UNKNOWN: Token = (None, None, None)


def prompt_tokens(entries: Sequence[Any], ids: object) -> tuple[Token, ...]:
    """The tokens of a prompt; the first has no log-probability.

    Parameters
    ----------
    entries : sequence
        A map from ids of tokens to log-probabilities for each token of the prompt, or None.
    ids : object
        The ids of the tokens, if the response has them.

    Raises
    ------
    DataError
        The maps do not show which tokens are in the prompt.
    """
    known = ids if isinstance(ids, list) and len(ids) == len(entries) else [None] * len(entries)
    maps = [one for one in entries if isinstance(one, Mapping) and one]
    count = _likeliest(maps)
    tokens = []
    in_order: bool | None = None
    for entry, own in zip(entries, known, strict=True):
        if not isinstance(entry, Mapping) or not entry:
            tokens.append(_UNKNOWN)
            continue
        key = str(own) if own is not None and str(own) in entry else _one_more(entry, count)
        if key is None:
            in_order = _are_in_order(maps, count) if in_order is None else in_order
            key = next(iter(entry))
            if not in_order:
                raise DataError(
                    "the maps in 'prompt_logprobs' are sorted, so they do not show which token is "
                    "in the prompt; write them in the order of vLLM, or with 'prompt_token_ids' "
                    "beside."
                )
        tokens.append(_of(entry[key]))
    return tuple(tokens[1:] if entries[0] is None else tokens)


def _likeliest(maps: Sequence[Entry]) -> int:
    """How many likeliest tokens there are in each map."""
    sizes = {len(one) for one in maps}
    if len(sizes) == 1:
        (size,) = sizes
        further = any(rank > size for one in maps for rank in _ranks(one).values())
        return size - 1 if further else size
    return min(sizes, default=0)


def _one_more(entry: Entry, count: int) -> str | None:
    """The token behind the likeliest ones, or the only one; None if it is one of several."""
    if len(entry) == 1:
        return next(iter(entry))
    behind = [key for key, rank in _ranks(entry).items() if rank > count]
    return behind[0] if len(entry) == count + 1 and len(behind) == 1 else None


def _are_in_order(maps: Sequence[Entry], count: int) -> bool:
    """Whether the token of the prompt is first: some first ones are not the likeliest.

    None of those behind the likeliest is elsewhere.
    """
    behind = [(next(iter(one)), _one_more(one, count)) for one in maps if len(one) > 1]
    if any(key is not None and key != first for first, key in behind):
        return False
    return any(_logprob(one[next(iter(one))]) < max(map(_logprob, one.values())) for one in maps)


def _ranks(entry: Entry) -> dict[str, int]:
    """The rank of each token that has one."""
    ranks = {key: one.get("rank") for key, one in entry.items() if isinstance(one, Mapping)}
    return {key: rank for key, rank in ranks.items() if isinstance(rank, int)}


def _of(found: Any) -> Token:
    text = found.get("decoded_token") if isinstance(found, Mapping) else None
    logprob = found.get("logprob") if isinstance(found, Mapping) else found
    number = logprob if is_number(logprob) else None
    return text if isinstance(text, str) else None, number, None


def _logprob(found: Any) -> float:
    number = _of(found)[1]
    return float("-inf") if number is None else number
