"""Effects by event time as changes in percent on a scale of logs: of a few methods on one axis, of more in panels."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing
from matplotlib.lines import Line2D

from twintrade.effects import Bands
from twintrade.render import reading
from twintrade.render.figures.points import Write, draw_interval, name_point, write_change
from twintrade.render.figures.theme import (
    LEGEND_LINE,
    MARKERS,
    Bounds,
    apply_theme,
    draw_onset_line,
    draw_zero_line,
    measure_label,
    open_figure,
    split_label,
)
from twintrade.render.names import name_scale
from twintrade.render.reading import Record, read_number, take_text
from twintrade.render.style import DEFAULT_THEME, Theme
from twintrade.text import Text, Words, numbers, texts

HEIGHT = 3.4
VALUES = ("effect", "low", "high")
BAND = ("simultaneous_low", "simultaneous_high")
APART = ("imputation leads", "first-stage residuals")  # bases that effects after the agreement do not share
TICKS = (-90, -75, -50, -25, 0, 50, 100, 200, 400, 900)
ALWAYS = (-25, 50)  # changes that every axis names
DODGE = 0.22
CHANGES = ("log points", "percent")
PER_ROW = 3
GRID, MARGIN = 12, 3  # columns of a figure of event studies, and those of its margin
PANEL_HEIGHT, PANEL_LETTERS, PANEL_TIMES = 1.5, 32, 9
PANEL_TICKS, MOST_PANEL_TICKS = (-75, -50, 0, 100, 400, 900), 4
MOST_BESIDE = 80  # letters of labels that stand beside each other in a legend


def convert_to_logs(frame: pd.DataFrame) -> pd.DataFrame:
    """Return effects in percent or log points, with their ends, in log points; a fall to nothing is without end."""
    if take_text(frame["scale"].iloc[0]) != "percent":
        return frame
    names = [name for name in (*VALUES, *BAND) if name in frame]
    shares = frame[names].astype(float).clip(lower=-100.0).div(100)
    with np.errstate(divide="ignore"):
        logs = np.log1p(shares.to_numpy())
    return frame.assign(**dict(zip(names, logs.T, strict=True)))


def draw_study(
    frame: pd.DataFrame, overall: pd.DataFrame | None, period_name: str, theme: Theme = DEFAULT_THEME
) -> Drawing:
    """Draw event studies as ``draw_study_in`` does, in a figure of their own."""
    with open_figure(theme, measure_study(frame)) as figure:
        draw_study_in(figure, frame, overall, period_name, theme)
    return figure


def measure_study(frame: pd.DataFrame) -> float:
    """Return the height in inches of a figure of event studies."""
    return HEIGHT + PANEL_HEIGHT * math.ceil((frame["label"].nunique() - 1) / PER_ROW)


def draw_study_in(
    figure: Drawing | Axes,
    frame: pd.DataFrame,
    overall: pd.DataFrame | None,
    period_name: str,
    theme: Theme,
    changes: Sequence[str] = CHANGES,
) -> Axes:
    """Draw the first method large, its overall effect in the margin, each further one small below; return its axes.

    Effects before the agreement that share no reference with those after it stand in a half of their own. A method on
    another scale has a panel of its own scale.

    ``figure``: or axes at hand, on which methods of one scale stand side by side; ``frame``: as of ``draw_path``,
    with label, scale and base;
    ``overall``: effect, low, high of the first method and their ``shown`` words; both in log points where they are
    changes; ``changes``: scales that are drawn in percent.
    """
    labels = reading.list_names(frame, "label")
    parts = [reading.select_named(frame, "label", name) for name in labels]
    margin = None if overall is None else next(iter(reading.list_records(overall)), None)
    is_change = [take_text(part["scale"].iloc[0]) in changes for part in parts]
    ends = [read_number(margin[name]) for name in VALUES] if margin is not None and is_change[0] else []
    logs = frame[frame["scale"].isin(changes)]
    if is_change[0]:
        banded = frame if isinstance(figure, Axes) else parts[0]
        ends += list(banded[[name for name in BAND if name in banded]].to_numpy(dtype=float).ravel())
    ticks, bounds = choose_frame([*logs[list(VALUES)].to_numpy(dtype=float).ravel(), *ends])
    per_row = min(PER_ROW, max(2, len(parts) - 1))
    n_rows = math.ceil((len(parts) - 1) / per_row)
    if isinstance(figure, Axes):
        _draw_main(figure, parts, ticks, bounds if is_change[0] else None, period_name, theme)
        return figure
    grid = figure.add_gridspec(1 + n_rows, GRID, height_ratios=[HEIGHT, *[PANEL_HEIGHT] * n_rows])
    axes = figure.add_subplot(grid[0, : GRID - MARGIN * (margin is not None)])
    _draw_main(axes, parts[:1], ticks, bounds if is_change[0] else None, period_name, theme)
    if margin is not None:
        _draw_margin(figure.add_subplot(grid[0, -MARGIN:], sharey=axes), margin, theme)
    for place, part in enumerate(parts[1:]):
        row, column = divmod(place, per_row)
        width = GRID // per_row
        panel = figure.add_subplot(grid[1 + row, width * column : width * (column + 1)])
        _draw_panel(panel, labels[1 + place], part, ticks, bounds if is_change[1 + place] else None, theme)
        if is_change[0] and is_change[1 + place]:
            _draw_line_behind(panel, parts[0], theme)
    return axes


def _draw_line_behind(axes: Axes, part: pd.DataFrame, theme: Theme) -> None:
    """Draw the effects of a method as a pale line, broken where its halves have different yardsticks."""
    shown = part.sort_values("event_time")
    is_before = shown["event_time"] < 0
    halves = [shown[is_before], shown[~is_before]] if _is_apart(part) else [shown]
    for half in halves:
        axes.plot(half["event_time"], half["effect"], color=theme.pale, linewidth=2.0, zorder=1.2)


def _is_apart(part: pd.DataFrame) -> bool:
    """Whether effects before the agreement share no reference with those after it."""
    return "base" in part and take_text(part["base"].iloc[0]) in APART


def _draw_main(
    axes: Axes, parts: Sequence[pd.DataFrame], ticks: list[int], bounds: Bounds | None, period_name: str, theme: Theme
) -> None:
    """Draw one method on axes at hand, in percent where bounds are given, others hollow and beside its points."""
    part, is_change, every = parts[0], bounds is not None, pd.concat(parts, ignore_index=True)
    bounds = bounds or _frame_effects(every, BAND)
    _draw_points(axes, parts, bounds, theme, has_band=True)
    _frame_axes(axes, bounds, theme)
    if is_change:
        axes.set_yticks(*name_changes(ticks, " %"))
    else:
        axes.set_ylabel(str(Text("page.effect_axis", scale=name_scale(take_text(part["scale"].iloc[0])))))
    axes.spines["left"].set_visible(False)
    _name_times(axes, part, every, period_name, theme)
    first, last = every["event_time"].min() - 0.6, every["event_time"].max() + 0.6
    axes.set_xlim(first, last)
    if last > 0:
        axes.axvspan(-0.5, last, color=theme.pale, alpha=0.3, lw=0, zorder=0)
    halves = (("before", first, theme.before, first < -1), ("after", -0.5, theme.after, last > 0))
    for name, at, colour, is_there in halves:
        key = f"figures.half-{name}{'-apart' if _is_apart(part) else ''}"
        if is_there:
            _head_half(axes, at, str(Text(key)), colour, theme)
    if len(parts) > 1:
        names = [split_label(take_text(one["label"].iloc[0]), MOST_BESIDE) for one in parts]
        axes.legend(_list_handles(len(names), theme), names, ncols=1, loc="lower right", bbox_to_anchor=(1.0, 1.08))


def _list_handles(n: int, theme: Theme) -> list[Line2D]:
    """Return the marks of methods by their place, for a legend."""
    styles = (_style(k, theme) for k in range(n))
    return [Line2D([], [], ls="", marker=m, color=c, ms=5, mfc=f) for m, c, f in styles]


def _head_half(axes: Axes, at: float, words: str, colour: str, theme: Theme) -> None:
    """Write above the axes what the part of them from a place on shows."""
    axes.text(
        at, 1.02, words, transform=axes.get_xaxis_transform(), fontsize=theme.size * 0.9, color=colour,
        fontweight="bold", va="bottom",
    )  # fmt: skip


def _draw_margin(axes: Axes, row: Record, theme: Theme) -> None:
    """Draw the overall effect with its interval and both in words."""
    effect, low, high = (read_number(row[name]) for name in VALUES)
    bounds = axes.get_ylim()
    draw_zero_line(axes, theme)
    if low == low and high == high:
        draw_interval(axes, 0.0, (low, high), bounds, color=theme.after, linewidth=4.0)
    y = float(np.clip(effect, *bounds))
    axes.plot(0.0, y, "D", color=theme.after, ms=7, mec="white", zorder=3)
    name_point(axes, (0.0, y), Text("figures.overall"), (effect, low, high), _choose_writing(row))
    bold, plain = {"fontweight": "bold", "color": theme.after}, {"color": theme.ink, "fontsize": theme.size * 0.85}
    for i, line in enumerate(take_text(row["shown"]).split("\n")):
        style: dict[str, Any] = plain if i else bold
        axes.annotate(line, (0.0, y), xytext=(10, 3 - 12 * i), textcoords="offset points", va="center", **style)
    axes.set_xlim(-0.25, 1.6)
    axes.set_xticks([])
    _head_half(axes, -0.25, str(Text("figures.overall")), theme.after, theme)
    axes.tick_params(axis="y", length=0, labelleft=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)


def convert_to_percents(frame: pd.DataFrame) -> pd.DataFrame:
    """Return effects in log points, with their ends, in percent; others as they are."""
    if frame.empty or take_text(frame["scale"].iloc[0]) != "log points":
        return frame
    names = [name for name in (*VALUES, *BAND) if name in frame]
    with np.errstate(over="ignore"):
        percents = 100 * np.expm1(frame[names].astype(float))
    return frame.assign(**{name: percents[name] for name in names}, scale="percent")


def draw_path(frame: pd.DataFrame, period_name: str, theme: Theme = DEFAULT_THEME) -> Drawing:
    """Draw effects in log points by event time, with their intervals, on an axis in percent.

    ``frame``: event_time, event_label, effect, low, high, n_units, is_reference, and label where there are several
    methods: the first stands out.
    """
    labels = reading.list_names(frame, "label") if "label" in frame else [""]
    parts = [reading.select_named(frame, "label", name) for name in labels] if labels != [""] else [frame]
    ticks, bounds = choose_frame(frame[list(VALUES)].to_numpy(dtype=float))
    names = [split_label(name, MOST_BESIDE) for name in labels]
    columns = len(labels) if sum(map(measure_label, labels)) <= MOST_BESIDE else 1
    n_lines = sum(name.count("\n") + 1 for name in names) / columns
    height = HEIGHT + (n_lines - 1) * 1.15 * LEGEND_LINE * theme.size / 72
    with open_figure(theme, height) as figure:
        axes = figure.subplots()
        _draw_points(axes, parts, bounds, theme)
        _frame_axes(axes, bounds, theme)
        axes.set_yticks(*name_changes(ticks))
        axes.set_title(str(Text("brief.percent")), loc="left", fontsize=theme.size * 0.9, color=theme.muted)
        _name_times(axes, parts[0], frame, period_name, theme)
        axes.spines["left"].set_visible(False)
        if len(parts) > 1:
            handles = _list_handles(len(parts), theme)
            axes.legend(handles, names, ncols=columns, loc="lower right", bbox_to_anchor=(1.0, 1.0))
    return figure


def draw_panels(frame: pd.DataFrame, period_name: str, theme: Theme = DEFAULT_THEME) -> Drawing:
    """Draw effects as ``draw_path`` does, a panel a label: changes on one scale in log points, others on its own."""
    parts = dict(list(frame.groupby(frame["label"].map(take_text), sort=False)))
    logs = frame[frame["scale"].isin(CHANGES)]
    ticks, frame_of_changes = choose_frame(logs[list(VALUES)].to_numpy(dtype=float))
    n_rows = math.ceil(len(parts) / PER_ROW)
    with open_figure(theme, PANEL_HEIGHT * n_rows + 0.4) as figure:
        panels = figure.subplots(n_rows, min(PER_ROW, len(parts)), squeeze=False).ravel()
        for axes in panels[len(parts) :]:
            axes.set_visible(False)
        for axes, (name, part) in zip(panels, parts.items(), strict=False):
            is_change = take_text(part["scale"].iloc[0]) in CHANGES
            _draw_panel(axes, str(name), part, ticks, frame_of_changes if is_change else None, theme)
        since = str(Text("figures.since-onset", period_name=period_name))
        figure.supxlabel(since, fontsize=theme.size * 0.9, x=0.02, ha="left")
    return figure


def _draw_panel(
    axes: Axes, name: str, part: pd.DataFrame, ticks: list[int], changes: Bounds | None, theme: Theme
) -> None:
    """Draw one method small, below its name; on its own scale where there are no bounds of changes."""
    bounds = changes or _frame_effects(part)
    _draw_points(axes, [part], bounds, theme)
    if changes is not None:
        few = [tick for tick in ticks if tick in PANEL_TICKS]
        axes.set_yticks(*name_changes(few if len(ticks) > MOST_PANEL_TICKS else ticks))
    axes.set_title(split_label(name, PANEL_LETTERS), loc="left", fontsize=theme.size * 0.9)
    _frame_axes(axes, bounds, theme)
    times = part.sort_values("event_time")
    step = max(1, math.ceil(len(times) / PANEL_TIMES))
    labels = list(times["event_label"].map(take_text))
    axes.set_xticks(times["event_time"].to_numpy(dtype=float)[::step], labels[::step])


def _frame_axes(axes: Axes, bounds: Bounds, theme: Theme) -> None:
    """Draw the lines at no effect and at the agreement, within bounds."""
    draw_zero_line(axes, theme)
    draw_onset_line(axes, theme)
    axes.set_ylim(*bounds)
    axes.tick_params(axis="y", length=0)


def _frame_effects(part: pd.DataFrame, further: Sequence[str] = ()) -> Bounds:
    """Return bounds around effects on their own scale, with their finite ends and those of further columns."""
    ends = part[[name for name in (*VALUES, *further) if name in part]].to_numpy(dtype=float)
    ends = ends[np.isfinite(ends)]
    low, high = float(ends.min(initial=0.0)), float(ends.max(initial=0.0))
    room = 0.05 * (high - low) or 1.0
    return low - room, high + room


def _style(place: int, theme: Theme) -> tuple[str, str, str]:
    """Return marker, colour and filling of a method by its place: the first is solid, the others hollow."""
    colour = theme.after if place == 0 else theme.muted
    return MARKERS[place % len(MARKERS)], colour, colour if place == 0 else "white"


def _draw_points(
    axes: Axes, parts: Sequence[pd.DataFrame], bounds: Bounds, theme: Theme, *, has_band: bool = False
) -> None:
    """Draw the effects of methods side by side; what lies beyond the frame ends in an arrow at its edge."""
    for place, row in ((place, row) for place, part in enumerate(parts) for row in reading.list_records(part)):
        marker, method_colour, _ = _style(place, theme)
        at = read_number(row["event_time"])
        effect, low, high = (read_number(row[name]) for name in VALUES)
        colour = theme.before if at < 0 and place == 0 else method_colour
        x = at + (place - (len(parts) - 1) / 2) * DODGE
        is_reference = "is_reference" in row and reading.read_truth(row["is_reference"])
        band = [read_number(row.get(name)) for name in BAND]
        if has_band and not is_reference and not any(map(math.isnan, band)):
            draw_interval(axes, x, band, bounds, color=colour, linewidth=0.7)
        if low == low and high == high and not is_reference:
            draw_interval(axes, x, (low, high), bounds, color=colour, linewidth=1.0 if place else 1.8)
        if math.isfinite(effect) or is_reference:
            y = 0.0 if is_reference else float(np.clip(effect, *bounds))
            is_apart = at < 0 and take_text(row.get("base")) in APART
            face = "white" if is_reference or place or is_apart else colour
            axes.plot(x, y, "o" if is_apart else marker, color=colour, ms=5 if place == 0 else 4, mfc=face, zorder=3)
            values = (0.0,) if is_reference else (effect, low, high)
            name_point(axes, (x, y), name_event(row), values, _choose_writing(row))


def _choose_writing(row: Record) -> Write:
    """Return how values of a row are written: as changes, or on a scale of their own."""
    return write_change if take_text(row.get("scale")) in ("", *CHANGES) else numbers.format_compact


def _name_times(axes: Axes, first: pd.DataFrame, times: pd.DataFrame, period_name: str, theme: Theme) -> None:
    """Name event times below the axis, with the number of treated units behind the first method."""
    counts = dict(zip(first["event_time"].map(read_number), first["n_units"].map(read_number), strict=True))
    shown = times.drop_duplicates("event_time").sort_values("event_time")
    x = shown["event_time"].to_numpy(dtype=float)
    labels = [
        f"{name}\n{counts[at]:.0f}" if counts.get(at, math.nan) == counts.get(at, math.nan) else name
        for at, name in zip(x, shown["event_label"].map(take_text), strict=True)
    ]
    step = max(1, math.ceil(x.size / (13 if theme.width < 5 else 20)))
    named = [place for place in range(0, x.size - 1, step) if x.size - 1 - place >= step] + [x.size - 1]
    axes.set_xticks(x[named], [labels[place] for place in named])
    label = str(Text("brief.since", period_name=period_name))
    axes.set_xlabel(label, loc="left", fontsize=theme.size * 0.9, color=theme.muted)


def name_event(row: Record) -> Words:
    """Return what an effect by event time is called: its method, where there are several, and its time."""
    time = Text("figures.event-time", time=take_text(row["event_label"]))
    method = take_text(row.get("label"))
    return Text("figures.point-at", series=method, at=time) if method else time


def choose_frame(values: npt.ArrayLike, room: float = 0.05) -> tuple[list[int], Bounds]:
    """Return the changes in percent that an axis names, and its ends in log points, around all from −90 to +900."""
    known = np.asarray(values, dtype=float)
    known = known[np.isfinite(known)]
    first, last = np.log1p(np.array([TICKS[0], TICKS[-1]]) / 100)
    low, high = max(known.min(initial=0.0), first), min(known.max(initial=0.0), last)
    least, most = min(100 * np.expm1(low) - 12, ALWAYS[0]), max(115 * np.expm1(high) + 12, ALWAYS[1])
    ticks = [tick for tick in TICKS if least <= tick <= most]
    return ticks, (min(low, np.log1p(ticks[0] / 100)) - room, max(high, np.log1p(ticks[-1] / 100)) + room)


def write_tick(percent: int) -> str:
    """Return a change in percent as an axis prints it, with its sign."""
    return f"+{percent}" if percent > 0 else numbers.format_fixed(percent, 0)


def name_changes(percents: Sequence[int], unit: str = "") -> tuple[list[float], list[str]]:
    """Return where changes in percent stand on an axis of logs, and how they are printed; no change has no unit."""
    places = np.log1p(np.array(percents) / 100).tolist()
    return places, [write_tick(one) + (unit if one else "") for one in percents]


# The event study of a notebook, on axes at hand, as a page draws it.


def draw_studies_on(axes: Axes, studies: Mapping[str, Bands], *, period_name: str = "period") -> None:
    """Draw event studies of one scale by their names on axes at hand: the first solid, the others beside it."""
    frames = [convert_to_logs(read_study(bands, label)) for label, bands in studies.items()]
    theme = Theme()
    with apply_theme(theme):
        draw_study_in(axes, pd.concat(frames, ignore_index=True), None, period_name, theme)


def read_study(bands: Bands, label: str) -> pd.DataFrame:
    """Return the event times of bands as ``draw`` takes them."""
    estimate, frame = bands.estimate, bands.to_frame()
    reference = getattr(estimate, "reference", None)
    is_reference = frame["event_time"] == reference if reference is not None else False
    named = frame.assign(label=label, base=estimate.base, n_units=estimate.n_units, is_reference=is_reference)
    shown = named[(frame["kind"] == "event").to_numpy()]
    low, high = getattr(estimate, "binned", (False, False))
    times, last = shown["event_time"].astype(int), len(shown) - 1
    labels = [
        numbers.format_event_time_label(e, is_first=low and i == 0, is_last=high and i == last)
        for i, e in enumerate(times)
    ]
    return shown.assign(event_label=labels)


def read_whole_effect(bands: Bands, *, is_percent: bool) -> pd.DataFrame:
    """Return an overall effect with its words; in log points where it is a change and changes are in percent."""
    row = bands.to_frame().iloc[0].to_dict() | {"scale": bands.estimate.scale}
    is_change = is_percent and row["scale"] in CHANGES
    is_log = is_change and row["scale"] == "log points"
    shown = [numbers.convert_log_to_percent(row[name]) if is_log else row[name] for name in VALUES]
    decimals = 1 if is_change else numbers.choose_decimals(shown[0])
    unit = "%" if is_change else ""
    spread = texts.format_interval(shown[1], shown[2], decimals, unit)
    words = "\n".join(filter(None, (numbers.format_fixed(shown[0], decimals) + unit, spread)))
    frame = pd.DataFrame([row | {"shown": words}])
    return convert_to_logs(frame) if is_change else frame
