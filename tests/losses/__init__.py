"""Losses against independent float64 references, one file a family."""
