"""The Sweep page: its form, its controls, its figures and its ranking, each in a file."""
