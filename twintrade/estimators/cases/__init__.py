"""What methods for one treated unit share."""
