"""Two or more models on the same rows: what differs, and whether that is more than chance."""
