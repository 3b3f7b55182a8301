"""Differences of group means, with their influence and weights."""
