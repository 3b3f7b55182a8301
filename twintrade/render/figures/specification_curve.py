"""The specification curve: every estimate in order of size, and below it which choices made it."""

import pandas as pd
from matplotlib.figure import Figure

from twintrade.render.figures.theme import Theme, blank, mark_simulated, styled, zero_line
from twintrade.render.reading import number, records, text, truth


def draw(
    frame: pd.DataFrame,
    choices: list[str],
    *,
    y_label: str = "Effect",
    theme: Theme | None = None,
    is_simulated: bool = False,
) -> Figure:
    """Draw estimates in ascending order over a grid of their choices.

    Parameters
    ----------
    frame : DataFrame
        effect, low, high, is_headline, and one column a choice.
    choices : list of str
        The columns that hold choices.
    """
    theme = theme or Theme()
    ordered = frame[frame["effect"].notna()].sort_values("effect", kind="stable").reset_index(drop=True)
    options = [(c, v) for c in choices for v in dict.fromkeys(ordered[c].map(text)) if v]
    with styled(theme):
        figure = blank(theme, 2.6 + 0.2 * len(options))
        heights = {"height_ratios": [2.4, 0.2 * len(options) + 0.1]}
        top, grid = figure.subplots(2, 1, sharex=True, gridspec_kw=heights)
        zero_line(top, theme)
        for x, row in enumerate(records(ordered)):
            is_main = truth(row.get("is_headline"))
            colour = theme.before if is_main else theme.after
            top.plot([x, x], [number(row["low"]), number(row["high"])], color=colour, lw=1.4, alpha=0.7)
            top.plot(x, number(row["effect"]), "D" if is_main else "o", color=colour, ms=6 if is_main else 4)
            held = [i for i, (c, v) in enumerate(options) if text(row[c]) == v]
            grid.plot([x] * len(held), held, "s", color=colour, ms=3.5)
        top.set_ylabel(y_label)
        grid.set_yticks(range(len(options)), [f"{c.replace('_', ' ')}: {v}" for c, v in options])
        grid.set_ylim(len(options) - 0.4, -0.6)
        grid.set_xticks([])
        grid.set_xlabel(f"{len(ordered)} specifications, in order of the estimate; the headline as a diamond")
        if is_simulated:
            mark_simulated(figure, theme)
    return figure
