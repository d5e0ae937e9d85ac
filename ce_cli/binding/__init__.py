"""From columns to batches: which column plays which part, and which class is which."""
