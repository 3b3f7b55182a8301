"""The pictures of a brief: its range, what was traded and expected, who makes the gap, every estimate, one pair."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from twintrade.render import reading
from twintrade.render.blocks import Absent, Block, Figure, FigureRow
from twintrade.render.brief import drawings
from twintrade.render.brief.facts import Effect, Facts, StatedChange, sum_over_periods
from twintrade.render.brief.statements import list_changes, write_change, write_counted, write_scaled
from twintrade.render.exhibits.data_card import build_raw_series
from twintrade.render.exhibits.payloads import build_payload
from twintrade.render.figures.alt_text import describe_event_study, describe_placebo, describe_weights
from twintrade.render.figures.counts import draw_counts
from twintrade.render.figures.percent_paths import convert_to_logs, convert_to_percents, draw_path
from twintrade.render.figures.points import draw_placebo
from twintrade.render.names import capitalize, name_inference
from twintrade.render.page import Page
from twintrade.render.reading import read_number, take_text
from twintrade.text import Listed, Text, numbers, texts

FULL, WIDE, NARROW = 6.53, 4.09, 2.32  # inches: the text's width, and two thirds and one third, less the gutter
MOST_METHODS = 9
DEFAULT_LEVEL = 0.95
LOW = 2.45  # inches: height of the first picture
MARKED = 0.45  # inches that the first picture of a case is lower by where the page is marked as simulated
MOST_STEPS, MOST_DONORS = 4, 10


def draw_first(facts: Facts) -> tuple[Block, ...]:
    """Return observed against expected trade, with the pairs that make the gap if they add up to it."""
    totals, gap = _picture_totals(facts), _picture_gap(facts)
    if totals is not None and gap is not None:
        return (FigureRow((totals, gap)),)
    figure = totals or _picture_case(facts) or _picture_path(facts)
    return () if figure is None else (figure,)


def draw_range(facts: Facts) -> tuple[Figure, ...]:
    """Return what the data exclude and what they do not, in percent and in money; nothing without a range."""
    page, effect, money = facts.page.widen(FULL), facts.effect, facts.money
    if effect is None or not effect.has_interval:
        return ()
    is_counted = money is not None and money.state in ("stated", "bounded")
    totals = (money.total, money.low, money.high) if money is not None and is_counted else (math.nan,) * 3
    amounts = [""] * 3
    if money is not None:
        errors = (math.nan, money.average(money.low_error), money.average(money.high_error))
        shown, power = write_scaled(list(map(money.average, totals)), errors)
        amounts = [write_counted(one, power, money.unit) if one else "" for one in shown]
    detectable = facts.graded.rise_found if facts.graded is not None else facts.detectable
    drawing = drawings.draw_ruler(effect, amounts, detectable, page.theme)
    low, high = (write_change(end) if math.isfinite(end) else "none" for end in (effect.low, effect.high))
    alt = Text("brief.range-alt", level=effect.level, low=low, high=high, percent=effect.percent)
    marked = drawings.is_on_ruler(effect, detectable)
    note = Text(
        "brief.range-note", has_money=any(amounts), period_name=page.period_name, marked=marked,
        found=detectable if marked else 0.0, n=facts.n_treated,
    )  # fmt: skip
    ends = {"end": ["estimate", "low", "high"], "effect": [effect.percent, effect.low, effect.high]}
    frame = pd.DataFrame(ends | {"money": totals})
    caption = str(Text("brief.picture-range", level=effect.level))
    return (page.figure("brief-range", caption, drawing, str(alt), frame, notes=(str(note),)),)


def _picture_gap(facts: Facts) -> Figure | None:
    """Draw which pairs make the gap between expected and observed, the largest ones and all others together."""
    page, pairs, unit, sums = facts.page.widen(NARROW), facts.pairs, facts.unit, facts.totals
    if len(pairs) < 2 or not facts.periods:
        return None
    gaps = [(take_text(pair["name"]), sum_over_periods(pair, "difference")) for pair in pairs]
    gaps.sort(key=lambda pair: -abs(pair[1]))
    rows, others = gaps[:MOST_STEPS], gaps[MOST_STEPS:]
    if len(others) == 1:
        rows, others = gaps, []
    if others:
        rows = [*rows, (str(Text("brief.other-pairs", n=len(others))), sum(gap for _, gap in others))]
    power = drawings.choose_power(max(sums.values()))
    size = 10.0**power
    scaled = [(page.printer(name), gap / size) for name, gap in rows]
    ends = (sums["expected"] / size, sums["observed"] / size)
    steps = np.array([0.0, *(gap for _, gap in scaled)]).cumsum() + ends[0]
    note = Text(
        "brief.gap-note", power=power, unit=unit, periods=int(sum(read_number(p["n_periods"]) for p in pairs)),
        period_name=page.period_name, cut=drawings.choose_cut(steps) > 0,
    )  # fmt: skip
    alt = Text(
        "brief.gap-alt", expected=texts.format_quantity(sums["expected"], unit),
        observed=texts.format_quantity(sums["observed"], unit), name=gaps[0][0],
        gap=texts.format_quantity(gaps[0][1], unit),
    )  # fmt: skip
    frame = pd.DataFrame(rows, columns=["pair", "difference"]).assign(unit=unit)
    caption = str(Text("brief.picture-gap", n=len(pairs)))
    drawing = drawings.draw_gap(scaled, ends, page.theme)
    return page.figure("brief-gap", caption, drawing, str(alt), frame, notes=(str(note),))


def draw_case(facts: Facts) -> tuple[Block, ...]:
    """Return the pair among placebos and the weights of its donors, as far as the results have them."""
    if facts.n_treated != 1:
        return ()
    pictures = []
    placebo, weights = (reading.find_payload(facts.page.results, name) for name in ("placebo", "donor_weights"))
    if placebo is not None and "event_time" in placebo:
        chosen = _choose_set(placebo)
        page = facts.page.widen(WIDE if weights is not None else FULL)
        n = chosen[~chosen["is_treated"].map(reading.read_truth)]["unit"].nunique()
        drawn = page.drawable(chosen.drop(columns="donor_set"))
        drawing = draw_placebo(drawn, y_label=str(Text("figures.gap-log")), theme=page.theme)
        drawing.set_figheight(LOW - 0.25)
        caption, notes = str(Text("brief.picture-placebo", n=n)), (str(Text("brief.placebo-note")),)
        alt = describe_placebo(chosen)
        pictures.append(page.figure("brief-placebo", caption, drawing, alt, chosen, notes=notes))
    if weights is not None and not weights.empty:
        chosen = _choose_set(weights).sort_values("weight", ascending=False, kind="stable").head(MOST_DONORS)
        chosen = chosen.assign(unit=chosen["unit"].map(lambda unit: take_text(unit).partition(": ")[2] or unit))
        page = facts.page.widen(NARROW if pictures else FULL)
        drawing = draw_counts(page.drawable(chosen), "unit", "weight", theme=page.theme)
        caption = str(Text("brief.picture-weights", n=len(chosen)))
        pictures.append(page.figure("brief-weights", caption, drawing, describe_weights(chosen), chosen))
    return (FigureRow(tuple(pictures)),) if len(pictures) > 1 else tuple(pictures)


def _choose_set(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of all donors, or of the last set of donors there is."""
    sets = frame["donor_set"].map(take_text)
    return frame[sets == ("all" if "all" in set(sets) else sets.iloc[-1])]


