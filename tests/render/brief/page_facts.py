"""What must hold of the first page of any analysis, read from its facts: typed texts and frames, never prose."""

import math
import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render.appendix import open_page
from twintrade.render.blocks import Paragraph
from twintrade.render.brief.document import list_asked, list_needed, list_told, write_answer, write_change, write_deck
from twintrade.render.brief.facts import Facts, collect_facts
from twintrade.render.brief.pictures import choose_drawn, find_outside, list_rows
from twintrade.render.brief.statements import find_spread, list_changes, list_readings, list_reasons, list_unasked
from twintrade.render.exhibits.robustness import collect_checks, count_judged
from twintrade.render.exhibits.summary import build_exhibit as build_summary
from twintrade.render.reading import find_words, has_spoken, list_records, list_specifications, read_column
from twintrade.render.style import AppendixOptions
from twintrade.text import Listed, Text

LANGUAGES = ("en-GB", "zh-CN")
# Values of texts that are changes of the headline's pairs in percent, so that the one set must hold them
OF_CHANGES = {
    "brief.graded-total": ("total", "without"),
    "brief.graded-method": ("percent",),
    "brief.turned": ("percent",),
    "brief.reading-hidden": ("percent",),
    "brief.reading-average": ("percent",),
    "brief.reading-always": ("percent",),
    "brief.reading-conditional": ("percent",),
    "brief.reading-singles": ("percent",),
}
SPREAD = "brief.reason-methods"
FOUND = ("brief.answer", "brief.found", "brief.detectable")  # smallest changes that are found, never changes
TURNING = (SPREAD, "brief.reason-verdict")


def walk(words: object) -> Iterator[Text]:
    """Every text inside a text, itself first."""
    if isinstance(words, Text):
        yield words
        for _, value in words.values:
            yield from walk(value)
    elif isinstance(words, Listed):
        for item in words.items:
            yield from walk(item)


def list_statements(facts: Facts) -> list[Text]:
    parts = (list_asked, list_told, list_reasons, list_readings, list_unasked, list_needed)
    title = write_answer(facts, facts.graded, facts.answer)
    return [title, write_deck(facts), *(text for part in parts for text in part(facts))]


def list_faults(results: ResultSet, language: str = "en-GB") -> list[str]:
    """What is wrong with the first page of these results; nothing is drawn."""
    options = AppendixOptions(language=language)
    with options.speak():
        facts = collect_facts(open_page(results, options))
        if facts.headline is None:
            return []
        statements = list_statements(facts)
        checks = (
            *(check_ranges, check_appendix, check_order, check_pictures, check_counts, check_words),
            *(check_yardstick, check_found, check_judged, check_translated),
        )
        return [fault for check in checks for fault in check(facts, statements)]


def check_translated(facts: Facts, statements: list[Text]) -> Iterator[str]:
    """A share that is diverted is stated of a change in a direction alone, and where all models give it one sign."""
    stated = [dict(text.values) for text in statements if text.key == "brief.diverted"]
    frame = facts.page.results.payloads.get(
        "translation", pd.DataFrame(columns=["outcome", "estimate", "low", "high"])
    )
    rows, effect = frame[frame["outcome"] == "diverted"], facts.effect
    clear = effect is not None and facts.answer.side == (
        "rise" if effect.low > 0 else "fall" if effect.high < 0 else ""
    )
    may = clear and facts.answer.is_evidence and ((rows["low"] > 0).all() or (rows["high"] < 0).all()) and len(rows)
    if len(stated) != bool(may):
        yield f"{len(stated)} shares diverted are stated under {facts.answer}"
    for values in stated:
        sizes = sorted(np.abs([rows["estimate"].min(), rows["estimate"].max()]))
        if (values["direction"], values["low"], values["high"]) != (facts.answer.side, *sizes):
            yield f"a share diverted is {values}"


def is_within(value: float, ends: tuple[float, float]) -> bool:
    return ends[0] - 1e-6 <= value <= ends[1] + 1e-6


