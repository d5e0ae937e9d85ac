"""Rows as arrays: labels, predictions, tokens and bytes, each checked."""
