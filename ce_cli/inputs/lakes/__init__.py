"""Tables of a lakehouse: directories of files, of which only a log knows the current ones."""
