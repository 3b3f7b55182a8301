"""Estimates under other assignments, or without some clusters."""
