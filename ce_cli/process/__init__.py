"""The process itself: its signals, its descriptors and its temporary files."""
