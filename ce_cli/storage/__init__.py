"""Object storage: from a URI and its options to a file system."""
