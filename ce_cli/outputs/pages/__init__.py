"""Pages for people: each command's result as blocks of text."""
