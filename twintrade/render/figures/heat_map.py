"""Cohort by event time as a heat map: where the average comes from."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from twintrade.render.figures.theme import Theme, apply_theme, build_blank_figure, mark_simulated
from twintrade.render.reading import take_text
from twintrade.text import Text, numbers

MOST_LABELLED = 160


def draw(frame: pd.DataFrame, *, theme: Theme | None = None, is_simulated: bool = False) -> Figure:
    """Draw effects by cohort (rows) and event time (columns), zero in white.

    Parameters
    ----------
    frame : DataFrame
        cohort, event_time, effect, and optionally cohort_label.
    """
    import seaborn

    theme = theme or Theme()
    cells = frame.pivot_table(index="cohort", columns="event_time", values="effect", sort=True)
    labels = dict(zip(frame["cohort"], frame.get("cohort_label", frame["cohort"]), strict=True))
    values = cells.to_numpy(dtype=float)
    bound = float(np.nanmax(np.abs(values))) or 1.0
    shown = np.where(np.isnan(values), "", np.vectorize(lambda v: numbers.format_fixed(v, 2))(values))
    with apply_theme(theme):
        figure = build_blank_figure(theme, 1.3 + 0.28 * len(cells))
        axes = figure.subplots()
        seaborn.heatmap(
            cells,
            ax=axes,
            cmap="PuOr_r",
            vmin=-bound,
            vmax=bound,
            linewidths=0.6,
            annot=shown if cells.size <= MOST_LABELLED else False,
            fmt="",
            annot_kws={"fontsize": theme.size * 0.75},
            xticklabels=[numbers.format_event_time(int(e)) for e in cells.columns],
            yticklabels=[take_text(labels[c]) for c in cells.index],
            cbar_kws={"label": str(Text("figures.effect-axis")), "fraction": 0.03},
        )
        axes.grid(visible=False)
        axes.tick_params(length=0, rotation=0)
        axes.set_xlabel(str(Text("figures.since-onset", period_name="period")))
        axes.set_ylabel(str(Text("figures.cohort")))
        if is_simulated:
            mark_simulated(figure, theme)
    return figure
