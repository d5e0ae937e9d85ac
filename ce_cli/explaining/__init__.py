"""One row, or numbers that were typed, taken apart: what each class cost, and why."""
