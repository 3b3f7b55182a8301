"""The event study of a notebook: both intervals in one plot, the reference hollow at zero."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from twintrade.effects import Bands
from twintrade.render.figures.percent_paths import CHANGES, VALUES, convert_to_logs, name_event
from twintrade.render.figures.points import draw_interval, name_point
from twintrade.render.figures.theme import (
    LEGEND_LETTERS,
    MARKERS,
    apply_theme,
    draw_onset_line,
    draw_zero_line,
    measure_label,
    split_label,
)
from twintrade.render.names import name_base, name_scale
from twintrade.render.reading import Record, list_names, list_records, read_number, read_truth, select_named
from twintrade.render.style import Theme
from twintrade.text import Listed, Text, Words, numbers, texts

FloatArray = NDArray[np.float64]

DODGE = 0.15
SHORT_LABEL, MEDIUM_LABEL = 35, 44  # letters of names up to which a legend has three columns, and two
LEAST_PERCENT = -99.9
WIDE_LOG_POINTS = 1.2
TICK_SHARE = 0.05  # share of the height of an axis that a label of it takes
WIDE_PERCENTS = (-95, -80, -50, 0, 50, 150, 400, 1000, 3000, 10000)


@dataclass(frozen=True, slots=True)
class EventAxis:
    """What the axes of an event study say."""

    y_label: str
    x_label: str = ""
    is_log: bool = False  # whether a second axis shows 100(exp(b) - 1)
    binned: tuple[bool, bool] = (False, False)  # whether the first and the last event time stand for all beyond
    base_note: str = ""  # what the pre-period effects mean, for the legend


def draw_studies_on(axes: Axes, studies: Mapping[str, Bands], *, period_name: str = "period") -> None:
    """Draw event studies by their names on axes at hand, for a notebook."""
    frame = pd.concat([read_study(bands, label) for label, bands in studies.items()], ignore_index=True)
    estimates = [bands.estimate for bands in studies.values()]
    scales = list(dict.fromkeys(estimate.scale for estimate in estimates))
    bases = [base for base in dict.fromkeys(estimate.base for estimate in estimates) if base != "none"]
    binned = [getattr(estimate, "binned", (False, False)) for estimate in estimates]
    axis = EventAxis(
        y_label=str(Text("page.effect_axis", scale=Listed(tuple(map(name_scale, scales)), "comma"))),
        x_label=str(Text("figures.since-onset", period_name=period_name)),
        is_log=scales == ["log points"],
        binned=(any(low for low, _ in binned), any(high for _, high in binned)),
        base_note=name_base(bases[0]) if len(bases) == 1 else "",
    )
    draw_events_on(axes, frame, axis)


def draw_events_on(axes: Axes, frame: pd.DataFrame, axis: EventAxis) -> None:
    """Draw event studies on axes at hand; frames have the columns ``reading.EVENT_COLUMNS``, a label a method."""
    theme = Theme()
    with apply_theme(theme):
        _draw_effects(axes, frame, list_names(frame, "label"), axis, theme)
        _x_axis(axes, frame, axis)


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


def _draw_effects(axes: Axes, frame: pd.DataFrame, labels: Sequence[str], axis: EventAxis, theme: Theme) -> None:
    """Draw effects with their intervals, dodged by label, with the vertical axis and the legend."""
    draw_zero_line(axes, theme)
    draw_onset_line(axes, theme)
    offsets = (np.arange(len(labels)) - (len(labels) - 1) / 2) * DODGE
    for i, name in enumerate(labels):
        for row in list_records(select_named(frame, "label", name)):
            colour, marker = _style(row, i, len(labels), theme)
            _point(axes, row, float(offsets[i]), colour, marker, theme)
            ends = () if read_truth(row["is_reference"]) else (read_number(row["low"]), read_number(row["high"]))
            effect = read_number(row["effect"])
            name_point(axes, (float(row["event_time"]) + offsets[i], effect), name_event(row), (effect, *ends))
    _y_axis(axes, axis)
    handles = _legend(frame, labels, axis, theme)
    names = [split_label(str(handle.get_label()), LEGEND_LETTERS) for handle in handles]
    longest = max(measure_label(name) for name in names)
    axes.legend(
        handles,
        names,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=1 if longest > MEDIUM_LABEL else 3 if len(labels) == 1 and longest <= SHORT_LABEL else 2,
        columnspacing=1.4,
        handletextpad=0.5,
    )


def _style(row: Record, position: int, n_labels: int, theme: Theme) -> tuple[str, str]:
    if n_labels > 1:
        return theme.palette[position % len(theme.palette)], MARKERS[position % len(MARKERS)]
    return (theme.before, "o") if float(row["event_time"]) < 0 else (theme.after, "s")


def _point(axes: Axes, row: Record, offset: float, colour: str, marker: str, theme: Theme) -> None:
    x, size = float(row["event_time"]) + offset, 5.5 if offset == 0.0 else 4.5
    if read_truth(row["is_reference"]):
        axes.plot(x, 0.0, marker=marker, ms=size, mfc="white", mec=theme.ink, mew=1.2, ls="", zorder=4)
        return
    for low, high, width in (("simultaneous_low", "simultaneous_high", 1.0), ("low", "high", 3.6)):
        ends = [read_number(row[low]), read_number(row[high])]
        # Without an end on one side it is an arrow, as long there as the other side is.
        mirrored = [2 * read_number(row["effect"]) - end for end in reversed(ends)]
        least, most = (m if np.isinf(end) else end for end, m in zip(ends, mirrored, strict=True))
        if np.isfinite(least) and np.isfinite(most):
            style: dict[str, Any] = {"color": colour, "lw": width, "alpha": 0.55 if width > 2 else 1.0, "zorder": 2.5}
            draw_interval(axes, x, ends, (least, most), arrow=6.0, **style)
    axes.plot(x, float(row["effect"]), marker=marker, ms=size, color=colour, mec="white", mew=0.6, ls="", zorder=5)


def _x_axis(axes: Axes, frame: pd.DataFrame, axis: EventAxis) -> None:
    times = sorted({int(e) for e in frame["event_time"]})
    step = max(1, int(np.ceil(len(times) / 18)))
    ends = (times[0], times[-1])
    inner = [t for t in times if t % step == 0 and min(abs(t - end) for end in ends) >= step]
    shown = sorted({*inner, *ends})
    labels = [
        numbers.format_event_time_label(
            t, is_first=axis.binned[0] and t == times[0], is_last=axis.binned[1] and t == times[-1]
        )
        for t in shown
    ]
    axes.set_xticks(shown, labels)
    axes.set_xlim(times[0] - 0.6, times[-1] + 0.6)
    axes.set_xlabel(axis.x_label or str(Text("figures.since-onset", period_name="period")))


def _y_axis(axes: Axes, axis: EventAxis) -> None:
    axes.set_ylabel(axis.y_label)
    if axis.is_log:
        second = axes.secondary_yaxis("right", functions=(_to_percent, _from_percent))  # type: ignore[arg-type]
        second.set_ylabel(str(Text("figures.percent-axis")))
        low, high = axes.get_ylim()
        if high - low > WIDE_LOG_POINTS:
            shown: list[int] = []
            for p in sorted(WIDE_PERCENTS, key=abs):
                at = np.log1p(p / 100)
                if low <= at <= high and all(abs(at - np.log1p(q / 100)) > TICK_SHARE * (high - low) for q in shown):
                    shown.append(p)
            second.set_yticks(shown, [numbers.format_fixed(p, 0) for p in shown])
        second.spines["right"].set_visible(True)


def _to_percent(log_points: FloatArray) -> FloatArray:
    return np.asarray(100.0 * np.expm1(np.asarray(log_points, dtype=float)))


def _from_percent(percent: FloatArray) -> FloatArray:
    return np.asarray(np.log1p(np.maximum(np.asarray(percent, dtype=float), LEAST_PERCENT) / 100.0))


def _legend(frame: pd.DataFrame, labels: Sequence[str], axis: EventAxis, theme: Theme) -> list[Line2D]:
    def mark(name: Words, marker: str, colour: str, *, is_hollow: bool = False) -> Line2D:
        face, edge = ("white", theme.ink) if is_hollow else (colour, "white")
        return Line2D([], [], ls="", marker=marker, ms=5.5, mfc=face, mec=edge, mew=1.0, label=str(name))

    def plain(name: Words, width: float, alpha: float = 1.0) -> Line2D:
        return Line2D([], [], color=theme.muted, lw=width, alpha=alpha, label=str(name))

    if len(labels) == 1:
        handles = [
            mark(Text("figures.before-onset"), "o", theme.before),
            mark(Text("figures.from-onset"), "s", theme.after),
        ]
    else:
        handles = [
            mark(f"{chr(97 + i)}  {name}", MARKERS[i % len(MARKERS)], theme.palette[i % len(theme.palette)])
            for i, name in enumerate(labels)
        ]
    references = frame[frame["is_reference"].map(read_truth)]
    if not references.empty:
        times = tuple(dict.fromkeys(numbers.format_event_time(int(e)) for e in references["event_time"]))
        reference = Text("figures.reference-at", times=Listed(times, "comma"))
        handles.append(mark(reference, "o", theme.ink, is_hollow=True))
    level = max((read_number(v) for v in frame["level"] if read_number(v) > 0), default=0.95)
    handles.append(
        plain(Text("figures.pointwise", level=level), 3.6, 0.55)
        if frame["low"].notna().any()
        else plain(Text("figures.no-interval"), 0.0)
    )
    handles.append(
        plain(Text("figures.simultaneous", level=level), 1.0)
        if frame["simultaneous_low"].notna().any()
        else plain(Text("figures.only-pointwise"), 0.0)
    )
    if np.isinf(frame[["low", "high"]].astype(float).to_numpy()).any():
        handles.append(plain(Text("figures.open-end"), 0.0))
    if axis.base_note:
        handles.append(plain(Text("figures.base", base=axis.base_note), 0.0))
    return handles
