"""The analysis file as checked values."""
