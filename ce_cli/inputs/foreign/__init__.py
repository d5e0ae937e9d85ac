"""Formats that ce recognises but does not read: with a command that converts each."""
