"""The event study of a notebook, on axes at hand, as a page draws it."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes

from twintrade.effects import Bands
from twintrade.render.figures.percent_paths import CHANGES, VALUES, convert_to_logs, draw_study_in
from twintrade.render.figures.theme import apply_theme
from twintrade.render.style import Theme
from twintrade.text import numbers, texts


def draw_studies_on(axes: Axes, studies: Mapping[str, Bands], *, period_name: str = "period") -> None:
    """Draw event studies of one scale by their names on axes at hand: the first solid, the others beside it."""
    frames = [convert_to_logs(read_study(bands, label)) for label, bands in studies.items()]
    theme = Theme()
    with apply_theme(theme):
        draw_study_in(axes, pd.concat(frames, ignore_index=True), None, period_name, theme)


def read_study(bands: Bands, label: str) -> pd.DataFrame:
    """Return the event times of bands as ``draw`` takes them."""
    estimate, frame = bands.estimate, bands.to_frame()
    reference = getattr(estimate, "reference", None)
    shown = frame.assign(
        label=label,
        base=estimate.base,
        n_units=estimate.n_units,
        is_reference=frame["event_time"] == reference if reference is not None else False,
    )[(frame["kind"] == "event").to_numpy()]
    low, high = getattr(estimate, "binned", (False, False))
    times, last = shown["event_time"].astype(int), len(shown) - 1
    labels = [
        numbers.format_event_time_label(e, is_first=low and i == 0, is_last=high and i == last)
        for i, e in enumerate(times)
    ]
    return shown.assign(event_label=labels)


def read_whole_effect(bands: Bands, *, is_percent: bool) -> pd.DataFrame:
    """Return an overall effect with its words; in log points where it is a change and changes are in percent."""
    row = bands.to_frame().iloc[0].to_dict() | {"scale": bands.estimate.scale}
    is_change = is_percent and row["scale"] in CHANGES
    is_log = is_change and row["scale"] == "log points"
    shown = [numbers.convert_log_to_percent(row[name]) if is_log else row[name] for name in VALUES]
    decimals = 1 if is_change else numbers.choose_decimals(shown[0])
    unit = "%" if is_change else ""
    spread = texts.format_interval(shown[1], shown[2], decimals, unit)
    words = "\n".join(filter(None, (numbers.format_fixed(shown[0], decimals) + unit, spread)))
    frame = pd.DataFrame([row | {"shown": words}])
    return convert_to_logs(frame) if is_change else frame
