"""Fuzzing: made-up files and options, run on ce one by one, must end as the exit codes promise."""
