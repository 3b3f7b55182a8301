"""Where a figure stands written, what may be wrong with it, and how much is read."""
