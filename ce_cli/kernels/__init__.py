"""Arithmetic on numpy arrays: nothing here reads files, knows columns or prints."""
