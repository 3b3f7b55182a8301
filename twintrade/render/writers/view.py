"""What the interactive event study shows, as plain data: numbers at full precision and already rounded."""

import math
from typing import Any

from twintrade.render.blocks import EventView
from twintrade.render.reading import Record, list_records, read_number, read_truth, read_whole, take_text
from twintrade.text import numbers

COLUMNS = ("event_time", "effect", "se", "low", "high", "simultaneous_low", "simultaneous_high", "n_units")


def build_view_data(view: EventView) -> dict[str, Any]:
    """Return the view's data as JSON can hold it."""
    frame = view.frame
    keys = frame[["estimator", "specification", "label"]].drop_duplicates()
    series = [
        _series(
            list_records(
                frame[(frame["estimator"] == k["estimator"]) & (frame["specification"] == k["specification"])]
            ),
            take_text(k["label"]),
        )
        for k in list_records(keys)
    ]
    return {
        "level": numbers.format_percent(100 * view.level, 0),
        "xLabel": view.x_label,
        "simulated": "SIMULATED DATA" if view.is_simulated else "",
        "columns": list(COLUMNS),
        "series": series,
    }


def _series(rows: list[Record], label: str) -> dict[str, Any]:
    scale = take_text(rows[0]["scale"])
    return {"label": label, "scale": scale, "points": [_point(row, scale) for row in rows]}


def _point(row: Record, scale: str) -> dict[str, Any]:
    decimals = numbers.choose_effect_decimals(scale, read_number(row["effect"]), read_number(row["se"]))
    pointwise = numbers.format_interval(row["low"], row["high"], decimals)
    band = numbers.format_interval(row["simultaneous_low"], row["simultaneous_high"], decimals)
    return {
        "time": read_whole(row["event_time"]),
        "timeText": take_text(row["event_label"]),
        "reference": read_truth(row["is_reference"]),
        "effect": _end(row["effect"]),
        "pointwise": [_end(row["low"]), _end(row["high"])],
        "simultaneous": [_end(row["simultaneous_low"]), _end(row["simultaneous_high"])],
        "text": numbers.format_fixed(row["effect"], decimals),
        "percentText": numbers.format_log_percent(read_number(row["effect"])) if scale == "log points" else "",
        "pointwiseText": pointwise,
        "simultaneousText": band,
        "units": numbers.format_count(row["n_units"]),
        "csv": ["" if numbers.is_missing(row[c]) else repr(_plain(row[c])) for c in COLUMNS],
    }


def _end(value: object) -> float | str | None:
    """Return a number as JSON can hold it: an end that is not there as None, one without bound as a word."""
    if numbers.is_missing(value):
        return None
    known = float(value)  # type: ignore[arg-type]
    return known if math.isfinite(known) else "up" if known > 0 else "down"


def _plain(value: object) -> float | int:
    """Return a number without its numpy type, an integer where it is one."""
    as_float = float(value)  # type: ignore[arg-type]
    return int(as_float) if isinstance(value, int) or type(value).__name__.lower().startswith("int") else as_float
