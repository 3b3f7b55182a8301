"""The first page: what was found, how sure it is, and what it cannot say, in sentences made from the numbers."""

import math

from twintrade.effects import Money
from twintrade.render.blocks import Absent, Block, BulletList, Heading, Note, Paragraph, build_paragraph, build_spans
from twintrade.render.ends import End, read_ends
from twintrade.render.exhibits.money import describe_money
from twintrade.render.exhibits.registered import build_status
from twintrade.render.exhibits.targets import describe_bounds, describe_support, spread
from twintrade.render.objecting import name_objecting
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    find_headline,
    find_overall,
    find_payload,
    find_payloads,
    format_label,
    list_findings,
    list_records,
    read_number,
    read_whole,
    read_words,
    take_text,
)
from twintrade.render.tables.estimates import find_decimals
from twintrade.render.tables.ladder_notes import is_size_unknown
from twintrade.render.wording import list_check_names
from twintrade.text import Listed, amounts, complete_sentence, numbers, strip_stop

CASE_VERDICT = "case_verdict"


def build_exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the summary."""
    results = page.results
    question = results.sections.get("question") or page.say("question", outcome=page.outcome)
    opens_brief = find_headline(results) is not None
    blocks: list[Block] = [Heading(2, page.say("summary"), "summary"), *build_status(page)]
    if not opens_brief:
        blocks.append(build_paragraph(question))
    case = [Note("note", build_spans(read_words(f, "sentence"))) for f in list_findings(results, CASE_VERDICT)]
    blocks += case
    spec = None if _cannot_tell(page) else find_headline(results)
    effect = find_overall(results, spec) if spec is not None else None
    if _cannot_tell(page):
        blocks.append(build_paragraph(page.say("case_no_number")))
    elif spec is None or effect is None:
        reason = read_words(dict(results.sections), "no_effect") or page.say("finding_absent_reason")
        if answer := read_words(dict(results.sections), "answer"):
            blocks.append(build_paragraph(answer))
        blocks.append(Note("note", build_spans(page.say("case_descriptive"))))
        blocks.append(build_paragraph(page.say("finding_absent", reason=strip_stop(reason))))
    else:
        blocks.append(build_paragraph(*_finding(page, spec, effect)))
        blocks += [*describe_support(page, spec), *_other_method(page, spec), *_money(page)]
        blocks += [*spread(page, spec), *describe_bounds(page, spec)]
        note = read_words(spec, "inference_note")
        if note:
            blocks.append(build_paragraph(page.say("how_sure", note=complete_sentence(note))))
        if not case:
            blocks.append(_checks(page, spec))
    if opens_brief:
        return tuple(blocks)
    blocks += [Note("warning", build_spans(sentence)) for sentence in page.list_first_warnings()]
    limits = [line for line in results.sections.get("limits", "").splitlines() if line.strip()]
    if limits:
        blocks.append(build_paragraph(page.say("limits")))
        blocks.append(BulletList(tuple(build_spans(line) for line in limits)))
    return tuple(blocks)


def _cannot_tell(page: Page) -> bool:
    """Whether a single case is said to tell nothing: then no headline number follows."""
    verdicts = list_findings(page.results, CASE_VERDICT)
    return any(take_text(f["verdict"]) == "cannot tell" for f in verdicts)


def describe_estimate(page: Page, spec: Record, effect: Record) -> str:
    """Return the sentence that states one estimate: size, direction, interval, never a cause."""
    scale, value = take_text(effect.get("scale")), read_number(effect["effect"])
    is_log = scale == "log points"
    ends = read_ends(effect)
    low, high = (end.value for end in ends)
    has_interval = low == low and high == high
    is_unbounded = math.isinf(low) and math.isinf(high)
    ending = "_no_interval" if not has_interval else "_unbounded" if is_unbounded else ""
    unit = read_words(spec, "effect_unit")

    def size(amount: float, error: float = math.nan) -> str:
        shown = End(amount, error)
        if is_log:
            shown = shown.in_percent()
        elif scale == "share":
            shown = End(100 * amount, 100 * error)
        elif scale != "percent":
            return amounts.format_quantity(amount, unit, error)
        percent = numbers.format_percent(shown.value, shown.choose_decimals(1))
        return f"{percent} {unit}" if scale == "share" else percent

    def mean(amount: float) -> str:
        detectable = size(amount).removeprefix(numbers.MINUS)
        return (
            page.say("mean_size", size=detectable, period_name=page.period_name) if scale == "level" else detectable
        )

    def end(shown: End, unbounded: str) -> str:
        return page.say(unbounded) if math.isinf(shown.value) else size(shown.value, shown.error)

    p = read_number(effect.get("p"))
    outcome = take_text(spec.get("outcome")) or page.outcome
    if (
        scale == "percent"
        and take_text(spec.get("target")) == "total"
        and read_whole(spec.get("n_treated_units")) != 1
    ):
        outcome = page.say("outcome_of_total", outcome=outcome)
    return page.say(
        f"finding_{'percent' if is_log else 'level'}{ending}",
        outcome=outcome,
        size=mean(value),
        direction=page.say("lower" if value < 0 else "higher"),
        level=read_number(effect.get("level")),
        low=end(ends[0], "no_lower_end") if has_interval else "",
        high=end(ends[1], "no_end") if has_interval else "",
        effect=numbers.format_fixed(value, find_decimals(effect)),
        label=format_label(spec),
        p=p,
        has_p="yes" if p == p else "no",
    )


def _finding(page: Page, spec: Record, effect: Record) -> tuple[str, ...]:
    low, high = read_number(effect.get("low")), read_number(effect.get("high"))
    sentences = [describe_estimate(page, spec, effect)]
    has_interval = low == low and high == high
    if has_interval:
        key = "interval_above_zero" if low > 0 else "interval_below_zero" if high < 0 else "interval_holds_zero"
        sentences.append(page.say(key))
    if is_size_unknown(spec):
        sentences.append(page.say("size_not_studied"))
    known = [r for r in list_records(page.results.findings) if read_number(r.get("detectable")) > 0]
    if known:
        sentences.append(page.say("detectable", sentence=read_words(known[0], "sentence")))
    elif not (low > 0 or high < 0):
        sentences.append(page.say("detectable_absent", has_interval="yes" if has_interval else "no"))
    return (str(Listed(tuple(sentences), "sentences")),)


def _other_method(page: Page, spec: Record) -> list[Block]:
    """Say what the mean of the single cases is, and that the headline is the answer, where both were made."""
    rows = [r for frame in find_payloads(page.results, "cases_forest").values() for r in list_records(frame)]
    mean = next((r for r in rows if take_text(r.get("method"))), None)
    if mean is None:
        return []
    is_log = take_text(mean["scale"]) == "log points"
    low, high, effect = (
        numbers.format_log_percent(read_number(mean[key]))
        if is_log
        else amounts.format_quantity(read_number(mean[key]))
        for key in ("low", "high", "effect")
    )
    sentence = page.say(
        "other_method",
        method=read_words(mean, "method"),
        size=effect,
        level=read_number(mean["level"]),
        low=low,
        high=high,
        how=read_words(mean, "interval_method"),
        label=format_label(spec),
    )
    return [build_paragraph(sentence)]


def _money(page: Page) -> list[Block]:
    """Say the effect in money, or how far that can be said, where the payload "money" holds it."""
    frame = find_payload(page.results, "money")
    if frame is None:
        return []
    money = Money.from_frame(frame)
    sentences = describe_money(
        money, page.say, outcome=page.outcome, period_name=page.period_name, names=list_check_names
    )
    return [build_paragraph(sentences)]


def _checks(page: Page, spec: Record) -> Note | Paragraph:
    """Return how many checks object, cannot tell or do not object, and what follows for the estimate."""
    verdicts = [take_text(r.get("verdict")) for r in list_records(page.results.findings)]
    counts = {v: verdicts.count(v) for v in ("objects", "cannot tell", "does not object")}
    n_checks = sum(counts.values())
    if not n_checks:
        return Note("note", build_spans(page.say("checks_absent")))
    objecting = name_objecting(page)
    counted = page.say(
        "checks_counted",
        n_checks=n_checks,
        n_object=counts["objects"],
        n_cannot=counts["cannot tell"],
        n_silent=counts["does not object"],
        names=Listed(tuple(objecting), "comma"),
    )
    if objecting:
        return Note("warning", build_spans(f"{counted} {page.say('checks_object')}"))
    if read_whole(spec.get("n_treated_units")) == 1:
        return build_paragraph(f"{counted} {page.say('checks_single')}")
    effect = find_overall(page.results, spec)
    if effect is not None and read_number(effect.get("low")) * read_number(effect.get("high")) > 0:
        return build_paragraph(
            f"{counted} {page.say('checks_assumption', assumption=read_words(spec, 'assumption'))}"
        )
    return build_paragraph(counted)
