"""What the checks of the headline's own assumptions say of its size, for a brief: one sentence each."""

import math

from twintrade.effects import ResultSet
from twintrade.render.blocks import Paragraph, build_paragraph
from twintrade.render.brief.facts import Facts
from twintrade.render.reading import (
    Record,
    find_words,
    has_spoken,
    list_findings,
    list_records,
    read_number,
    take_text,
)
from twintrade.text import Listed, Text, numbers

WIDEST = 500.0
"""End of an interval in percent beyond which it is not quoted."""


def build_readings(facts: Facts) -> tuple[Paragraph, ...]:
    """Return the sentences as one paragraph; none where no check has anything to say."""
    readings = list_readings(facts)
    return (build_paragraph(str(Listed(tuple(readings), "sentences"))),) if readings else ()


def list_readings(facts: Facts) -> list[Text]:
    """Return what other estimates, hidden agreements, trends, other averages and other comparisons make of it."""
    if facts.headline is None or facts.effect is None:
        return []
    kinds = (_read_clearer, _read_hidden, _read_bounds, _read_average, _read_always, _read_conditional)
    readings = [read(facts) for read in kinds]
    return [one for one in readings if one is not None]


def _read_clearer(facts: Facts) -> Text | None:
    """Count the other columns whose interval excludes zero, where the headline's includes it."""
    keys = ("estimator", "specification")
    headline = [take_text((facts.headline or {}).get(key)) for key in keys]
    others = [e for column, e in facts.methods if [take_text(column.get(key)) for key in keys] != headline]
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
    label = find_words(row, "label")
    share = dict(label.values).get("share") if isinstance(label, Text) else None
    effect = _convert(facts, row, "effect")
    if not isinstance(share, float) or not math.isfinite(effect):
        return None
    return Text("brief.reading-hidden", share=share, percent=effect)


def _read_bounds(facts: Facts) -> Text | None:
    rows = _list_rows(facts, "honest")
    known = [r for r in rows if take_text(r.get("kind")) == "robust" and read_number(r.get("size")) == 1]
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
    average = read_number(rows[1].get("effect"))
    return Text("brief.reading-average", percent=average) if math.isfinite(average) else None


def _read_always(facts: Facts) -> Text | None:
    rows = _list_rows(facts, "always_treated")
    if len(rows) != 2:
        return None
    effect = _convert(facts, rows[0], "effect")
    return Text("brief.reading-always", percent=effect) if math.isfinite(effect) else None


def _read_conditional(facts: Facts) -> Text | None:
    for row in _list_rows(facts, "conditional_trends"):
        label, effect = find_words(row, "label"), _convert(facts, row, "effect")
        if isinstance(label, Text) and dict(label.values).get("by") == "growth" and math.isfinite(effect):
            return Text("brief.reading-conditional", percent=effect)
    return None


def _convert(facts: Facts, row: Record, column: str) -> float:
    """Return a number of the headline's scale in percent, NaN where it is neither in percent nor in logs."""
    value, scale = read_number(row.get(column)), take_text((facts.headline or {}).get("scale"))
    if scale == "percent":
        return value
    return numbers.convert_log_to_percent(value) if scale == "log points" and math.isfinite(value) else math.nan


def _list_rows(facts: Facts, diagnostic: str) -> list[Record]:
    """Return the table of a check that was made of the headline."""
    results: ResultSet = facts.page.results
    for finding in list_findings(results, diagnostic):
        keys = ("estimator", "specification")
        is_own = all(take_text(finding.get(k)) == take_text((facts.headline or {}).get(k)) for k in keys)
        if is_own and has_spoken(finding):
            for name in take_text(finding.get("payloads")).split():
                if name in results.payloads:
                    return list_records(results.payloads[name])
    return []
