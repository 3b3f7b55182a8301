"""Fixed effects as integer codes, and their projection out of columns."""
