"""The first page: what was found, how sure it is, and what it cannot say, in sentences made from the numbers."""

import math

from twintrade.effects import Money
from twintrade.render import numbers
from twintrade.render.blocks import Absent, Block, BulletList, Heading, Note, Paragraph, prose, spans
from twintrade.render.exhibits.targets import bounds, spread, support
from twintrade.render.money_wording import say_money
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    findings_of,
    headline,
    label,
    number,
    overall,
    payload,
    payloads,
    records,
    text,
    whole,
)
from twintrade.render.tables.estimates import decimals_of
from twintrade.render.wording import checks_in_words

CASE_VERDICT = "case_verdict"
DETECTABLE = frozenset({"minimum_detectable_effect", "detectable", "mde", "power"})


def exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return the summary."""
    results = page.results
    question = results.sections.get("question") or page.say("question", outcome=page.outcome)
    blocks: list[Block] = [Heading(2, page.say("summary"), "summary"), prose(question)]
    case = [Note("note", spans(numbers.typeset(text(f["sentence"])))) for f in findings_of(results, CASE_VERDICT)]
    blocks += case
    spec = None if _cannot_tell(page) else headline(results)
    effect = overall(results, spec) if spec is not None else None
    if _cannot_tell(page):
        blocks.append(prose(page.say("case_no_number")))
    elif spec is None or effect is None:
        reason = results.sections.get("no_effect") or page.say("finding_absent_reason")
        blocks.append(Note("note", spans(page.say("case_descriptive"))))
        blocks.append(prose(page.say("finding_absent", reason=reason.rstrip("."))))
    else:
        blocks.append(prose(*_finding(page, spec, effect)))
        blocks += [*support(page, spec), *_other_method(page, spec), *_money(page)]
        blocks += [*spread(page, spec), *bounds(page, spec)]
        note = text(spec.get("inference_note"))
        if note:
            blocks.append(prose(page.say("how_sure", note=note if note.endswith(".") else f"{note}.")))
        if not case:
            blocks.append(_checks(page, spec))
    limits = [line for line in results.sections.get("limits", "").splitlines() if line.strip()]
    if limits:
        blocks.append(prose(page.say("limits")))
        blocks.append(BulletList(tuple(spans(line) for line in limits)))
    return tuple(blocks)


def _cannot_tell(page: Page) -> bool:
    """Whether a single case is said to tell nothing: then no headline number follows."""
    found = findings_of(page.results, CASE_VERDICT)
    return any(text(f["verdict"]) == "none" for f in found)


def finding_sentence(page: Page, spec: Record, effect: Record) -> str:
    """Return the sentence that states one estimate: size, direction, interval, never a cause."""
    scale, value = text(effect.get("scale")), number(effect["effect"])
    is_log = scale == "log points"
    low, high = number(effect.get("low")), number(effect.get("high"))
    has_interval = low == low and high == high
    is_unbounded = math.isinf(low) and math.isinf(high)
    ending = "_no_interval" if not has_interval else "_unbounded" if is_unbounded else ""
    unit = text(spec.get("effect_unit"))

    def size(amount: float) -> str:
        if is_log:
            return numbers.percent(numbers.percent_of_log(amount))
        if scale == "share":
            return f"{numbers.percent(100 * amount)} {unit}"
        return numbers.percent(amount) if scale == "percent" else numbers.quantity(amount, unit)

    def mean(amount: float) -> str:
        found = size(amount).removeprefix(numbers.MINUS)
        return page.say("mean_size", size=found, period_name=page.period_name) if scale == "level" else found

    def end(amount: float, unbounded: str) -> str:
        return page.say(unbounded) if math.isinf(amount) else size(amount)

    p = numbers.p_value(effect.get("p"))
    outcome = text(spec.get("outcome")) or page.outcome
    if scale == "percent" and text(spec.get("target")) == "total" and whole(spec.get("n_treated_units")) != 1:
        outcome = page.say("outcome_of_total", outcome=outcome)
    return page.say(
        f"finding_{'percent' if is_log else 'level'}{ending}",
        outcome=outcome,
        size=mean(value),
        direction=page.say("lower" if value < 0 else "higher"),
        level=numbers.percent(100 * number(effect.get("level")), 0),
        low=end(low, "no_lower_end") if has_interval else "",
        high=end(high, "no_end") if has_interval else "",
        effect=numbers.fixed(value, decimals_of(effect)),
        label=label(spec),
        p=f"; {p}" if p else "",
    )


def _finding(page: Page, spec: Record, effect: Record) -> tuple[str, ...]:
    low, high = number(effect.get("low")), number(effect.get("high"))
    sentences = [finding_sentence(page, spec, effect)]
    if low == low and high == high:
        key = "interval_above_zero" if low > 0 else "interval_below_zero" if high < 0 else "interval_holds_zero"
        sentences.append(page.say(key))
    known = [r for r in records(page.results.findings) if text(r.get("diagnostic")) in DETECTABLE]
    if known:
        sentences.append(page.say("detectable", sentence=text(known[0]["sentence"])))
    elif not (low > 0 or high < 0):
        sentences.append(page.say("detectable_absent"))
    return (" ".join(sentences),)


def _other_method(page: Page, spec: Record) -> list[Block]:
    """Say what the mean of the single cases is, and that the headline is the answer, where both were made."""
    rows = [r for frame in payloads(page.results, "cases_forest").values() for r in records(frame)]
    mean = next((r for r in rows if text(r.get("method"))), None)
    if mean is None:
        return []
    is_log = text(mean["scale"]) == "log points"
    low, high, effect = (
        numbers.percent_from_log(number(mean[key])) if is_log else numbers.quantity(number(mean[key]))
        for key in ("low", "high", "effect")
    )
    said = page.say(
        "other_method",
        method=text(mean["method"]),
        size=effect,
        level=numbers.percent(100 * number(mean["level"]), 0),
        low=low,
        high=high,
        how=text(mean["interval_method"]),
        label=label(spec),
    )
    return [prose(said)]


def _money(page: Page) -> list[Block]:
    """Say the effect in money, or how far that can be said, where the payload "money" holds it."""
    frame = payload(page.results, "money")
    if frame is None:
        return []
    money = Money.from_frame(frame)
    said = say_money(money, page.say, outcome=page.outcome, period_name=page.period_name, names=checks_in_words)
    return [prose(said)]


def _checks(page: Page, spec: Record) -> Note | Paragraph:
    verdicts = [r for r in records(page.results.findings) if text(r.get("verdict")) in {"pass", "fail"}]
    failed = checks_in_words(text(r["diagnostic"]) for r in verdicts if text(r["verdict"]) == "fail")
    n_failed = sum(text(r["verdict"]) == "fail" for r in verdicts)
    if not verdicts:
        return Note("note", spans(page.say("checks_absent")))
    if failed:
        return Note(
            "warning",
            spans(
                page.say("checks_object", n_fail=str(n_failed), n_checks=str(len(verdicts)), names=", ".join(failed))
            ),
        )
    if whole(spec.get("n_treated_units")) == 1:
        return prose(page.say("checks_single", n_checks=str(len(verdicts))))
    if len(verdicts) == 1:
        return prose(page.say("checks_one", assumption=text(spec.get("assumption"))))
    return prose(page.say("checks_silent", n_checks=str(len(verdicts)), assumption=text(spec.get("assumption"))))
