"""The forest plot: one effect a line, grouped, the pooled one as a diamond."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twintrade.render.figures.labels import LINE, split_label
from twintrade.render.figures.percent_paths import choose_ticks, write_tick
from twintrade.render.figures.points import Write, name_point, write_change
from twintrade.render.figures.theme import apply_theme, open_figure
from twintrade.render.reading import Record, list_records, read_number, take_text, write_columns
from twintrade.render.theme import Theme
from twintrade.text import Listed, Text, amounts, numbers

MOST_SPACED = 30
SPACED, TIGHT, DENSE = 0.24, 0.18, 0.17
"""Inches of a row: of few, of many, and of changes by check."""
MOST_LETTERS = 46
"""Letters of a name on a line."""
VALUES = ("effect", "low", "high")
DIFFERENCES = ("difference", "difference_low", "difference_high")
POOLED = ("pooled", "summary", "all", "average")


def draw(
    frame: pd.DataFrame,
    *,
    x_label: str = "",
    decimals: int = 3,
    theme: Theme | None = None,
    is_simulated: bool = False,
) -> Figure:
    """Draw effects with their intervals.

    ``frame``: label, effect, low, high, and optionally group and p, which is printed where there is no interval;
    ``decimals``: of the numbers at the right edge.
    """
    theme = theme or Theme()
    rows = list_records(write_columns(frame[frame["effect"].notna()]))
    lines = _place_rows(rows, theme)
    with open_figure(theme, lines.height + 1.0, is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        _draw_effects(axes, rows, lines, ("effect", "low", "high", "p"), decimals, theme)
        _name_effects(axes, rows, lines, VALUES, lambda value: numbers.format_fixed(value, decimals))
        axes.set_xlabel(x_label or str(Text("figures.effect-axis")))
        _name_rows(axes, rows, lines)
    return figure


def draw_differences(
    frame: pd.DataFrame, *, x_label: str = "", theme: Theme | None = None, is_simulated: bool = False
) -> Figure:
    """Draw effects with their intervals, and beside each its difference from the headline with its interval.

    ``frame``: label, group, effect, low, high, p, and the same with ``difference`` before them.
    """
    theme = theme or Theme()
    rows = list_records(write_columns(frame[frame["effect"].notna()]))
    lines = _place_rows(rows, theme)
    with open_figure(theme, lines.height + 1.0, is_simulated=is_simulated) as figure:
        left, right = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [1.2, 1.0]})
        for axes, names in ((left, VALUES), (right, DIFFERENCES)):
            _draw_effects(axes, rows, lines, (*names, ""), None, theme)
            _name_effects(axes, rows, lines, names)
        left.set_xlabel(x_label or str(Text("figures.effect-axis")))
        right.set_xlabel(str(Text("figures.difference-axis")))
        _name_rows(left, rows, lines)
        right.tick_params(axis="y", length=0, labelleft=False)
    return figure


def draw_coefficients_on(axes: Axes, frame: pd.DataFrame, *, x_label: str = "") -> None:
    """Draw effects with their intervals on axes at hand, for a notebook; columns as for ``draw``."""
    theme = Theme()
    rows = list_records(frame[frame["effect"].notna()])
    lines = _place_rows(rows, theme)
    with apply_theme(theme):
        axes.axvline(0.0, color=theme.ink, linewidth=0.8, zorder=1.5)
        _draw_effects(axes, rows, lines, (*VALUES, ""), None, theme)
        _name_rows(axes, rows, lines)
        axes.set_xlabel(x_label or str(Text("figures.effect-axis")))


def draw_changes(
    frame: pd.DataFrame,
    theme: Theme | None = None,
    *,
    headline: tuple[float, float, float],
    is_simulated: bool = False,
) -> Figure:
    """Draw changes in log points on an axis in percent, with the headline's interval behind them for scale.

    ``frame``: label, group, effect, low, high; ``headline``: effect and ends; infinite where an end does not exist.
    """
    theme = theme or Theme()
    rows = list_records(write_columns(frame))
    lines = _place_rows(rows, theme, DENSE)
    known = np.array([frame[["effect", "low", "high"]].to_numpy(dtype=float).ravel().tolist() + list(headline)])
    known = known[np.isfinite(known)]
    ticks = choose_ticks(float(known.min()), float(known.max()))
    left, right = np.log1p(ticks[0] / 100) - 0.05, np.log1p(ticks[-1] / 100) + 0.05
    with open_figure(theme, lines.height + 0.9, is_simulated=is_simulated) as figure:
        axes = figure.subplots()
        axes.axvspan(max(headline[1], left), min(headline[2], right), color=theme.pale, alpha=0.5, lw=0, zorder=0)
        axes.axvline(headline[0], color=theme.after, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        clipped = pd.DataFrame(rows).assign(**{n: frame[n].clip(left, right) for n in ("effect", "low", "high")})
        _draw_effects(axes, list_records(clipped), lines, (*VALUES, ""), None, theme)
        _name_effects(axes, rows, lines, VALUES, write_change)
        for y, row in zip(lines.places, rows, strict=True):
            for end, edge, arrow in ((row["low"], left, "<"), (row["high"], right, ">")):
                if (end < edge) if arrow == "<" else (end > edge):
                    axes.plot(edge, y, arrow, color=theme.after, ms=4, clip_on=False)
        axes.set_xlim(left, right)
        axes.set_xticks(np.log1p(np.array(ticks) / 100), [write_tick(t) for t in ticks])
        axes.set_xlabel(str(Text("brief.percent")), loc="left", fontsize=theme.size * 0.9, color=theme.muted)
        _name_rows(axes, rows, lines)
    return figure


def _draw_effects(
    axes: Axes,
    rows: list[Record],
    lines: "Lines",
    names: tuple[str, str, str, str],
    decimals: int | None,
    theme: Theme,
) -> None:
    """Draw a point and its interval on every line, and at the right edge in numbers where decimals are given."""
    for y, row in zip(lines.places, rows, strict=True):
        is_pooled = take_text(row.get("group")).lower() in POOLED or take_text(row["label"]).lower() in POOLED
        effect, low, high = (read_number(row.get(name)) for name in names[:3])
        if effect != effect:
            continue
        if low == low and high == high:
            axes.plot([low, high], [y, y], color=theme.after, lw=2.4 if is_pooled else 1.6, solid_capstyle="butt")
        axes.plot(effect, y, "D" if is_pooled else "s", ms=7 if is_pooled else 5, color=theme.after, mec="white")
        if decimals is None:
            continue
        shown = numbers.format_fixed(effect, decimals)
        spread = amounts.format_interval(low, high, decimals) or amounts.format_p_value(row.get(names[3]))
        axes.annotate(
            f"{shown} ({spread})" if spread else shown,
            (1.01, y),
            xycoords=("axes fraction", "data"),
            va="center",
            fontsize=theme.size * 0.85,
        )
    axes.axvline(0.0, color=theme.ink, linewidth=0.8, zorder=1)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)


def _name_effects(
    axes: Axes, rows: list[Record], lines: "Lines", names: Sequence[str], write: Write = numbers.format_fixed
) -> None:
    """Say each effect with its interval and the group that it belongs to."""
    for y, row in zip(lines.places, rows, strict=True):
        parts = tuple(dict.fromkeys(filter(None, (take_text(row.get("group")), take_text(row["label"])))))
        values = [read_number(row.get(name)) for name in names]
        name_point(axes, (values[0], y), Listed(parts, "comma"), values, write)


def _name_rows(axes: Axes, rows: list[Record], lines: "Lines") -> None:
    ticks = [(y, split_label(take_text(r["label"]), MOST_LETTERS)) for y, r in zip(lines.places, rows, strict=True)]
    ticks += [(y, split_label(head, MOST_LETTERS)) for head, y in lines.heads.items()]
    axes.set_yticks([y for y, _ in ticks], [name for _, name in ticks])
    for label in axes.get_yticklabels()[len(rows) :]:
        label.set_fontweight("bold")
    axes.set_ylim(lines.height, 0)
    axes.tick_params(axis="y", length=0)


@dataclass(frozen=True, slots=True)
class Lines:
    """The place of each row and of each group's head, in inches from the top, and the height of all."""

    places: list[float]
    heads: dict[str, float]
    height: float


def _place_rows(rows: list[Record], theme: Theme, least: float = 0.0) -> Lines:
    """Return where rows stand: each as high as its name, at least as ``least``, by default by their number."""
    least = least or (SPACED if len(rows) <= MOST_SPACED else TIGHT)
    places: list[float] = []
    heads: dict[str, float] = {}
    bottom = 0.0

    def place(name: str) -> float:
        nonlocal bottom
        n_lines = split_label(name, MOST_LETTERS).count("\n") + 1
        height = max(least, n_lines * LINE * theme.size * 0.9 / 72 + 0.03)
        bottom += height
        return bottom - height / 2

    for row in rows:
        group = take_text(row.get("group"))
        if group and group not in heads and group != take_text(row["label"]):
            heads[group] = place(group)
        places.append(place(take_text(row["label"])))
    return Lines(places, heads, bottom)
