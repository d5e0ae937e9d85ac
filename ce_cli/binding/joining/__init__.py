"""Labels and predictions in two files, joined by an id or by the order of their rows."""
