"""Mean log loss with polars."""

import sys

import polars as pl

EPS = 2.220446049250313e-16

kind, path = sys.argv[1:]
frame = pl.scan_parquet(path) if path.endswith(".parquet") else pl.scan_csv(path)
label, prob = pl.col("label"), pl.col("prob")
if kind == "binary":
    chosen = pl.when(label == 1).then(prob).otherwise(1 - prob)
else:
    chosen = pl.when(label == 0).then(pl.col("p_0"))
    for k in range(1, 10):
        chosen = chosen.when(label == k).then(pl.col(f"p_{k}"))
loss = -chosen.clip(EPS, 1 - EPS).log()
print(f"{frame.select(loss.mean()).collect(engine='streaming').item():.17g}")
