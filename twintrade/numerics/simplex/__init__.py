"""Weights of donors, on the simplex and beside it."""
