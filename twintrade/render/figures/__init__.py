"""Figures: one file each, drawn from a tidy frame, encoded to the same bytes every time."""
