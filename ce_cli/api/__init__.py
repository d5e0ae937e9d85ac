"""The Python API: everything that the command line does, with the same names."""
