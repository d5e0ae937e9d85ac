"""Gates: check a score against limits and a baseline."""
