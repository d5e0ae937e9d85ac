"""The works with polars."""

import sys
from typing import BinaryIO

import polars as pl

LABEL, PROB, LOSS = pl.col("label"), pl.col("prob"), pl.col("loss")


def scan(path: str) -> pl.LazyFrame:
    if path.endswith(".parquet"):
        return pl.scan_parquet(path)
    return pl.scan_csv(sys.stdin.buffer if path == "-" else path)


def chosen() -> pl.Expr:
    """The probability of the label."""
    return pl.when(LABEL == 1).then(PROB).otherwise(1 - PROB)


def mean(path: str) -> pl.LazyFrame:
    return scan(path).select(cross_entropy=-chosen().log().mean())


def classes(path: str) -> pl.LazyFrame:
    prob = pl.when(LABEL == 0).then(pl.col("p_0"))
    for k in range(1, 10):
        prob = prob.when(k == LABEL).then(pl.col(f"p_{k}"))
    return scan(path).select(cross_entropy=-prob.log().mean())


def logits(path: str) -> pl.LazyFrame:
    x = pl.col("logits")
    top = x.list.max()
    norm = (x - top).list.eval(pl.element().exp()).list.sum().log() + top
    return scan(path).select(cross_entropy=(norm - x.list.get(LABEL)).mean())


def figures() -> dict[str, pl.Expr]:
    share, in_order = LABEL.mean(), LOSS.sort()
    baseline = -(share * share.log() + (1 - share) * (1 - share).log())
    of_labels = {f"cross_entropy_{k}": LOSS.filter(k == LABEL).mean() for k in (0, 1)}
    return {
        "cross_entropy": LOSS.mean(),
        "total": LOSS.sum(),
        "perplexity": LOSS.mean().exp(),
        "standard_error": LOSS.std() / pl.len().sqrt(),
        "min": LOSS.min(),
        "median": in_order.get((0.5 * pl.len()).ceil().cast(pl.Int64) - 1),
        "p90": in_order.get((0.9 * pl.len()).ceil().cast(pl.Int64) - 1),
        "p99": in_order.get((0.99 * pl.len()).ceil().cast(pl.Int64) - 1),
        "max": LOSS.max(),
        "baseline": baseline,
        "normalized_cross_entropy": LOSS.mean() / baseline,
        "skill": 1 - LOSS.mean() / baseline,
        "accuracy": ((PROB > 0.5) == (LABEL == 1)).mean(),
        "brier": ((PROB - LABEL) ** 2).mean(),
        **of_labels,
    }


def default(path: str) -> pl.LazyFrame:
    return scan(path).with_columns(loss=-chosen().log()).select(**figures())


def everything(path: str) -> pl.LazyFrame:
    positive, negative = LABEL.sum(), pl.len() - LABEL.sum()
    places = PROB.rank("average").filter(LABEL == 1).sum()
    more = {
        "confidence": -(PROB * PROB.log() + (1 - PROB) * (1 - PROB).log()).mean(),
        "bias": PROB.mean() - LABEL.mean(),
        "auc": (places - positive * (positive + 1) / 2) / (positive * negative),
    }
    bins = (
        scan(path)
        .group_by((PROB * 15).floor().clip(0, 14).cast(pl.Int8))
        .agg(n=pl.len(), observed=LABEL.mean(), predicted=PROB.mean())
    )
    gap = (pl.col("observed") - pl.col("predicted")).abs()
    ece = bins.select(ece=(pl.col("n") * gap).sum() / pl.col("n").sum())
    overall = scan(path).with_columns(loss=-chosen().log()).select(**figures(), **more)
    return pl.concat([overall, ece], how="horizontal")


def segments(path: str, key: str = "segment") -> pl.LazyFrame:
    return scan(path).group_by(key).agg(rows=pl.len(), cross_entropy=-chosen().log().mean())


def users(path: str) -> pl.LazyFrame:
    return segments(path, "user")


def clusters(path: str) -> pl.LazyFrame:
    n, average = pl.col("n"), LOSS.sum() / pl.col("n").sum()
    g = n.sum() ** 2 / (n**2).sum()  # as many equal clusters
    spread = (g / (g - 1) * ((LOSS - average * n) ** 2).sum()).sqrt()
    sums = scan(path).group_by("user").agg(n=pl.len(), loss=-chosen().log().sum())
    return sums.select(cross_entropy=average, standard_error=spread / n.sum())


def rows(path: str) -> pl.LazyFrame:
    predicted, top = (PROB > 0.5).cast(pl.Int64), pl.max_horizontal(PROB, 1 - PROB)
    numbered = pl.scan_parquet(path, row_index_name="row", row_index_offset=1)
    probability = numbered.select("row", LABEL, probability=chosen(), predicted=predicted, top=top)
    return probability.select(
        "row", LABEL, "probability", -pl.col("probability").log().alias("loss"), "predicted",
        prediction="top",
    )  # fmt: skip


def paired(path: str, other: str) -> pl.LazyFrame:
    losses = [
        scan(each).select("id", -chosen().log().alias(name))
        for each, name in ((path, "old"), (other, "new"))
    ]
    old, new = pl.col("old"), pl.col("new")
    return losses[0].join(losses[1], on="id").select(
        cross_entropy=old.mean(),
        second=new.mean(),
        difference=(new - old).mean(),
        error_of_difference=(new - old).std() / pl.len().sqrt(),
        win_rate=(new < old).mean(),
    )  # fmt: skip


def write(work: str, files: list[str], out: str | BinaryIO) -> None:
    if work == "rows":
        rows(files[0]).sink_parquet(files[1])
    else:
        globals()[work](*files).sink_csv(out, engine="streaming")


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2:], sys.stdout.buffer)
