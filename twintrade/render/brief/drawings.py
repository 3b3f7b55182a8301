"""How the pictures of a brief are drawn."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from twintrade.render.brief.facts import Effect
from twintrade.render.brief.statements import write_change, write_range
from twintrade.render.figures.percent_paths import choose_frame, write_tick
from twintrade.render.figures.points import draw_interval, name_line, name_point
from twintrade.render.figures.theme import (
    EM,
    LINE,
    Bounds,
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
        heights = (self.read(line, box) for line in self.lines)
        return all((line <= low).all() or (line >= high).all() for line in heights)


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


def find_within(field: Field, text: str, band: Sequence[np.ndarray], size: float, taken: Iterable[Box]) -> Box | None:
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
AROUND = 0.5  # inches that the axis takes below the methods
NAMES = 0.44  # share of the width that names of methods take at most
GAP = 0.02  # inches between methods
CHANGE, RANGE = 6.5, 15.0  # sizes of type from the axis to the end of a change, and from there to that of its range
WITH_RANGES = 4.0  # inches of width from which ranges are written out
BEYOND = 2.2  # times the largest total up to which the range is drawn
DASH = (0, (4, 1.6))


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
    size, x = 10.0**power, frame["period"].to_numpy(dtype=float)
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
        is_index = "unit" not in frame
        field = Field(x, (observed, expected), roof, 72 * (theme.width - 0.5), 72 * (height - 1.0))
        if is_index or not _name_lines(axes, field, (low, np.minimum(high, roof)), theme):
            _add_legend(axes, theme, is_index)
        label = Text("brief.axis-money", power=power, unit=unit, period_name=period_name, is_index=is_index)
        axes.set_title(capitalize(str(label).strip()), loc="left", fontsize=theme.size * 0.9, color=theme.muted)
        counts = frame["n_in_force"].to_numpy(dtype=int)
        ticks = list(frame["period_label"].map(take_text))
        is_one = bool(counts.max(initial=0) <= 1 and (np.diff(counts) >= 0).all())
        if is_one and counts.any() and not counts.all():
            axes.axvline(x[counts.argmax()] - 0.5, color=theme.muted, linestyle=DASH, linewidth=0.9, zorder=1)
        ticks = ticks if is_one else [f"{p}\n{n}" for p, n in zip(ticks, counts, strict=True)]
        step = choose_step(ticks, theme.width - 0.5, theme.size * 0.9)
        axes.set_xticks(x[::step], ticks[::step])
        below = Text("brief.line-begins" if is_one else "brief.in-force")
        axes.set_xlabel(str(below), loc="left", fontsize=theme.size * 0.9, color=theme.muted)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
    return figure


def _name_totals(axes: Axes, frame: pd.DataFrame, lines: Sequence[np.ndarray], size: float, unit: str) -> None:
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


def _add_legend(axes: Axes, theme: Theme, is_index: bool) -> None:
    """Name lines below the picture, if there is no room next to them."""
    band = "brief.all-estimates" if is_index else "brief.chance"
    names = [str(Text(key)) for key in ("brief.observed", "brief.expected", band)]
    handles = [*axes.lines[1::-1], *(band for band in axes.collections[:1] if band.get_paths())]
    figure = axes.get_figure()
    if figure is not None:
        figure.legend(handles, names[: len(handles)], loc="outside lower left", ncols=2, fontsize=theme.size * 0.85)


def _name_lines(axes: Axes, field: Field, band: Sequence[np.ndarray], theme: Theme) -> bool:
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


def draw_methods(rows: list[tuple[str, Effect | None, bool]], theme: Theme = DEFAULT_THEME) -> Drawing:
    """Draw one change in percent a line, on a scale of logs, below its question: name, effect, and if the answer."""
    size = theme.size * 0.85
    names = [split_label(label, int(NAMES * theme.width * 72 / (EM * size))) for label, _, _ in rows]
    heights = np.array([(name.count("\n") + 1) * LINE * size / 72 + GAP for name in names])
    middles = heights.cumsum() - heights / 2
    ends = [end for _, effect, _ in rows if effect for end in (effect.percent, effect.low, effect.high)]
    ticks, bounds = choose_frame([math.log1p(end / 100) for end in ends if -100 < end < math.inf], room=0.1)
    with open_figure(theme, float(heights.sum()) + AROUND) as figure:
        axes = figure.subplots()
        for y, (label, effect, is_own) in zip(middles, rows, strict=True):
            if effect is not None:
                _draw_method(axes, float(y), label, effect, is_own, bounds, theme)
        axes.axvline(0, color=theme.ink, linewidth=0.8, zorder=1)
        axes.set_xlim(*bounds)
        axes.set_ylim(float(heights.sum()), 0)
        axes.set_yticks(middles, names, fontsize=size, ha="left", linespacing=1.05)
        widest = max(measure_name(name, size)[0] for name in names)
        axes.tick_params(axis="y", length=0, pad=widest)
        for tick, (_, effect, is_own) in zip(axes.get_yticklabels(), rows, strict=True):
            tick.set_color(theme.muted if effect is None else theme.after if is_own else theme.ink)
            tick.set_fontweight("bold" if is_own else "normal")
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        inches = theme.width - (widest + (CHANGE + (RANGE if theme.width > WITH_RANGES else 0)) * theme.size) / 72
        shown = choose_ticks(ticks, 72 * inches / (bounds[1] - bounds[0]), size)
        axes.set_xticks(np.log1p(np.array(shown) / 100), [f"{write_tick(t)}%" for t in shown], fontsize=size)
    return figure


def choose_ticks(ticks: Sequence[int], points: float, size: float) -> list[int]:
    """Return the changes in percent that an axis has room to name, no change first; ``points``: of a log point."""
    shown: list[int] = []
    for tick in sorted(ticks, key=lambda one: (one != 0, -abs(math.log1p(one / 100)))):
        gaps = (abs(math.log1p(tick / 100) - math.log1p(other / 100)) * points for other in shown)
        if all(gap > measure_name("+9000% ", size)[0] for gap in gaps):
            shown.append(tick)
    return sorted(shown)


def _draw_method(
    axes: Axes, y: float, label: str, effect: Effect, is_own: bool, bounds: Bounds, theme: Theme
) -> None:
    """Draw the interval of a change, and at the right its number and, where there is room, its range."""
    colour = theme.after if is_own else theme.ink
    values = (effect.percent, effect.low, effect.high)
    with np.errstate(divide="ignore"):
        at, *ends = np.log1p(np.maximum(values, -100.0) / 100)
    if effect.has_interval:
        width = 2.0 if is_own else 1.2
        draw_interval(axes, y, ends, bounds, is_level=True, color=colour, linewidth=width)
    if effect.percent > -100:
        marker, size, face = ("s", 5, colour) if is_own else ("o", 4, "white")
        axes.plot(np.clip(at, *bounds), y, marker, color=colour, ms=size, mfc=face)
    at = math.log1p(max(effect.percent, -99.9) / 100)
    errors = {effect.low: effect.low_error, effect.high: effect.high_error}
    name_point(
        axes, (at, y), label, values,
        lambda one: numbers.format_percent(one, numbers.choose_end_decimals(one, errors.get(one, math.nan), 1)),
    )  # fmt: skip
    style: dict[str, Any] = {
        "color": colour, "fontsize": theme.size * 0.85, "fontweight": "bold" if is_own else "normal",
    }  # fmt: skip
    shown = [write_change(effect.percent)]
    if theme.width > WITH_RANGES:
        shown.append(write_range(effect) if effect.has_interval else "")
    for words, place in zip(shown, (CHANGE, CHANGE + RANGE), strict=False):
        axes.annotate(
            words, (1.0, y), (place * theme.size, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", va="center", ha="right", **style,
        )  # fmt: skip


# What the data exclude and what they do not, in percent and in money on one line.

RULER, BAR, BELOW = 0.36, 0.26, 0.18  # inches of the ruler with its ends, of its bar, and of a line below it
BEYOND_ENDS = 0.5  # lengths of the interval that the ruler goes on at either side


def draw_ruler(effect: Effect, amounts: Sequence[str], detectable: float, theme: Theme = DEFAULT_THEME) -> Drawing:
    """Draw what cannot be excluded of a change, with money at the estimate and its ends, between what is excluded."""
    logs, bounds = _frame_range(effect)
    at, low, high = np.clip(logs, *bounds)
    n_lines, length = 2 if any(amounts) else 1, bounds[1] - bounds[0]
    with open_figure(theme, RULER + n_lines * BELOW) as figure:
        axes = figure.subplots()
        axes.barh(0, length, left=bounds[0], height=BAR, color="white", edgecolor=theme.muted, zorder=0.8)
        axes.barh(0, high - low, left=low, height=BAR, color=theme.after, zorder=0.9)
        thin = 0.004 * length
        axes.barh(0, thin, left=at - thin / 2, height=BAR, color="white", zorder=0.95)
        for x in (at, low, high):
            axes.plot(x, 0, "|", color="white", ms=4)
        axes.plot([0, 0], [-BAR / 2, RULER / 2], color=theme.ink, linewidth=1)
        _name_excluded(axes, sorted({low, high, *(x for x in (at, 0.0) if low < x < high)}), bounds, theme)
        _name_ends(axes, (at, low, high), effect, amounts, bounds, theme)
        if is_on_ruler(effect, detectable):
            axes.plot(math.log1p(detectable / 100), RULER / 2, "v", color=theme.muted, ms=5)
        axes.set_xlim(*bounds)
        axes.set_ylim(-RULER / 2 - n_lines * BELOW, RULER / 2 + 0.02)
        axes.set_axis_off()
    return figure


def is_on_ruler(effect: Effect, detectable: float) -> bool:
    """Whether the rise that is found four times in five has its mark: above the interval, and on the ruler."""
    (_, _, high), (_, end) = _frame_range(effect)
    return math.isfinite(detectable) and high < math.log1p(detectable / 100) < end


def _frame_range(effect: Effect) -> tuple[list[float], Bounds]:
    """Return estimate and ends in logs, and the ends of the ruler: around them and no change, with room beyond."""
    ends = [effect.percent, effect.low, effect.high]
    logs = [math.log1p(end / 100) if end > -100 else -math.inf for end in ends]
    shown = [0.0, *(one for one in logs if math.isfinite(one))]
    room = BEYOND_ENDS * max(max(shown) - min(shown), 0.1)
    return logs, (min(shown) - room, max(shown) + room)


def _name_ends(
    axes: Axes, places: Sequence[float], effect: Effect, amounts: Sequence[str], bounds: Bounds, theme: Theme
) -> None:
    """Write below the ruler what the estimate and the ends are; where they touch, money gives way, ends never."""
    size = theme.size * 0.9
    shown = (write_change(effect.percent), *(texts.format_end(*end) for end in effect.ends))
    values = (effect.percent, effect.low, effect.high)
    finite = [k for k, value in enumerate(values) if math.isfinite(value)]
    point = 72 * theme.width / (bounds[1] - bounds[0])

    def lay_out(with_money: Sequence[int], named: Sequence[int]) -> dict[int, tuple[str, Box]]:
        boxes = {}
        for k in named:
            words = "\n".join(filter(None, (shown[k], amounts[k] if k in with_money else "")))
            width = measure_name(words, size)[0]
            left = min(max((places[k] - bounds[0]) * point - width / 2, 0.0), 72 * theme.width - width)
            boxes[k] = words, (left - CLEAR, 0.0, left + width + CLEAR, 1.0)
        return boxes

    ways = [lay_out(kept, finite) for kept in ((0, 1, 2), (1, 2), ())]
    ways.append(lay_out((), finite[1:]))
    free = (way for way in ways if not any(has_overlap(one[1], two[1]) for one, two in combinations(way.values(), 2)))
    for k, (words, box) in next(free, ways[-1]).items():
        at = bounds[0] + (box[0] + box[2]) / 2 / point
        style: dict[str, Any] = {"color": theme.ink} if k else {"color": theme.after, "fontweight": "bold"}
        axes.text(at, -RULER / 2 + 0.03, words, ha="center", va="top", fontsize=size, **style)
    for k in finite:
        name_point(axes, (places[k], 0), shown[k], [values[k]], lambda one: numbers.format_percent(one, 1))


def _name_excluded(axes: Axes, cuts: Sequence[float], bounds: Bounds, theme: Theme) -> None:
    """Write into each part of the ruler what it is, where there is room; the interval is cut at its lines."""
    size = theme.size * 0.9
    points = theme.width * 72 / (bounds[1] - bounds[0])
    widest = max(pairwise(cuts), key=lambda part: part[1] - part[0])
    parts = ((bounds[0], cuts[0], "excluded"), (*widest, "not-excluded"), (cuts[-1], bounds[1], "excluded"))
    for left, right, key in parts:
        words = str(Text(f"brief.{key}"))
        if measure_name(words, size)[0] + 4 * CLEAR < (right - left) * points:
            colour = "white" if key == "not-excluded" else theme.muted
            axes.text((left + right) / 2, 0, words, ha="center", va="center", fontsize=size, color=colour)


# Who makes the gap between what was expected and what was observed.

BAR_OF_PAIR, BETWEEN = 0.13, 0.07  # inches of a bar, and below it to the next name


def draw_gap(rows: Sequence[tuple[str, float]], ends: tuple[float, float], theme: Theme = DEFAULT_THEME) -> Drawing:
    """Draw the way from the expected to the observed total, a bar a pair, each beginning where the last one ends."""
    steps = np.array([0.0, *(gap for _, gap in rows)]).cumsum() + ends[0]
    left, right = choose_cut(steps), float(max(steps.max(), *ends))
    size = theme.size * 0.85
    names = [str(Text("brief.expected-total")), *(name for name, _ in rows), str(Text("brief.observed"))]
    names = [split_label(name, int(theme.width * 72 / (EM * size))) for name in names]
    bars = [(left, ends[0]), *pairwise(steps), (left, ends[1])]
    heads = np.array([measure_name(name, size)[1] / 72 for name in names])
    bottoms = (heads + BAR_OF_PAIR + BETWEEN).cumsum() - BETWEEN
    with open_figure(theme, float(bottoms[-1]) + 0.25) as figure:
        axes = figure.subplots()
        for k, (name, (start, end)) in enumerate(zip(names, bars, strict=True)):
            is_total, y = k in (0, len(bars) - 1), float(bottoms[k]) - BAR_OF_PAIR / 2
            colour = theme.after if end >= start and k else theme.before
            style: dict[str, Any] = {"fill": False, "edgecolor": theme.before, "linestyle": DASH} if k == 0 else {}
            hatch = "////" if end < start else ""
            axes.barh(y, end - start, left=start, height=BAR_OF_PAIR, color=colour, hatch=hatch, **style)
            words: dict[str, Any] = {"fontsize": size, "fontweight": "bold" if is_total else "normal"}
            axes.text(left, y - BAR_OF_PAIR / 2, name, va="bottom", linespacing=1.05, **words)
            value = end if is_total else end - start
            shown = numbers.format_fixed(value, 2)
            axes.annotate(
                shown if is_total or value < 0 else f"+{shown}", (max(start, end), y), (3, 0),
                textcoords="offset points", va="center", fontsize=size,
            )  # fmt: skip
            name_point(axes, (end, y), name, [value], lambda one: numbers.format_fixed(one, 2))
        axes.set_xlim(left, right + 0.22 * (right - left))
        axes.set_ylim(float(bottoms[-1]) + 0.02, 0)
        axes.set_axis_off()
    return figure


def choose_cut(steps: np.ndarray) -> float:
    """Return where the bars of a gap begin: at zero, or below all of them where they are far from it."""
    low, high = float(steps.min()), float(steps.max())
    return low - 0.6 * (high - low) if low > 3 * (high - low) > 0 else 0.0
