"""The closer look in the browser: every method by event time, and the pairs that make up the headline's total."""

import math
from typing import Any

from twintrade.render import blocks, reading
from twintrade.render.brief.drawings import choose_power
from twintrade.render.brief.facts import Facts, read_effect
from twintrade.render.brief.statements import write_change, write_range
from twintrade.render.citing import PLACE
from twintrade.render.figures.percent_paths import APART, CHANGES
from twintrade.render.names import name_scale
from twintrade.render.reading import Record, list_records, read_number, take_text
from twintrade.text import Text, Value, numbers, texts

VALUES = ("effect", "se", "low", "high", "simultaneous_low", "simultaneous_high")
BAND = ("simultaneous_low", "simultaneous_high")
SUM = "total"  # what a specification estimates whose overall effect is that of its summed pairs
WORDS = (
    "methods", "full", "answer", "intervals", "chart", "hint", "missing", "times", "mark", "pairs", "expected",
    "observed", "some", "none", "csv-points", "csv-pairs", "address", "reset",
)  # fmt: skip
HALVES = ("half-before", "half-after", "half-before-apart", "half-after-apart")


def build_view(facts: Facts) -> tuple[blocks.EventView, ...]:
    """Return the view as plain data, the headline first; nothing where no column has effects by event time."""
    page, results = facts.page, facts.page.results
    ladder = reading.list_specifications(results)
    first = sorted(ladder, key=lambda spec: not reading.read_truth(spec.get("is_headline")))
    studies = [(spec, list_records(reading.select_events(results, spec))) for spec in first]
    studies = [(spec, rows) for spec, rows in studies if len(rows) > 1]
    if not studies:
        return ()
    level = reading.find_level([row for _, rows in studies for row in rows])
    series = tuple(_build_series(spec, rows, reading.find_overall(results, spec), level) for spec, rows in studies)
    is_sum = take_text(studies[0][0].get("target")) == SUM and facts.periods
    pairs = facts.pairs if is_sum and len(facts.pairs) > 1 else []
    power = choose_power(sorted(read_number(pair["expected"]) for pair in pairs)[len(pairs) // 2]) if pairs else 0
    unit = facts.unit if pairs else ""
    period_name = page.period_name
    times = str(Text("figures.since-onset", period_name=period_name))
    slots = {name: f"[{name}]" for name in ("k", "label", "said")} | {"times": times}
    is_alike = facts.effect is not None and facts.graded is not None and not facts.graded.is_case
    slots["change"] = write_change(facts.effect.percent) if facts.effect is not None and is_alike else "none"
    words = {name: str(Text(f"writers.view-{name}", n=len(pairs), **slots)) for name in WORDS}
    words |= {name: str(Text(f"figures.{name}")) for name in HALVES}
    words["simulated"] = str(Text("figures.simulated-data")) if results.is_simulated else ""
    if pairs:
        spread = "".join(mark["spread"] for mark in series[0]["overall"]) or "none"
        words["whole"] = str(Text("writers.view-whole", n=len(pairs), level=level, range=spread))
        n_periods = sum(reading.read_whole(pair["n_periods"]) or 0 for pair in pairs)
        note = Text(
            "writers.view-pairs-note", power=power, unit=unit, periods=n_periods, period_name=page.period_name
        )
        words["pairs-note"] = str(note)
    intervals = {kind: str(Text(f"figures.{kind}", level=level)) for kind in ("pointwise", "simultaneous")}
    of_pairs = tuple(_build_pair(pair, unit) for pair in pairs)
    view = {"analysis": results.name, "series": series, "pairs": of_pairs, "size": 10.0**power}
    view |= {"words": words, "intervals": intervals}
    return (blocks.EventView("closer", page.say("view_title"), view),)


def _build_series(spec: Record, rows: list[Record], overall: Record | None, level: float) -> dict[str, Any]:
    """Return a method: its effects by event time, the overall one, and whether its halves have yardsticks apart."""
    scale, base = take_text(rows[0]["scale"]), take_text(rows[0]["base"])
    shown = name_scale("percent" if scale in CHANGES else scale)
    whole = () if overall is None else (overall | {"n_units": spec.get("n_treated_units")},)
    return {
        "key": "/".join(reading.read_column(spec)),
        "label": reading.format_label(spec),
        "scale": scale,
        "axis": str(Text("page.effect_axis", scale=shown)),
        "base": str(Text("writers.view-base", base=base.replace(" ", "-"))),
        "is_apart": base in APART,
        **{name: tuple(_build_mark(row, level) for row in of) for name, of in (("marks", rows), ("overall", whole))},
    }


def _build_mark(row: Record, level: float) -> dict[str, Any]:
    """Return an effect at an event time, or the overall one, whose time is none: as stored, as printed, and said."""
    time, n = reading.read_whole(row.get("event_time")), reading.read_whole(row.get("n_units")) or 0
    name = str(Text("figures.overall")) if time is None else take_text(row["event_label"])
    is_reference = reading.read_truth(row.get("is_reference"))
    value, spread = _write(row)
    band = _write(row | dict(zip(("low", "high"), (row.get(one) for one in BAND), strict=True)))[1]
    sentences = {}
    for kind, words in (("pointwise", spread), ("simultaneous", band)):
        state = "reference" if is_reference else kind if words else "bare"
        values: dict[str, Value] = {"time": "none" if time is None else name, "value": value, "level": level, "n": n}
        sentences[kind] = str(Text("writers.view-said", **values, state=state, range=words))
    shown = (value, spread) if time is None else ("", "")
    return {
        "time": time,
        "name": name,
        "values": tuple(read_number(row.get(one)) for one in VALUES),
        "n": n,
        "value": shown[0],
        "spread": shown[1],
        "sentence": sentences["pointwise"],
        "band_sentence": sentences["simultaneous"] if band else "",
        "is_reference": is_reference,
        "place": str(row.get(PLACE, "")),
    }


def _write(row: Record) -> tuple[str, str]:
    """Return an effect and its interval as printed; the latter empty where there is none."""
    effect = read_effect(row)
    if effect is not None:
        return write_change(effect.percent), write_range(effect) if effect.has_interval else ""
    value, scale = read_number(row["effect"]), take_text(row["scale"])
    decimals = numbers.choose_effect_decimals(scale, value, read_number(row.get("se")))
    words = Text("writers.view-value", value=numbers.format_fixed(value, decimals), scale=name_scale(scale))
    return str(words), texts.format_interval(row["low"], row["high"], decimals)


def _build_pair(pair: Record, unit: str) -> dict[str, Any]:
    """Return a treated pair with its sums over all periods under the agreement: averages times their periods."""
    n = read_number(pair["n_periods"])
    observed, expected = (n * read_number(pair[name]) for name in ("observed", "expected"))
    change = 100 * (observed / expected - 1) if expected else math.nan
    sentence = Text(
        "writers.view-pair-said", name=take_text(pair["name"]), change=write_change(change) if expected else "none",
        observed=texts.format_quantity(observed, unit), expected=texts.format_quantity(expected, unit),
    )  # fmt: skip
    named = {name: take_text(pair[name]) for name in ("unit", "name")}
    sums = {"observed": observed, "expected": expected}
    return {**named, **sums, "sentence": str(sentence), "place": str(pair.get(PLACE, ""))}
