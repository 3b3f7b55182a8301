"""The closer look in the browser: every method by event time, and the pairs that make up the headline's total."""

import math
from dataclasses import replace

from twintrade.render import blocks, reading
from twintrade.render.brief.drawings import choose_power
from twintrade.render.brief.facts import Facts, read_effect
from twintrade.render.brief.statements import write_change, write_range
from twintrade.render.citing import PLACE
from twintrade.render.figures.percent_paths import APART, CHANGES
from twintrade.render.names import name_scale
from twintrade.render.reading import Record, list_records, read_number, take_text
from twintrade.text import Text, numbers, texts

VALUES = ("effect", "se", "low", "high", "simultaneous_low", "simultaneous_high")
BAND = ("simultaneous_low", "simultaneous_high")
SUM = "total"  # what a specification estimates whose overall effect is that of its summed pairs


def build_view(facts: Facts) -> tuple[blocks.EventView, ...]:
    """Return the view of all columns, which opens on the headline; nothing where none has effects by event time."""
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
    unit = take_text(facts.periods[0]["unit"]) if pairs else ""
    power = choose_power(sorted(read_number(pair["expected"]) for pair in pairs)[len(pairs) // 2]) if pairs else 0
    n_periods = sum(reading.read_whole(pair["n_periods"]) or 0 for pair in pairs)
    note = Text("writers.view-pairs-note", power=power, unit=unit, periods=n_periods, period_name=page.period_name)
    spread = series[0].overall.spread if series[0].overall else ""
    whole = Text("writers.view-whole", n=len(pairs), level=level, range=spread or "none")
    times = str(Text("figures.since-onset", period_name=page.period_name))
    view = blocks.EventView(
        "closer", page.say("view_title"), results.name, times, series, level, is_simulated=results.is_simulated
    )
    shown = tuple(_build_pair(pair, unit) for pair in pairs)
    of_pairs = replace(view, pairs=shown, pairs_note=str(note), whole=str(whole), size=10.0**power)
    return (of_pairs if pairs else view,)


def _build_series(spec: Record, rows: list[Record], overall: Record | None, level: float) -> blocks.ViewSeries:
    scale, base = take_text(rows[0]["scale"]), take_text(rows[0]["base"])
    shown = name_scale("percent" if scale in CHANGES else scale)
    return blocks.ViewSeries(
        "/".join(reading.read_column(spec)), reading.format_label(spec), scale,
        str(Text("page.effect_axis", scale=shown)), str(Text("writers.view-base", base=base.replace(" ", "-"))),
        base in APART,
        tuple(_build_mark(row, level) for row in rows), None if overall is None else _build_mark(overall, level),
    )  # fmt: skip


def _build_mark(row: Record, level: float) -> blocks.ViewMark:
    """Return an effect with what is said of it, its time none where it is the one overall."""
    time, n = reading.read_whole(row.get("event_time")), reading.read_whole(row.get("n_units")) or 0
    name = str(Text("figures.overall")) if time is None else take_text(row["event_label"])
    is_reference = reading.read_truth(row.get("is_reference"))
    value, spread = _write(row)
    band = _write(row | dict(zip(("low", "high"), (row.get(one) for one in BAND), strict=True)))[1]
    said = []
    for kind, words in (("pointwise", spread), ("simultaneous", band)):
        state = "reference" if is_reference else kind if words else "bare"
        at = "none" if time is None else name
        said.append(str(Text("writers.view-said", time=at, value=value, level=level, n=n, state=state, range=words)))
    values = tuple(read_number(row.get(one)) for one in VALUES)
    place = str(row.get(PLACE, ""))
    shown = (value, spread) if time is None else ("", "")
    return blocks.ViewMark(time, name, values, n, *shown, said[0], said[1] if band else "", is_reference, place)


def _write(row: Record) -> tuple[str, str]:
    """Return an effect and its interval as printed; the latter empty where there is none."""
    effect = read_effect(row)
    if effect is not None:
        return write_change(effect.percent), write_range(effect) if effect.has_interval else ""
    value, scale = read_number(row["effect"]), take_text(row["scale"])
    decimals = numbers.choose_effect_decimals(scale, value, read_number(row.get("se")))
    said = Text("writers.view-value", value=numbers.format_fixed(value, decimals), scale=name_scale(scale))
    return str(said), texts.format_interval(row["low"], row["high"], decimals)


def _build_pair(pair: Record, unit: str) -> blocks.ViewPair:
    """Return a pair with its sums: averages as stored, times their periods."""
    n = read_number(pair["n_periods"])
    observed, expected = (n * read_number(pair[name]) for name in ("observed", "expected"))
    change = 100 * (observed / expected - 1) if expected else math.nan
    said = Text(
        "writers.view-pair-said", name=take_text(pair["name"]), change=write_change(change) if expected else "none",
        observed=texts.format_quantity(observed, unit), expected=texts.format_quantity(expected, unit),
    )  # fmt: skip
    place = str(pair.get(PLACE, ""))
    return blocks.ViewPair(take_text(pair["unit"]), take_text(pair["name"]), observed, expected, str(said), place)
