"""Files of language models: each token, question or document has the loss that its tool means."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax, softmax

from ce_cli import inspect, score
from ce_cli.errors import CeError, DataError
from tests.conftest import score_json

TOKENS = [[("The", -0.5), (" café", -1.25), (".", -0.125)], [("Yes", -2.0)]]
LOGPROBS = [logprob for answer in TOKENS for _, logprob in answer]
EXPECTED = -float(np.mean(LOGPROBS))
BYTES = sum(len(text.encode()) for answer in TOKENS for text, _ in answer)

Answer = Sequence[tuple[str, float]]


def objects(answer: Answer, **more: Any) -> list[dict[str, Any]]:
    """Tokens as servers write them, with likelier ones beside."""
    others = [{"token": "other", "logprob": -0.01, "bytes": [111]}]
    return [
        {"token": text, "logprob": x, "bytes": [*text.encode()], "top_logprobs": others, **more}
        for text, x in answer
    ]


def chat(answer: Answer) -> dict[str, Any]:
    message = {"role": "assistant", "content": "".join(text for text, _ in answer)}
    logprobs = {"content": objects(answer), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": logprobs, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": len(answer)}
    return {"id": f"chatcmpl-{len(answer)}", "choices": [choice], "usage": usage}


def batch(answer: Answer) -> dict[str, Any]:
    response = {"status_code": 200, "request_id": "q", "body": chat(answer)}
    return {"id": "b", "custom_id": f"r{len(answer)}", "response": response, "error": None}


def completion(answer: Answer) -> dict[str, Any]:
    logprobs = {
        "tokens": ["<s>", *(text for text, _ in answer)],
        "token_logprobs": [None, *(x for _, x in answer)],
        "top_logprobs": [None, *({"other": -0.01} for _ in answer)],
        "text_offset": list(range(len(answer) + 1)),
    }
    return {
        "id": f"cmpl-{len(answer)}",
        "choices": [{"text": "", "index": 0, "logprobs": logprobs}],
    }


def prompt(answer: Answer) -> dict[str, Any]:
    """As vLLM does, the token itself is first."""
    entries: list[Any] = [None]
    for place, (text, x) in enumerate(answer):
        own = {"logprob": x, "rank": 9, "decoded_token": text}
        likeliest = {"logprob": -0.01, "rank": 1, "decoded_token": "other"}
        entries.append({str(90 + place): own, "7": likeliest})
    return {"choices": [{"index": 0, "logprobs": None, "prompt_logprobs": entries}]}


def llama(answer: Answer) -> dict[str, Any]:
    tokens = objects(answer, id=5)
    return {"content": "", "completion_probabilities": tokens, "tokens": [5] * len(answer)}


def llama_after_sampling(answer: Answer) -> dict[str, Any]:
    tokens = [{"id": 5, "token": text, "prob": math.exp(x), "top_probs": []} for text, x in answer]
    return {"content": "", "completion_probabilities": tokens}


def older_llama(answer: Answer) -> dict[str, Any]:
    tokens = [
        {
            "content": text,
            "probs": [{"tok_str": "other", "prob": 0.9}, {"tok_str": text, "prob": math.exp(x)}],
        }
        for text, x in answer
    ]
    return {"content": "", "completion_probabilities": tokens}


def ollama(answer: Answer) -> dict[str, Any]:
    return {"model": "m", "response": "", "logprobs": objects(answer)}


def text_generation(answer: Answer) -> dict[str, Any]:
    tokens = [{"id": 5, "text": text, "logprob": x, "special": False} for text, x in answer]
    return {"generated_text": "", "details": {"prefill": [], "tokens": tokens}}


def lists(answer: Answer) -> dict[str, Any]:
    texts, numbers = ["<s>"], [None]
    texts += [text for text, _ in answer]
    return {"text": "", "tokens": texts, "token_logprobs": [*numbers, *(x for _, x in answer)]}


SERVERS: list[Callable[[Answer], dict[str, Any]]] = [
    *(chat, batch, completion, prompt, llama, llama_after_sampling, older_llama, ollama),
    *(text_generation, lists),
]


def saved(folder: Path, content: Any, name: str = "f.jsonl") -> Path:
    """Lines of JSON of a list, or one document."""
    path = folder / name
    rows = content if isinstance(content, list) else [content]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def wrong(path: Path, **options: Any) -> str:
    with pytest.raises(CeError) as caught:
        score(path, **options)
    return str(caught.value)


@pytest.mark.parametrize("written", ["lines", "array", "over lines", "one by one"])
@pytest.mark.parametrize("server", SERVERS)
def test_every_token_of_a_response_is_a_row(
    server: Callable[[Answer], Any], written: str, tmp_path: Path
) -> None:
    responses = [server(answer) for answer in TOKENS]
    path = saved(tmp_path, responses)
    if written == "array":
        path.write_text(json.dumps(responses))
    if written == "over lines":
        path.write_text("\n".join(json.dumps(one, indent=2) for one in responses))
    files = [path]
    if written == "one by one":
        files = [saved(tmp_path, one, f"{n}.json") for n, one in enumerate(responses)]
    document = score_json(*files)
    assert document["task"] == "likelihood"
    assert document["rows"]["scored"] == len(LOGPROBS)
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)


@pytest.mark.parametrize("server", [chat, batch, llama, ollama])
def test_bytes_are_those_of_the_response(server: Callable[[Answer], Any], tmp_path: Path) -> None:
    path = saved(tmp_path, [server(answer) for answer in TOKENS])
    found = score_json(path, "--bytes", "bytes")["metrics"]["bits_per_byte"]
    assert found == pytest.approx(-sum(LOGPROBS) / math.log(2) / BYTES, rel=1e-12)


@pytest.mark.parametrize("server", SERVERS)
def test_documents_are_groups_and_clusters(server: Callable[[Answer], Any], tmp_path: Path) -> None:
    path = saved(tmp_path, [server(answer) for answer in TOKENS])
    document = score_json(path, "--by", "document", "--cluster", "document")
    losses = [group["metrics"]["cross_entropy"] for group in document["groups"]]
    expected = sorted(-np.mean([x for _, x in answer]) for answer in TOKENS)
    assert sorted(losses) == pytest.approx(expected)
    assert document["cluster"]["count"] == len(TOKENS)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet", "csv", "json"])
def test_lists_are_read_from_every_format(suffix: str, tmp_path: Path) -> None:
    table = pd.DataFrame([lists(answer) for answer in TOKENS] * 700)
    path = tmp_path / f"f.{suffix}"
    write: dict[str, Callable[[], object]] = {
        "jsonl": lambda: table.to_json(path, orient="records", lines=True),
        "parquet": lambda: table.to_parquet(path, row_group_size=300),
        "csv": lambda: table.to_csv(path, index=False),
        "json": lambda: table.to_json(path),
    }
    write[suffix]()
    document = score_json(path, "--bytes", "tokens", "--cluster", "document")
    assert document["rows"]["scored"] == 700 * len(LOGPROBS)
    assert document["cluster"]["count"] == len(table)
    assert document["metrics"]["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)
    bits = -sum(LOGPROBS) / math.log(2) / BYTES
    assert document["metrics"]["bits_per_byte"] == pytest.approx(bits, rel=1e-12)


def test_log_probabilities_of_classes_stay_classes(tmp_path: Path) -> None:
    rows = [{"label": 0, "logprobs": [math.log(0.25), math.log(0.75)]}] * 3
    document = score_json(saved(tmp_path, rows), "--base", "2")
    assert (document["task"], document["metrics"]["cross_entropy"]) == ("binary", 2)
    for row in rows:  # the same without a label in the file
        row.pop("label", None)
    labels = tmp_path / "labels.csv"
    labels.write_text("label\n0\n0\n0\n")
    document = score_json(saved(tmp_path, rows), "--labels", labels, "--base", "2")
    assert document["metrics"]["cross_entropy"] == 2


def test_other_columns_are_scored_by_row(tmp_path: Path) -> None:
    rows = [
        {"outcome_seen": seen, "q": prob, **lists(answer)}
        for seen, prob, answer in zip([1, 0], [0.75, 0.5], TOKENS, strict=True)
    ]
    path = saved(tmp_path, rows)
    expected = -(math.log(0.75) + math.log(0.5)) / 2
    for by in ((), "document", "tokens"):
        result = score(path, label="outcome_seen", pred="q", by=by)
        assert result.metrics["cross_entropy"] == pytest.approx(expected, rel=1e-12)
    assert inspect(path, label="outcome_seen", pred="q").to_dict()["rows"]["read"] == 2
    assert score(path).metrics["cross_entropy"] == pytest.approx(EXPECTED, rel=1e-12)


def test_a_file_with_a_label_has_a_row_for_each_object(tmp_path: Path) -> None:
    rows = [{"label": 1, "q": 0.5, **lists(answer)} for answer in TOKENS]
    found = score(saved(tmp_path, rows), pred="q")
    assert found.metrics["cross_entropy"] == math.log(2)
    rows = [{"correct": 1, "q": 0.5, "response": chat(answer)} for answer in TOKENS]
    found = score(saved(tmp_path, rows), pred="q", label="correct")
    assert found.metrics["cross_entropy"] == math.log(2)


def test_an_option_reads_responses_as_rows(tmp_path: Path) -> None:
    rows = [{"seen": 1, "q": 0.5, "response": chat(answer)} for answer in TOKENS]
    found = score(saved(tmp_path, rows), pred="q", label="seen", input_format="jsonl")
    assert found.metrics["cross_entropy"] == math.log(2)


UNKNOWN = {"token_logprobs": [None, -0.5, None, -0.25]}
MISSING = {
    "a number": ([lists(TOKENS[0]), UNKNOWN], "row 5, column 'token_logprobs'"),
    "a list": ([lists(TOKENS[0]), {"token_logprobs": None}], "row 4, column 'token_logprobs'"),
    "a response": ([batch(TOKENS[0]), {"custom_id": "x", "response": None}], "row 4"),
    "a request without log-probabilities": (
        [chat(TOKENS[0]), {"id": "x", "choices": [{"index": 0, "logprobs": None}]}],
        "row 4",
    ),
}


@pytest.mark.parametrize(("rows", "part"), MISSING.values(), ids=MISSING.keys())
def test_what_is_missing_is_reported_or_skipped(rows: list[Any], part: str, tmp_path: Path) -> None:
    path = saved(tmp_path, rows)
    message = wrong(path)
    assert part in message
    assert "missing" in message
    assert score_json(path, "--missing", "skip")["rows"]["skipped"] == 1


def test_later_lists_are_checked_by_row(tmp_path: Path) -> None:
    many = [{"token_logprobs": [None, -0.5, -0.25]}] * 300
    assert "row 602" in wrong(saved(tmp_path, [*many, {"token_logprobs": [-0.5, 0.5]}]))
    assert "row 601" in wrong(saved(tmp_path, [*many, {"token_logprobs": ["x"]}]))


def test_a_prompt_and_an_answer_are_two_numbers(tmp_path: Path) -> None:
    both = prompt(TOKENS[0])
    both["choices"][0]["logprobs"] = chat(TOKENS[0])["choices"][0]["logprobs"]
    message = wrong(saved(tmp_path, both))
    for part in ("choices.prompt_logprobs", "jq -c 'del(.. | .prompt_logprobs?)'"):
        assert part in message
    message = wrong(saved(tmp_path, [chat(TOKENS[0])] * 80 + [both]))
    assert "response 81" in message


def vllm(maps: Sequence[dict[str, tuple[float, int]]], ids: Sequence[int] = ()) -> dict[str, Any]:
    """A prompt of maps from the ids of tokens to log-probabilities and ranks."""
    entries = [
        {key: {"logprob": x, "rank": rank, "decoded_token": key} for key, (x, rank) in one.items()}
        for one in maps
    ]
    beside = {"prompt_token_ids": [0, *ids]} if ids else {}
    return {"prompt_logprobs": [None, *entries], **beside}


LIKELIEST = {"5": (-0.25, 1), "6": (-2.0, 2)}
ONE_MORE = {"5": (-0.5, 1), "6": (-1.0, 2), "7": (-4.0, 9)}


@pytest.mark.parametrize("order", [("5", "7"), ("7", "5")])
def test_one_more_than_the_likeliest_is_the_token_of_the_prompt(
    order: Sequence[str], tmp_path: Path
) -> None:
    every = {"5": (-0.5, 1), "7": (-4.0, 2)}  # --prompt-logprobs 1
    maps = [{key: every[key] for key in order}, {"5": (-0.25, 1)}]
    found = score_json(saved(tmp_path, vllm(maps)))["metrics"]["cross_entropy"]
    assert found == pytest.approx((4.0 + 0.25) / 2, rel=1e-12)


def test_prompts_whose_order_shows_nothing_need_their_ids(tmp_path: Path) -> None:
    maps = [LIKELIEST, ONE_MORE]
    assert "'prompt_token_ids'" in wrong(saved(tmp_path, vllm(maps)))
    assert "'prompt_token_ids'" in wrong(saved(tmp_path, vllm([LIKELIEST] * 2)))
    found = score_json(saved(tmp_path, vllm(maps, (6, 7))))["metrics"]["cross_entropy"]
    assert found == pytest.approx((2.0 + 4.0) / 2, rel=1e-12)


def test_the_order_of_vllm_is_shown_by_tokens_that_are_not_the_likeliest(tmp_path: Path) -> None:
    maps = [LIKELIEST, {key: ONE_MORE[key] for key in "756"}]
    found = score_json(saved(tmp_path, vllm(maps)))["metrics"]["cross_entropy"]
    assert found == pytest.approx((0.25 + 4.0) / 2, rel=1e-12)


LISTS: dict[str, tuple[str, Callable[[float], float], dict[str, Any]]] = {
    "losses": ("nll", lambda x: -x, {}),
    "plain losses": ("losses", lambda x: -x, {}),
    "losses of tokens": ("token_losses", lambda x: -x, {}),
    "probabilities": ("token_probs", math.exp, {}),
    "texts beside": ("logprobs", float, {"tokens": ["a", "b"]}),
    "ids beside": ("logprobs", float, {"token_ids": [7, 9]}),
    "their number": ("log_probs", float, {"len": 2}),
}


@pytest.mark.parametrize("name", LISTS)
def test_numbers_of_tokens_are_read_like_log_probabilities(name: str, tmp_path: Path) -> None:
    column, written, beside = LISTS[name]
    rows = [{column: [written(-1.0), written(-2.0)], **beside}] * 4
    document = score_json(saved(tmp_path, rows))
    assert document["rows"]["read"] == 8
    assert document["metrics"]["cross_entropy"] == pytest.approx(1.5, rel=1e-12)


def test_lists_that_may_be_classes_need_their_label(tmp_path: Path) -> None:
    message = wrong(saved(tmp_path, [{"logprobs": [-1.0, -2.0]}] * 4))
    assert "there is no label; name the label" in message
    assert "task" not in message


@pytest.mark.parametrize(
    "likeliest",
    [{"x": -1.0, "y": -2.0}, [{"token": "x", "logprob": -1.0}, {"token": "y", "logprob": -2.0}]],
)
def test_the_likeliest_tokens_are_no_predictions(likeliest: object, tmp_path: Path) -> None:
    rows = [
        {"token": t, "logprob": x, "top_logprobs": likeliest}
        for t, x in zip("xy", (-1, -2), strict=True)
    ]
    found = score_json(saved(tmp_path, rows))["metrics"]["cross_entropy"]
    assert found == pytest.approx(1.5, rel=1e-12)


def test_likeliest_tokens_beside_a_label_are_predictions(tmp_path: Path) -> None:
    likeliest = {"x": math.log(0.75), "y": math.log(0.25)}
    rows = [{"label": "x", "logprob": -3.0, "top_logprobs": likeliest}] * 3
    found = score_json(saved(tmp_path, rows), "--pred", "top_logprobs")["metrics"]["cross_entropy"]
    assert found == pytest.approx(-math.log(0.75), rel=1e-12)


def test_a_stream_of_events_is_named(tmp_path: Path) -> None:
    path = tmp_path / "stream.txt"
    path.write_text("".join(f"data: {json.dumps(chat(TOKENS[0]))}\n\n" for _ in range(2)))
    message = wrong(path)
    for part in ("server-sent events", "sed -n 's/^data: *{/{/p'"):
        assert part in message


# Questions with answers

rng = np.random.default_rng(12)
SCORES = [rng.normal(-3, 1, size).tolist() for size in rng.integers(3, 6, 60)]
RIGHT = [int(rng.integers(len(row))) for row in SCORES]
QUESTIONS = -float(
    np.mean([log_softmax(row)[place] for row, place in zip(SCORES, RIGHT, strict=True)])
)


def sample(number: int, target: object, scores: Sequence[float]) -> dict[str, Any]:
    """One line of ``--log_samples``."""
    scores = [min(x, 0.0) for x in scores]
    answers = [f" answer {place}" for place in range(len(scores))]
    return {
        "doc_id": number,
        "doc": {"question": "Which?", "choices": answers},
        "target": target,
        "arguments": [["Which?", answer] for answer in answers],
        "resps": [[[x, False]] for x in scores],
        "filtered_resps": [[x, False] for x in scores],
        "acc": 1.0,
    }


TARGETS: dict[str, Callable[[int], object]] = {
    "place": lambda place: place,
    "place as text": str,
    "answer": lambda place: f" answer {place}",
}


@pytest.mark.parametrize("target", TARGETS)
def test_answers_of_a_question_are_its_classes(target: str, tmp_path: Path) -> None:
    rows = [
        sample(number, TARGETS[target](place), row)
        for number, (place, row) in enumerate(zip(RIGHT, SCORES, strict=True))
    ]
    document = score_json(saved(tmp_path, rows))
    assert document["metrics"]["cross_entropy"] == pytest.approx(QUESTIONS, rel=1e-12)


def test_answers_without_their_question_are_left_out(tmp_path: Path) -> None:
    rows = [
        sample(0, place, [*row, *[-1.0] * len(row)]) | {"acc_mutual_info": 1.0}
        for place, row in zip(RIGHT, SCORES, strict=True)
    ]
    found = score_json(saved(tmp_path, rows))["metrics"]["cross_entropy"]
    assert found == pytest.approx(QUESTIONS, rel=1e-12)


def test_the_choices_show_that_answers_are_there_twice(tmp_path: Path) -> None:
    rows = []
    for place, row in zip(RIGHT, SCORES, strict=True):
        twice = sample(0, place, [*row, *[-1.0] * len(row)])
        twice["doc"]["choices"] = {"text": ["a"] * len(row), "label": ["A"] * len(row)}
        rows.append(twice)
    found = score_json(saved(tmp_path, rows))["metrics"]["cross_entropy"]
    assert found == pytest.approx(QUESTIONS, rel=1e-12)


@pytest.mark.parametrize("count", [3, 80])
def test_samples_of_two_filters_are_refused(count: int, tmp_path: Path) -> None:
    samples = [sample(number, 0, SCORES[0]) for number in range(count)]
    rows = [one | {"filter": name} for name in ("none", "strict-match") for one in samples]
    message = wrong(saved(tmp_path, rows))
    assert f"sample {count + 1}" in message
    assert """jq -c 'select(.filter == "none")'""" in message
    assert score(saved(tmp_path, rows[:count])).metrics["cross_entropy"] > 0


def test_a_sample_without_a_target_is_reported(tmp_path: Path) -> None:
    rows = [sample(0, 0, SCORES[0]), sample(1, 0, SCORES[1])]
    del rows[1]["target"]
    assert "sample 2 has no target" in wrong(saved(tmp_path, rows))


@pytest.mark.parametrize("target", ["another", 7, "7", [0, 1], "²", "1" * 5000])
def test_a_target_that_is_no_answer_is_reported(target: object, tmp_path: Path) -> None:
    message = wrong(saved(tmp_path, [sample(0, 0, SCORES[0]), sample(1, target, SCORES[1])]))
    assert "sample 2" in message


def test_documents_have_the_bytes_that_the_harness_counts(tmp_path: Path) -> None:
    rows = [
        {
            "doc_id": number,
            "target": "text",
            "filtered_resps": [total],
            "word_perplexity": [total, 4],
            "byte_perplexity": [total, count],
            "bits_per_byte": [total, count],
        }
        for number, (total, count) in enumerate([(-10.0, 20), (-5.0, 30)])
    ]
    metrics = score_json(saved(tmp_path, rows), "--bytes", "bytes")["metrics"]
    assert metrics["cross_entropy"] == 7.5
    assert metrics["bits_per_byte"] == pytest.approx(15 / 50 / math.log(2), rel=1e-12)


CELLS: dict[str, Callable[[Sequence[float]], list[float]]] = {
    "logits": list,
    "logprobs": lambda row: log_softmax(row).tolist(),
    "probabilities": lambda row: softmax(row).tolist(),
}


@pytest.mark.parametrize("suffix", ["jsonl", "parquet", "csv"])
@pytest.mark.parametrize("values", CELLS)
def test_lists_of_different_lengths_have_classes_of_their_own(
    values: str, suffix: str, tmp_path: Path
) -> None:
    cells = [CELLS[values](row) for row in SCORES]
    table = pd.DataFrame({"label": RIGHT, "answers": cells})
    path = tmp_path / "f"
    if suffix == "jsonl":
        table.to_json(path, orient="records", lines=True, double_precision=15)
    elif suffix == "csv":
        table.to_csv(path, index=False)
    else:
        table.to_parquet(path)
    found = score_json(path, "--as", values)["metrics"]["cross_entropy"]
    assert found == pytest.approx(QUESTIONS, rel=1e-9)


def ragged(folder: Path, *more: dict[str, Any], times: int = 1) -> Path:
    rows = [{"label": y, "logits": row} for y, row in zip(RIGHT, SCORES, strict=True)] * times
    return saved(folder, [*rows, *more])


def test_a_label_behind_the_end_of_its_list_is_reported(tmp_path: Path) -> None:
    message = wrong(ragged(tmp_path, {"label": 3, "logits": [1.0, 2.0, 3.0]}))
    for part in ("row 61", "'logits'", "3 numbers", "after its end"):
        assert part in message


def test_a_longer_list_than_the_first_needs_its_places(tmp_path: Path) -> None:
    path = ragged(tmp_path, {"label": 0, "logits": [0.0] * 6}, times=100)
    message = wrong(path)
    for part in ("row 6,001", "6 numbers", "at most 5", "classes"):
        assert part in message
    document = score_json(path, "--classes", "0,1,2,3,4,5")
    expected = (6000 * QUESTIONS + math.log(6)) / 6001
    assert document["metrics"]["cross_entropy"] == pytest.approx(expected, rel=1e-12)


def test_an_empty_list_is_reported(tmp_path: Path) -> None:
    assert "row 61" in wrong(ragged(tmp_path, {"label": 0, "logits": []}))


def test_smoothing_has_no_meaning_for_lists_of_different_lengths(tmp_path: Path) -> None:
    assert "label_smoothing" in wrong(ragged(tmp_path), label_smoothing=0.1)


def test_one_list_of_another_length_is_an_error(tmp_path: Path) -> None:
    rows = [{"label": 1, "probs": [0.5, 0.5]}] * 40 + [{"label": 1, "probs": [0.25, 0.25, 0.5]}]
    path = saved(tmp_path, rows)
    with pytest.raises(DataError) as caught:
        score(path)
    assert "row 41" in str(caught.value)
