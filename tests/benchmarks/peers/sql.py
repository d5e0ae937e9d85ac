"""The queries for DuckDB, for its command line and for Python."""

from __future__ import annotations

LOSS = "-ln(CASE label WHEN 1 THEN prob ELSE 1 - prob END)"

MEAN = f"SELECT avg({LOSS}) AS cross_entropy FROM {{0}}"

CLASSES = f"""
SELECT avg(-ln(CASE label {" ".join(f"WHEN {k} THEN p_{k}" for k in range(10))} END))
    AS cross_entropy
FROM {{0}}"""

LOGITS = """
SELECT avg(ln(list_sum([exp(x) for x in logits])) - logits[label + 1]) AS cross_entropy
FROM {0}"""

FIGURES = """
    avg(loss) AS cross_entropy,
    sum(loss) AS total,
    exp(avg(loss)) AS perplexity,
    stddev_samp(loss) / sqrt(count(*)) AS standard_error,
    min(loss) AS min,
    quantile_disc(loss, [0.5, 0.9, 0.99]) AS quantiles,
    max(loss) AS max,
    avg(label) AS share,
    -(share * ln(share) + (1 - share) * ln(1 - share)) AS baseline,
    avg(loss) / baseline AS normalized_cross_entropy,
    1 - avg(loss) / baseline AS skill,
    avg(((prob > 0.5) = (label = 1))::INT) AS accuracy,
    avg((prob - label) ** 2) AS brier,
    avg(loss) FILTER (label = 0) AS cross_entropy_0,
    avg(loss) FILTER (label = 1) AS cross_entropy_1"""

SHOWN = """
    * EXCLUDE (quantiles, share),
    quantiles[1] AS median, quantiles[2] AS p90, quantiles[3] AS p99"""

DEFAULT = f"""
WITH figures AS (SELECT {FIGURES} FROM (SELECT label, prob, {LOSS} AS loss FROM {{0}}))
SELECT {SHOWN} FROM figures"""

EVERYTHING = f"""
WITH scored AS (
    SELECT label, prob, {LOSS} AS loss, row_number() OVER (ORDER BY prob) AS place FROM {{0}}
),
figures AS (
    SELECT {FIGURES},
    avg(-(prob * ln(prob) + (1 - prob) * ln(1 - prob))) AS confidence,
    avg(prob) - avg(label) AS bias,
    count(*) FILTER (label = 1) AS n_1,
    count(*) FILTER (label = 0) AS n_0,
    (sum(place) FILTER (label = 1) - n_1 * (n_1 + 1) / 2) / (n_1 * n_0) AS auc
    FROM scored
),
bins AS (
    SELECT count(*) AS n, avg(label) AS observed, avg(prob) AS predicted
    FROM {{0}}
    GROUP BY least(floor(prob * 15), 14)
)
SELECT
    {SHOWN.replace("share", "share, n_1, n_0")},
    (SELECT sum(n * abs(observed - predicted)) / sum(n) FROM bins) AS ece
FROM figures"""

SEGMENTS = f"""
SELECT segment, count(*) AS rows, avg({LOSS}) AS cross_entropy FROM {{0}} GROUP BY segment"""

USERS = f"""
SELECT "user", count(*) AS rows, avg({LOSS}) AS cross_entropy FROM {{0}} GROUP BY "user" """

CLUSTERS = f"""
WITH clusters AS (SELECT count(*) AS n, sum({LOSS}) AS loss FROM {{0}} GROUP BY "user"),
overall AS (
    SELECT sum(n) AS n, sum(loss) / sum(n) AS mean, sum(n) ** 2 / sum(n ** 2) AS g FROM clusters
)
SELECT
    any_value(mean) AS cross_entropy,
    sqrt(any_value(g / (g - 1)) * sum((clusters.loss - mean * clusters.n) ** 2))
        / any_value(overall.n) AS standard_error
FROM clusters, overall"""

ROWS = """
COPY (
    SELECT
        file_row_number + 1 AS row,
        label,
        CASE label WHEN 1 THEN prob ELSE 1 - prob END AS probability,
        -ln(probability) AS loss,
        (prob > 0.5)::INT AS predicted,
        greatest(prob, 1 - prob) AS prediction
    FROM read_parquet({0}, file_row_number = true)
) TO {1} (FORMAT parquet)"""

PAIRED = """
WITH pairs AS (
    SELECT
        -ln(CASE a.label WHEN 1 THEN a.prob ELSE 1 - a.prob END) AS old,
        -ln(CASE b.label WHEN 1 THEN b.prob ELSE 1 - b.prob END) AS new
    FROM {0} AS a JOIN {1} AS b USING (id)
)
SELECT
    avg(old) AS cross_entropy,
    avg(new) AS second,
    avg(new - old) AS difference,
    stddev_samp(new - old) / sqrt(count(*)) AS error_of_difference,
    avg((new < old)::INT) AS win_rate
FROM pairs"""

QUERIES = {
    "mean": MEAN,
    "classes": CLASSES,
    "logits": LOGITS,
    "default": DEFAULT,
    "everything": EVERYTHING,
    "segments": SEGMENTS,
    "users": USERS,
    "clusters": CLUSTERS,
    "rows": ROWS,
    "paired": PAIRED,
}

WRITTEN = """
SELECT
    count(*) AS rows, sum(loss) AS total, sum(loss * (row % 7)) AS in_order,
    sum(probability) AS probability, sum(prediction) AS prediction, sum(predicted::INT) AS predicted
FROM {0}"""


def query(work: str, *files: str) -> str:
    """The query for a work on files.

    Parameters
    ----------
    work : str
        See `peers`.
    files : str
        Paths, or ``-`` for CSV on standard input.

    Returns
    -------
    str
        SQL.
    """
    return QUERIES[work].format(*map(_table, files)).strip()


def written(path: str) -> str:
    """The query that sums up a file with every row and its loss."""
    return WRITTEN.format(_table(path)).strip()


def _table(path: str) -> str:
    return "read_csv('/dev/stdin')" if path == "-" else f"'{path}'"
