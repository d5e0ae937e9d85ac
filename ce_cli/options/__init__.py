"""Every option, declared once, for the command line, Python, configuration and signature."""
