"""The brief as blocks: title, numbers, four short texts, two pictures, the pairs, and how to cite it."""

import math
from collections.abc import Callable
from functools import partial

import pandas as pd

from twintrade.render import blocks, reading
from twintrade.render.brief import pictures, statements
from twintrade.render.brief.closer import build_view
from twintrade.render.brief.drawings import choose_power
from twintrade.render.brief.facts import (
    OF_PAIRS,
    SIDES,
    Effect,
    Facts,
    Graded,
    PageAnswer,
    collect_facts,
    count_dated,
    list_left_out,
    sum_over_periods,
)
from twintrade.render.brief.statements import explain_no_range, list_changes, write_change, write_range
from twintrade.render.brief.watch import build_watch
from twintrade.render.citing import WORDS, build_cell, cite
from twintrade.render.exhibits.data_card import build_status
from twintrade.render.names import capitalize, name_pair
from twintrade.render.page import Page
from twintrade.render.reading import CALIBRATION, list_records, read_number, take_text
from twintrade.render.tables.register import name_units
from twintrade.text import Listed, Text, Value, complete_sentence, join_sentences, numbers, texts

# How a change and its range are written.


def write_spread(effect: Effect) -> str:
    """Return the interval of an effect with its level."""
    shown = write_range(effect)
    return str(Text("brief.spread", level=effect.level, range=shown)) if effect.has_interval else shown


def write_amounts(low: float, high: float, unit: str, errors: tuple[float, float]) -> str:
    """Return a range of money in one unit, each end to the digits that its Monte Carlo error leaves."""
    ends, power = statements.write_scaled((low, high), errors)
    return statements.write_counted(str(Text("numbers.interval", low=ends[0], high=ends[1])), power, unit)


# The treated pairs of the brief, each with its outcome and what was expected without an agreement.

MOST_PAIRS = 14
FEW_PAIRS = 5  # shown of more than that, so that the brief stays two pages


