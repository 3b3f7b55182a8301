"""Series as observed, with every candidate date and known shock; and one treated unit beside its counterfactual."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from twintrade.render import reading
from twintrade.render.figures.points import draw_line
from twintrade.render.figures.theme import (
    DASHES,
    LINE,
    add_legend_below,
    draw_onset_line,
    draw_zero_line,
    open_figure,
    split_label,
)
from twintrade.render.names import name_column, name_method
from twintrade.render.reading import list_names, read_number, select_named, take_text
from twintrade.render.style import DEFAULT_THEME, Theme
from twintrade.text import Listed, Text, name_fact, numbers, texts

# Paths over time: a double ratio, a synthetic control beside its series, a gap.


def draw_path(frame: pd.DataFrame, *, y_label: str = "", theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw one line a series over period or event_time, of its index where there is one, else of its value."""
    value = "index" if "index" in frame and frame["index"].notna().any() else "value"
    x = "period" if "period" in frame else "event_time"
    with open_figure(theme, 3.3) as figure:
        axes = figure.subplots()
        for i, name in enumerate(dict.fromkeys(frame["series"].map(take_text))):
            line, style = select_named(frame, "series", name), _choose_style(i, name, theme) | {"marker": None}
            draw_line(axes, line, x, value, name, partial(numbers.format_compact, significant=3), **style)
        if x == "event_time":
            draw_onset_line(axes, theme)
        if x == "period" and "period_label" in frame:
            draw_period_axis(axes, frame)
        else:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_ylabel(y_label or (str(Text("figures.index-onset")) if value == "index" else ""))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda amount, _: texts.format_tick(amount)))
        axes.set_xlabel(str(Text("figures.since-onset", period_name="period")) if x == "event_time" else "")
        named = [line for line in axes.get_lines() if not str(line.get_label()).startswith("_")]
        add_legend_below(figure, named, theme)
    return figure


GRID_COLUMNS = 3
MANY_CASES = 6
MANY_PANELS = 3


