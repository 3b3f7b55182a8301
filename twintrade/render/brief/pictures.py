"""The two pictures of a brief: what was traded beside what was expected, and the change under every method."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from twintrade.render.blocks import Figure
from twintrade.render.brief.drawings import draw_methods, draw_totals, measure_methods
from twintrade.render.brief.facts import Effect, Facts
from twintrade.render.figures.alt_text import describe_event_study
from twintrade.render.figures.percent_paths import convert_to_logs, draw_path
from twintrade.render.names import capitalize, name_inference
from twintrade.render.reading import find_payload, format_label, select_events, take_text
from twintrade.render.theme import Theme
from twintrade.text import Text, amounts, numbers

WIDE, NARROW = 4.09, 2.32
"""Inches: two thirds and one third of the text's width, less the gutter."""
MOST_METHODS = 9


def draw_pictures(facts: Facts) -> tuple[Figure, ...]:
    """Return the pictures that the results hold numbers for."""
    rows = _list_methods(facts)
    theme = narrow_theme(facts.page.theme, NARROW)
    height = measure_methods([label for label, _, _ in rows], theme, facts.page.results.is_simulated)
    first = _picture_totals(facts, height) or _picture_case(facts, height) or _picture_path(facts)
    second = _picture_methods(facts, rows, height)
    return tuple(figure for figure in (first, second) if figure is not None)


def _picture_totals(facts: Facts, height: float) -> Figure | None:
    if not facts.periods:
        return None
    page, frame = facts.page, pd.DataFrame(facts.periods)
    unit = take_text(frame["unit"].iloc[0])
    theme = narrow_theme(page.theme, WIDE)
    drawing = draw_totals(frame, unit, page.period_name, theme, page.results.is_simulated, height)
    alt = _describe_totals(facts, frame, lambda amount: amounts.format_quantity(amount, unit))
    lacks_range = facts.effect is not None and facts.effect.chance == "unknown"
    band = "no" if frame["low"].isna().all() else "alone" if lacks_range else "yes"
    by = facts.effect.inference if facts.effect is not None else ""
    note = Text("brief.totals-note", band=band, inference=name_inference(by).lower(), period_name=page.period_name)
    caption = str(Text("brief.picture-totals", outcome=capitalize(page.outcome), n=len(facts.pairs)))
    return page.figure("brief-totals", caption, drawing, alt, frame, notes=(str(note),), theme=theme)


def _describe_totals(facts: Facts, frame: pd.DataFrame, write: Callable[[float], str]) -> str:
    """Return the picture of observed and expected totals in a sentence."""
    labels, last = frame["period_label"].map(take_text), frame.iloc[-1]
    ends = {"first": labels.iloc[0], "last": labels.iloc[-1]}
    amounts_last = {name: write(float(last[name])) for name in ("observed", "expected")}
    return str(Text("brief.totals-alt", outcome=facts.page.outcome, **ends, **amounts_last))


def narrow_theme(theme: Theme, width: float) -> Theme:
    """Return the theme of a brief's figure so many inches wide."""
    return replace(theme, width=width)


def _picture_case(facts: Facts, height: float) -> Figure | None:
    """Draw one case beside what the headline's method makes of its donors, with the range of all methods."""
    page, frame = facts.page, find_payload(facts.page.results, "case_paths")
    if frame is None:
        return None
    chosen = _choose_path(facts, frame)
    spread = frame.groupby("period")["counterfactual"].agg(["min", "max"])
    after = chosen["event_time"].astype(int) >= -1
    chosen = chosen.assign(
        low=np.where(after, spread["min"].reindex(chosen["period"]), np.nan),
        high=np.where(after, spread["max"].reindex(chosen["period"]), np.nan),
        expected=chosen["counterfactual"],
        n_in_force=(chosen["event_time"].astype(int) >= 0).astype(int),
    ).reset_index(drop=True)
    unit = str(Text("brief.index"))
    theme = narrow_theme(page.theme, WIDE)
    drawing = draw_totals(chosen, unit, page.period_name, theme, page.results.is_simulated, height)
    alt = _describe_totals(facts, chosen, lambda amount: numbers.format_fixed(amount, 0))
    note = str(Text("brief.case-note", n=len(frame[["method", "donor_set"]].drop_duplicates())))
    caption = str(Text("brief.picture-case", outcome=page.outcome))
    return page.figure("brief-case", caption, drawing, alt, chosen, notes=(note,), theme=theme)


def _choose_path(facts: Facts, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the path of the headline's method with all donors, else the first that there is."""
    estimator = take_text(facts.headline["estimator"]).replace("_", " ") if facts.headline is not None else ""
    ours = frame[frame["method"].map(take_text) == estimator]
    ours = ours if not ours.empty else frame[frame["method"] == frame["method"].iloc[0]]
    widest = ours[ours["donor_set"].map(take_text) == "all"]
    chosen = widest if not widest.empty else ours[ours["donor_set"] == ours["donor_set"].iloc[0]]
    return chosen.sort_values("period")


def _picture_path(facts: Facts) -> Figure | None:
    """Draw the headline by time since the agreement, where its effects are changes in percent."""
    page, spec = facts.page, facts.headline
    frame = select_events(page.results, spec) if spec is not None else pd.DataFrame()
    if frame.empty or take_text(frame["scale"].iloc[0]) not in ("log points", "percent"):
        return None
    theme = narrow_theme(page.theme, WIDE)
    drawing = draw_path(convert_to_logs(frame), page.period_name, theme, page.results.is_simulated)
    caption = str(Text("brief.picture-path", outcome=capitalize(page.outcome), period_name=page.period_name))
    alt = describe_event_study(frame, page.outcome, is_simulated=page.results.is_simulated)
    return page.figure("brief-path", caption, drawing, alt, frame, notes=(str(Text("brief.path-note")),), theme=theme)


def _list_methods(facts: Facts) -> list[tuple[str, Effect, bool]]:
    """Return the methods drawn: name, effect, and whether it is the answer of the page."""
    keys = ("specification", "estimator")
    answer = [take_text((facts.headline or {}).get(key)) for key in keys]
    return [
        (facts.page.printer(format_label(column)), effect, [take_text(column[key]) for key in keys] == answer)
        for column, effect in facts.methods[:MOST_METHODS]
    ]


def _picture_methods(facts: Facts, rows: list[tuple[str, Effect, bool]], height: float) -> Figure | None:
    if len(rows) < 2:
        return None
    page = facts.page
    theme = narrow_theme(page.theme, NARROW)
    drawing = draw_methods(rows, theme, page.results.is_simulated, height)
    effects = [effect for _, effect, _ in rows]
    frame = pd.DataFrame(
        [{"label": label, "effect": e.percent, "low": e.low, "high": e.high} for label, e, _ in rows]
    )
    low, high = (pick(e.percent for e in effects) for pick in (min, max))
    alt = str(Text("brief.methods-alt", n=len(rows), low=low, high=high))
    n_all = len(facts.methods)
    is_all = "yes" if n_all == len(rows) else "no"
    zero = "all" if all(e.holds_zero and e.has_interval for e in effects) else "some"
    caption = str(Text("brief.picture-methods", n=len(rows), of=n_all, all=is_all, zero=zero))
    note = str(Text("brief.methods-note", level=effects[0].level))
    return page.figure("brief-methods", caption, drawing, alt, frame, notes=(note,), theme=theme)
