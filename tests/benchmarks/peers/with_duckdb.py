"""Mean log loss with DuckDB."""

import sys

import duckdb

EPS = 2.220446049250313e-16

kind, path = sys.argv[1:]
if kind == "binary":
    chosen = "CASE label WHEN 1 THEN prob ELSE 1 - prob END"
else:
    chosen = "CASE label " + " ".join(f"WHEN {k} THEN p_{k}" for k in range(10)) + " END"
query = f"SELECT avg(-ln(least(greatest({chosen}, {EPS}), 1 - {EPS}))) FROM '{path}'"
[(mean,)] = duckdb.sql(query).fetchall()
print(f"{mean:.17g}")
