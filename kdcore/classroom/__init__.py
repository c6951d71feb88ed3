"""What a class hands in, and what a machine says of it."""
