"""The two pictures of a brief: what was traded beside what was expected, and the change under every method."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render import reading
from twintrade.render.blocks import Figure, Paragraph, build_paragraph
from twintrade.render.brief.drawings import draw_methods, draw_totals, measure_methods
from twintrade.render.brief.facts import Effect, Facts
from twintrade.render.figures.alt_text import describe_event_study
from twintrade.render.figures.percent_paths import convert_to_logs, draw_path
from twintrade.render.names import capitalize, name_inference
from twintrade.render.reading import (
    CASE_VERDICT,
    Record,
    find_payload,
    find_words,
    list_findings,
    read_column,
    take_text,
)
from twintrade.text import Listed, Text, numbers, texts

# What the checks of the headline's own assumptions say of its size, for a brief: one sentence each.

WIDEST = 500.0  # end of an interval in percent beyond which it is not quoted


def build_readings(facts: Facts) -> tuple[Paragraph, ...]:
    """Return the sentences as one paragraph; none where no check has anything to say."""
    readings = list_readings(facts)
    return (build_paragraph(str(Listed(tuple(readings), "sentences"))),) if readings else ()


def list_readings(facts: Facts) -> list[Text]:
    """Return what other estimates, hidden agreements, trends, other averages and other comparisons make of it."""
    if facts.headline is None or facts.effect is None:
        return []
    kinds = (_read_cases, _read_clearer, _read_hidden, _read_bounds, _read_average, _read_always, _read_conditional)
    readings = [read(facts) for read in kinds]
    return [one for one in readings if one is not None]


def _read_cases(facts: Facts) -> Text | None:
    """Return what the verdicts on single pairs say where there are several."""
    if find_payload(facts.page.results, "case_verdicts") is None:
        return None
    answer = find_words(list_findings(facts.page.results, CASE_VERDICT)[0], "sentence")
    return answer if isinstance(answer, Text) else None


def _read_clearer(facts: Facts) -> Text | None:
    """Count the other columns whose interval excludes zero, where the headline's includes it."""
    others = [e for column, e in facts.methods if read_column(column) != read_column(facts.headline or {})]
    sides = ["above" if e.low > 0 else "below" for e in others if not e.holds_zero]
    if not sides or facts.effect is None or not (facts.effect.has_interval and facts.effect.holds_zero):
        return None
    side = sides[0] if len(set(sides)) == 1 else "both"
    is_all = "yes" if len(sides) == len(others) else "no"
    return Text("brief.reading-clearer", n=len(sides), of=len(others), all=is_all, side=side)


