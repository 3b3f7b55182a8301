"""Rows of single shipments, added up to cells by an engine."""
