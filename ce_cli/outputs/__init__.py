"""How a result is shown: one renderer a file, each returning text."""
