"""How the pictures of a brief are drawn."""

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

from twintrade.render.brief.facts import Effect
from twintrade.render.figures.percent_paths import choose_ticks, write_tick
from twintrade.render.figures.points import name_line, name_point
from twintrade.render.figures.theme import Theme, open_figure
from twintrade.render.names import capitalize
from twintrade.render.reading import take_text
from twintrade.text import Text, amounts, numbers

HEIGHT = 3.4
BEYOND = 2.2
"""Times the largest total up to which the range is drawn."""
DASH = (0, (4, 1.6))
SPARSE = (-90, -50, 0, 100, 400)
MOST_NAMED = 15
"""Periods up to which lines are named where they lie farthest apart."""


def choose_power(amount: float) -> int:
    """Return the largest power of ten with a word in the language in use that an amount reaches, else 0."""
    powers = map(int, str(Text("brief.powers")).split())
    return next((power for power in powers if amount >= 10.0**power), 0)


def draw_totals(
    frame: pd.DataFrame, unit: str, period_name: str, theme: Theme | None = None, is_simulated: bool = False
) -> Drawing:
    """Draw observed totals of treated pairs, those expected without agreements, and their range.

    Parameters
    ----------
    frame : DataFrame
        period, period_label, n_in_force, observed, expected, low, high.
    unit, period_name : str
    """
    theme = theme or Theme()
    top = float(frame[["observed", "expected"]].max().max())
    power = choose_power(top)
    size = 10.0**power
    x = frame["period"].to_numpy(dtype=float)
    columns = (frame[column].to_numpy(dtype=float) / size for column in ("observed", "expected", "low", "high"))
    observed, expected, low, high = columns
    most = top / size
    with open_figure(theme, HEIGHT, is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        roof = min(BEYOND * most, 1.08 * float(np.nanmax([most, *high[np.isfinite(high)]])))
        shown = np.isfinite(low)
        axes.fill_between(x[shown], low[shown], np.minimum(high[shown], 2 * roof), color=theme.pale, alpha=0.55, lw=0)
        axes.plot(x, expected, color=theme.before, linestyle=DASH, linewidth=1.6, marker="o", ms=4, mfc="white")
        axes.plot(x, observed, color=theme.after, linewidth=2.0, marker="s", ms=4)
        axes.set_ylim(0, roof)
        _name_totals(axes, frame, (x, observed, expected), size, unit)
        is_index = "no" if "unit" in frame else "yes"
        if x.size > MOST_NAMED or is_index == "yes":
            _add_legend(axes, theme)
        else:
            _name_lines(axes, x, observed, expected, (low, high, roof), theme)
        label = Text("brief.axis-money", power=power, unit=unit, period_name=period_name, is_index=is_index)
        axes.set_title(capitalize(str(label).strip()), loc="left", fontsize=theme.size * 0.9, color=theme.muted)
        counts = frame["n_in_force"].to_numpy(dtype=int)
        step = max(1, math.ceil(x.size / 11))
        ticks = [f"{p}\n{n}" for p, n in zip(frame["period_label"].map(take_text), counts, strict=True)]
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
        return amounts.format_quantity(scaled * size, unit)

    times = frame["period_label"].map(take_text)
    name_line(axes, zip(x, observed, strict=True), str(Text("brief.observed")), times, write)
    for k, time in enumerate(times):
        name = Text("figures.point-at", series=str(Text("brief.expected")), at=time)
        ends = frame[["expected", "low", "high"]].iloc[k].astype(float) / size
        name_point(axes, (x[k], expected[k]), name, tuple(ends), write)


def _add_legend(axes: Axes, theme: Theme) -> None:
    """Name lines in the corner that they leave free, where they cross too often to be named beside them."""
    names = [str(Text(key)) for key in ("brief.all-estimates", "brief.expected", "brief.observed")]
    handles = [*axes.collections[:1], *axes.lines[:2]]
    order = [2, 1, 0]
    axes.legend([handles[k] for k in order], [names[k] for k in order], loc="best", fontsize=theme.size * 0.9)


def _name_lines(
    axes: Axes,
    x: np.ndarray,
    observed: np.ndarray,
    expected: np.ndarray,
    band: tuple[np.ndarray, np.ndarray, float],
    theme: Theme,
) -> None:
    """Write beside each line what it is, on the side away from the other one."""
    gap = np.abs(observed - expected)
    k = int(gap.argmax())
    above = expected[k] >= observed[k]
    low, high, roof = band
    for y, key, colour, is_up in (
        (expected[k], "brief.expected", theme.ink, above),
        (observed[k], "brief.observed", theme.after, not above),
    ):
        axes.annotate(
            str(Text(key)),
            (x[k], y),
            xytext=(0, 7 if is_up else -7),
            textcoords="offset points",
            ha="right" if k > x.size / 2 else "left",
            va="bottom" if is_up else "top",
            color=colour,
            fontweight="bold",
            fontsize=theme.size * 0.9,
        )
    known = np.flatnonzero(np.isfinite(low))
    if known.size > 1:
        j = int(known[known.size // 2])
        y = min(0.93 * roof, float(high[j]) * 0.97)
        axes.annotate(
            str(Text("brief.chance")), (x[j], y), xytext=(-6, 0), textcoords="offset points", ha="right",
            va="top", color=theme.muted, fontsize=theme.size * 0.9,
        )  # fmt: skip


def draw_methods(
    rows: list[tuple[str, Effect, bool]], theme: Theme | None = None, is_simulated: bool = False
) -> Drawing:
    """Draw one change in percent a line, on a scale of logs, its name above it and its number at the right.

    Parameters
    ----------
    rows : list of (str, Effect, bool)
        Name, effect, and whether it is the answer of the page.
    """
    theme = theme or Theme()
    ends = [math.log1p(end / 100) for _, e, _ in rows for end in (e.percent, e.low, e.high) if -100 < end < math.inf]
    ticks = choose_ticks(min(ends), max(ends))
    lower, upper = np.log1p(ticks[0] / 100) - 0.1, np.log1p(ticks[-1] / 100) + 0.1
    with open_figure(theme, HEIGHT, is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        for k, (label, effect, is_own) in enumerate(rows):
            colour = theme.after if is_own else theme.ink
            weight = "bold" if is_own else "normal"
            axes.text(
                lower,
                k - 0.42,
                _shorten(label),
                color=colour,
                fontsize=theme.size * 0.85,
                va="center",
                fontweight=weight,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )
            _draw_interval(axes, k, effect, (lower, upper), colour, is_own)
            value = str(Text("brief.signed", percent=effect.percent))
            values = (effect.percent, effect.low, effect.high)
            at = math.log1p(max(effect.percent, -99.9) / 100)
            name_point(axes, (at, k), label, values, numbers.format_percent)
            axes.annotate(
                value, (1.06, k), xycoords=("axes fraction", "data"), va="center", color=colour,
                fontsize=theme.size * 0.85, fontweight=weight,
            )  # fmt: skip
        axes.axvline(0.0, color=theme.ink, linewidth=0.8, zorder=0)
        axes.set_xlim(lower, upper)
        axes.set_ylim(len(rows) - 0.4, -0.8)
        axes.set_yticks([])
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        shown = [t for t in ticks if t in SPARSE] if len(ticks) > 5 else ticks
        axes.set_xticks(np.log1p(np.array(shown) / 100), [write_tick(t) for t in shown])
        axes.set_xlabel(str(Text("brief.percent")), loc="left", fontsize=theme.size * 0.9, color=theme.muted)
    return figure


def _draw_interval(
    axes: Axes, y: float, effect: Effect, frame: tuple[float, float], colour: str, is_own: bool
) -> None:
    lower, upper = frame
    if effect.has_interval:
        ends = [math.log1p(end / 100) if end > -100 else -math.inf for end in (effect.low, effect.high)]
        low, high = max(ends[0], lower), min(ends[1], upper)
        axes.plot([low, high], [y, y], color=colour, linewidth=2.0 if is_own else 1.2, solid_capstyle="butt")
        for end, bound, marker in ((ends[0], lower, "<"), (ends[1], upper, ">")):
            if (end < bound) if marker == "<" else (end > bound):
                axes.plot(bound, y, marker, color=colour, ms=4, clip_on=False)
    if effect.percent > -100:
        at = min(max(math.log1p(effect.percent / 100), lower), upper)
        axes.plot(
            at, y, "s" if is_own else "o", color=colour, ms=5 if is_own else 4, mfc=colour if is_own else "white"
        )


def _shorten(label: str, most: int = 34) -> str:
    return label if len(label) <= most else label[: most - 1].rstrip(" ,") + "…"
