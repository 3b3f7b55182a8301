"""Guesses about an undeclared file, for a user to confirm."""
