"""Gates: what is asked of a score, what it is compared with, and whether it passes."""