def check_ranges(facts: Facts, statements: list[Text]) -> Iterator[str]:
    """A.1: one set feeds sentence, reason and picture, holds every change printed, and has no change twice."""
    changes = list_changes(facts)
    n, low, high = find_spread(facts)
    keys = [(round(c.effect.percent, 9), str(c.effect.low), str(c.effect.high)) for c in changes]
    if len(set(keys)) < len(keys) or n != len(changes):
        yield f"a change counts twice: {keys}"
    answers = [c for c in changes if c.is_answer]
    if facts.effect is not None and [c.effect for c in answers] != [facts.effect]:
        yield f"the answer {facts.effect.percent} is not the one of the set: {answers}"
    for text in (inner for statement in statements for inner in walk(statement)):
        values = dict(text.values)
        for name in OF_CHANGES.get(text.key, ()):
            value = values[name]
            if math.isfinite(value) and not any(abs(value - c.effect.percent) < 1e-6 for c in changes):
                yield f"{text.key} states {value}, which is not in the set"
        if text.key == SPREAD and (values["n"], values["low"], values["high"]) != (n, low, high):
            yield f"the range of {values} is not that of the set"
        if text.key == "brief.reason-range-clear" and facts.effect is not None and facts.effect.holds_zero:
            yield f"{facts.effect} is said to lie on one side of zero"
    drawn = [c.effect.percent for c in choose_drawn(changes)]
    if drawn and (min(drawn), max(drawn)) != (low, high):
        yield f"the picture runs from {min(drawn)} to {max(drawn)}, the set from {low} to {high}"


def check_appendix(facts: Facts, statements: list[Text]) -> Iterator[str]:
    """A.2: no column of the first table of the appendix lies outside what page 1 states."""
    _, low, high = find_spread(facts)
    for column, effect in facts.methods:
        if not is_within(effect.percent, (low, high)):
            yield f"{read_column(column)} has {effect.percent}, page 1 states {low} to {high}"
    if len(facts.methods) > len(list_specifications(facts.page.results)):
        yield "page 1 has more columns than the appendix"


def check_order(facts: Facts, statements: list[Text]) -> Iterator[str]:
    """A.3: where estimates of the set point both ways, that is the first reason, whatever the verdict."""
    _, low, high = find_spread(facts)
    reasons = [reason.key for reason in list_reasons(facts)]
    turns = facts.effect is not None and round(low, 1) <= 0 <= round(high, 1) and len(list_changes(facts)) > 1
    if turns != (SPREAD in reasons):
        yield f"estimates run from {low} to {high}, and the reasons are {reasons}"
    places = [k for k, key in enumerate(reasons) if key in TURNING]
    if places != list(range(len(places))):
        yield f"what turns the sign or the verdict is not first: {reasons}"


def check_pictures(facts: Facts, statements: list[Text]) -> Iterator[str]:
    """A.4: rows drawn are those counted, under one question each; outside the band is named."""
    changes = choose_drawn(list_changes(facts))
    rows = list_rows(facts, changes)
    if sum(effect is not None for _, effect, _ in rows) != len(changes):
        yield "a row of the picture has no change"
    questions = [label for label, effect, _ in rows if effect is None]
    if len(set(questions)) != len(questions):
        yield f"a question heads rows twice: {questions}"
    if facts.periods:
        frame = pd.DataFrame(facts.periods)
        inside = frame["low"].isna() | ((frame["low"] <= frame["observed"]) & (frame["observed"] <= frame["high"]))
        if len(find_outside(frame)) != int((~inside).sum()):
            yield "the note on the band does not name the periods outside it"


