"""Event studies and coefficients of several fits on one pair of axes."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from twintrade.effects import Bands
from twintrade.render.figures import Theme, apply_theme, draw_coefficients_on, draw_studies_on
from twintrade.text import name_fact

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_studies(studies: Mapping[str, Bands], period_name: str, ax: "Axes | None") -> "Axes":
    """Draw event studies by their names, dodged; on axes of their own where none are given."""
    return _draw(ax, lambda axes: draw_studies_on(axes, studies, period_name=period_name))


def draw_coefficients(tables: Mapping[str, pd.DataFrame], scales: Iterable[str], ax: "Axes | None") -> "Axes":
    """Draw coefficient tables as lines, grouped by name where there are several."""
    frame = pd.concat([_label(table, name) for name, table in tables.items()], ignore_index=True)
    known = list(dict.fromkeys(scales))
    label = name_fact("labels.scale-", known[0]) if len(known) == 1 else ""
    return _draw(ax, lambda axes: draw_coefficients_on(axes, frame, x_label=label))


def _label(table: pd.DataFrame, group: str) -> pd.DataFrame:
    columns = {"label": "term", "effect": "estimate", "low": "conf.low", "high": "conf.high"}
    return pd.DataFrame({name: table[column] for name, column in columns.items()}).assign(group=group)


def _draw(ax: "Axes | None", draw: "Callable[[Axes], None]") -> "Axes":
    if ax is None:
        with apply_theme(Theme()):
            from matplotlib import pyplot

            ax = pyplot.subplots(figsize=(Theme().width, 4.0), layout="constrained")[1]
    draw(ax)
    return ax
