"""What an analysis file declares about its sources."""
