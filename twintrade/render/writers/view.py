"""What the interactive event study shows, as plain data: numbers at full precision and already rounded."""

import math
from typing import Any

from twintrade.render.blocks import EventView
from twintrade.render.names import name_scale
from twintrade.render.reading import Record, list_records, read_number, read_truth, read_whole, take_text
from twintrade.text import Text, Value, amounts, numbers

INTERVALS = {"pointwise": "figures.pointwise", "simultaneous": "figures.simultaneous"}
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
            view.level,
        )
        for k in list_records(keys)
    ]
    return {
        "xLabel": view.x_label or str(Text("figures.since-onset", period_name="period")),
        "simulated": str(Text("writers.simulated-data")) if view.is_simulated else "",
        "intervals": {kind: str(Text(key, level=view.level)) for kind, key in INTERVALS.items()},
        "hint": str(Text("writers.view-hint")),
        "missing": str(Text("writers.view-missing")),
        "columns": list(COLUMNS),
        "series": series,
    }


def _series(rows: list[Record], label: str, level: float) -> dict[str, Any]:
    scale = take_text(rows[0]["scale"])
    axis = str(Text("figures.effect-of", scale=name_scale(scale)))
    return {"label": label, "axis": axis, "points": [_point(row, scale, level) for row in rows]}


def _point(row: Record, scale: str, level: float) -> dict[str, Any]:
    decimals = numbers.choose_effect_decimals(scale, read_number(row["effect"]), read_number(row["se"]))
    pointwise = amounts.format_interval(row["low"], row["high"], decimals)
    band = amounts.format_interval(row["simultaneous_low"], row["simultaneous_high"], decimals)
    is_reference = read_truth(row["is_reference"])
    values: dict[str, Value] = {"time": take_text(row["event_label"]), "n": read_whole(row["n_units"]) or 0}
    values |= {"effect": numbers.format_fixed(row["effect"], decimals), "scale": name_scale(scale), "level": level}
    percent = numbers.format_log_percent(read_number(row["effect"])) if scale == "log points" else ""
    values["percent"] = percent or "none"

    def describe(kind: str, interval: str) -> str:
        key = "reference" if is_reference else kind if interval else "bare"
        return str(Text(f"writers.view-{key}", **values, interval=interval))

    return {
        "time": read_whole(row["event_time"]),
        "timeText": take_text(row["event_label"]),
        "reference": is_reference,
        "effect": _end(row["effect"]),
        "pointwise": [_end(row["low"]), _end(row["high"])],
        "simultaneous": [_end(row["simultaneous_low"]), _end(row["simultaneous_high"])],
        "pointwiseText": describe("pointwise", pointwise),
        "simultaneousText": describe("simultaneous", band),
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
