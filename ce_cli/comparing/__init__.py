"""Compare two or more models on the same rows: the differences, and whether they are chance."""
