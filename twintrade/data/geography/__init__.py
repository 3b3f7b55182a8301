"""Cities and countries by their names."""
