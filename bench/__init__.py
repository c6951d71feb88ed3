"""How fast the project is: ratios measured side by side in one run, `python -m bench`."""
