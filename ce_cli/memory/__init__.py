"""How much memory a call may use, and the sentence for what takes more."""
