"""Runs that train on a Ray cluster."""
