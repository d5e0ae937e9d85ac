"""Inspect files before scoring: mergeable states, and the findings derived from them."""
