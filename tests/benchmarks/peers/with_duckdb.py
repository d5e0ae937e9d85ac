"""Run a query of `sql` with DuckDB in Python: ``python with_duckdb.py QUERY``."""

import csv
import sys

import duckdb

done = duckdb.execute(sys.argv[1])
writer = csv.writer(sys.stdout)
writer.writerow(column[0] for column in done.description)
writer.writerows(done.fetchall())
