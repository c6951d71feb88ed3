"""One file per command, named as it is typed: its flags and what it does."""
