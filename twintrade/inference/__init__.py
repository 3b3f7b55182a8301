"""How sure are we: one room for all estimators."""
