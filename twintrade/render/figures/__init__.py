"""Figures: one file each, drawn from a tidy frame, encoded to the same bytes every time."""

from twintrade.render.figures.forest import draw_coefficients_on as draw_coefficients_on
from twintrade.render.figures.percent_paths import CHANGES as CHANGES
from twintrade.render.figures.percent_paths import convert_to_logs as convert_to_logs
from twintrade.render.figures.percent_paths import draw_studies_on as draw_studies_on
from twintrade.render.figures.percent_paths import draw_study_in as draw_study_in
from twintrade.render.figures.percent_paths import measure_study as measure_study
from twintrade.render.figures.percent_paths import read_study as read_study
from twintrade.render.figures.percent_paths import read_whole_effect as read_whole_effect
from twintrade.render.figures.points import draw_line as draw_line
from twintrade.render.figures.raw_series import draw_period_axis as draw_period_axis
from twintrade.render.figures.theme import add_legend_below as add_legend_below
from twintrade.render.figures.theme import apply_theme as apply_theme
from twintrade.render.style import Theme as Theme