def choose_drawn(estimates: Sequence[StatedChange]) -> list[StatedChange]:
    """Return the estimates that the picture of methods has room for: the answer, both ends, and the first others."""
    ranked = sorted(estimates, key=lambda one: one.effect.percent)
    carrying = [one for one in estimates if one.group == "who" or one.sentence is not None]
    first = [*(one for one in estimates if one.is_answer), *ranked[:1], *ranked[-1:], *carrying, *estimates]
    chosen = list(dict.fromkeys(map(id, first)))[:MOST_METHODS]
    return [one for one in estimates if id(one) in chosen]


def list_rows(facts: Facts, estimates: Sequence[StatedChange]) -> list[tuple[str, Effect | None, bool]]:
    """Return label, effect and whether it is the answer of each estimate, with the question above its own."""
    rows: list[tuple[str, Effect | None, bool]] = []
    groups = {one.group for one in estimates}
    for k, one in enumerate(estimates):
        if len(groups) > 1 and (k == 0 or estimates[k - 1].group != one.group):
            rows.append((str(Text(f"brief.group-{one.group}")), None, False))
        rows.append((capitalize(facts.page.printer(str(one.label))), one.effect, one.is_answer))
    return rows


def _picture_totals(facts: Facts) -> Figure | None:
    if not facts.periods:
        return None
    page = facts.page.widen(WIDE if len(facts.pairs) > 1 else FULL)
    frame = pd.DataFrame(facts.periods)
    unit = facts.unit
    drawing = drawings.draw_totals(frame, unit, page.period_name, page.theme, LOW)
    alt = _describe_totals(facts, frame, lambda amount: texts.format_quantity(amount, unit))
    band = "no" if frame["low"].isna().all() else "alone" if facts.lacks_range else "yes"
    by = facts.effect.inference if facts.effect is not None else ""
    outside = tuple(find_outside(frame))
    note = Text(
        "brief.totals-note", band=band, inference=name_inference(by).lower(), period_name=page.period_name,
        outside=Listed(outside) if outside else "none",
    )  # fmt: skip
    caption = str(Text("brief.picture-totals", outcome=capitalize(page.outcome), n=len(facts.pairs)))
    return page.figure("brief-totals", caption, drawing, alt, frame, notes=(str(note),))


