"""How the pictures of a brief are drawn."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from twintrade.render.brief.facts import Effect
from twintrade.render.figures.percent_paths import choose_frame, write_tick
from twintrade.render.figures.points import draw_interval, name_line, name_point
from twintrade.render.figures.theme import (
    EM,
    LINE,
    Box,
    choose_step,
    has_overlap,
    measure_label,
    open_figure,
    split_label,
)
from twintrade.render.names import capitalize
from twintrade.render.reading import take_text
from twintrade.render.style import DEFAULT_THEME, Theme
from twintrade.text import Text, numbers, texts

# Where the names of lines stand in a picture of totals: beside their line, with nothing in the way.

AWAY = 6.0  # points from a line to its name
CLEAR = 4.0  # points around a name that stay free: markers are as large
EDGE = 0.05  # shares of the width that matplotlib leaves free at either side


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """The field of a picture, about as large as the layout leaves it."""

    x: np.ndarray  # periods
    lines: tuple[np.ndarray, ...]  # what is drawn, a value a period
    roof: float  # the upper end of the axis, which begins at zero
    # width, height: In points
    width: float
    height: float

    def across(self, x: np.ndarray) -> np.ndarray:
        """Return periods as points from the left."""
        share = (x - self.x[0]) / max(self.x[-1] - self.x[0], 1e-9)
        return np.asarray((EDGE + (1 - 2 * EDGE) * share) * self.width)

    def convert(self, box: Box) -> tuple[float, float]:
        """Return the left lower corner of a field in units of the data."""
        share = (box[0] / self.width - EDGE) / (1 - 2 * EDGE)
        return float(self.x[0] + share * (self.x[-1] - self.x[0])), box[1] / self.height * self.roof

    def up(self, y: np.ndarray) -> np.ndarray:
        """Return values as points from below."""
        return np.asarray(y / self.roof * self.height)

    def read(self, line: np.ndarray, box: Box) -> np.ndarray:
        """Return how high a line stands from side to side of a field and its margin."""
        at = np.arange(box[0] - CLEAR, box[2] + CLEAR + 1)
        return np.asarray(np.interp(at, self.across(self.x), self.up(line)))

    def is_free(self, box: Box, taken: Iterable[Box]) -> bool:
        """Whether a name may stand in a field: inside the picture, with all lines above or below it."""
        inside = box[0] >= 0 and box[2] <= self.width and box[1] >= 2 and box[3] <= self.height
        if not inside or any(has_overlap(box, other) for other in taken):
            return False
        low, high = box[1] - CLEAR, box[3] + CLEAR
        return all(
            (line <= low).all() or (line >= high).all() for line in (self.read(one, box) for one in self.lines)
        )


def measure_name(text: str, size: float) -> tuple[float, float]:
    """Return width and height of a name in points."""
    lines = text.split("\n")
    return max(map(measure_label, lines)) * EM * size, len(lines) * LINE * size


def find_beside(field: Field, text: str, line: int, size: float, taken: Iterable[Box]) -> Box | None:
    """Return a field beside a line, where it lies farthest from the other, on the side away from it."""
    width, height = measure_name(text, size)
    values, other = field.lines[line], field.lines[1 - line]
    x, y = field.across(field.x), field.up(values)
    taken = list(taken)
    for k in np.argsort(-np.abs(values - other), kind="stable"):
        bottom = y[k] + AWAY if values[k] >= other[k] else y[k] - AWAY - height
        for left in (x[k] - width / 2, x[k] - width, x[k]):
            box = (float(left), float(bottom), float(left) + width, float(bottom) + height)
            if field.is_free(box, taken):
                return box
    return None


def find_within(
    field: Field, text: str, band: tuple[np.ndarray, np.ndarray], size: float, taken: Iterable[Box]
) -> Box | None:
    """Return a field inside a band, as high as there is room, the widest part first."""
    width, height = measure_name(text, size)
    taken = list(taken)
    known = np.isfinite(band[0]) & np.isfinite(band[1])
    if known.sum() < 2:
        return None
    first, last = field.across(field.x[known][[0, -1]])
    for left in _list_starts(last - width, first):
        box = (float(left), 0.0, float(left) + width, height)
        top = min(float(field.read(np.where(known, band[1], 0.0), box).min()), field.height) - CLEAR
        floor = float(field.read(np.where(known, band[0], field.roof), box).max()) + CLEAR
        for bottom in _list_starts(top - height, floor):
            box = (float(left), float(bottom), float(left) + width, float(bottom) + height)
            if field.is_free(box, taken):
                return box
    return None


def _list_starts(highest: float, lowest: float) -> Iterator[float]:
    while highest >= lowest:
        yield highest
        highest -= 6.0


HEIGHT = 3.4
AROUND = 0.7  # inches that the axis takes below the methods
MARK, ROOM = 0.07, 0.12  # inches from a method's name to its interval, and for that interval
HEAD = 0.04  # inches below the question that heads methods
MOST_LETTERS = 34  # letters of a method's name on a line
BEYOND = 2.2  # times the largest total up to which the range is drawn
DASH = (0, (4, 1.6))
SPARSE = (-90, -50, 0, 100, 400)


def choose_power(amount: float) -> int:
    """Return the largest power of ten with a word in the language in use that an amount reaches, else 0."""
    powers = map(int, str(Text("brief.powers")).split())
    return next((power for power in powers if amount >= 10.0**power), 0)


def draw_totals(
    frame: pd.DataFrame,
    unit: str,
    period_name: str,
    theme: Theme = DEFAULT_THEME,
    height: float = HEIGHT,
    others: pd.DataFrame | None = None,
) -> Drawing:
    """Draw observed totals of treated pairs, those expected without agreements, and their range.

    ``frame``: period, period_label, n_in_force, observed, expected, low, high; ``height``: in inches, that of the
    picture beside it; ``others``: period and counterfactual of other estimates, as dots in place of the range.
    """
    top = float(frame[["observed", "expected"]].max().max())
    power = choose_power(top)
    size = 10.0**power
    x = frame["period"].to_numpy(dtype=float)
    columns = (frame[column].to_numpy(dtype=float) / size for column in ("observed", "expected", "low", "high"))
    observed, expected, low, high = columns
    most = top / size
    with open_figure(theme, height) as figure:
        axes = figure.subplots()
        tops = high[np.isfinite(high)] if others is None else others["counterfactual"].to_numpy(dtype=float) / size
        roof = min(BEYOND * most, 1.08 * float(np.nanmax([most, *tops])))
        shown = np.isfinite(low)
        if others is not None:
            axes.scatter(others["period"], others["counterfactual"] / size, s=7, color=theme.pale)
        else:
            ceiling = np.minimum(high[shown], 2 * roof)
            axes.fill_between(x[shown], low[shown], ceiling, color=theme.pale, alpha=0.55, lw=0)
        axes.plot(x, expected, color=theme.before, linestyle=DASH, linewidth=1.6, marker="o", ms=4, mfc="white")
        axes.plot(x, observed, color=theme.after, linewidth=2.0, marker="s", ms=4)
        axes.set_ylim(0, roof)
        _name_totals(axes, frame, (x, observed, expected), size, unit)
        is_index = "no" if "unit" in frame else "yes"
        field = Field(x, (observed, expected), roof, 72 * (theme.width - 0.5), 72 * (height - 1.0))
        if is_index == "yes" or not _name_lines(axes, field, (low, np.minimum(high, roof)), theme):
            _add_legend(axes, theme, is_index)
        label = Text("brief.axis-money", power=power, unit=unit, period_name=period_name, is_index=is_index)
        axes.set_title(capitalize(str(label).strip()), loc="left", fontsize=theme.size * 0.9, color=theme.muted)
        counts = frame["n_in_force"].to_numpy(dtype=int)
        ticks = [f"{p}\n{n}" for p, n in zip(frame["period_label"].map(take_text), counts, strict=True)]
        step = choose_step(ticks, theme.width - 0.5, theme.size * 0.9)
        axes.set_xticks(x[::step], ticks[::step])
        axes.set_xlabel(str(Text("brief.in-force")), loc="left", fontsize=theme.size * 0.9, color=theme.muted)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    return figure


def _name_totals(
    axes: Axes, frame: pd.DataFrame, lines: tuple[np.ndarray, np.ndarray, np.ndarray], size: float, unit: str
) -> None:
    """Say what was observed and what was expected in each period, the latter with its range."""
    x, observed, expected = lines

    def write(scaled: float) -> str:
        return texts.format_quantity(scaled * size, unit)

    times = frame["period_label"].map(take_text)
    name_line(axes, zip(x, observed, strict=True), str(Text("brief.observed")), times, write)
    for k, time in enumerate(times):
        name = Text("figures.point-at", series=str(Text("brief.expected")), at=time)
        ends = frame[["expected", "low", "high"]].iloc[k].astype(float) / size
        name_point(axes, (x[k], expected[k]), name, tuple(ends), write)


def _add_legend(axes: Axes, theme: Theme, is_index: str) -> None:
    """Name lines below the picture, where no place beside them is free."""
    band = "brief.all-estimates" if is_index == "yes" else "brief.chance"
    names = [str(Text(key)) for key in ("brief.observed", "brief.expected", band)]
    handles = [*axes.lines[1::-1], *(band for band in axes.collections[:1] if band.get_paths())]
    figure = axes.get_figure()
    if figure is not None:
        figure.legend(handles, names[: len(handles)], loc="outside lower left", ncols=2, fontsize=theme.size * 0.85)


def _name_lines(axes: Axes, field: Field, band: tuple[np.ndarray, np.ndarray], theme: Theme) -> bool:
    """Write beside each line what it is where nothing is in the way; return whether there is room for all names."""
    size = theme.size * 0.9
    names = [str(Text(f"brief.{key}")) for key in ("observed", "expected")]
    boxes: list[Box] = []
    for k, name in enumerate(names):
        boxes += filter(None, [find_beside(field, name, k, size, boxes)])
    if len(boxes) < len(names):
        return False
    if np.isfinite(band[0]).any():
        chance = str(Text("brief.chance"))
        forms = (chance, split_label(chance, measure_label(chance) * 3 // 5))
        within = ((form, find_within(field, form, band, size, boxes)) for form in forms)
        form, place = next(((form, box) for form, box in within if box is not None), ("", None))
        if place is None:
            return False
        names, boxes = [*names, form], [*boxes, place]
    styles = (theme.after, "bold"), (theme.ink, "bold"), (theme.muted, "normal")
    for name, box, (colour, weight) in zip(names, boxes, styles, strict=False):
        at = field.convert(box)
        axes.text(*at, name, va="bottom", color=colour, fontweight=weight, fontsize=size)
    return True


def measure_methods(labels: Sequence[str], theme: Theme) -> float:
    """Return the height of the picture of these methods in inches: more than usual where names take many lines."""
    return max(HEIGHT, sum(_measure_name(label, theme) + ROOM for label in labels) + AROUND)


def _measure_name(label: str, theme: Theme) -> float:
    n_lines = split_label(label, MOST_LETTERS).count("\n") + 1
    return (1.2 + (n_lines - 1) * 1.45) * theme.size * 0.85 / 72


def draw_methods(
    rows: list[tuple[str, Effect | None, bool]], theme: Theme = DEFAULT_THEME, height: float = 0.0
) -> Drawing:
    """Draw one change in percent a line, on a scale of logs, its name above it and its number at the right.

    ``rows``: name, effect, and whether it is the answer of the page; a question has no effect, and heads the rows
    below; ``height``: in inches; by default what the names take.
    """
    height = height or measure_methods([label for label, _, _ in rows], theme)
    ends = [
        math.log1p(end / 100) for _, e, _ in rows if e for end in (e.percent, e.low, e.high) if -100 < end < math.inf
    ]
    ticks, bounds = choose_frame(ends, room=0.1)
    field = height - AROUND
    taken = sum(_measure_name(label, theme) + (HEAD if effect is None else ROOM) for label, effect, _ in rows)
    spare = (field - taken) / len(rows)
    with open_figure(theme, height) as figure:
        axes = figure.subplots()
        top = 0.0
        for label, effect, is_own in rows:
            top += max(spare, 0.0)
            if effect is None:
                words = split_label(label, MOST_LETTERS)
                axes.text(bounds[0], top, words, va="top", color=theme.muted, fontsize=theme.size * 0.85)
                top += _measure_name(label, theme) + HEAD
                continue
            y = top + _measure_name(label, theme) + MARK
            _draw_method(axes, (top, y), label, effect, is_own, bounds, theme)
            top = y + ROOM - MARK
        axes.set_xlim(*bounds)
        axes.set_ylim(top, 0)
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        shown = [t for t in ticks if t in SPARSE] if len(ticks) > 5 else ticks
        axes.set_xticks(np.log1p(np.array(shown) / 100), [write_tick(t) for t in shown])
        axes.set_xlabel(str(Text("brief.percent")), loc="left", fontsize=theme.size * 0.9, color=theme.muted)
    return figure


def _draw_method(
    axes: Axes,
    places: tuple[float, float],
    label: str,
    effect: Effect,
    is_own: bool,
    bounds: tuple[float, float],
    theme: Theme,
) -> None:
    """Draw a name, below it the interval with a tick at zero, and the number at the right."""
    top, y = places
    colour = theme.after if is_own else theme.ink
    style: dict[str, Any] = {
        "color": colour, "fontsize": theme.size * 0.85, "fontweight": "bold" if is_own else "normal",
    }  # fmt: skip
    name = axes.text(bounds[0], top, split_label(label, MOST_LETTERS), va="top", linespacing=1.05, **style)
    name.set_in_layout(False)
    axes.plot([0, 0], [y - MARK / 2, y + MARK / 2], color=theme.ink, linewidth=0.8, zorder=1)
    percents = np.array([effect.percent, effect.low, effect.high])
    with np.errstate(divide="ignore"):
        at, *ends = np.log1p(np.maximum(percents, -100.0) / 100)
    if effect.has_interval:
        width = 2.0 if is_own else 1.2
        draw_interval(axes, y, ends, bounds, is_level=True, color=colour, linewidth=width)
    if effect.percent > -100:
        marker, size, face = ("s", 5, colour) if is_own else ("o", 4, "white")
        axes.plot(np.clip(at, *bounds), y, marker, color=colour, ms=size, mfc=face)
    at = math.log1p(max(effect.percent, -99.9) / 100)
    values = (effect.percent, effect.low, effect.high)
    errors = {effect.low: effect.low_error, effect.high: effect.high_error}
    name_point(
        axes, (at, y), label, values,
        lambda one: numbers.format_percent(one, numbers.choose_end_decimals(one, errors.get(one, math.nan), 1)),
    )  # fmt: skip
    value = str(Text("brief.signed", percent=effect.percent))
    axes.annotate(value, (1.06, y), xycoords=("axes fraction", "data"), va="center", **style)
