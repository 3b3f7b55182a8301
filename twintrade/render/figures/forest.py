"""The forest plot: one effect a line, grouped, the pooled one as a diamond."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from twintrade.render import reading
from twintrade.render.figures.percent_paths import VALUES, choose_frame, name_changes
from twintrade.render.figures.points import FIXED, Write, draw_interval, name_point, write_change
from twintrade.render.figures.theme import (
    LINE,
    NO_BOUNDS,
    Bounds,
    apply_theme,
    choose_step,
    draw_zero_line,
    open_figure,
    split_label,
)
from twintrade.render.names import name_choice, name_column, name_restriction
from twintrade.render.reading import Record, list_records, read_number, take_text
from twintrade.render.style import DEFAULT_THEME, Theme
from twintrade.text import Listed, Text, numbers, texts

# The specification curve: every estimate in order of size, and below it which choices made it.

LISTED = "covariates"
MANY = 200  # specifications from which on marks are thin


def draw_specification_curve(
    frame: pd.DataFrame, choices: list[str], *, y_label: str = "", theme: Theme = DEFAULT_THEME
) -> Figure:
    """Draw effect, low and high in ascending order over a grid of choices, of which each has a column."""
    ordered = frame[frame["effect"].notna()].sort_values("effect", kind="stable").reset_index(drop=True)
    options = _options(ordered, choices)
    is_main = ordered["is_headline"].map(reading.read_truth).astype(bool)
    is_long = len(ordered) > MANY
    with open_figure(theme, 2.6 + 0.2 * len(options)) as figure:
        heights = {"height_ratios": [2.4, 0.2 * len(options) + 0.1]}
        top, grid = figure.subplots(2, 1, sharex=True, gridspec_kw=heights)
        draw_zero_line(top, theme)
        for chosen, colour, marker, size in ((~is_main, theme.after, "o", 4), (is_main, theme.before, "D", 6)):
            rows = ordered[chosen]
            drawn = rows[rows["low"].notna() & rows["high"].notna()]
            width = 0.3 if is_long and marker == "o" else 1.4
            top.vlines(drawn.index, drawn["low"], drawn["high"], color=colour, lw=width, alpha=0.7)
            top.plot(rows.index, rows["effect"], marker, color=colour, ms=1.5 if is_long and marker == "o" else size)
            for line, is_option in enumerate(options.values()):
                places = rows.index[is_option[chosen]]
                small, edge = ("|", 0.3) if is_long and marker == "o" else ("s", None)
                grid.plot(places, [line] * len(places), small, color=colour, ms=3.5, mew=edge)
        for place, values in enumerate(ordered[["effect", "low", "high"]].astype(float).itertuples(index=False)):
            taken = tuple(label for label, is_option in options.items() if is_option[place])
            name_point(top, (place, values[0]), Listed(taken, "comma"), values)
        top.set_ylabel(y_label or name_column("effect"))
        grid.set_yticks(range(len(options)), list(options))
        grid.set_ylim(len(options) - 0.4, -0.6)
        grid.set_xticks([])
        figure.supxlabel(str(Text("figures.specifications", n=len(ordered))), fontsize=theme.size)
    return figure


def _options(ordered: pd.DataFrame, choices: list[str]) -> dict[str, pd.Series]:
    """Return by label which specifications took each option that varies; several controls have a line each."""
    options_by_label: dict[str, pd.Series] = {}
    for choice in choices:
        values = ordered[choice].map(take_text)
        if values.nunique() < 2:
            continue
        taken = values.map(lambda value: frozenset(value.split(", ")) if value else frozenset())
        singles = dict.fromkeys(sorted({option for options in taken for option in options}))
        if choice != LISTED:
            taken, singles = values.map(lambda value: frozenset([value])), dict.fromkeys(v for v in values if v)
        for option in singles:
            label = str(Text("common.headed", head=name_choice(choice), said=name_choice(option)))
            options_by_label[label] = taken.map(lambda options, option=option: option in options)
    return options_by_label


# How wide the interval becomes when the comparison may fail: the original interval stands at the left.

FAR = 10.0  # times the original interval's larger end beyond which an interval ends in an arrow


def draw_sensitivity(frame: pd.DataFrame, *, y_label: str = "", theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw effect, low and high by restriction and size of the violation allowed; kind is original or robust."""
    bounds = find_bounds(frame)
    restrictions = reading.list_names(frame, "restriction")
    with open_figure(theme, 3.2) as figure:
        all_axes = figure.subplots(1, len(restrictions), sharey=True, squeeze=False)[0]
        for axes, name in zip(all_axes, restrictions, strict=True):
            rows = list_records(reading.select_named(frame, "restriction", name))
            draw_zero_line(axes, theme)
            for x, row in enumerate(rows):
                is_original = take_text(row["kind"]) == "original"
                colour = theme.before if is_original else theme.after
                values = [read_number(row[column]) for column in VALUES]
                draw_interval(axes, x, values[1:], bounds, color=colour, lw=3, arrow=6.0)
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
        all_axes[0].set_ylabel(y_label or name_column("effect"))
        marks = {"original-interval": (theme.before, "o"), "robust-interval": (theme.after, "s")}
        shown = ((str(Text(f"figures.{key}")), *mark) for key, mark in marks.items())
        handles = [Line2D([], [], color=c, marker=marker, lw=3, label=name) for name, c, marker in shown]
        if is_cut:
            handles.append(Line2D([], [], ls="", label=str(Text("figures.runs-on"))))
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    return figure


