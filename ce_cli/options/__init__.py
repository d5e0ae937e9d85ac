"""Every option, declared once for the command line, Python, configuration and the signature."""
