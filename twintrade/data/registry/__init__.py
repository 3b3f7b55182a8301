"""The registry of twinnings, and whether it fits the trade table."""
