"""Explain the loss of one row, or of typed numbers, class by class."""
