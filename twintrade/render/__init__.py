"""The page; computes nothing."""
