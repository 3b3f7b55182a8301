"""Cohort by event time as a heat map: where the average comes from."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from twintrade.render import numbers
from twintrade.render.figures.theme import Theme, apply_theme, build_blank_figure, mark_simulated
from twintrade.render.reading import take_text

MOST_LABELLED = 160


def draw(frame: pd.DataFrame, *, unit: str = "", theme: Theme | None = None, is_simulated: bool = False) -> Figure:
    """Draw effects by cohort (rows) and event time (columns), zero in white.

    Parameters
    ----------
    frame : DataFrame
        cohort, event_time, effect, and optionally cohort_label.
    """
    theme = theme or Theme()
    cells = frame.pivot_table(index="cohort", columns="event_time", values="effect", sort=True)
    labels = dict(zip(frame["cohort"], frame.get("cohort_label", frame["cohort"]), strict=True))
    bound = float(np.nanmax(np.abs(cells.to_numpy(dtype=float)))) or 1.0
    with apply_theme(theme):
        figure = build_blank_figure(theme, 1.3 + 0.28 * len(cells))
        axes = figure.subplots()
        shown = axes.pcolormesh(
            cells.to_numpy(dtype=float), cmap="PuOr_r", vmin=-bound, vmax=bound, edgecolors="white", linewidth=0.6
        )
        axes.set_xticks(np.arange(cells.shape[1]) + 0.5, [numbers.format_event_time(int(e)) for e in cells.columns])
        axes.set_yticks(np.arange(cells.shape[0]) + 0.5, [take_text(labels[c]) for c in cells.index])
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.tick_params(length=0)
        if cells.size <= MOST_LABELLED:
            for (i, j), value in np.ndenumerate(cells.to_numpy(dtype=float)):
                colour = "white" if abs(value) > 0.62 * bound else theme.ink
                axes.text(
                    j + 0.5,
                    i + 0.5,
                    numbers.format_fixed(value, 2),
                    ha="center",
                    va="center",
                    color=colour,
                    fontsize=theme.size * 0.75,
                )
        axes.set_xlabel("Periods since onset")
        axes.set_ylabel("Cohort")
        figure.colorbar(shown, ax=axes, label=f"Effect{f', {unit}' if unit else ''}", fraction=0.03)
        if is_simulated:
            mark_simulated(figure, theme)
    return figure
