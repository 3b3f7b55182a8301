"""Cohort by event time as a heat map: where an average comes from, in effects or in weights."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from twintrade.render.figures.labels import EM, choose_step, measure_label
from twintrade.render.figures.points import name_point
from twintrade.render.figures.theme import open_figure
from twintrade.render.theme import Theme
from twintrade.text import Text, numbers

MOST_LABELLED = 160


def draw(
    frame: pd.DataFrame,
    labels: Mapping[int, str],
    value: str = "effect",
    *,
    x_label: str = "",
    value_label: str = "",
    theme: Theme | None = None,
    is_simulated: bool = False,
) -> Figure:
    """Draw effects or weights by cohort (rows) and event time (columns), zero in white.

    ``frame``: cohort, event_time and a column of values; rows of one cell are added up; ``labels``: what the cohorts'
    periods are called, where that is not their number; ``x_label``, ``value_label``: what event times and values are.
    """
    import seaborn

    theme = theme or Theme()
    cells = frame.pivot_table(index="cohort", columns="event_time", values=value, aggfunc="sum")
    values = cells.to_numpy(dtype=float)
    bound = float(np.nanmax(np.abs(values))) or 1.0
    shown = np.where(np.isnan(values), "", np.vectorize(lambda v: numbers.format_compact(v, 3))(values))
    times = [numbers.format_event_time(int(e)) for e in cells.columns]
    step = choose_step(times, 0.72 * theme.width, theme.size * 0.9)
    cohorts = [labels.get(int(c), str(c)) for c in cells.index]
    with open_figure(theme, 1.3 + 0.28 * len(cells), is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        seaborn.heatmap(
            cells,
            ax=axes,
            cmap="PuOr_r",
            vmin=-bound,
            vmax=bound,
            linewidths=0.6,
            annot=shown if _fits(shown, theme) else False,
            fmt="",
            annot_kws={"fontsize": theme.size * 0.75},
            xticklabels=[time if k % step == 0 else "" for k, time in enumerate(times)],
            yticklabels=cohorts,
            cbar_kws={"label": value_label, "fraction": 0.03},
        )
        for (row, column), cell in np.ndenumerate(values):
            time = Text("figures.event-time", time=times[column])
            name = Text("figures.point-at", series=cohorts[row], at=time)
            name_point(axes, (column + 0.5, row + 0.5), name, [cell], lambda v: numbers.format_compact(v, 3))
        axes.grid(visible=False)
        axes.tick_params(length=0, rotation=0)
        axes.set(xlabel=x_label, ylabel=str(Text("figures.cohort")))
    return figure


def _fits(shown: np.ndarray, theme: Theme) -> bool:
    """Whether every value can stand in its cell."""
    widest = max(measure_label(str(text)) for text in shown.ravel())
    return shown.size <= MOST_LABELLED and (widest + 1) * EM * theme.size * 0.75 < 52 * theme.width / shown.shape[1]
