"""The specification curve: every estimate in order of size, and below it which choices made it."""

import pandas as pd
from matplotlib.figure import Figure

from twintrade.render.figures.points import name_point
from twintrade.render.figures.theme import draw_zero_line, open_figure
from twintrade.render.names import name_choice
from twintrade.render.reading import read_truth, take_text
from twintrade.render.theme import Theme
from twintrade.text import Listed, Text

LISTED = "covariates"
MANY = 200
"""Specifications from which on marks are thin."""


def draw(
    frame: pd.DataFrame,
    choices: list[str],
    *,
    y_label: str = "",
    theme: Theme | None = None,
    is_simulated: bool = False,
) -> Figure:
    """Draw estimates in ascending order over a grid of their choices.

    ``frame``: effect, low, high, is_headline, and one column a choice; ``choices``: the columns that hold choices.
    """
    theme = theme or Theme()
    ordered = frame[frame["effect"].notna()].sort_values("effect", kind="stable").reset_index(drop=True)
    options = _options(ordered, choices)
    is_main = ordered["is_headline"].map(read_truth).astype(bool)
    is_long = len(ordered) > MANY
    with open_figure(theme, 2.6 + 0.2 * len(options), is_simulated=is_simulated) as figure:
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
                small = "|" if is_long and marker == "o" else "s"
                grid.plot(
                    places, [line] * len(places), small, color=colour, ms=3.5, mew=0.3 if small == "|" else None
                )
        for place, values in enumerate(ordered[["effect", "low", "high"]].astype(float).itertuples(index=False)):
            taken = tuple(label for label, is_option in options.items() if is_option[place])
            name_point(top, (place, values[0]), Listed(taken, "comma"), values)
        top.set_ylabel(y_label or str(Text("figures.effect-axis")))
        grid.set_yticks(range(len(options)), list(options))
        grid.set_ylim(len(options) - 0.4, -0.6)
        grid.set_xticks([])
        figure.supxlabel(str(Text("figures.specifications", n=len(ordered))), fontsize=theme.size)
    return figure


def _options(ordered: pd.DataFrame, choices: list[str]) -> dict[str, pd.Series]:
    """Return by label of each option which specifications took it; choices that never vary are left out.

    A choice of several things at once (a list of controls) has one line for each of them.
    """
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
            label = str(Text("figures.choice", choice=name_choice(choice), option=name_choice(option)))
            options_by_label[label] = taken.map(lambda options, option=option: option in options)
    return options_by_label