def _read_hidden(facts: Facts) -> Text | None:
    shares = [r for r in _list_rows(facts, "hidden_agreements") if not take_text(r.get("left_out"))]
    if not shares:
        return None
    row = shares[len(shares) // 2]
    label = reading.find_words(row, "label")
    share = dict(label.values).get("share") if isinstance(label, Text) else None
    effect = _convert(facts, row, "effect")
    if not isinstance(share, float) or not math.isfinite(effect):
        return None
    return Text("brief.reading-hidden", share=share, percent=effect)


def _read_bounds(facts: Facts) -> Text | None:
    rows = _list_rows(facts, "honest")
    known = [r for r in rows if take_text(r.get("kind")) == "robust" and reading.read_number(r.get("size")) == 1]
    if not known or take_text(known[0].get("restriction")) != "relative_magnitudes":
        return None
    low, high = (_convert(facts, known[0], end) for end in ("low", "high"))
    if not (math.isfinite(low) and high <= WIDEST):
        return Text("brief.reading-unbounded")
    is_point = len({numbers.format_percent(end, 0) for end in (low, high)}) == 1
    return Text("brief.reading-bounds", low=low, high=high, point="yes" if is_point else "no")


def _read_average(facts: Facts) -> Text | None:
    rows = _list_rows(facts, "percent_effects")
    if len(rows) < 2:
        return None
    average = reading.read_number(rows[1].get("effect"))
    return Text("brief.reading-average", percent=average) if math.isfinite(average) else None


def _read_always(facts: Facts) -> Text | None:
    rows = _list_rows(facts, "always_treated")
    if len(rows) != 2:
        return None
    effect = _convert(facts, rows[0], "effect")
    return Text("brief.reading-always", percent=effect) if math.isfinite(effect) else None


def _read_conditional(facts: Facts) -> Text | None:
    for row in _list_rows(facts, "conditional_trends"):
        label, effect = reading.find_words(row, "label"), _convert(facts, row, "effect")
        if isinstance(label, Text) and dict(label.values).get("by") == "growth" and math.isfinite(effect):
            return Text("brief.reading-conditional", percent=effect)
    return None


def _convert(facts: Facts, row: Record, column: str) -> float:
    """Return a number of the headline's scale in percent, NaN where it is neither in percent nor in logs."""
    value, scale = reading.read_number(row.get(column)), take_text((facts.headline or {}).get("scale"))
    if scale == "percent":
        return value
    return numbers.convert_log_to_percent(value) if scale == "log points" and math.isfinite(value) else math.nan


def _list_rows(facts: Facts, diagnostic: str) -> list[Record]:
    """Return the table of a check that was made of the headline."""
    results: ResultSet = facts.page.results
    for finding in reading.list_findings(results, diagnostic):
        if read_column(finding) == read_column(facts.headline or {}) and reading.has_spoken(finding):
            for name in take_text(finding.get("payloads")).split():
                if name in results.payloads:
                    return reading.list_records(results.payloads[name])
    return []


WIDE, NARROW = 4.09, 2.32  # inches: two thirds and one third of the text's width, less the gutter
MOST_METHODS = 9


def draw_pictures(facts: Facts) -> tuple[Figure, ...]:
    """Return the pictures that the results hold numbers for."""
    rows = _list_methods(facts)
    height = measure_methods([label for label, _, _ in rows], replace(facts.page.theme, width=NARROW))
    first = _picture_totals(facts, height) or _picture_case(facts, height) or _picture_path(facts)
    second = _picture_methods(facts, rows, height)
    return tuple(figure for figure in (first, second) if figure is not None)


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
    note = Text("brief.totals-note", band=band, inference=name_inference(by).lower(), period_name=page.period_name)
    caption = str(Text("brief.picture-totals", outcome=capitalize(page.outcome), n=len(facts.pairs)))
    return page.figure("brief-totals", caption, drawing, alt, frame, notes=(str(note),), theme=theme)


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
    alt = describe_event_study(frame, page.outcome)
    return page.figure("brief-path", caption, drawing, alt, frame, notes=(str(Text("brief.path-note")),), theme=theme)


def _list_methods(facts: Facts) -> list[tuple[str, Effect, bool]]:
    """Return the methods drawn: name, effect, and whether it is the answer of the page."""
    is_added = facts.graded is not None and not facts.graded.is_case
    answer = () if is_added else read_column(facts.headline or {})
    rows = [
        (facts.page.printer(reading.format_label(column)), effect, read_column(column) == answer)
        for column, effect in facts.methods[:MOST_METHODS]
    ]
    if facts.graded is None or not is_added:
        return rows
    return [(str(Text("brief.against-alike")), facts.graded.effect, True), *rows]


def _picture_methods(facts: Facts, rows: list[tuple[str, Effect, bool]], height: float) -> Figure | None:
    if len(rows) < 2:
        return None
    page = facts.page
    theme = replace(page.theme, width=NARROW)
    drawing = draw_methods(rows, theme, height)
    effects = [effect for _, effect, _ in rows]
    frame = pd.DataFrame(
        [{"label": label, "effect": e.percent, "low": e.low, "high": e.high} for label, e, _ in rows]
    )
    low, high = (pick(e.percent for e in effects) for pick in (min, max))
    alt = str(Text("brief.methods-alt", n=len(rows), low=low, high=high))
    n_all = len(facts.methods) + (facts.graded is not None and not facts.graded.is_case)
    is_all = "yes" if n_all == len(rows) else "no"
    zero = "all" if all(e.holds_zero and e.has_interval for e in effects) else "some"
    caption = str(Text("brief.picture-methods", n=len(rows), of=n_all, all=is_all, zero=zero))
    note = str(Text("brief.methods-note", level=effects[0].level))
    return page.figure("brief-methods", caption, drawing, alt, frame, notes=(note,), theme=theme)
