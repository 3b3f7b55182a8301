"""Figures: one file each, drawn from a tidy frame, encoded to the same bytes every time."""

from twintrade.render.figures.event_study import draw_bands as draw_bands
