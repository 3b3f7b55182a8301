"""What happened when: candidate dates as lines, known shocks as bands, each with its mark, and the period axis."""

from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from twintrade.render import reading
from twintrade.render.figures.points import draw_line
from twintrade.render.figures.theme import DASHES, add_legend_below, draw_zero_line, open_figure, split_label
from twintrade.render.names import name_column, name_method
from twintrade.render.reading import read_number, take_text
from twintrade.render.style import DEFAULT_THEME, Theme
from twintrade.text import Text, numbers, texts

LINE_SHARE = 0.15  # share of an axis' height that a line of letters takes
LETTER_ROOM = 12.0
"""Points from one date's line to the next that a letter between them needs; nearer ones share a place."""


def list_candidates(dates: pd.DataFrame | None) -> list[dict[str, object]]:
    """Return the candidate dates in their order."""
    if dates is None or dates.empty:
        return []
    return sorted(reading.list_records(dates.dropna(subset=["period"])), key=lambda d: read_number(d["period"]))


def draw_date_lines(axes: Axes, dates: pd.DataFrame | None, theme: Theme, *, has_letters: bool = False) -> None:
    """Draw a line at each candidate date, the chosen one solid."""
    seen: dict[float, list[str]] = {}
    for letter, date in zip(ascii_lowercase, list_candidates(dates), strict=False):
        chosen = reading.read_truth(date["is_chosen"])
        axes.axvline(
            read_number(date["period"]),
            color=theme.ink,
            linewidth=1.3 if chosen else 0.8,
            linestyle="-" if chosen else (0, (4, 3)),
            zorder=1.5,
            ymax=1 - LINE_SHARE if has_letters else 1.0,
        )
        seen.setdefault(read_number(date["period"]), []).append(letter)
    if has_letters:
        _leave_room(axes)
        figure = axes.get_figure(root=True)
        room = axes.get_position().width * (figure.get_figwidth() if figure else 1.0) * 72
        a_letter = LETTER_ROOM * abs(float(np.diff(axes.get_xlim())[0])) / room
        placed: list[tuple[float, list[str]]] = []
        for period, letters in seen.items():
            if placed and period - placed[-1][0] < a_letter * len(placed[-1][1]):
                letters = [*placed.pop()[1], *letters]
            placed.append((period, letters))
        for period, letters in placed:
            _letter(axes, ", ".join(letters), period, 1, theme)


def draw_shock_bands(
    axes: Axes, shocks: pd.DataFrame | None, frame: pd.DataFrame, theme: Theme, *, has_letters: bool
) -> None:
    """Shade the periods of each known shock that lies inside the series."""
    first, last = float(frame["period"].min()), float(frame["period"].max())
    for place, shock in enumerate(_inside(shocks, frame), 1):
        start, end = max(read_number(shock["first"]), first), min(read_number(shock["last"]), last)
        axes.axvspan(start - 0.5, end + 0.5, color=theme.pale, alpha=0.6, linewidth=0, zorder=0.5)
        if has_letters:
            _leave_room(axes)
            _letter(axes, str(place), start - 0.5, 0, theme)


def list_event_key(dates: pd.DataFrame | None, shocks: pd.DataFrame | None, frame: pd.DataFrame) -> list[str]:
    """Return a line for each date, by letter, and each shock, by number."""
    names = dict(zip(frame["period"].astype(float), frame["period_label"].map(take_text), strict=True))
    lines = []
    for letter, date in zip(ascii_lowercase, list_candidates(dates), strict=False):
        period = read_number(date["period"])
        when = names.get(period) or numbers.format_fixed(period, 0).replace(",", "")
        label = reading.read_words(date, "label")
        named = label if when in label else f"{when}  {label}"
        shown = Text("figures.date-used", date=named) if reading.read_truth(date["is_chosen"]) else named
        lines.append(f"{letter}  {shown}")
    for place, shock in enumerate(_inside(shocks, frame), 1):
        when = "–".join(dict.fromkeys((take_text(shock["first_label"]), take_text(shock["last_label"]))))
        named = f"{when}  {reading.read_words(shock, 'label')}"
        lines.append(f"{place}  {Text('figures.shock', shock=named)}")
    return lines


def draw_period_axis(axes: Axes, frame: pd.DataFrame, most: int = 12) -> None:
    """Write the periods as a reader knows them: 2004, 2004Q3, 2004-09."""
    names = dict(zip(frame["period"].astype(float), frame["period_label"].map(take_text), strict=True))
    axes.set_xticks(*choose_periods(names, most))


