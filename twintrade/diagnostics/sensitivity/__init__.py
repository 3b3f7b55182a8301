"""Checks of how far the estimate depends on choices and on single units."""
