"""Figures: one file each, drawn from a tidy frame, encoded to the same bytes every time."""

from twintrade.render.figures.event_study import draw_studies_on as draw_studies_on
from twintrade.render.figures.forest import draw_coefficients_on as draw_coefficients_on
from twintrade.render.figures.theme import apply_theme as apply_theme
from twintrade.render.style import Theme as Theme
