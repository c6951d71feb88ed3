"""One experiment from its data to its test, several in one loop, search, and the time that it takes."""
