"""A deposit that others can check: the bundle, and the source of each printed number."""
