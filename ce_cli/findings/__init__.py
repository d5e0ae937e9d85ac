"""What is wrong with rows, where it is, and the sentence for it."""
