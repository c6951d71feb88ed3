"""The address: its parameters, the recipe in it, and the widgets that it fills."""
