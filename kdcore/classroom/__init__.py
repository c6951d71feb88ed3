"""A class: its record, members, plan, votes and board; what it hands in, and what a machine says of it."""