def list_pairs(facts: Facts) -> list[blocks.Block]:
    """Return the treated pairs, the largest first, as a table; nothing where the headline has no totals."""
    pairs, unit = facts.pairs, facts.unit
    if not pairs:
        return []
    power = choose_power(sorted(read_number(p["expected"]) for p in pairs)[len(pairs) // 2])
    scale = 10.0**power
    heads = ("pairs-name", "pairs-since", "pairs-times", "observed", "expected-total", "pairs-difference")
    header = [str(Text(f"brief.{name}", period_name=facts.page.period_name)) for name in heads]
    shown = pairs if len(pairs) <= MOST_PAIRS else pairs[:FEW_PAIRS]
    ways: dict[str, Callable[[float], str]] = dict.fromkeys(OF_PAIRS, partial(numbers.format_fixed, decimals=1))
    ways["difference"] = lambda value: str(Text("brief.difference", value=value))
    rows = []
    for p in shown:
        since = build_cell(take_text(p["since"]), *cite(p, "since", form=WORDS))
        times = build_cell(str(reading.read_whole(p["n_periods"])), *cite(p, "n_periods"))
        amounts = ((write(read_number(p[name]) / scale), name) for name, write in ways.items())
        cells = (build_cell(amount, *cite(p, name, form=f"/{scale:g}")) for amount, name in amounts)
        rows.append(blocks.build_row(take_text(p["name"]), since, times, *cells))
    caption, period_name = str(Text("brief.pairs", n=len(pairs), outcome=facts.page.outcome)), facts.page.period_name
    notes = [str(Text("brief.pairs-note", power=power, unit=unit, period_name=period_name))]
    if left := facts.n_rows_left_out:
        notes.append(str(Text("brief.pairs-times-note", n=left, period_name=period_name)))
    if more := len(pairs) - len(shown):
        notes.append(str(Text("brief.pairs-more", n=more)))
    return [blocks.build_table("brief-pairs", caption, header, [rows], notes)]


def list_singles(facts: Facts) -> list[blocks.Block]:
    """Return the changes of pairs that were estimated one by one, as a table; nothing where none was."""
    frame = reading.find_payload(facts.page.results, "case_verdicts")
    if frame is None or len(frame) < 2:
        return []
    names = name_units(facts.page.results)
    header = [_say("pairs-name"), _say("singles-change"), _say("singles-range"), str(Text("tables.p"))]
    rows = []
    for record in list_records(frame):
        low, high = read_number(record["low"]), read_number(record["high"])
        effect = Effect(percent=read_number(record["percent"]), low=low if low > -100 else -math.inf, high=high)
        unit = take_text(record["unit"])
        cells = (
            build_cell(write_change(effect.percent), *cite(record, "percent")),
            build_cell(write_range(effect) if effect.has_interval else _say("endless"), *cite(record, "low", "high")),
            build_cell(numbers.format_probability(record["p"]), *cite(record, "p")),
        )
        rows.append(blocks.build_row(names.get(unit, unit), *cells))
    caption = str(Text("brief.singles", n=len(rows)))
    return [blocks.build_table("brief-singles", caption, header, [rows], [_say("singles-note")])]


MOST_FALL = 99.5
LARGE = 100.0  # smallest rise found, in percent, above which the title of a single case says it
OVERSTATED = 25.0  # smallest change found, in percent, from which a page that calls one evidence overstates it
NAMED_PAIRS = 2
NOBODY = "none"  # how a data card names the publisher of facts that nobody published as a table


def build_brief(page: Page) -> tuple[blocks.Block, ...]:
    """Return the brief of an analysis as blocks; empty where the results hold no estimate and no reason for that."""
    if reading.find_payload(page.results, "watch") is not None:
        return (*build_watch(page), *_list_limits(page), _cite(page))
    facts = collect_facts(page)
    if facts.headline is None:
        return build_description(page)
    return (
        *_open(page, _write_title(facts), _lead(facts)), _key_numbers(facts), *_warn(page),
        *pictures.draw_range(facts), _write("asked", list_asked(facts)), _write("happened", list_told(facts)),
        *pictures.draw_first(facts),
        _write("needed", list_needed(facts)), blocks.PageBreak(ends_first=True), _believe(facts),
        *filter(None, [pictures.draw_ladder(facts)]), *pictures.draw_case(facts), *list_pairs(facts),
        *list_singles(facts), *build_view(facts), *_list_limits(page), _cite(page),
    )  # fmt: skip


def build_description(page: Page) -> tuple[blocks.Block, ...]:
    """Return the brief of results that estimate no effect: why not, what they show, and what they cannot say."""
    results = page.results
    why = reading.read_words(dict(results.sections), "no_effect")
    card = reading.find_words(dict(results.sections), "data_card")
    parts = card.items if isinstance(card, Listed) else ()
    data = [one for one in parts if isinstance(one, Text) and one.key == "sections.data"]
    has_series = reading.find_payload(results, "raw_series") is not None
    shown = [reading.read_words(dict(results.sections), "answer"), *([] if has_series else map(str, data))]
    shown = [one for one in shown if one]
    drawn = pictures.draw_described(page)
    if not why or not (shown or drawn):
        return ()
    title = Text("brief.title", question=results.sections.get("question", results.title), answer=_say("described"))
    signed = " · ".join(filter(None, (str(Listed(page.authors)), page.date, results.title)))
    opening = _open(page, str(title), blocks.Lead(complete_sentence(capitalize(why)), signed))
    paragraphs = [blocks.Aside(_say("shown"), tuple(map(blocks.build_paragraph, shown)))] if shown else []
    return (*opening, *paragraphs, *drawn, *_list_limits(page), _cite(page))


def _open(page: Page, title: str, lead: blocks.Lead) -> list[blocks.Block]:
    """Return the head of a page, with the sign that data are simulated and when the analysis was registered."""
    return [blocks.Heading(1, title, "top"), lead, *page.simulated_sign, *build_status(page)]


def _write(key: str, sentences: list[Text]) -> blocks.Aside:
    return blocks.Aside(_say(key), (_join(sentences),))


def _join(sentences: list[Text]) -> blocks.Paragraph:
    return blocks.build_paragraph(str(Listed(tuple(sentences), "sentences")))


def _say(key: str) -> str:
    return str(Text(f"brief.{key}"))


def _write_title(facts: Facts) -> str:
    page = facts.page
    asked = Listed((page.outcome, *(one.outcome for one in facts.others)), "and")
    question = page.results.sections.get("question") or str(Text("brief.question", outcome=asked, n=facts.n_treated))
    answers = [write_answer(facts, facts.graded, facts.answer)]
    if facts.graded is not None and facts.others:
        answers += [write_answer(facts, one, one.answer) for one in facts.others]
        names = [capitalize(one.outcome) for one in (facts.graded, *facts.others)]
        answers = [Text("common.headed", head=name, said=one) for name, one in zip(names, answers, strict=True)]
    return str(Text("brief.title", question=question, answer=Listed(tuple(answers), "semicolon")))


def write_answer(facts: Facts, graded: Graded | None, answer: PageAnswer) -> Text:
    """Return the answer of the title, of one pair with the smallest changes that would stand out."""
    is_case = graded is not None and graded.is_case
    rise, fall = (graded.rise_found, graded.fall_found) if graded is not None and is_case else (0.0, 0.0)
    return Text(
        "brief.answer", grade=answer.grade, direction=answer.side, by="placebos" if is_case else "deals",
        n=facts.n_treated, found="never" if math.isinf(rise) else "large" if rise > LARGE else "small",
        rise=numbers.format_percent(rise, 0), fall=numbers.format_percent(abs(fall), 0),
        falls=fall > -MOST_FALL,
    )  # fmt: skip


def write_deck(facts: Facts) -> Text:
    """Return what the line below the title says of the change, and what it is measured against."""
    page, effect = facts.page, facts.effect
    if effect is None:
        return Text("brief.deck-none")
    of = facts.graded.n_at_risk if facts.graded is not None else 0
    return Text(
        "brief.deck", n=facts.n_treated, of=of, is_first=effect.p * of < 1.5,
        outcome=capitalize(page.outcome), traded=page.outcome, direction="fall" if effect.percent < 0 else "rise",
        size=abs(effect.percent), reading=_read_chance(facts, effect), objects=facts.n_objecting > 0,
        ruled=facts.graded.ruled_out if facts.graded is not None else 0.0, range=write_range(effect),
        against=_name_yardstick(facts),
    )  # fmt: skip


def _lead(facts: Facts) -> blocks.Lead:
    page = facts.page
    data = page.results.data
    ends = data.iloc[[int(data["period"].argmin()), int(data["period"].argmax())]] if len(data) else data
    first, last = [take_text(label) for label in ends["period_label"]] or ("", "")
    status = "simulated" if page.results.is_simulated else "published"
    described = Text("brief.byline", title=page.results.title, first=first, last=last, status=status)
    signed = [str(Listed(page.authors)), page.date]
    byline = " · ".join(filter(None, (*signed, str(described))))
    return blocks.Lead(str(write_deck(facts)), byline)


def _name_yardstick(facts: Facts) -> str:
    """Return what the headline is measured against: pairs as large and growing, or what was expected."""
    return "expected" if facts.graded is None or facts.graded.is_case else "alike"


def _read_chance(facts: Facts, effect: Effect) -> str:
    grade = facts.answer.grade
    if grade in ("small", "nothing"):
        return grade
    if facts.graded is not None and facts.graded.is_case and effect.chance == "excludes":
        return "unconfirmed" if grade == "cannot" else "outstanding"
    if effect.chance == "excludes":
        if grade == "cannot":
            return "points" if facts.graded is None else "apart"
        return "decided" if facts.graded is None else "graded"
    return "chance" if effect.chance == "allows" else "unknown"


def _key_numbers(facts: Facts) -> blocks.KeyNumbers:
    page, effect = facts.page, facts.effect
    shown: list[blocks.KeyNumber] = []
    if effect is not None:
        against = _name_yardstick(facts)
        name = str(Text("brief.key-percent", outcome=capitalize(page.outcome), against=against))
        shown.append(blocks.KeyNumber(name, write_change(effect.percent), write_spread(effect)))
        shown += filter(None, [_key_money(facts)])
        for one in facts.others:
            name = str(Text("brief.key-percent", outcome=capitalize(one.outcome), against=against))
            shown.append(blocks.KeyNumber(name, write_change(one.effect.percent), write_spread(one.effect)))
    question = str(Text("brief.key-verdict", outcome=page.outcome))
    cells = tuple(_write_grade(facts.answer, side) for side in SIDES)
    return blocks.KeyNumbers(tuple(shown), question, cells, SIDES.index(facts.answer.side))


def _write_grade(answer: PageAnswer, side: str) -> str:
    """Return the grade of the answer where it is for a direction, else the name of evidence for it."""
    return str(Text("brief.grade", grade=answer.grade if side == answer.side else "none", direction=side))


def _key_money(facts: Facts) -> blocks.KeyNumber | None:
    money, page = facts.money, facts.page
    if money is None or money.state == "unavailable" or not math.isfinite(max(abs(money.low), abs(money.high))):
        return None
    times, first = money.n_periods, money.first or "none"
    name = str(Text("brief.key-money", n=money.n_units, period_name=page.period_name, times=times, first=first))
    low, high, *errors = map(money.average, (money.low, money.high, money.low_error, money.high_error))
    spread = write_amounts(low, high, money.unit, (errors[0], errors[1]))
    if money.state == "stated":
        value = str(Text("brief.amount", value=money.average(money.total), unit=money.unit))
        return blocks.KeyNumber(name, value, str(Text("brief.spread", level=money.level, range=spread)))
    return blocks.KeyNumber(name, spread, _say("range-alone"))


def list_asked(facts: Facts) -> list[Text]:
    """Return who is asked about, what they are compared with, who is left out, and how many designs were tried."""
    n, dated, (first, last) = facts.n_treated, count_dated(facts), _find_onsets(facts)
    case, largest = facts.page.results.sections.get("case", ""), facts.pairs[:NAMED_PAIRS]
    names = name_pair(case) if case else Listed(tuple(take_text(pair["name"]) for pair in largest))
    named = "case" if case else bool(largest) and n > NAMED_PAIRS
    who = Text("brief.who", n=n, dated=dated, is_all=dated == n, first=first, last=last, names=names, named=named)
    against = Text("brief.against", n=facts.n_compared, treated=n)
    tried = [Text("brief.tried", n=facts.n_tried)] if facts.n_tried > 1 else []
    return [who, against, *list_left_out(facts), *tried]


def _find_onsets(facts: Facts) -> tuple[str, str]:
    """Return what the first and the last period are called in which agreements begin; of a case, its own."""
    paths, data = reading.find_payload(facts.page.results, "case_paths"), facts.page.results.data
    if paths is not None:
        begun = paths["period_label"][paths["event_time"].map(reading.read_whole) == 0].map(take_text)
        return (begun.iloc[0], begun.iloc[0]) if len(begun) else ("", "")
    starts = data[pd.to_numeric(data["event_time"]) == 0].sort_values("period")
    if facts.cohorts:
        starts = starts[starts["period"].isin(facts.cohorts)]
    labels = starts.loc[starts["status"].map(take_text) == "treated", "period_label"].map(take_text).tolist()
    return (labels[0], labels[-1]) if labels else ("", "")


def list_told(facts: Facts) -> list[Text]:
    """Return what was observed against what was expected, and which pairs lie farthest apart."""
    page, effect, pairs = facts.page, facts.effect, facts.pairs
    if effect is None:
        return [Text("brief.told-nothing")]
    if not pairs:
        key = "brief.told-rise" if effect.percent > 0 else "brief.told-fall"
        change = Text(key, outcome=page.outcome, size=abs(effect.percent), range=write_spread(effect))
        return [change, *statements.list_diverted(facts)]
    unit, left = facts.unit, facts.n_rows_left_out
    n_rows = sum(reading.read_whole(pair["n_periods"]) or 0 for pair in pairs)
    amounts = {name: texts.format_quantity(total, unit) for name, total in facts.totals.items()}
    counted: dict[str, Value] = {"n": len(pairs), "rows": n_rows, "of": n_rows + left, "is_all": not left}
    sentences = [Text("brief.told", outcome=page.outcome, period_name=page.period_name, **counted, **amounts)]
    gaps = sorted((sum_over_periods(pair, "difference"), take_text(pair["name"])) for pair in pairs)
    named = [gaps[0], gaps[-1]] if gaps[0][0] < 0 < gaps[-1][0] else gaps
    farthest = sorted(named, key=lambda pair: -abs(pair[0]))[:NAMED_PAIRS]
    for gap, name in farthest if len(gaps) > NAMED_PAIRS else ():
        side = "short" if gap < 0 else "ahead"
        sentences.append(Text("brief.told-pair", name=name, side=side, gap=texts.format_quantity(abs(gap), unit)))
    return sentences + statements.list_diverted(facts)


def _warn(page: Page) -> list[blocks.Note]:
    """Return the warnings of the first page; of guesses their number, since the appendix lists them."""
    messages = [m for m in list_records(page.results.messages) if take_text(m["level"]) == "warning"]
    guesses = [reading.find_words(m, "message") for m in messages if m["code"] == "guess"]
    counts = [dict(words.values).get("n") for words in guesses if isinstance(words, Text)]
    counted = [str(Text("brief.guesses", n=n)) for n in counts if isinstance(n, int)]
    sentences = page.list_first_warnings(but=("guess",) if counted else ())
    return [blocks.Note("warning", blocks.build_spans(sentence)) for sentence in (*counted, *sentences)]


def _believe(facts: Facts) -> blocks.Aside:
    reasons = statements.list_reasons(facts)
    answer = _write_grade(facts.answer, facts.answer.side)
    verdict = Text("brief.verdict", grade=facts.answer.grade, outcome=facts.page.outcome, answer=answer)
    head = "" if facts.graded is not None else join_sentences(("", str(Text("brief.weigh", n=len(reasons)))))
    opening = blocks.build_paragraph(blocks.emphasize(str(verdict)), head)
    bullets = [blocks.BulletList(tuple(blocks.build_spans(str(reason)) for reason in reasons))] if reasons else []
    changes, readings = list_changes(facts), statements.list_readings(facts)
    drawn = {one.sentence for one in pictures.choose_drawn(changes)} if len(changes) > 1 else set()
    readings = [one for one in readings if one not in drawn or one.key == "brief.reading-singles"]
    further = [_join(one) for one in (readings, statements.list_unasked(facts)) if one]
    return blocks.Aside(_say("believe"), (opening, *bullets, *further))


def list_needed(facts: Facts) -> list[Text]:
    """Return which change would have been found, and what would make more of it known."""
    page, money, graded = facts.page, facts.money, facts.graded
    sentences: list[Text] = []
    if graded is not None and graded.rise_found == graded.rise_found:
        sentences += describe_found(graded)
    elif not math.isfinite(facts.detectable):
        unknown = Text("brief.detectable-unknown")
        sentences.append(explain_no_range(facts, "brief.need-range") if facts.lacks_range else unknown)
    elif facts.detectable > reading.MOST_PERCENT:
        sentences.append(Text("brief.detectable-more", size=reading.MOST_PERCENT))
    else:
        counted = money if money is not None and math.isfinite(money.detectable) else None
        value = texts.format_quantity(counted.average(counted.detectable), counted.unit) if counted else ""
        size, first = numbers.format_percent(facts.detectable, 0), (money and money.first) or "none"
        shown: dict[str, Value] = {"size": size, "value": value, "has_money": counted is not None, "first": first}
        sentences.append(Text("brief.detectable", period_name=page.period_name, **shown))
    if page.results.sections.get(CALIBRATION) == "stale":
        is_case = graded is not None and graded.is_case
        sentences.append(Text("brief.calibration-stale", name=page.results.name, case=is_case))
    if facts.n_treated > 1 and (undated := facts.roles.get("undated", 0)):
        sentences.append(Text("brief.date-them", n=undated))
    return sentences


def describe_found(graded: Graded) -> list[Text]:
    """Return which changes would have been called evidence: of those planted where placebo registers were judged."""
    known, rates = [math.isfinite(graded.rise_found), graded.fall_found > -MOST_FALL], graded.calibrated
    rise, fall = graded.rise_found, graded.fall_found
    if rates is not None:
        rise, fall = (rise if known[0] else rates.largest_rise), (fall if known[1] else rates.largest_fall)
    smallest = Text(
        "brief.found", which="both" if all(known) else "rise" if known[0] else "fall" if known[1] else "none",
        rise=numbers.format_percent(rise, 0), fall=numbers.format_percent(abs(fall), 0),
        planted=rates is not None, overstates=rates is None and OVERSTATED < graded.rise_found < math.inf,
    )  # fmt: skip
    if rates is None:
        return [smallest]
    printed = {"rise": rates.rise_printed, "fall": rates.fall_printed}
    sizes = [Text("brief.printed", direction=side, times=x) for side, x in printed.items() if math.isfinite(x)]
    rate = Text("brief.calibrated", n=rates.n, any=rates.false > 0, false=rates.false)
    return [rate, smallest, *sizes]


def _list_limits(page: Page) -> list[blocks.Block]:
    limits = [line for line in page.results.sections.get("limits", "").splitlines() if line.strip()]
    items = tuple(blocks.build_spans(line) for line in limits)
    return [blocks.Aside(_say("limits"), (blocks.BulletList(items),))] if items else []


def _cite(page: Page) -> blocks.Aside:
    results = page.results
    publishers = [str(one.get("publisher", "")).rstrip(".") for one in results.manifest.get("inputs") or []]
    publishers = [name for name in publishers if name and not name.startswith(NOBODY)]
    tool = results.manifest.get("tool") or {}
    version = str(tool.get("version", "")) if isinstance(tool, dict) else str(tool)
    names = Listed(tuple(dict.fromkeys(publishers)), "semicolon")
    sentences = [Text("brief.sources", names=names)] if publishers else []
    authors = Text("brief.cited-authors", authors=Listed(page.authors), date=page.date or "none")
    who = authors if page.authors else ""
    sentences.append(Text("brief.cite", authors=who, title=results.title, version=version))
    return _write("data", sentences)
