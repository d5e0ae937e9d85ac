"""Formats for CI systems: annotations, JUnit, OpenMetrics, metrics files."""
