"""Checks of what happened before the agreements."""
