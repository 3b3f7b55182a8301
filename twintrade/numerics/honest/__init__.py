"""Intervals that stay valid when trends may differ by a bounded amount."""
