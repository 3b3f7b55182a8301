"""Untreated outcomes of treated rows, predicted from untreated ones."""
