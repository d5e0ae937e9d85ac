"""The works with pandas and scikit-learn."""

import sys

import numpy as np
import pandas as pd
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss


def read(path: str) -> pd.DataFrame:
    if path.endswith(".parquet"):
        return pd.read_parquet(path)
    return pd.read_csv(sys.stdin if path == "-" else path)


def mean(path: str) -> pd.DataFrame:
    frame = read(path)
    return pd.DataFrame({"cross_entropy": [log_loss(frame["label"], frame["prob"])]})


def classes(path: str) -> pd.DataFrame:
    frame = read(path)
    names = [f"p_{k}" for k in range(10)]
    return pd.DataFrame({"cross_entropy": [log_loss(frame["label"], frame[names])]})


def loss_of(frame: pd.DataFrame) -> pd.Series:
    prob = frame["prob"]
    loss: pd.Series = -np.log(prob.where(frame["label"] == 1, 1 - prob))
    return loss


def default(path: str) -> pd.DataFrame:
    frame = read(path)
    label, prob = frame["label"], frame["prob"]
    loss = loss_of(frame)
    median, p90, p99 = loss.quantile([0.5, 0.9, 0.99], interpolation="lower")
    overall, share = log_loss(label, prob), label.mean()
    baseline = log_loss(label, np.full(len(label), share))
    figures = {
        "cross_entropy": overall,
        "total": loss.sum(),
        "perplexity": np.exp(overall),
        "standard_error": loss.sem(),
        "min": loss.min(),
        "median": median,
        "p90": p90,
        "p99": p99,
        "max": loss.max(),
        "baseline": baseline,
        "normalized_cross_entropy": overall / baseline,
        "skill": 1 - overall / baseline,
        "accuracy": accuracy_score(label, prob > 0.5),
        "brier": brier_score_loss(label, prob),
        "cross_entropy_0": loss[label == 0].mean(),
        "cross_entropy_1": loss[label == 1].mean(),
    }
    return pd.DataFrame([figures])


def segments(path: str) -> pd.DataFrame:
    frame = read(path)
    frame["loss"] = loss_of(frame)
    grouped = frame.groupby("segment")["loss"].agg(rows="size", cross_entropy="mean")
    return grouped.reset_index()


if __name__ == "__main__":
    work, *files = sys.argv[1:]
    globals()[work](*files).to_csv(sys.stdout, index=False)
