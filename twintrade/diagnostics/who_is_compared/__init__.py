"""Checks of who is compared with whom, and with which weights."""
