"""One file a format; see `kdcore.export`."""
