"""The two pictures of a brief: what was traded beside what was expected, and the change under every method."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from twintrade.render import reading
from twintrade.render.blocks import Figure
from twintrade.render.brief.drawings import draw_methods, draw_totals, measure_methods
from twintrade.render.brief.facts import Effect, Facts, StatedChange
from twintrade.render.brief.statements import list_changes
from twintrade.render.figures.alt_text import describe_event_study
from twintrade.render.figures.percent_paths import convert_to_logs, convert_to_percents, draw_path
from twintrade.render.names import capitalize, name_inference
from twintrade.render.reading import take_text
from twintrade.text import Listed, Text, numbers, texts

WIDE, NARROW = 4.09, 2.32  # inches: two thirds and one third of the text's width, less the gutter
MOST_METHODS = 12
DEFAULT_LEVEL = 0.95


def draw_pictures(facts: Facts) -> tuple[Figure, ...]:
    """Return the pictures that the results hold numbers for."""
    estimates = choose_drawn(list_changes(facts))
    rows = list_rows(facts, estimates)
    height = measure_methods([label for label, _, _ in rows], replace(facts.page.theme, width=NARROW))
    first = _picture_totals(facts, height) or _picture_case(facts, height) or _picture_path(facts)
    second = _picture_methods(facts, estimates, height)
    return tuple(figure for figure in (first, second) if figure is not None)


def choose_drawn(estimates: Sequence[StatedChange]) -> list[StatedChange]:
    """Return the estimates that the picture of methods has room for: the answer, both ends, and the first others."""
    ranked = sorted(estimates, key=lambda one: one.effect.percent)
    first = [*(one for one in estimates if one.is_answer), *ranked[:1], *ranked[-1:], *estimates]
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


def _picture_totals(facts: Facts, height: float) -> Figure | None:
    if not facts.periods:
        return None
    page, frame = facts.page, pd.DataFrame(facts.periods)
    unit = take_text(frame["unit"].iloc[0])
    theme = replace(page.theme, width=WIDE)
    drawing = draw_totals(frame, unit, page.period_name, theme, height)
    alt = _describe_totals(facts, frame, lambda amount: texts.format_quantity(amount, unit))
    lacks_range = facts.effect is not None and facts.effect.chance == "unknown"
    band = "no" if frame["low"].isna().all() else "alone" if lacks_range else "yes"
    by = facts.effect.inference if facts.effect is not None else ""
    outside = tuple(find_outside(frame))
    note = Text(
        "brief.totals-note",
        band=band,
        inference=name_inference(by).lower(),
        period_name=page.period_name,
        outside=Listed(outside) if outside else "none",
    )
    caption = str(Text("brief.picture-totals", outcome=capitalize(page.outcome), n=len(facts.pairs)))
    return page.figure("brief-totals", caption, drawing, alt, frame, notes=(str(note),), theme=theme)


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


def _picture_case(facts: Facts, height: float) -> Figure | None:
    """Draw one case beside what the headline's method makes of its donors, with the other estimates as dots."""
    page, frame = facts.page, reading.find_payload(facts.page.results, "case_paths")
    if frame is None:
        return None
    chosen = _choose_path(facts, frame)
    others = frame[frame["event_time"].astype(int) >= 0]
    chosen = chosen.assign(
        low=np.nan,
        high=np.nan,
        expected=chosen["counterfactual"],
        n_in_force=(chosen["event_time"].astype(int) >= 0).astype(int),
    ).reset_index(drop=True)
    unit = str(Text("brief.index"))
    theme = replace(page.theme, width=WIDE)
    drawing = draw_totals(chosen, unit, page.period_name, theme, height, others)
    alt = _describe_totals(facts, chosen, lambda amount: numbers.format_fixed(amount, 0))
    note = str(Text("brief.case-note", n=len(frame[["method", "donor_set"]].drop_duplicates())))
    caption = str(Text("brief.picture-case", outcome=page.outcome))
    return page.figure("brief-case", caption, drawing, alt, chosen, notes=(note,), theme=theme)


def _choose_path(facts: Facts, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the path of the headline's method with all donors, else the first that there is."""
    estimator = take_text(facts.headline["estimator"]).replace("_", " ") if facts.headline is not None else ""
    ours = reading.select_named(frame, "method", estimator)
    ours = ours if not ours.empty else frame[frame["method"] == frame["method"].iloc[0]]
    widest = reading.select_named(ours, "donor_set", "all")
    chosen = widest if not widest.empty else ours[ours["donor_set"] == ours["donor_set"].iloc[0]]
    return chosen.sort_values("period")


def _picture_path(facts: Facts) -> Figure | None:
    """Draw the headline by time since the agreement, where its effects are changes in percent."""
    page, spec = facts.page, facts.headline
    frame = reading.select_events(page.results, spec) if spec is not None else pd.DataFrame()
    if frame.empty or take_text(frame["scale"].iloc[0]) not in ("log points", "percent"):
        return None
    theme = replace(page.theme, width=WIDE)
    drawing = draw_path(convert_to_logs(frame), page.period_name, theme)
    caption = str(Text("brief.picture-path", outcome=capitalize(page.outcome), period_name=page.period_name))
    shown = convert_to_percents(frame)
    alt = describe_event_study(shown, page.outcome)
    ranged = "yes" if np.isfinite(frame[["low", "high"]].to_numpy(dtype=float)).any() else "no"
    level = reading.find_level(reading.list_records(frame))
    note = str(Text("brief.path-note", ranged=ranged, level=level, period_name=page.period_name))
    return page.figure("brief-path", caption, drawing, alt, shown, notes=(note,), theme=theme)


def _picture_methods(facts: Facts, drawn: list[StatedChange], height: float) -> Figure | None:
    """Draw the estimates under their questions; caption, note and sentence count and range what is drawn."""
    if len(drawn) < 2:
        return None
    page, n_all = facts.page, len(list_changes(facts))
    theme = replace(page.theme, width=NARROW)
    drawing = draw_methods(list_rows(facts, drawn), theme, height)
    effects = [one.effect for one in drawn]
    frame = pd.DataFrame(
        [
            {"label": str(one.label), "question": str(Text(f"brief.group-{one.group}"))}
            | {"effect": one.effect.percent, "low": one.effect.low, "high": one.effect.high, "scale": "percent"}
            for one in drawn
        ]
    )
    ranged = [effect for effect in effects if effect.has_interval]
    low, high = (pick(e.percent for e in effects) for pick in (min, max))
    level = ranged[0].level if ranged else DEFAULT_LEVEL
    alt = str(Text("brief.methods-alt", n=len(drawn), low=low, high=high, ranged=len(ranged), level=level))
    zero = "all" if ranged and all(e.holds_zero for e in effects) and len(ranged) == len(effects) else "some"
    caption = str(
        Text("brief.picture-methods", n=len(drawn), of=n_all, all="yes" if n_all == len(drawn) else "no", zero=zero)
    )
    bare = {one.group for one in drawn if not one.effect.has_interval}
    why = "case" if bare == {"case"} and ranged else "left" if bare <= {"who", "compared"} else "other"
    n_bare = len(drawn) - len(ranged)
    note = str(Text("brief.methods-note", level=level, ranged=len(ranged), bare=n_bare, why=why))
    return page.figure("brief-methods", caption, drawing, alt, frame, notes=(note,), theme=theme)
