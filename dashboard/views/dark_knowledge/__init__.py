"""The Dark knowledge page: what several networks know of the same images, one file a view."""
