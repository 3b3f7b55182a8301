"""Checks of where an effect comes from, and whom it reaches."""
