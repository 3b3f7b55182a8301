"""A run as the tables that a page is made from."""
