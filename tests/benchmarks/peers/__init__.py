"""What one would type without `ce`: the same work, each as the tool's manual would write it.

`sql` has the queries for DuckDB. The scripts are run as ``python with_X.py WORK FILE ... [OUT]``,
and have one function for each work. All write CSV with a header that names figures as `ce` does.
`WORK` is

- `mean`: the mean loss of `label` 0 or 1 and `prob`
- `classes`: of `label` and one column for each class, `p_0 ... p_9`
- `logits`: of `label` and a list of logits
- `default`: what ``ce score`` computes without options, but for the intervals
- `everything`: what ``ce score --metric all`` computes, but for the intervals
- `segments`, `users`: rows and mean loss of each
- `clusters`: the mean loss and its standard error, where rows of a user depend on each other
- `rows`: every row with its loss, to a Parquet file
- `paired`: two models on the same rows, matched by `id`

Probabilities are not clipped here, since none of the data is 0 or 1.
"""
