"""JSON Lines, and lists and maps of numbers in cells."""