def find_bounds(frame: pd.DataFrame) -> Bounds:
    """Return where the axis ends at either side, infinite where it holds every end there is."""
    ends = frame[["low", "high"]].to_numpy(dtype=float)
    far = FAR * np.abs(ends[(frame["kind"].map(take_text) == "original").to_numpy()]).max(initial=0.0)
    is_far = np.isinf(ends) | (np.abs(ends) > far)
    kept = ends[np.isfinite(ends) & ~is_far]
    if not kept.size:
        return NO_BOUNDS
    room = 0.05 * float(np.ptp(kept)) or 1.0
    low, high = float(kept.min()) - room, float(kept.max()) + room
    return (low if (is_far & (ends < 0)).any() else -math.inf), (high if (is_far & (ends > 0)).any() else math.inf)


def _name_size(row: Record) -> str:
    """Return what a row allows: nothing beyond the original, or a violation of its size."""
    is_original = take_text(row["kind"]) == "original"
    return str(Text("figures.original")) if is_original else texts.format_tick(read_number(row["size"]))


MOST_SPACED = 30
SPACED, TIGHT, DENSE, FINE = 0.24, 0.18, 0.17, 0.15  # inches of a row: of few, of many, of changes, of checks
JUDGED = ((5.0, "right"), (9.0, "right"), (10.0, "left"))  # sizes of type from the axis to change, p and verdict
MOST_PANEL = 22  # letters of a panel's name on a line
MOST_LETTERS = 46  # letters of a name on a line
DIFFERENCES = ("difference", "difference_low", "difference_high")
POOLED = ("pooled", "summary", "all", "average")


