"""Pages for people: the result of each command as blocks of text."""