def draw_raw_series(
    frame: pd.DataFrame,
    dates: pd.DataFrame | None = None,
    shocks: pd.DataFrame | None = None,
    *,
    theme: Theme = DEFAULT_THEME,
) -> Figure:
    """Draw the panels below each other, three and more two a row, the same series in the same line everywhere.

    ``frame``: series, panel, period, period_label, value, unit; ``dates``: period, label, is_chosen: every candidate
    date; the chosen one is drawn solid; ``shocks``: label, first, last, first_label, last_label: known events, drawn
    as grey bands.
    """
    panels = list_names(frame, "panel")
    series = list_names(frame, "series")
    n_columns = 1 if len(panels) < MANY_PANELS else 2
    n_rows = -(-len(panels) // n_columns)
    lines = [split_label(line, 100) for line in list_event_key(dates, shocks, frame)]
    n_lines = sum(line.count("\n") + 1 for line in lines)
    with open_figure(theme, 0.9 + 0.17 * n_lines + 1.85 * n_rows) as figure:
        all_axes = figure.subplots(n_rows, n_columns, sharex=True, squeeze=False).ravel()
        for axes, panel in zip(all_axes, panels, strict=False):
            rows = select_named(frame, "panel", panel)
            _draw_series(axes, rows, series, theme)
            title, units = name_fact("figures.panel-", panel), tuple(filter(None, list_names(rows, "unit")))
            words = Text("figures.panel-in", panel=title, units=Listed(units, "comma")) if units else title
            axes.set_title(str(words), loc="left")
            axes.yaxis.set_major_locator(MaxNLocator(5))
            if panel == "level":
                axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
            draw_shock_bands(axes, shocks, frame, theme, has_letters=axes is all_axes[0])
            draw_date_lines(axes, dates, theme, has_letters=axes is all_axes[0])
        _close_grid(all_axes, len(panels), n_columns)
        draw_period_axis(all_axes[0], frame, most=12 // n_columns)
        add_legend_below(figure, _pick_lines(all_axes, series), theme)
        if lines:
            size = theme.size * 0.85
            all_axes[-n_columns].set_xlabel("\n".join(lines), loc="left", fontsize=size, linespacing=1.4)
    return figure


def draw_grid(frame: pd.DataFrame, dates: pd.DataFrame | None = None, *, theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw the indices of many cases as small multiples, with every candidate date (case, period, is_chosen)."""
    cases, series = (list_names(frame, column) for column in ("case", "series"))
    n_columns = GRID_COLUMNS + (len(cases) > MANY_CASES)
    n_rows = -(-len(cases) // n_columns)
    titles = [split_label(name, 70 // n_columns) for name in cases]
    parts = [select_named(frame, "case", case) for case in cases]
    is_shared = len({frozenset(part["period"]) for part in parts}) == 1
    above = LINE * theme.size / 72 * (1 + max(title.count("\n") for title in titles))
    row = above + (1.2 if n_columns == GRID_COLUMNS else 1.0) + 0.2 * (not is_shared)
    with open_figure(theme, 0.8 + row * n_rows) as figure:
        all_axes = figure.subplots(n_rows, n_columns, sharex=is_shared, squeeze=False).ravel()
        for axes, case, title, rows in zip(all_axes, cases, titles, parts, strict=False):
            index = select_named(rows, "panel", "index")
            _draw_series(axes, index[np.isfinite(index["value"].astype(float))], series, theme)
            axes.yaxis.set_major_locator(MaxNLocator(4) if len(axes.lines) else NullLocator())
            draw_date_lines(axes, None if dates is None else select_named(dates, "case", case), theme)
            draw_period_axis(axes, rows, most=7 - n_columns)
            axes.set_title(title, loc="left")
        _close_grid(all_axes, len(cases), n_columns)
        add_legend_below(figure, _pick_lines(all_axes, series), theme)
    return figure


def _close_grid(all_axes: np.ndarray, n_drawn: int, n_columns: int) -> None:
    """Hide the axes on which nothing is drawn; those above them name their periods."""
    for axes in all_axes[n_drawn:]:
        axes.set_visible(False)
    for axes in all_axes[max(0, n_drawn - n_columns) : n_drawn]:
        axes.tick_params(axis="x", labelbottom=True)


def _choose_style(i: int, name: str, theme: Theme) -> dict[str, Any]:
    """Return how a series is drawn, by its place among all."""
    width, marker, order = (1.4, None, 2.5) if i else (2.2, "o", 3)
    style = {"color": theme.palette[i % len(theme.palette)], "linestyle": DASHES[i % len(DASHES)]}
    style |= {"linewidth": width, "marker": marker, "markersize": 3.5, "zorder": order}
    return style | {"label": name_fact("labels.series-", name)}


def _pick_lines(all_axes: Iterable[Axes], series: Sequence[str]) -> list[Line2D]:
    """Return one line of each series that is drawn, in their order."""
    drawn = {str(line.get_label()): line for axes in all_axes for line in axes.get_lines()}
    names = [name_fact("labels.series-", name) for name in series]
    return [drawn[name] for name in names if name in drawn]


def _draw_series(axes: Axes, rows: pd.DataFrame, series: Sequence[str], theme: Theme) -> None:
    """Draw each series of a panel in its own style, with ticks in the words of the language."""
    for i, name in enumerate(series):
        if not (line := select_named(rows, "series", name)).empty:
            style = _choose_style(i, name, theme)
            draw_line(axes, line, "period", "value", style["label"], texts.format_tick, **style)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: texts.format_tick(value)))


# What happened when: candidate dates as lines, known shocks as bands, each with its mark, and the period axis.

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
        width, dashes = (1.3, "-") if reading.read_truth(date["is_chosen"]) else (0.8, (0, (4, 3)))
        period, top = read_number(date["period"]), 1 - LINE_SHARE if has_letters else 1.0
        axes.axvline(period, color=theme.ink, linewidth=width, linestyle=dashes, zorder=1.5, ymax=top)
        seen.setdefault(period, []).append(letter)
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
    names, lines = name_periods(frame), []
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
    axes.set_xticks(*choose_periods(name_periods(frame), most))


def name_periods(frame: pd.DataFrame) -> dict[float, str]:
    """Return what each period of a frame is called."""
    return dict(zip(frame["period"].astype(float), frame["period_label"].map(take_text), strict=True))


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
    ends = ((read_number(s["first"]), read_number(s["last"]), s) for s in reading.list_records(shocks))
    return [shock for begins, stops, shock in ends if stops >= first and begins <= last]


def _leave_room(axes: Axes) -> None:
    """Leave room above everything that is drawn for a line of numbers, and below it one of letters."""
    low, high = axes.get_ylim()
    top = low + (axes.dataLim.y1 - low) / (1 - 2 * LINE_SHARE)
    axes.set_ylim(low, max(high, top))


def _letter(axes: Axes, letter: str, x: float, line: int, theme: Theme) -> None:
    style: dict[str, Any] = {"va": "top", "fontsize": theme.size * 0.9, "fontweight": "bold"}
    style["xytext"] = (3, -1 - 11 * line)
    axes.annotate(letter, (x, 1.0), xycoords=("data", "axes fraction"), textcoords="offset points", **style)


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
                path = reading.select_named(rows, "method", method)
                style = {"color": theme.palette[i], "linestyle": DASHES[i], "linewidth": 1.6}
                label = str(Text("figures.without-by", method=name_method(method)))
                draw_line(upper, path, "period", "counterfactual", label, label=label, **style)
                draw_line(lower, path, "period", "gap", name_column("gap"), **style)
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
