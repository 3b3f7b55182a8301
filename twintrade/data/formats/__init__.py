"""Files of every kind as tables of text."""
