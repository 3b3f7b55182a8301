"""Who is treated when: one line a unit, or counts where there are too many to show."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from twintrade.render.figures.theme import Theme, apply_theme, build_blank_figure, mark_simulated
from twintrade.render.names import name_status
from twintrade.render.reading import take_text
from twintrade.text import Text

MOST_UNITS = 60
COLOURS = {
    "treated": "#12436D",
    "not yet treated": "#A9C3DB",
    "comparison": "#E3E6E8",
    "never treated": "#E3E6E8",
    "always-treated": "#801650",
    "always treated": "#801650",
    "undated": "#F7C7AC",
}
SPARE = ("#28A197", "#A285D1", "#F46A25", "#3D3D3D")
HATCHES = {"undated": "///", "always-treated": "xxx", "always treated": "xxx", "treated": ""}


def draw(frame: pd.DataFrame, *, theme: Theme | None = None, is_simulated: bool = False) -> Figure:
    """Draw treatment status by unit and period.

    Parameters
    ----------
    frame : DataFrame
        unit, period, status; or period, status, n_units.
    """
    theme = theme or Theme()
    statuses = list(dict.fromkeys(frame["status"].map(take_text)))
    spare = iter(SPARE * (len(statuses) + 1))
    colours = {s: COLOURS.get(s) or next(spare) for s in statuses}
    n_units = MOST_UNITS + 1 if "n_units" in frame else frame["unit"].nunique()
    is_counted = n_units > MOST_UNITS
    with apply_theme(theme):
        figure = build_blank_figure(theme, 3.2 if is_counted else min(1.3 + 0.17 * n_units, 9.0))
        axes = figure.subplots()
        if is_counted:
            _stacked(axes, frame, colours)
        else:
            _tiles(axes, frame, colours, theme)
        handles = [
            Patch(facecolor=colours[s], edgecolor="white", hatch=HATCHES.get(s), label=name_status(s))
            for s in statuses
        ]
        figure.legend(handles=handles, loc="outside lower center", ncols=5)
        if is_simulated:
            mark_simulated(figure, theme)
    return figure


def _order(frame: pd.DataFrame) -> list[str]:
    """Return units: the earliest treated first, then the others by status and name."""
    treated = frame[frame["status"].map(take_text) == "treated"].groupby("unit", sort=False)["period"].min()
    units = list(dict.fromkeys(frame["unit"].map(take_text)))
    first = frame.drop_duplicates("unit").set_index("unit")["status"].map(take_text)
    return sorted(units, key=lambda u: (treated.get(u, np.inf), first[u], len(u), u))


def _tiles(axes: Axes, frame: pd.DataFrame, colours: dict[str, str], theme: Theme) -> None:
    units = {unit: i for i, unit in enumerate(_order(frame))}
    for status, rows in frame.groupby(frame["status"].map(take_text), sort=False):
        places = [units[take_text(u)] for u in rows["unit"]]
        lefts = rows["period"].astype(float).to_numpy() - 0.5
        axes.barh(
            places,
            np.ones(len(places)),
            left=lefts,
            height=0.86,
            color=colours[str(status)],
            edgecolor="white",
            linewidth=0.4,
            hatch=HATCHES.get(str(status)),
        )
    axes.set_yticks(range(len(units)), list(units), fontsize=theme.size * (0.8 if len(units) <= 30 else 0.6))
    axes.set_ylim(len(units) - 0.4, -0.6)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    _periods(axes, frame)


def _stacked(axes: Axes, frame: pd.DataFrame, colours: dict[str, str]) -> None:
    rows = frame.groupby(["period", frame["status"].map(take_text)], sort=True)
    counts = (rows["n_units"].sum() if "n_units" in frame else rows.size()).unstack(fill_value=0)
    base = np.zeros(len(counts))
    for status in colours:
        values = counts[status].to_numpy(dtype=float)
        axes.bar(
            counts.index.astype(float),
            values,
            bottom=base,
            width=0.9,
            color=colours[status],
            edgecolor="white",
            linewidth=0.4,
            hatch=HATCHES.get(status),
        )
        base += values
    axes.set_ylabel(str(Text("figures.number-of-units")))
    _periods(axes, frame)


def _periods(axes: Axes, frame: pd.DataFrame) -> None:
    columns = ["period", "period_label"] if "period_label" in frame else ["period", "period"]
    names = frame.drop_duplicates("period").sort_values("period")
    step = max(1, -(-len(names) // 12))
    periods = [float(p) for p in names[columns[0]]][::step]
    axes.set_xticks(periods, [take_text(n) for n in names[columns[1]]][::step])
