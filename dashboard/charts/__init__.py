"""Data to charts: pure functions that give data frames and constant Vega-Lite specifications."""
