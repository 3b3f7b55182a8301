"""Least squares, predictions from it, and what is built on one regression."""
