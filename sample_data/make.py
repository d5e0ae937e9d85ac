"""Write the sample prediction files beside this script: real out-of-fold predictions on data sets
bundled with scikit-learn, so that no row was scored by a model that had seen it.

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
========================== ==== ==================================== ============================

`prob` and `logit` are always those of malignant.
"""

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


def logistic_regression() -> BaseEstimator:
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))


def out_of_fold(model: BaseEstimator, x: np.ndarray, y: np.ndarray, method: str) -> np.ndarray:
    """Predict every row with the model fitted on the four folds that leave it out."""
    folds = StratifiedKFold(n_splits=5, shuffle=True, random_state=SEED)
    predicted: np.ndarray = cross_val_predict(model, x, y, cv=folds, method=method)
    return predicted


def write_csv(name: str, columns: dict[str, object], float_format: str | None = None) -> None:
    """Write columns in the given order; floats round-trip unless a format is given."""
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

    # The columns are out of class order on purpose: a reader must bind them by name.
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


if __name__ == "__main__":
    make_breast_cancer()
    make_wine()
    make_digits()
