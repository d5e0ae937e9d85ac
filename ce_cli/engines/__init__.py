"""Where the reduce runs."""
