"""What the address says: its parameters, the recipe in it, and the screen that it describes."""