def draw_forest(frame: pd.DataFrame, *, x_label: str = "", decimals: int = 3, theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw label, effect, low and high, by group if there are any; p is printed where there is no interval."""
    rows = list_records(reading.write_columns(frame[frame["effect"].notna()]))
    lines = _place_rows(rows, theme, 0.0 if frame["low"].notna().any() else DENSE)
    with open_figure(theme, lines.height + 0.9) as figure:
        axes = figure.subplots()
        _draw_effects(axes, rows, lines, theme, write=partial(numbers.format_fixed, decimals=decimals))
        for y, row in zip(lines.places, rows, strict=True):
            effect, low, high = (read_number(row.get(name)) for name in VALUES)
            spread = texts.format_interval(low, high, decimals) or texts.format_p_value(row.get("p"))
            shown = numbers.format_fixed(effect, decimals) + (f" ({spread})" if spread else "")
            letters = theme.size * 0.85
            axes.annotate(shown, (1.01, y), xycoords=("axes fraction", "data"), va="center", fontsize=letters)
        axes.set_xlabel(x_label or name_column("effect"))
        _name_rows(axes, rows, lines)
    return figure


def draw_differences(frame: pd.DataFrame, *, x_label: str = "", theme: Theme = DEFAULT_THEME) -> Figure:
    """Draw effects and their differences from the headline, each with its interval, by group and label."""
    rows = list_records(reading.write_columns(frame[frame["effect"].notna()]))
    lines = _place_rows(rows, theme)
    with open_figure(theme, lines.height + 1.0) as figure:
        left, right = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [1.2, 1.0]})
        for axes, names in ((left, VALUES), (right, DIFFERENCES)):
            _draw_effects(axes, rows, lines, theme, names)
        left.set_xlabel(x_label or name_column("effect"))
        right.set_xlabel(name_column("difference"))
        _name_rows(left, rows, lines)
        right.tick_params(axis="y", length=0, labelleft=False)
    return figure


def draw_panels(frame: pd.DataFrame, outcomes: Mapping[str, str], *, x_label: str, theme: Theme) -> Figure:
    """Draw several outcomes of the same labels side by side, each on an axis of its own, under its name."""
    labels = list(dict.fromkeys(frame["label"]))
    lines = _place_rows([{"label": label} for label in labels], theme)
    with open_figure(theme, lines.height + 1.1) as figure:
        every = figure.subplots(1, len(outcomes), sharey=True, squeeze=False)[0]
        for axes, (outcome, name) in zip(every, outcomes.items(), strict=True):
            of = {row["label"]: row for row in list_records(frame[frame["outcome"] == outcome])}
            rows = [of.get(label, {"label": label, **dict.fromkeys(VALUES, math.nan)}) for label in labels]
            _draw_effects(axes, rows, lines, theme)
            axes.set_title(split_label(name, MOST_PANEL), fontsize=theme.size * 0.85, loc="left")
            axes.set_xlabel(x_label, fontsize=theme.size * 0.85)
            axes.locator_params(axis="x", nbins=3)
            _name_rows(axes, [{"label": label} for label in labels], lines)
    return figure


def draw_coefficients_on(axes: Axes, frame: pd.DataFrame, *, x_label: str = "", theme: Theme = DEFAULT_THEME) -> None:
    """Draw effects with their intervals on axes at hand, for a notebook; columns as for ``draw_forest``."""
    rows = list_records(frame[frame["effect"].notna()])
    lines = _place_rows(rows, theme)
    with apply_theme(theme):
        _draw_effects(axes, rows, lines, theme)
        _name_rows(axes, rows, lines)
        axes.set_xlabel(x_label or name_column("effect"))


def draw_changes(
    frame: pd.DataFrame, theme: Theme = DEFAULT_THEME, *, headline: tuple[float, float, float]
) -> Figure:
    """Draw changes in log points on an axis in percent, with the headline's interval behind them for scale.

    ``frame``: label, group, effect, low, high; optionally is_head, of a check's own line, with its p and verdict in
    words at the right edge; ``headline``: effect and ends; infinite where an end does not exist.
    """
    rows = list_records(reading.write_columns(frame))
    is_judged = "is_head" in frame
    lines = _place_rows([r | {"group": ""} for r in rows] if is_judged else rows, theme, FINE if is_judged else DENSE)
    drawn = frame.loc[frame["effect"].notna(), list(VALUES)]
    ticks, (left, right) = choose_frame([*drawn.to_numpy(dtype=float).ravel(), *headline])
    with open_figure(theme, lines.height + 0.7) as figure:
        axes = figure.subplots()
        axes.axvspan(max(headline[1], left), min(headline[2], right), color=theme.pale, alpha=0.5, lw=0, zorder=0)
        axes.axvline(headline[0], color=theme.after, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1)
        _draw_effects(axes, rows, lines, theme, bounds=(left, right), write=write_change)
        axes.set_xlim(left, right)
        axes.set_xticks(*name_changes(ticks))
        axes.set_xlabel(str(Text("brief.percent")), loc="left", fontsize=theme.size * 0.9, color=theme.muted)
        _name_rows(axes, rows, lines)
        if is_judged:
            _write_verdicts(axes, rows, lines, theme)
    return figure


def _write_verdicts(axes: Axes, rows: list[Record], lines: "Lines", theme: Theme) -> None:
    """Write at the right edge what each line's change and p are, and what the check says."""
    heads = [str(Text("tables.change-short")), str(Text("tables.p")), name_column("verdict")]
    table = [(0.0, heads)]
    for y, row in zip(lines.places, rows, strict=True):
        effect = read_number(row["effect"])
        shown = numbers.format_fixed(numbers.convert_log_to_percent(effect), 1) if effect == effect else ""
        table.append((y, [shown, texts.format_p_cell(row.get("p")), take_text(row["verdict"])]))
    for y, words in table:
        for word, (place, side) in zip(words, JUDGED, strict=True):
            axes.annotate(
                word, (1.0, y), (place * theme.size, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center" if y else "bottom", ha=side, fontsize=theme.size * 0.85,
                color=theme.ink if y else theme.muted,
            )  # fmt: skip
    for tick, row in zip(axes.get_yticklabels(), rows, strict=False):
        tick.set_fontweight("bold" if reading.read_truth(row["is_head"]) else "normal")


def _draw_effects(
    axes: Axes,
    rows: list[Record],
    lines: "Lines",
    theme: Theme,
    names: tuple[str, str, str] = VALUES,
    bounds: Bounds = NO_BOUNDS,
    write: Write = FIXED,
) -> None:
    """Draw a named point and its interval on every line."""
    for y, row in zip(lines.places, rows, strict=True):
        is_pooled = take_text(row.get("group")).lower() in POOLED or take_text(row["label"]).lower() in POOLED
        effect, low, high = (read_number(row.get(name)) for name in names)
        if effect != effect:
            continue
        marker, size, width = ("D", 7, 2.4) if is_pooled else ("s", 5, 1.6)
        if low == low and high == high:
            draw_interval(axes, y, (low, high), bounds, is_level=True, color=theme.after, lw=width)
        axes.plot(np.clip(effect, *bounds), y, marker, ms=size, color=theme.after, mec="white")
        parts = tuple(dict.fromkeys(filter(None, (take_text(row.get("group")), take_text(row["label"])))))
        name_point(axes, (effect, y), Listed(parts, "comma"), (effect, low, high), write)
    draw_zero_line(axes, theme, is_upright=True)
    axes.grid(visible=False)
    axes.spines["left"].set_visible(False)


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
