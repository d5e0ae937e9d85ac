"""Write the sample files beside this script: out-of-fold predictions on data sets of scikit-learn.

No row is predicted by a model that was fitted to it.

Run `python sample_data/make.py`; needs scikit-learn, pandas and pyarrow.

========================== ==== ==================================== ============================
file                       rows columns                              model
========================== ==== ==================================== ============================
breast_cancer.csv           569 id, label (1 = malignant), prob      logistic regression
breast_cancer_forest.csv    569 id, label (1 = malignant), prob      random forest
breast_cancer_logits.csv    569 label (1 = malignant), logit         logistic regression
breast_cancer_weighted.csv  569 label (text), prob, weight, segment  the same
wine.csv                    178 label (text), p_class_2, _0, _1      random forest (exact zeros)
wine.parquet                178 label, probabilities (list, 0 to 2)  the same
digits.csv                 1797 label, p_0 to p_9 (6 decimals)       logistic regression
digits_logits.parquet      1797 label, logit_0 to logit_9 (float32)  the same
tokens.csv                  277 doc, token, logprob                  trigrams of bytes
========================== ==== ==================================== ============================

`prob` and `logit` are always those of malignant. The documents in tokens.csv are the beginnings of
novels in the public domain; each token is predicted from the other novels and the text before it.
"""

import csv
import math
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sklearn.base import BaseEstimator
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_sample_weight

HERE = Path(__file__).parent
SEED = 0
NOVELS = {
    "alice": "Alice was beginning to get very tired of sitting by her sister on the bank, and of "
    "having nothing to do: once or twice she had peeped into the book her sister was reading, but "
    "it had no pictures or conversations in it, “and what is the use of a book,” thought Alice "
    "“without pictures or conversations?”",  # Carroll 1865
    "moby-dick": "Call me Ishmael. Some years ago—never mind how long precisely—having little or "
    "no money in my purse, and nothing particular to interest me on shore, I thought I would sail "
    "about a little and see the watery part of the world. It is a way I have of driving off the "
    "spleen and regulating the circulation.",  # Melville 1851
    "pride": "It is a truth universally acknowledged, that a single man in possession of a good "
    "fortune, must be in want of a wife. However little known the feelings or views of such a man "
    "may be on his first entering a neighbourhood, this truth is so well fixed in the minds of the "
    "surrounding families, that he is considered the rightful property of some one or other of "
    "their daughters.",  # Austen 1813
    "two-cities": "It was the best of times, it was the worst of times, it was the age of wisdom, "
    "it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity, "
    "it was the season of Light, it was the season of Darkness, it was the spring of hope, it was "
    "the winter of despair",  # Dickens 1859
}


def logistic_regression() -> BaseEstimator:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def out_of_fold(model: BaseEstimator, x: np.ndarray, y: np.ndarray, method: str) -> np.ndarray:
    """Predict each row with the model fitted on the four folds that do not contain it."""
    folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=SEED)
    predicted: np.ndarray = cross_val_predict(model, x, y, cv=folds, method=method)
    return predicted


def write_csv(name: str, columns: dict[str, object], float_format: str | None = None) -> None:
    """Write columns in order; floats round-trip unless there is a format."""
    frame = pd.DataFrame(columns)
    frame.to_csv(HERE / name, index=False, float_format=float_format, lineterminator="\n")


def write_parquet(name: str, columns: dict[str, pa.Array]) -> None:
    pq.write_table(pa.table(columns), HERE / name)


