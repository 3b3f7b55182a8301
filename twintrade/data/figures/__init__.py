"""Text as numbers and money."""
