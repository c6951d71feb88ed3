"""Texts on screen: translation, numbers, names and sentences."""
