"""Mean log loss with pandas and scikit-learn."""

import sys

import pandas as pd
from sklearn.metrics import log_loss

kind, path = sys.argv[1:]
frame = pd.read_parquet(path) if path.endswith(".parquet") else pd.read_csv(path)
predictions = frame["prob"] if kind == "binary" else frame[[f"p_{k}" for k in range(10)]]
print(f"{log_loss(frame['label'], predictions):.17g}")
