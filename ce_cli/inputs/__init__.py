"""Where rows come from: files are located, opened by format, and cut into splits."""
