"""Results on disk: written whole, hashed, read back."""
