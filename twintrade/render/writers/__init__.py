"""One list of blocks, one writer per format."""
