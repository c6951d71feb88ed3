"""The comparing page's parts: what is compared, the one selection, and one file a view."""
