"""How wide the interval becomes when the comparison may fail: the original interval stands at the left."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from twintrade.render.figures.labels import choose_step
from twintrade.render.figures.points import name_point
from twintrade.render.figures.theme import draw_zero_line, open_figure
from twintrade.render.names import name_restriction
from twintrade.render.reading import Record, list_records, read_number, take_text
from twintrade.render.theme import Theme
from twintrade.text import Text, amounts

FAR = 10.0
"""Times the original interval's larger end beyond which an interval ends in an arrow."""


def draw(frame: pd.DataFrame, *, y_label: str = "", theme: Theme | None = None, is_simulated: bool = False) -> Figure:
    """Draw intervals by the size of the violation allowed.

    ``frame``: restriction, kind ("original" or "robust"), size, low, high, effect.
    """
    theme = theme or Theme()
    bounds = find_bounds(frame)
    restrictions = list(dict.fromkeys(frame["restriction"].map(take_text)))
    with open_figure(theme, 3.2, is_simulated=is_simulated) as figure:
        all_axes = figure.subplots(1, len(restrictions), sharey=True, squeeze=False)[0]
        for axes, name in zip(all_axes, restrictions, strict=True):
            rows = list_records(frame[frame["restriction"].map(take_text) == name])
            draw_zero_line(axes, theme)
            for x, row in enumerate(rows):
                is_original = take_text(row["kind"]) == "original"
                colour = theme.before if is_original else theme.after
                values = [read_number(row[column]) for column in ("effect", "low", "high")]
                _draw_interval(axes, x, (values[1], values[2]), bounds, colour)
                name_point(axes, (x, values[0]), _name_size(row), values)
                axes.plot(x, read_number(row["effect"]), "o" if is_original else "s", color=colour, mec="white", ms=6)
            names = [_name_size(row) for row in rows]
            step = choose_step(names, 0.8 * theme.width / len(restrictions), theme.size)
            axes.set_xticks(range(0, len(rows), step), names[::step])
            axes.set_xlim(-0.6, len(rows) - 0.4)
            axes.set_xlabel(str(Text("figures.largest-violation", restriction=name_restriction(name))))
        is_cut = any(math.isfinite(one) for one in bounds)
        if is_cut:
            all_axes[0].set_ylim(*(None if math.isinf(one) else one for one in bounds))
        all_axes[0].set_ylabel(y_label or str(Text("figures.effect-axis")))
        original, robust = str(Text("figures.original-interval")), str(Text("figures.robust-interval"))
        handles = [
            Line2D([], [], color=theme.before, marker="o", lw=3, label=original),
            Line2D([], [], color=theme.after, marker="s", lw=3, label=robust),
        ]
        if is_cut:
            handles.append(Line2D([], [], ls="", label=str(Text("figures.runs-on"))))
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def find_bounds(frame: pd.DataFrame) -> tuple[float, float]:
    """Return where the axis ends at either side, infinite where it holds every end there is."""
    ends = frame[["low", "high"]].to_numpy(dtype=float)
    far = FAR * np.abs(ends[(frame["kind"].map(take_text) == "original").to_numpy()]).max(initial=0.0)
    is_far = np.isinf(ends) | (np.abs(ends) > far)
    kept = ends[np.isfinite(ends) & ~is_far]
    if not kept.size:
        return -math.inf, math.inf
    room = 0.05 * float(np.ptp(kept)) or 1.0
    low, high = float(kept.min()) - room, float(kept.max()) + room
    return (low if (is_far & (ends < 0)).any() else -math.inf), (high if (is_far & (ends > 0)).any() else math.inf)


def _draw_interval(axes: Axes, x: float, ends: tuple[float, float], bounds: tuple[float, float], colour: str) -> None:
    """Draw an interval; what lies beyond the bounds ends in an arrow at them."""
    axes.plot([x, x], np.clip(ends, *bounds), color=colour, lw=3, solid_capstyle="butt")
    if ends[0] < bounds[0]:
        axes.plot(x, bounds[0], "v", color=colour, ms=6, clip_on=False)
    if ends[1] > bounds[1]:
        axes.plot(x, bounds[1], "^", color=colour, ms=6, clip_on=False)


def _name_size(row: Record) -> str:
    """Return what a row allows: nothing beyond the original, or a violation of its size."""
    is_original = take_text(row["kind"]) == "original"
    return str(Text("figures.original")) if is_original else amounts.format_tick(read_number(row["size"]))
