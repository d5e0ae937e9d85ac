"""Engines: where the reduce runs; one engine per file and line of the registry."""
