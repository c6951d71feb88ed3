"""The Runs page: its filters, its table and what is done with chosen runs, each in a file."""
