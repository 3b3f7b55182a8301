"""Checks of one treated unit."""