def make_breast_cancer() -> None:
    data = load_breast_cancer()
    malignant = 1 - data.target  # scikit-learn codes malignant as 0
    prob = out_of_fold(logistic_regression(), data.data, malignant, "predict_proba")[:, 1]
    logit = out_of_fold(logistic_regression(), data.data, malignant, "decision_function")
    mean_radius = data.data[:, list(data.feature_names).index("mean radius")]

    ids = [f"case-{n:03d}" for n in range(1, len(malignant) + 1)]
    write_csv("breast_cancer.csv", {"id": ids, "label": malignant, "prob": prob})
    forest = RandomForestClassifier(n_estimators=500, random_state=0)
    write_csv(
        "breast_cancer_forest.csv",
        {
            "id": ids,
            "label": malignant,
            "prob": out_of_fold(forest, data.data, malignant, "predict_proba")[:, 1],
        },
    )
    write_csv("breast_cancer_logits.csv", {"label": malignant, "logit": logit})
    write_csv(
        "breast_cancer_weighted.csv",
        {
            "label": data.target_names[data.target],
            "prob": prob,
            "weight": compute_sample_weight("balanced", malignant),
            "segment": pd.qcut(mean_radius, 3, labels=["small", "medium", "large"]),
        },
    )


def make_wine() -> None:
    data = load_wine()
    model = RandomForestClassifier(n_estimators=200, random_state=0)
    probs = out_of_fold(model, data.data, data.target, "predict_proba")

    # The columns are not in class order on purpose: they must be bound by name.
    columns = {f"p_{data.target_names[k]}": probs[:, k] for k in (2, 0, 1)}
    write_csv("wine.csv", {"label": data.target_names[data.target], **columns})
    write_parquet(
        "wine.parquet",
        {
            "label": pa.array(data.target, pa.int64()),
            "probabilities": pa.array(probs.tolist(), pa.list_(pa.float64())),
        },
    )


def make_digits() -> None:
    data = load_digits()
    probs = out_of_fold(logistic_regression(), data.data, data.target, "predict_proba")
    logits = out_of_fold(logistic_regression(), data.data, data.target, "decision_function")

    write_csv(
        "digits.csv",
        {"label": data.target, **{f"p_{k}": probs[:, k] for k in range(10)}},
        float_format="%.6f",
    )
    write_parquet(
        "digits_logits.parquet",
        {
            "label": pa.array(data.target, pa.int64()),
            **{f"logit_{k}": pa.array(logits[:, k].astype(np.float32)) for k in range(10)},
        },
    )


def token_logprobs(tokens: list[str], known: list[bytes]) -> list[float]:
    """The log-probability of each token, from counts of one to three bytes in the known texts and
    in the tokens before it.
    """
    counts: Counter[bytes] = Counter()

    def learn(text: bytes) -> None:
        for n in (1, 2, 3):
            counts.update(text[i : i + n] for i in range(len(text) - n + 1))

    def probability(context: bytes, byte: bytes) -> float:
        mixed = 1 / 256
        for n in range(3):  # a longer context predicts better, if it has occurred
            start = context[len(context) - n :]
            seen = counts[start] if n else sum(counts[bytes([one])] for one in range(256))
            mixed = (counts[start + byte] + 4 * mixed) / (seen + 4)
        return mixed

    for text in known:
        learn(text)
    logprobs, before = [], b""
    for token in tokens:
        total, text = 0.0, before
        for byte in token.encode():
            total += math.log(probability(text[-2:], bytes([byte])))
            text += bytes([byte])
        logprobs.append(total)
        for size in (1, 2, 3):
            starts = range(max(0, len(before) - size + 1), len(text) - size + 1)
            counts.update(text[i : i + size] for i in starts)
        before = text
    return logprobs


def make_tokens() -> None:
    with (HERE / "tokens.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("doc", "token", "logprob"))
        for name, text in NOVELS.items():
            tokens = re.findall(r" ?\w+| ?[^\w\s]", text)
            others = [novel.encode() for other, novel in NOVELS.items() if other != name]
            for token, logprob in zip(tokens, token_logprobs(tokens, others), strict=True):
                writer.writerow((name, token, f"{logprob:.4f}"))


if __name__ == "__main__":
    make_breast_cancer()
    make_wine()
    make_digits()
    make_tokens()
