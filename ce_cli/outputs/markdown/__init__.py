"""Markdown: for pull requests, summaries and reports."""
