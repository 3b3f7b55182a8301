"""The estimation of a plan."""
