"""Poisson regression with many fixed effects, and the rows it cannot use."""
