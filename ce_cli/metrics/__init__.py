"""What is computed: one mergeable state a file, each behind a line of the registry."""
