"""What a user types in Python: panels, fits, tables and pictures as economists know them."""
