"""Regressions behind several methods: terms, cells, slopes, and what the effects absorb."""
