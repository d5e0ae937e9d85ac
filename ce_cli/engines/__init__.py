"""Where the reduce runs: one engine a file, each behind a line of the registry."""
