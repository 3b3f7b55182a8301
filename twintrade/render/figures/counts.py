"""Counts or weights as horizontal bars with their numbers."""

import json
import math
from functools import cache, partial
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from twintrade.render.figures.points import name_point
from twintrade.render.figures.theme import LINE, choose_step, open_figure, place_names, split_label
from twintrade.render.names import name_column, name_status
from twintrade.render.reading import list_names, list_records, read_number, take_text
from twintrade.render.style import DEFAULT_THEME, Theme
from twintrade.text import Text, numbers

# Who is treated when: one line a unit, or counts where there are too many to show.

MOST_UNITS = 60
MOST_LETTERS = 46
COLOURS = {
    "treated": "#12436D", "not yet treated": "#A9C3DB", "comparison": "#E3E6E8", "never treated": "#E3E6E8",
    "always-treated": "#801650", "always treated": "#801650", "undated": "#F7C7AC",
}  # fmt: skip
SPARE = ("#28A197", "#A285D1", "#F46A25", "#3D3D3D")
HATCHES = {"undated": "///", "always-treated": "xxx", "always treated": "xxx"}


def draw_adoption(frame: pd.DataFrame, *, theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw treatment status by unit and period, or how many units (n_units) have each in a period."""
    frame = frame.assign(status=frame["status"].map(take_text))
    statuses = list(dict.fromkeys(frame["status"]))
    spare = iter(SPARE * (len(statuses) + 1))
    colours = {s: COLOURS.get(s) or next(spare) for s in statuses}
    n_units = MOST_UNITS + 1 if "n_units" in frame else frame["unit"].nunique()
    is_counted = n_units > MOST_UNITS
    names = list_names(frame, "unit") if not is_counted else [""]
    n_lines = len(names) * max(split_label(name, MOST_LETTERS).count("\n") + 1 for name in names)
    with open_figure(theme, 3.2 if is_counted else min(1.3 + 0.17 * n_lines, 9.0)) as figure:
        axes = figure.subplots()
        if is_counted:
            _stacked(axes, frame, colours)
        else:
            _tiles(axes, frame, colours, theme)
        looks = ((name_status(s), colours[s], HATCHES.get(s)) for s in statuses)
        handles = [Patch(facecolor=c, edgecolor="white", hatch=hatch, label=name) for name, c, hatch in looks]
        figure.legend(handles=handles, loc="outside lower center", ncols=5)
    return figure


def _tiles(axes: Axes, frame: pd.DataFrame, colours: dict[str, str], theme: Theme) -> None:
    import seaborn

    codes = {status: code for code, status in enumerate(colours)}
    frame = frame.assign(unit=frame["unit"].map(take_text), code=frame["status"].map(codes))
    treated = frame[frame["status"] == "treated"].groupby("unit", sort=False)["period"].min()
    of = frame.drop_duplicates("unit").set_index("unit")["status"]
    # The earliest treated come first, then the others by status and name.
    order = sorted(of.index, key=lambda unit: (treated.get(unit, np.inf), of[unit], len(unit), unit))
    cells = frame.pivot_table(index="unit", columns="period", values="code", sort=False).loc[order]
    first, last = int(cells.columns.min()), int(cells.columns.max())
    cells = cells.reindex(columns=range(first, last + 1))
    scale: dict[str, Any] = {"cmap": ListedColormap(list(colours.values())), "vmin": -0.5, "vmax": len(colours) - 0.5}
    names = [split_label(unit, MOST_LETTERS) for unit in cells.index]
    seaborn.heatmap(cells, ax=axes, **scale, linewidths=0.6, cbar=False, xticklabels=False, yticklabels=names)
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
        style: dict[str, Any] = {"color": colours[status], "edgecolor": "white", "hatch": HATCHES.get(status)}
        axes.bar(counts.index.astype(float), values, bottom=base, width=0.9, linewidth=0.4, **style)
        base += values
    axes.set_ylabel(name_column("units"))
    _periods(axes, frame)


def _periods(axes: Axes, frame: pd.DataFrame, shift: float = 0.0) -> None:
    columns = ["period", "period_label"] if "period_label" in frame else ["period", "period"]
    names = frame.drop_duplicates("period").sort_values("period")
    step = max(-(-len(names) // 12), choose_step([take_text(n) for n in names[columns[1]]], 4.5, 9.0))
    periods = [float(p) + shift for p in names[columns[0]]][::step]
    axes.set_xticks(periods, [take_text(n) for n in names[columns[1]]][::step])


# Agreements as lines between two places on a graticule: a world map without outlines.

_HALF_TURN = 180.0
_MOST_NAMES = 12


def draw_world_map(frame: pd.DataFrame, *, theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw one line an agreement and a dot a place, by latitude and longitude, on land; those with most are named."""
    with open_figure(theme, 3.6) as figure:
        axes = figure.subplots()
        rings = [np.reshape(ring, (-1, 2)) for ring in _load_land()]
        axes.add_collection(PolyCollection(rings, facecolor=theme.pale, edgecolor="none", alpha=0.6, zorder=0.5))
        points: dict[tuple[float, float], list[str]] = {}
        for row in list_records(frame):
            ends = []
            for side in ("", "partner_"):
                ends.append((read_number(row[f"{side}longitude"]), read_number(row[f"{side}latitude"])))
                points.setdefault(ends[-1], []).append(take_text(row[f"{side}city"]))
            _draw_line(axes, ends[0], ends[1], theme)
        for (x, y), names in points.items():
            axes.plot(x, y, "o", color=theme.after, ms=2.0 + math.sqrt(len(names)), mec="white", mew=0.4, zorder=3)
            name_point(axes, (x, y), names[0], [len(names)], numbers.format_count)
        axes.set_xlim(-_HALF_TURN, _HALF_TURN)
        axes.set_ylim(-60, 80)
        axes.set_aspect("equal")
        axes.xaxis.set_major_locator(MultipleLocator(60))
        axes.yaxis.set_major_locator(MultipleLocator(20))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: _format_degrees(v, "E", "W")))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda v, _: _format_degrees(v, "N", "S")))
        axes.grid(visible=True, axis="both")
        most = sorted(points.items(), key=lambda item: (-len(item[1]), item[1][0]))
        place_names(axes, [(x, y, names[0]) for (x, y), names in most[:_MOST_NAMES]], theme.size * 0.7, theme.ink)
    return figure


