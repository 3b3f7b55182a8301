"""Placebos: the treated unit among the units that were not, as paths or as one statistic each."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from twintrade.render.figures.labels import add_legend_below, split_label
from twintrade.render.figures.points import name_line, name_point, name_times
from twintrade.render.figures.theme import draw_zero_line, open_figure
from twintrade.render.reading import list_records, read_number, read_truth, take_text
from twintrade.render.theme import Theme
from twintrade.text import Text, numbers


def draw(frame: pd.DataFrame, *, y_label: str = "", theme: Theme | None = None, is_simulated: bool = False) -> Figure:
    """Draw one panel a donor set.

    ``frame``: unit, donor_set, is_treated and either event_time (or period) with value, or statistic.
    """
    theme = theme or Theme()
    sets = list(dict.fromkeys(frame["donor_set"].map(take_text))) if "donor_set" in frame else [""]
    is_path = "event_time" in frame or "period" in frame
    with open_figure(theme, 3.3 if is_path else 1.4 + 0.9 * len(sets), is_simulated=is_simulated) as figure:
        shape = (1, len(sets)) if is_path else (len(sets), 1)
        all_axes = figure.subplots(*shape, sharex=True, squeeze=False).ravel()
        for axes, name in zip(all_axes, sets, strict=True):
            rows = frame[frame["donor_set"].map(take_text) == name] if "donor_set" in frame else frame
            (_paths if is_path else _ranks)(axes, rows, theme)
            axes.set_title(split_label(name, (64 // len(sets)) if is_path else 84), loc="left")
        if is_path:
            all_axes[0].set_ylabel(y_label or str(Text("figures.effect-axis")))
        else:
            all_axes[-1].set_xlabel(y_label)
        add_legend_below(figure, _legend(is_path, theme), theme)
    return figure


def _paths(axes: Axes, rows: pd.DataFrame, theme: Theme) -> None:
    x = "event_time" if "event_time" in rows else "period"
    draw_zero_line(axes, theme)
    treated = rows["is_treated"].map(read_truth)
    placebos = rows[~treated].sort_values(x, kind="stable").astype({x: float, "value": float})
    paths = [treated_path[[x, "value"]].to_numpy() for _, treated_path in placebos.groupby("unit", sort=False)]
    # One collection of many lines is drawn far faster than as many lines.
    axes.add_collection(LineCollection(paths, colors=theme.muted, linewidths=0.7, alpha=0.5))
    treated_path = rows[treated].sort_values(x)
    axes.plot(treated_path[x].astype(float), treated_path["value"].astype(float), color=theme.after, lw=2.2)
    places = treated_path[[x, "value"]].astype(float).itertuples(index=False, name=None)
    name_line(axes, places, "", name_times(treated_path), numbers.format_fixed)
    axes.autoscale_view()
    if x == "event_time":
        axes.axvline(-0.5, color=theme.ink, linewidth=0.8, linestyle=(0, (4, 3)))
        axes.set_xlabel(str(Text("figures.since-onset", period_name="period")))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))


def _ranks(axes: Axes, rows: pd.DataFrame, theme: Theme) -> None:
    treated = rows["is_treated"].map(read_truth)
    axes.axvline(0, color=theme.ink, linewidth=0.8)
    axes.plot(rows.loc[~treated, "statistic"], [0] * int((~treated).sum()), "|", ms=16, mew=1.2, color=theme.muted)
    axes.plot(rows.loc[treated, "statistic"], [0] * int(treated.sum()), "D", ms=7, color=theme.after, mec="white")
    for row in list_records(rows):
        statistic = read_number(row["statistic"])
        name_point(axes, (statistic, 0.0), take_text(row.get("unit")), [statistic])
    axes.set_yticks([])
    axes.set_ylim(-1, 1)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)


def _legend(is_path: bool, theme: Theme) -> list[Line2D]:
    treated, placebo = str(Text("figures.treated-case")), str(Text("figures.placebo"))
    if is_path:
        return [
            Line2D([], [], color=theme.after, lw=2.2, label=treated),
            Line2D([], [], color=theme.muted, lw=0.7, label=placebo),
        ]
    return [
        Line2D([], [], ls="", marker="D", ms=7, color=theme.after, label=treated),
        Line2D([], [], ls="", marker="|", ms=12, color=theme.muted, label=placebo),
    ]
