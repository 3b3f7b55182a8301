"""Which inference a design can bear."""