def choose_periods(names: Mapping[float, str], most: int) -> tuple[list[float], list[str]]:
    """Return those of the periods that an axis has room to name, and their names."""
    periods = sorted(names)
    # Months and quarters are wider than years.
    fitting = max(2, most * 5 // max(5, *(len(name) + 1 for name in names.values())))
    shown = periods[:: max(1, -(-len(periods) // fitting))]
    return shown, [names[period] for period in shown]


def _inside(shocks: pd.DataFrame | None, frame: pd.DataFrame) -> list[dict[str, object]]:
    if shocks is None or shocks.empty:
        return []
    first, last = float(frame["period"].min()), float(frame["period"].max())
    return [
        s for s in reading.list_records(shocks) if read_number(s["last"]) >= first and read_number(s["first"]) <= last
    ]


def _leave_room(axes: Axes) -> None:
    """Leave room above everything that is drawn for a line of numbers, and below it one of letters."""
    low, high = axes.get_ylim()
    top = low + (axes.dataLim.y1 - low) / (1 - 2 * LINE_SHARE)
    axes.set_ylim(low, max(high, top))


def _letter(axes: Axes, letter: str, x: float, line: int, theme: Theme) -> None:
    axes.annotate(
        letter,
        (x, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, -1 - 11 * line),
        textcoords="offset points",
        va="top",
        fontsize=theme.size * 0.9,
        fontweight="bold",
    )


# One treated unit: its path beside the path without the agreement, and the gap between them, by donor set.


def draw_case(
    frame: pd.DataFrame,
    dates: pd.DataFrame | None = None,
    shocks: pd.DataFrame | None = None,
    *,
    set_names: Mapping[str, str],
    sets: Sequence[str],
    gap_label: str = "",
    theme: Theme = DEFAULT_THEME,
) -> Figure:
    """Draw paths above and gaps below, one column a donor set.

    ``frame``: method, donor_set, period, period_label, observed, counterfactual, gap; ``dates``: period, label,
    is_chosen: every candidate date; the chosen one is drawn solid; ``shocks``: label, first, last: known events,
    drawn as grey bands; ``set_names``: title of each donor set; ``sets``: donor sets shown, in this order.
    """
    methods = reading.list_names(frame, "method")
    with open_figure(theme, 5.2) as figure:
        grid = figure.subplots(2, len(sets), sharex=True, sharey="row", squeeze=False)
        for column, key in enumerate(sets):
            rows = reading.select_named(frame, "donor_set", key)
            upper, lower = grid[0, column], grid[1, column]
            upper.set_title(split_label(set_names.get(key, key), 64 // len(sets)), loc="left")
            observed = str(Text("figures.observed"))
            style: dict[str, Any] = {"color": theme.palette[0], "lw": 2.2, "marker": "o", "ms": 3.0, "zorder": 3}
            path = rows.drop_duplicates("period")
            draw_line(upper, path, "period", "observed", observed, label=observed, **style)
            for i, method in enumerate(methods, 1):
                _draw_method(
                    upper, lower, reading.select_named(rows, "method", method), name_method(method), theme, i
                )
            draw_zero_line(lower, theme)
            draw_period_axis(lower, rows, most=12 // len(sets))
        for upper, lower in grid.T:  # room for letters is left once everything is drawn
            for axes in (upper, lower):
                draw_shock_bands(axes, shocks, frame, theme, has_letters=axes is upper)
                draw_date_lines(axes, dates, theme, has_letters=axes is upper)
                axes.yaxis.set_major_locator(MaxNLocator(5))
                axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: texts.format_tick(value)))
        grid[0, 0].set_ylabel(str(Text("figures.index-before")))
        grid[1, 0].set_ylabel(gap_label or name_column("gap"))
        handles = {take_text(line.get_label()): line for axes in grid[0] for line in axes.get_lines()}
        named = {name: line for name, line in handles.items() if name and not name.startswith("_")}
        add_legend_below(figure, list(named.values()), theme)
    return figure


def _draw_method(upper: Axes, lower: Axes, path: pd.DataFrame, name: str, theme: Theme, place: int) -> None:
    """Draw a method's path without the agreement, and its gap below."""
    style: dict[str, Any] = {"color": theme.palette[place], "linestyle": DASHES[place], "linewidth": 1.6}
    label = str(Text("figures.without-by", method=name))
    draw_line(upper, path, "period", "counterfactual", label, label=label, **style)
    draw_line(lower, path, "period", "gap", name_column("gap"), **style)
