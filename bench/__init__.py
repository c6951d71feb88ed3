"""How fast the project is: ratios that are measured side by side in one run; `python -m bench`."""
