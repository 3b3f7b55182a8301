"""The data that an analysis observes."""