def find_outside(frame: pd.DataFrame) -> list[str]:
    """Return what the periods are called in which the observed total lies outside the range of the expected one."""
    is_out = (frame["observed"] < frame["low"]) | (frame["observed"] > frame["high"])
    return [take_text(label) for label in frame.loc[is_out, "period_label"]]


def _describe_totals(facts: Facts, frame: pd.DataFrame, write: Callable[[float], str]) -> str:
    """Return the picture of observed and expected totals in a sentence."""
    labels, last = frame["period_label"].map(take_text), frame.iloc[-1]
    ends = {"first": labels.iloc[0], "last": labels.iloc[-1]}
    amounts_last = {name: write(float(last[name])) for name in ("observed", "expected")}
    return str(Text("brief.totals-alt", outcome=facts.page.outcome, **ends, **amounts_last))


def _picture_case(facts: Facts) -> Figure | None:
    """Draw one case and its counterfactual by the headline's method, with the other estimates as dots."""
    page, frame = facts.page.widen(FULL), reading.find_payload(facts.page.results, "case_paths")
    if frame is None:
        return None
    chosen = _choose_path(facts, frame)
    others = frame[frame["event_time"].astype(int) >= 0]
    in_force = (chosen["event_time"].astype(int) >= 0).astype(int)
    chosen = chosen.assign(low=np.nan, high=np.nan, expected=chosen["counterfactual"], n_in_force=in_force)
    chosen = chosen.reset_index(drop=True)
    unit = str(Text("brief.index"))
    height = LOW - MARKED if page.results.is_simulated else LOW
    drawing = drawings.draw_totals(chosen, unit, page.period_name, page.theme, height, others)
    alt = _describe_totals(facts, chosen, lambda amount: numbers.format_fixed(amount, 0))
    note = str(Text("brief.case-note"))
    caption = str(Text("brief.picture-case", outcome=page.outcome))
    return page.figure("brief-case", caption, drawing, alt, chosen, notes=(note,))


