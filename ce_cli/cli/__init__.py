"""The command line: argv in, exit code out; the only folder that knows typer."""
