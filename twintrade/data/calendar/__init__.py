"""Dates and periods as files print them."""
