"""The lessons: one file each, found by being there."""
