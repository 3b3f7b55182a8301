"""The forest plot: one effect a line, grouped, the pooled one as a diamond."""

import pandas as pd
from matplotlib.figure import Figure

from twintrade.render.figures.theme import Theme, apply_theme, build_blank_figure, mark_simulated
from twintrade.render.reading import list_records, read_number, take_text, write_columns
from twintrade.text import Text, amounts, numbers

MOST_SPACED = 30
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

    Parameters
    ----------
    frame : DataFrame
        label, effect, low, high, and optionally group and p, which is printed where there is no interval.
    x_label : str
    decimals : int
        Of the numbers at the right edge.
    """
    theme = theme or Theme()
    rows = list_records(write_columns(frame[frame["effect"].notna()]))
    with apply_theme(theme):
        places, heads = _places(rows)
        n_lines = len(rows) + len(heads)
        figure = build_blank_figure(theme, 1.0 + (0.24 if n_lines <= MOST_SPACED else 0.18) * n_lines)
        axes = figure.subplots()
        for y, row in zip(places, rows, strict=True):
            is_pooled = take_text(row.get("group")).lower() in POOLED or take_text(row["label"]).lower() in POOLED
            low, high, effect = read_number(row["low"]), read_number(row["high"]), read_number(row["effect"])
            if low == low and high == high:
                axes.plot([low, high], [y, y], color=theme.after, lw=2.4 if is_pooled else 1.6, solid_capstyle="butt")
            axes.plot(effect, y, "D" if is_pooled else "s", ms=7 if is_pooled else 5, color=theme.after, mec="white")
            shown = numbers.format_fixed(effect, decimals)
            spread = amounts.format_interval(low, high, decimals) or amounts.format_p_value(row.get("p"))
            axes.annotate(
                f"{shown} ({spread})" if spread else shown,
                (1.01, y),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=theme.size * 0.85,
            )
        axes.axvline(0.0, color=theme.ink, linewidth=0.8, zorder=1)
        ticks = [(y, take_text(r["label"])) for y, r in zip(places, rows, strict=True)] + [
            (y, h) for h, y in heads.items()
        ]
        axes.set_yticks([y for y, _ in ticks], [name for _, name in ticks])
        for label in axes.get_yticklabels()[len(rows) :]:
            label.set_fontweight("bold")
        axes.set_ylim(max(places, default=0) + 0.8, -0.8)
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(x_label or str(Text("figures.effect-axis")))
        if is_simulated:
            mark_simulated(figure, theme)
    return figure


def _places(rows: list[dict[str, object]]) -> tuple[list[int], dict[str, int]]:
    """Return the line of each row, and of each group's head."""
    places: list[int] = []
    heads: dict[str, int] = {}
    line = 0
    for row in rows:
        group = take_text(row.get("group"))
        if group and group not in heads and group != take_text(row["label"]):
            heads[group] = line
            line += 1
        places.append(line)
        line += 1
    return places, heads
