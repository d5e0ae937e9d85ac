"""Finding the columns of labels and predictions, and what to suggest where they are not clear."""
