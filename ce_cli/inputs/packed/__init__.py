"""Archives that hold a table."""
