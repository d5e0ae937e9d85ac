"""Names of columns, classes and labels, in any spelling."""