@cache
def _load_land() -> list[list[float]]:
    """Return the outlines of land, of each its degrees east and north in turn."""
    text = resources.files("twintrade.render.figures").joinpath("land.json").read_text(encoding="utf-8")
    return list(json.loads(text)["rings"])


def _draw_line(axes: Axes, start: tuple[float, float], end: tuple[float, float], theme: Theme) -> None:
    """Draw a line the shorter way round, in two parts where it crosses the edge of the map."""
    (x0, y0), (x1, y1) = sorted((start, end))
    if x1 - x0 <= _HALF_TURN:
        parts = [((x0, x1), (y0, y1))]
    else:
        middle = y0 + (y1 - y0) * (_HALF_TURN + x0) / (x0 + 2 * _HALF_TURN - x1)
        parts = [((x0, -_HALF_TURN), (y0, middle)), ((_HALF_TURN, x1), (middle, y1))]
    for xs, ys in parts:
        axes.plot(xs, ys, color=theme.muted, lw=0.6, alpha=0.7, zorder=2)


def _format_degrees(value: float, above: str, below: str) -> str:
    side = "none" if value == 0 else above if value > 0 else below
    return str(Text("figures.degrees", value=abs(value), side=side))


MANY_BARS = 20


def draw_counts(frame: pd.DataFrame, label: str, value: str, *, theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw one bar a row, in the order given, from a column of names and one of numbers."""
    rows, write = list_records(frame), partial(numbers.format_compact, significant=3)
    names = [split_label(take_text(r[label]), MOST_LETTERS) for r in rows]
    lines = max((name.count("\n") + 1 for name in names), default=1)
    row = max(0.15 if len(rows) > MANY_BARS else 0.22, lines * LINE * theme.size * 0.9 / 72 + 0.03)
    with open_figure(theme, 0.9 + row * len(rows)) as figure:
        axes = figure.subplots()
        values = [read_number(r[value]) for r in rows]
        axes.barh(range(len(rows)), values, color=theme.after, height=0.7)
        beside: dict[str, Any] = {"xytext": (3, 0), "va": "center", "fontsize": theme.size * 0.85}
        for y, amount in enumerate(values):
            name_point(axes, (amount, y), take_text(rows[y][label]), [amount], write)
            axes.annotate(write(amount), (amount, y), textcoords="offset points", **beside)
        axes.set_yticks(range(len(rows)), names)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.grid(visible=False)
        axes.tick_params(axis="y", length=0)
        axes.spines[["left"]].set_visible(False)
        axes.margins(x=0.12)
        axes.set_xlabel(name_column(value))
    return figure


def draw_years(frame: pd.DataFrame, *, theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw one column per year, and one for what has no year, the last label."""
    names, counts = frame["label"].map(take_text).tolist(), frame["count"].astype(float)
    step = max(1, -(-len(names) // 12))
    with open_figure(theme, 2.8) as figure:
        axes = figure.subplots()
        axes.bar(range(len(names)), counts, color=theme.after, width=0.8)
        for i, (name, amount) in enumerate(zip(names, counts, strict=True)):
            name_point(axes, (i, amount), name, [amount], numbers.format_count)
        shown = [i for i, name in enumerate(names) if not name.isdigit() or int(name) % step == 0]
        undated = [i for i in shown if not names[i].isdigit()]
        shown = [i for i in shown if i in undated or all(abs(i - other) >= step for other in undated)]
        axes.set_xticks(shown, [names[i] for i in shown])
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel(name_column("count"))
        axes.margins(x=0.01)
    return figure
