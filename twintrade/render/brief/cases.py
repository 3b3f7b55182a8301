"""What a brief says of a single case whose comparisons disagree, and how a change and its range are written."""

import math

from twintrade.render.blocks import KeyNumber
from twintrade.render.brief.facts import Effect, Facts, find_spread, read_effect
from twintrade.render.names import name_method
from twintrade.render.reading import find_overall, format_label, list_records, read_number, take_text
from twintrade.text import Listed, Text, amounts


def build_case_numbers(facts: Facts) -> list[KeyNumber]:
    """Return the headline of a case whose comparisons disagree, and between which changes all estimates lie."""
    effect = read_effect(find_overall(facts.page.results, facts.headline)) if facts.headline is not None else None
    if effect is None:
        return []
    name = str(Text("brief.key-headline", label=format_label(facts.headline or {})))
    low, high = (write_change(end) for end in find_spread(facts))
    spread = str(Text("brief.range", low=low, high=high))
    every = KeyNumber(str(Text("brief.key-estimates", n=len(facts.methods))), spread, _read("by-comparison"))
    return [KeyNumber(name, write_change(effect.percent), write_range(effect)), every]


def describe_case(facts: Facts) -> list[Text]:
    """Say between which changes all estimates of a case lie, and those of the methods that take each donor set."""
    frame = facts.page.results.payloads.get("case_tests")
    tests = [] if frame is None else list_records(frame)
    low, high = find_spread(facts)
    sentences = [Text("brief.told-all", n=len(facts.methods), low=low, high=high)] if facts.methods else []
    for donors in ("A", "B"):
        changes = {
            name_method(take_text(r["method"])): read_number(r["percent"])
            for r in tests
            if take_text(r["donor_set"]) == donors and math.isfinite(read_number(r["percent"]))
        }
        if changes:
            name, methods = _read(f"key-set-{donors.lower()}"), Listed(tuple(changes))
            low, high = min(changes.values()), max(changes.values())
            sentences.append(Text("brief.told-set", name=name, n=len(changes), low=low, high=high, methods=methods))
    return sentences


def write_change(percent: float) -> str:
    """Return a change in percent with its sign."""
    return str(Text("brief.signed", percent=percent))


def write_range(effect: Effect) -> str:
    """Return the interval of an effect in words, with an end that does not exist named as open."""
    if not effect.has_interval:
        return _read("no-range")
    ends = (effect.low, effect.low_error), (effect.high, effect.high_error)
    low, high = (amounts.format_end(*end) if math.isfinite(end[0]) else _read("open") for end in ends)
    return str(Text("brief.range", low=low, high=high))


def _read(key: str) -> str:
    return str(Text(f"brief.{key}"))