def check_counts(facts: Facts, statements: list[Text]) -> Iterator[str]:
    """A.6: counts add up, and none is larger than what it counts among."""
    if facts.n_objecting + facts.n_cannot > facts.n_judged:
        yield "more checks object or cannot tell than were judged"
    for text in (inner for statement in statements for inner in walk(statement)):
        values = dict(text.values)
        n, of = values.get("n"), values.get("of")
        if text.key != "brief.told" and isinstance(n, int) and isinstance(of, int) and n > of > 0:
            yield f"{text.key}: {n} of {of}"
        if text.key == "brief.reason-no-objection" and values["seen"] + values["weak"] != n:
            yield f"checks do not add up: {values}"
    if facts.pairs:
        totals = {name: sum(p[name] * p["n_periods"] for p in facts.pairs) for name in ("observed", "expected")}
        gaps = sum(p["difference"] * p["n_periods"] for p in facts.pairs)
        if not np.isclose(gaps, totals["observed"] - totals["expected"], rtol=1e-6):
            yield "the differences of the pairs do not add up to that of the total"


def check_words(facts: Facts, statements: list[Text]) -> Iterator[str]:
    """A.5, A.6: every statement can be said, no number is missing in it, and no change is absurdly exact."""
    for statement in statements:
        said = str(statement)
        if "nan" in said.split() or "∞" in said or not said.strip():
            yield f"cannot be said: {said!r}"
        exact = [float(n.replace(",", "")) for n in re.findall(r"[+]([\d,]+[.]?\d*)%", said)]
        if statement.key not in FOUND and max(exact, default=0) > 900:
            yield f"a change is printed to the digit: {said!r}"
    if facts.effect is not None and facts.effect.percent > 900 and write_change(facts.effect.percent)[-1] == "%":
        yield f"a change of {facts.effect.percent} is printed to the digit"


def check_yardstick(facts: Facts, statements: list[Text]) -> Iterator[str]:
    """A.2: the line below the title measures the change as its number does, and in the direction of its sign."""
    values = dict(write_deck(facts).values)
    if facts.effect is None or "against" not in values:
        return
    is_alike = facts.graded is not None and not facts.graded.is_case
    if (values["against"] == "alike") != is_alike:
        yield f"the number is {'not ' if not is_alike else ''}against pairs alike, the deck says {values['against']}"
    if (values["direction"] == "fall") != (facts.effect.percent < 0):
        yield f"a change of {facts.effect.percent} is a {values['direction']}"


def check_found(facts: Facts, statements: list[Text]) -> Iterator[str]:
    """A.2: title, text and summary agree on which changes would be found."""
    graded = facts.graded
    if graded is None or not math.isfinite(graded.fall_found):
        return
    answer = dict(write_answer(facts, graded, facts.answer).values)
    if graded.is_case and answer["found"] != "small" and (answer["falls"] == "yes") != (graded.fall_found > -99.5):
        yield f"a fall of {graded.fall_found} is found, and the title says {answer}"
    absent = [facts.page.say("detectable_absent", has_interval=known) for known in ("yes", "no")]
    summary = [str(block) for block in build_summary(facts.page) if isinstance(block, Paragraph)]
    if any(sentence in block for sentence in absent for block in summary):
        yield "page 1 has the smallest change that is found, and the summary says that no check measured it"


def check_judged(facts: Facts, statements: list[Text]) -> Iterator[str]:
    """A.6: the table of checks counts as many verdicts as page 1, and donors are those that are units."""
    page = facts.page
    spoken = [f for f in list_records(page.results.findings) if has_spoken(f) and f.get("verdict")]
    n_judged, n_shown = count_judged(page, collect_checks(page, spoken, is_whole=False))
    if not n_shown <= n_judged == facts.n_judged:
        yield f"{n_shown} of {n_judged} checks are tabled, page 1 counts {facts.n_judged}"
    for column in list_specifications(page.results):
        compared = find_words(column, "comparison")
        donors = dict(compared.values).get("n") if isinstance(compared, Text) else None
        if donors is not None and donors != column["n_units"] - column["n_treated_units"]:
            yield f"{read_column(column)} compares with {donors} donors and has {column['n_units']} units"