def _choose_path(facts: Facts, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the path of the headline's method with all donors, else the first that there is."""
    estimator = take_text(facts.headline["estimator"]).replace("_", " ") if facts.headline is not None else ""
    for column, name in (("method", estimator), ("donor_set", "all")):
        ours = reading.select_named(frame, column, name)
        frame = ours if not ours.empty else frame[frame[column] == frame[column].iloc[0]]
    return frame.sort_values("period")


def _picture_path(facts: Facts) -> Figure | None:
    """Draw the headline by time since the agreement, where its effects are changes in percent."""
    page, spec = facts.page.widen(FULL), facts.headline
    frame = reading.select_events(page.results, spec) if spec is not None else pd.DataFrame()
    if frame.empty or take_text(frame["scale"].iloc[0]) not in ("log points", "percent"):
        return None
    drawing = draw_path(convert_to_logs(frame), page.period_name, page.theme)
    caption = str(Text("brief.picture-path", outcome=capitalize(page.outcome), period_name=page.period_name))
    shown = convert_to_percents(frame)
    alt = describe_event_study(shown, page.outcome)
    ranged = np.isfinite(frame[["low", "high"]].to_numpy(dtype=float)).any()
    level = reading.find_level(reading.list_records(frame))
    note = str(Text("brief.path-note", ranged=ranged, level=level, period_name=page.period_name))
    return page.figure("brief-path", caption, drawing, alt, shown, notes=(note,))


def draw_ladder(facts: Facts) -> Figure | None:
    """Draw the estimates under their questions; caption, note and sentence count and range what is drawn."""
    page, stated = facts.page.widen(FULL), list_changes(facts)
    drawn, n_all = choose_drawn(stated), len(stated)
    if n_all < 2:
        return None
    drawing = drawings.draw_methods(list_rows(facts, drawn), page.theme)
    effects = [one.effect for one in drawn]
    named = ((str(one.label), str(Text(f"brief.group-{one.group}")), one.effect) for one in drawn)
    rows = [(label, question, e.percent, e.low, e.high, "percent") for label, question, e in named]
    frame = pd.DataFrame(rows, columns=["label", "question", "effect", "low", "high", "scale"])
    ranged = [effect for effect in effects if effect.has_interval]
    low, high = (pick(e.percent for e in effects) for pick in (min, max))
    level = ranged[0].level if ranged else DEFAULT_LEVEL
    alt = str(Text("brief.methods-alt", n=len(drawn), low=low, high=high, ranged=len(ranged), level=level))
    zero = "all" if ranged and all(e.holds_zero for e in effects) and len(ranged) == len(effects) else "some"
    caption = str(Text("brief.picture-methods", n=len(drawn), of=n_all, all=n_all == len(drawn), zero=zero))
    bare = {one.group for one in drawn if not one.effect.has_interval}
    why = "case" if bare == {"case"} and ranged else "left" if bare <= {"who", "compared"} else "other"
    n_bare = len(drawn) - len(ranged)
    note = str(Text("brief.methods-note", level=level, ranged=len(ranged), bare=n_bare, why=why))
    return page.figure("brief-methods", caption, drawing, alt, frame, notes=(note,))


MOST_DESCRIBED, MOST_COUNTS = 2, 15  # pictures, and bars of one


def draw_described(page: Page) -> tuple[Figure, ...]:
    """Return the first pictures of what results without an estimate hold: their series, else their counts."""
    parts: list[Block] = []
    if reading.find_payload(page.results, "raw_series") is not None:
        series = build_raw_series(page)
        parts += [] if isinstance(series, Absent) else series
    for key, frame in page.results.payloads.items():
        kind = page.results.payload_kinds.get(key)
        if len(parts) < MOST_DESCRIBED and kind in ("counts", "years") and len(frame) <= MOST_COUNTS:
            parts += build_payload(page, key, frame)
    figures = [part for part in parts if isinstance(part, Figure)]
    return tuple(replace(one, key=f"brief-{one.key}") for one in figures[:MOST_DESCRIBED])
