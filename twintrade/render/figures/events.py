"""What happened when: candidate dates as lines, known shocks as bands, each with its mark, and the period axis."""

from string import ascii_lowercase

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from twintrade.render.figures.theme import Theme
from twintrade.render.reading import list_records, read_number, read_truth, take_text
from twintrade.text import Text, numbers

LETTER_ROOM = 12.0
"""Points from one date's line to the next that a letter between them needs; nearer ones share a place."""


def list_candidates(dates: pd.DataFrame | None) -> list[dict[str, object]]:
    """Return the candidate dates in their order."""
    if dates is None or dates.empty:
        return []
    return sorted(list_records(dates.dropna(subset=["period"])), key=lambda d: read_number(d["period"]))


def draw_date_lines(axes: Axes, dates: pd.DataFrame | None, theme: Theme, *, has_letters: bool) -> None:
    """Draw a line at each candidate date, the chosen one solid."""
    seen: dict[float, list[str]] = {}
    for letter, date in zip(ascii_lowercase, list_candidates(dates), strict=False):
        chosen = read_truth(date["is_chosen"])
        axes.axvline(
            read_number(date["period"]),
            color=theme.ink,
            linewidth=1.3 if chosen else 0.8,
            linestyle="-" if chosen else (0, (4, 3)),
            zorder=1.5,
        )
        seen.setdefault(read_number(date["period"]), []).append(letter)
    if has_letters:
        figure = axes.get_figure(root=True)
        room = axes.get_position().width * (figure.get_figwidth() if figure else 1.0) * 72
        least = LETTER_ROOM * abs(float(np.diff(axes.get_xlim())[0])) / room
        placed: dict[float, list[str]] = {}
        for period, letters in seen.items():
            near = [p for p in placed if period - p < least]
            placed.setdefault(near[-1] if near else period, []).extend(letters)
        for period, letters in placed.items():
            _letter(axes, ", ".join(letters), period, 1.0, theme)


def draw_shock_bands(
    axes: Axes, shocks: pd.DataFrame | None, frame: pd.DataFrame, theme: Theme, *, has_letters: bool
) -> None:
    """Shade the periods of each known shock that lies inside the series."""
    first, last = float(frame["period"].min()), float(frame["period"].max())
    for place, shock in enumerate(_inside(shocks, frame), 1):
        start, end = max(read_number(shock["first"]), first), min(read_number(shock["last"]), last)
        axes.axvspan(start - 0.5, end + 0.5, color=theme.pale, alpha=0.6, linewidth=0, zorder=0.5)
        if has_letters:
            _letter(axes, str(place), start - 0.5, 0.0, theme)


def list_event_key(dates: pd.DataFrame | None, shocks: pd.DataFrame | None, frame: pd.DataFrame) -> list[str]:
    """Return a line for each date, by letter, and each shock, by number."""
    names = dict(zip(frame["period"].astype(float), frame["period_label"].map(take_text), strict=True))
    lines = []
    for letter, date in zip(ascii_lowercase, list_candidates(dates), strict=False):
        period = read_number(date["period"])
        when = names.get(period) or numbers.format_fixed(period, 0).replace(",", "")
        label = take_text(date["label"])
        named = label if when in label else f"{when}  {label}"
        shown = Text("figures.date-used", date=named) if read_truth(date["is_chosen"]) else named
        lines.append(f"{letter}  {shown}")
    for place, shock in enumerate(_inside(shocks, frame), 1):
        when = "–".join(dict.fromkeys((take_text(shock["first_label"]), take_text(shock["last_label"]))))
        named = f"{when}  {take_text(shock['label'])}"
        lines.append(f"{place}  {Text('figures.shock', shock=named)}")
    return lines


def draw_period_axis(axes: Axes, frame: pd.DataFrame, most: int = 12) -> None:
    """Write the periods as a reader knows them: 2004, 2004Q3, 2004-09."""
    names = frame.drop_duplicates("period").sort_values("period")
    periods = [float(p) for p in names["period"]]
    labels = [take_text(n) for n in names["period_label"]]
    # Months and quarters are wider than years.
    fitting = max(2, most * 5 // max(5, *(len(label) + 1 for label in labels)))
    step = max(1, -(-len(periods) // fitting))
    axes.set_xticks(periods[::step], labels[::step])


def _inside(shocks: pd.DataFrame | None, frame: pd.DataFrame) -> list[dict[str, object]]:
    if shocks is None or shocks.empty:
        return []
    first, last = float(frame["period"].min()), float(frame["period"].max())
    return [s for s in list_records(shocks) if read_number(s["last"]) >= first and read_number(s["first"]) <= last]


def _letter(axes: Axes, letter: str, x: float, y: float, theme: Theme) -> None:
    axes.annotate(
        letter,
        (x, y),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2 if y else 2),
        textcoords="offset points",
        va="top" if y else "bottom",
        fontsize=theme.size * 0.9,
        fontweight="bold",
    )
