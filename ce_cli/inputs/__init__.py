"""Reading rows: files are located, opened by format, and cut into splits."""
