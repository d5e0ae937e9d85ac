"""Text tables that are not plain CSV: how to recognise them, and how to read them as CSV."""
