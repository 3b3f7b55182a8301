"""Who is treated when: one line a unit, or counts where there are too many to show."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from twintrade.render.figures.labels import choose_step, split_label
from twintrade.render.figures.theme import open_figure
from twintrade.render.names import name_status
from twintrade.render.reading import take_text
from twintrade.render.theme import Theme
from twintrade.text import Text

MOST_UNITS = 60
MOST_LETTERS = 46
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
HATCHES = {"undated": "///", "always-treated": "xxx", "always treated": "xxx"}


def draw(frame: pd.DataFrame, *, theme: Theme | None = None, is_simulated: bool = False) -> Figure:
    """Draw treatment status by unit and period.

    ``frame``: unit, period, status; or period, status, n_units.
    """
    theme = theme or Theme()
    frame = frame.assign(status=frame["status"].map(take_text))
    statuses = list(dict.fromkeys(frame["status"]))
    spare = iter(SPARE * (len(statuses) + 1))
    colours = {s: COLOURS.get(s) or next(spare) for s in statuses}
    n_units = MOST_UNITS + 1 if "n_units" in frame else frame["unit"].nunique()
    is_counted = n_units > MOST_UNITS
    with open_figure(
        theme, 3.2 if is_counted else min(1.3 + 0.17 * _count_lines(frame), 9.0), is_simulated=is_simulated
    ) as figure:
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
    return figure


def _count_lines(frame: pd.DataFrame) -> int:
    """Return how many lines of text the names of all units take, each as many as the longest."""
    names = list(dict.fromkeys(frame["unit"].map(take_text)))
    return len(names) * max(split_label(name, MOST_LETTERS).count("\n") + 1 for name in names)


def _order(frame: pd.DataFrame) -> list[str]:
    """Return units: the earliest treated first, then the others by status and name."""
    treated = frame[frame["status"] == "treated"].groupby("unit", sort=False)["period"].min()
    first = frame.drop_duplicates("unit").set_index("unit")["status"]
    return sorted(first.index, key=lambda u: (treated.get(u, np.inf), first[u], len(u), u))


def _tiles(axes: Axes, frame: pd.DataFrame, colours: dict[str, str], theme: Theme) -> None:
    import seaborn

    codes = {status: code for code, status in enumerate(colours)}
    frame = frame.assign(unit=frame["unit"].map(take_text), code=frame["status"].map(codes))
    cells = frame.pivot_table(index="unit", columns="period", values="code", sort=False).loc[_order(frame)]
    first, last = int(cells.columns.min()), int(cells.columns.max())
    cells = cells.reindex(columns=range(first, last + 1))
    seaborn.heatmap(
        cells,
        ax=axes,
        cmap=ListedColormap(list(colours.values())),
        vmin=-0.5,
        vmax=len(colours) - 0.5,
        linewidths=0.6,
        cbar=False,
        xticklabels=False,
        yticklabels=[split_label(unit, MOST_LETTERS) for unit in cells.index],
    )
    for status in (s for s in HATCHES if s in colours):
        shown = np.ma.masked_not_equal(cells.to_numpy(), codes[status])
        axes.pcolor(shown, cmap=ListedColormap(["none"]), edgecolors="white", linewidth=0, hatch=HATCHES[status])
    axes.grid(visible=False)
    axes.tick_params(length=0)
    axes.tick_params("y", labelsize=theme.size * (0.8 if len(cells) <= 30 else 0.6), rotation=0)
    axes.set(xlabel="", ylabel="")
    _periods(axes, frame, shift=0.5 - first)


def _stacked(axes: Axes, frame: pd.DataFrame, colours: dict[str, str]) -> None:
    rows = frame.groupby(["period", "status"], sort=True)
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


def _periods(axes: Axes, frame: pd.DataFrame, shift: float = 0.0) -> None:
    columns = ["period", "period_label"] if "period_label" in frame else ["period", "period"]
    names = frame.drop_duplicates("period").sort_values("period")
    step = max(-(-len(names) // 12), choose_step([take_text(n) for n in names[columns[1]]], 4.5, 9.0))
    periods = [float(p) + shift for p in names[columns[0]]][::step]
    axes.set_xticks(periods, [take_text(n) for n in names[columns[1]]][::step])
