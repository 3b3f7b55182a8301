"""What a brief states of the change: every estimate it prints, the reasons for the answer, and what checks add."""

import math
from collections.abc import Sequence
from dataclasses import replace

from twintrade.render import reading
from twintrade.render.brief.facts import (
    GROUPS,
    Effect,
    Facts,
    Graded,
    Group,
    StatedChange,
    read_effect,
    sum_over_periods,
)
from twintrade.render.names import capitalize, list_check_names, name_method
from twintrade.render.page import name_objecting
from twintrade.render.reading import (
    CASE_VERDICT,
    Record,
    find_payload,
    find_words,
    list_findings,
    list_payload,
    list_records,
    read_column,
    read_number,
    take_text,
)
from twintrade.text import Listed, Text, list_some, numbers, texts

# How a range is written.


def write_change(percent: float) -> str:
    """Return a change in percent with its sign, or that it is more than tenfold."""
    return str(Text("brief.signed", percent=percent))


def write_range(effect: Effect) -> str:
    """Return the interval of an effect in words; an end that does not exist leaves the other alone."""
    if not effect.has_interval:
        return str(Text("brief.no-range"))
    low, high = (texts.format_end(*end) for end in effect.ends)
    is_open = "high" if math.isinf(effect.high) else "low" if math.isinf(effect.low) else "none"
    return str(Text("brief.range", low=low, high=high, open=is_open))


def write_scaled(amounts: Sequence[float], errors: Sequence[float]) -> tuple[list[str], int]:
    """Return amounts as numbers of one power of ten, to the digits that their errors leave; "" for none."""
    largest = max((abs(amount) for amount in amounts if math.isfinite(amount)), default=0.0)
    power = numbers.find_power(largest, [int(p) for p in str(Text("numbers.powers")).split()])
    size = 10.0**power
    most = numbers.choose_decimals(largest / size)
    shown = [
        numbers.format_fixed(amount / size, numbers.choose_end_decimals(amount / size, error / size, most))
        if math.isfinite(amount)
        else ""
        for amount, error in zip(amounts, errors, strict=True)
    ]
    return shown, power


def write_counted(amount: str, power: int, unit: str) -> str:
    """Return a number of a power of ten with the word for it, and its unit."""
    counted = Text("numbers.counted", amount=amount, power=power) if power else amount
    return str(Text("numbers.quantity", amount=counted, unit=unit))


# Every estimate of the page, once: sentences, alternative texts and the picture of methods read this one set.

DIGITS = 9  # figures to which two estimates must agree to count as one
MOST_LEFT_OUT = 2  # pairs without which the change is shown
OF_TARGET: dict[str, Group] = {"total": "total", "average unit": "pair", "average cell": "pair"}


def list_changes(facts: Facts) -> tuple[StatedChange, ...]:
    """Return the estimates by the question they answer, the answer of the page first; equal ones count once."""
    distinct: dict[tuple[str, ...], StatedChange] = {}
    for one in (*_list_columns(facts), *_list_ranked(facts), *_list_left_out(facts), *_list_checked(facts)):
        e = one.effect
        key = tuple(f"{x:.{DIGITS}g}" for x in (e.percent, e.low, e.high))
        if key in distinct or (not e.has_interval and any(key[0] == other[0] for other in distinct)):
            continue
        distinct[key] = one
    return tuple(sorted(distinct.values(), key=lambda e: (GROUPS.index(e.group), not e.is_answer, e.effect.percent)))


def find_spread(facts: Facts) -> tuple[int, float, float]:
    """Return how many estimates there are, and from where to where they run in percent."""
    percents = [one.effect.percent for one in list_changes(facts)]
    return len(percents), min(percents, default=math.nan), max(percents, default=math.nan)


def _list_columns(facts: Facts) -> list[StatedChange]:
    """Return the answer of the page, and the change under each column that is not the answer."""
    graded, headline = facts.graded, read_column(facts.headline or {})
    is_added = graded is not None and not graded.is_case
    answer = "" if facts.effect is None else f"{facts.effect.percent:.{DIGITS}g}"
    groups = {
        read_column(c): "case" if facts.n_treated == 1 else OF_TARGET.get(take_text(c.get("target")), "pair")
        for c, _ in facts.methods
    }
    changes = [
        StatedChange(label=reading.format_label(c), effect=effect, group=groups[read_column(c)])
        for c, effect in facts.methods
        if is_added or read_column(c) != headline or f"{effect.percent:.{DIGITS}g}" != answer
    ]
    if facts.effect is None:
        return changes
    label = Text("brief.against-alike") if is_added else reading.format_label(facts.headline or {})
    group = "total" if is_added else groups.get(headline, "pair")
    return [StatedChange(label=label, effect=facts.effect, group=group, is_answer=True), *changes]


def _list_ranked(facts: Facts) -> list[StatedChange]:
    """Return the change of one pair by each method that ranks it."""
    tests = () if facts.graded is None else facts.graded.methods
    effects = [(test, Effect(percent=read_number(test["percent"]), p=read_number(test["p"]))) for test in tests]
    known = [(name_method(take_text(test["method"])), e) for test, e in effects if math.isfinite(e.percent)]
    return [StatedChange(label=name, effect=effect, group="case") for name, effect in known]


def _list_left_out(facts: Facts) -> list[StatedChange]:
    """Return the total without the largest pair, and without those that change its sign or move it farthest."""
    graded, answer = facts.graded, facts.effect
    names = {take_text(pair["unit"]): take_text(pair["name"]) for pair in facts.pairs}
    rows = [row for row in _list_rows(facts, "concentration") if take_text(row.get("unit")) in names]
    rows = [row for row in rows if math.isfinite(read_number(row.get("percent_without")))]
    if answer is None or not names:
        return []

    def weigh(row: Record) -> tuple[bool, float]:
        percent = read_number(row["percent_without"])
        return percent * answer.percent >= 0, -abs(percent - answer.percent)

    rows = [*rows[:1], *sorted(rows[1:], key=weigh)[: MOST_LEFT_OUT - 1]]
    changes = [_leave_out(names[take_text(row["unit"])], read_number(row["percent_without"])) for row in rows]
    if graded is not None and math.isfinite(graded.total):
        total = StatedChange(label=Text("brief.row-total"), effect=Effect(percent=graded.total), group="total")
        changes.insert(0, total)
    if graded is not None and math.isfinite(graded.without_largest):
        changes.append(_leave_out(next(iter(names.values())), graded.without_largest))
    return changes


def _leave_out(name: str, percent: float) -> StatedChange:
    return StatedChange(label=Text("brief.row-without", name=name), effect=Effect(percent=percent), group="who")


def _list_checked(facts: Facts) -> list[StatedChange]:
    """Return what checks of the headline make of it under another average or comparison, each with its sentence."""
    if facts.headline is None or facts.effect is None:
        return []
    averages, always = _list_rows(facts, "percent_effects"), _list_rows(facts, "always_treated")
    checked = (
        _read_hidden(facts),
        _check("average", read_number(averages[1].get("effect")), group="pair") if len(averages) > 1 else None,
        _check("always", _convert(facts, always[0], "effect")) if len(always) == 2 else None,
        _read_policies(facts),
        _read_conditional(facts),
        _read_singles(facts),
    )
    return [one for one in checked if one is not None]


# What checks of the headline's own assumptions say of its size: one sentence each.

HIDDEN = ("brief.reading-covered", "brief.reading-hidden")
WIDEST = 500.0  # end of an interval in percent beyond which it is not quoted


def list_readings(facts: Facts) -> list[Text]:
    """Return what hidden agreements, trends, other averages, other comparisons and single pairs make of it."""
    if facts.headline is None or facts.effect is None:
        return []
    sentences = {one.sentence.key: one.sentence for one in _list_checked(facts) if one.sentence is not None}
    hidden = next((sentences.pop(key) for key in HIDDEN if key in sentences), None)
    results = facts.page.results
    has_several = find_payload(results, "case_verdicts") is not None
    cases = find_words(list_findings(results, CASE_VERDICT)[0], "sentence") if has_several else None
    readings = [cases, hidden, _read_bounds(facts), *sentences.values()]
    return [one for one in readings if isinstance(one, Text)]


def _read_singles(facts: Facts) -> StatedChange | None:
    """Return the mean of the changes of pairs that were estimated one by one, where there is one."""
    rows = list_payload(facts.page.results, "cases_forest")
    effects = [(take_text(row.get("method")), read_effect(row)) for row in rows]
    means = [effect for method, effect in effects if method and effect is not None]
    singles = [e.percent for row, (_, e) in zip(rows, effects, strict=True) if row["group"] == rows[0]["group"] and e]
    if not means or not singles:
        return None
    ends = {"low": min(singles), "high": max(singles)}
    sentence = Text("brief.reading-singles", n=len(singles), percent=means[0].percent, **ends)
    label = Text("brief.row-singles", n=len(singles))
    return StatedChange(label=label, effect=means[0], group="pair", sentence=sentence)


def _read_hidden(facts: Facts) -> StatedChange | None:
    shares = [r for r in _list_rows(facts, "hidden_agreements") if not take_text(r.get("left_out"))]
    if not shares:
        return None
    is_covered = math.isfinite(read_number(shares[0].get("coverage")))
    row = shares[0 if is_covered else len(shares) // 2]
    effect, share = _convert(facts, row, "effect"), read_number(row.get("share"))
    if is_covered:
        return _check("covered", effect, share=share, coverage=read_number(row.get("coverage")))
    return _check("hidden", effect, share=share)


def _read_bounds(facts: Facts) -> Text | None:
    rows = _list_rows(facts, "honest")
    known = [r for r in rows if take_text(r.get("kind")) == "robust" and read_number(r.get("size")) == 1]
    if not known or take_text(known[0].get("restriction")) != "relative_magnitudes":
        return None
    low, high = (_convert(facts, known[0], end) for end in ("low", "high"))
    if not (math.isfinite(low) and high <= WIDEST):
        return Text("brief.reading-unbounded")
    is_point = len({numbers.format_percent(end) for end in (low, high)}) == 1
    return Text("brief.reading-bounds", low=low, high=high, point=is_point)


def _read_policies(facts: Facts) -> StatedChange | None:
    alone = [r for r in _list_rows(facts, "policies") if take_text(r.get("group")) == "alone"]
    change = _check("policies", _convert(facts, alone[0], "effect")) if alone else None
    low, high = (_convert(facts, alone[0], end) for end in ("low", "high")) if alone else (math.nan, math.nan)
    if change is None or facts.effect is None or not math.isfinite(low + high):
        return change
    return replace(change, effect=replace(change.effect, low=low, high=high, level=facts.effect.level))


def _read_conditional(facts: Facts) -> StatedChange | None:
    for row in _list_rows(facts, "conditional_trends"):
        label = find_words(row, "label")
        if isinstance(label, Text) and dict(label.values).get("by") == "growth":
            return _check("conditional", _convert(facts, row, "effect"))
    return None


def _check(name: str, percent: float, group: Group = "compared", **values: float) -> StatedChange | None:
    if not math.isfinite(percent):
        return None
    label, sentence = Text(f"brief.row-{name}", **values), Text(f"brief.reading-{name}", percent=percent, **values)
    return StatedChange(label=label, effect=Effect(percent=percent), group=group, sentence=sentence)


def _convert(facts: Facts, row: Record, column: str) -> float:
    """Return a number of the headline's scale in percent, NaN where it is neither in percent nor in logs."""
    value, scale = read_number(row.get(column)), take_text((facts.headline or {}).get("scale"))
    if scale == "percent":
        return value
    return numbers.convert_log_to_percent(value) if scale == "log points" and math.isfinite(value) else math.nan


def _list_rows(facts: Facts, diagnostic: str) -> list[Record]:
    """Return the table of a check that was made of the headline."""
    results, headline = facts.page.results, read_column(facts.headline or {})
    findings = (f for f in list_findings(results, diagnostic) if read_column(f) == headline and reading.has_spoken(f))
    names = (name for finding in findings for name in take_text(finding.get("payloads")).split())
    return list_payload(results, next((name for name in names if name in results.payloads), ""))


# Why the answer is what it is: what changes its sign or the verdict first, then the reasons that weigh most.

MOST = 2
FEW = 20
LARGE_SHARE = 0.4  # share of the trade of all treated pairs from which one of them is named

USUAL = ("anticipation", "comparison", "dates", "leave_one_out", "spillovers")
"""Checks of several pairs that no recipe asks for."""


def list_unasked(facts: Facts) -> list[Text]:
    """Return a sentence on the usual checks that the analysis did not make; none of a single case."""
    asked = {take_text(finding["diagnostic"]) for finding in list_records(facts.page.results.findings)}
    names = tuple(list_check_names(name for name in USUAL if name not in asked))
    is_pooled = facts.n_treated > 1 and not facts.page.results.sections.get("case")
    return [Text("brief.unasked", names=Listed(names, "comma"))] if names and is_pooled else []


def list_reasons(facts: Facts) -> list[Text]:
    """Return the two reasons that weigh most for the verdict."""
    reasons, effect, pairs = list_turning(facts), facts.effect, facts.pairs
    if facts.graded is not None:
        of = _list_of_case if facts.graded.is_case else _list_graded
        return reasons + of(facts, facts.graded)
    if facts.answer.is_evidence:
        if effect is not None and not effect.holds_zero:
            side = "above" if effect.low > 0 else "below"
            reasons.append(Text("brief.reason-range-clear", side=side, range=write_range(effect)))
        seen = facts.n_judged - facts.n_cannot
        reasons.append(Text("brief.reason-no-objection", n=facts.n_judged, seen=seen, weak=facts.n_cannot))
        return reasons[:MOST]
    reasons += _explain_objections(facts) + _explain_chance(facts)
    total = sum(sum_over_periods(pair, "expected") for pair in pairs)
    share = sum_over_periods(pairs[0], "expected") / total if len(pairs) > 1 and total > 0 else 0.0
    if share >= LARGE_SHARE:
        reasons.append(Text("brief.reason-largest", name=take_text(pairs[0]["name"]), share=share))
    if 1 < facts.n_treated < FEW:
        reasons.append(Text("brief.reason-few", n=facts.n_treated))
    if facts.n_cannot:
        reasons.append(Text("brief.reason-unseen", n=facts.n_cannot, of=facts.n_judged))
    return reasons[:MOST]


def _list_graded(facts: Facts, graded: Graded) -> list[Text]:
    """Return why the grade is no higher, on how many pairs it rests, what would overturn it, and other outcomes."""
    of = max(1, round(100 * graded.effect.p))
    period_name, n_at_risk = facts.page.period_name, graded.n_at_risk
    blocked = [Text("brief.graded-blocked", why=why, n=n_at_risk, period_name=period_name) for why in graded.reasons]
    # What is not clear as a whole is not clear in part either.
    reasons = [Text("brief.graded-chance", of=of)] if "total" in graded.reasons else blocked
    reasons += _explain_objections(facts)
    effective = max(1, round(graded.n_effective))
    name = take_text(facts.pairs[0]["name"]) if len(facts.pairs) > 1 else ""
    sizes = {"total": graded.total, "without": graded.without_largest, "ordinary": graded.ordinary}
    largest = bool(name) and math.isfinite(graded.without_largest)
    reasons.append(Text("brief.graded-pairs", n=graded.n_signers, of=n_at_risk, effective=effective))
    reasons.append(Text("brief.graded-total", name=name, share=graded.share, largest=largest, **sizes))
    if graded.answer.is_evidence and math.isfinite(graded.gamma):
        reasons.append(Text("brief.graded-gamma", times=graded.gamma, direction=graded.answer.side))
    for one in facts.others:
        grade = Text("brief.grade", grade=one.answer.grade, direction=one.answer.side)
        values = {"percent": one.effect.percent, "p": one.effect.p}
        reasons.append(Text("brief.graded-other", outcome=capitalize(one.outcome), answer=grade, **values))
    return [*reasons, *([Text("brief.graded-holm", n=len(facts.others) + 1)] if facts.others else [])]


def _list_of_case(facts: Facts, graded: Graded) -> list[Text]:
    """Return why one pair does not stand out, where it is ranked by each method, and which checks object."""
    n, period = graded.n_at_risk, facts.page.period_name
    reasons = [
        Text("brief.reason-chance", by="placebo", of=max(1, round(100 * graded.effect.p)))
        if why == "chance"
        else Text("brief.graded-blocked", why=why, n=n, period_name=period)
        for why in graded.reasons
    ]
    tests = [
        Text("brief.graded-method", method=name_method(name), percent=read_number(test["percent"]), p=p)
        for test in graded.methods
        if math.isfinite(p := read_number(test["p"])) and (name := take_text(test["method"]))
    ]
    if tests:
        reasons.append(Text("brief.graded-ranked", n=n, methods=Listed(tuple(tests), "semicolon")))
    return reasons + _explain_objections(facts)


def _explain_objections(facts: Facts) -> list[Text]:
    if not facts.n_objecting:
        return []
    names = Listed(tuple(name_objecting(facts.page)), "comma")
    return [Text("brief.reason-objects", n=facts.n_objecting, names=names)]


def _explain_chance(facts: Facts) -> list[Text]:
    effect = facts.effect
    if effect is None or effect.chance == "excludes":
        return []
    if effect.p != effect.p:
        return [explain_no_range(facts)] if effect.chance == "unknown" else []
    by = effect.inference if effect.inference in ("randomization", "placebo") else "other"
    return [Text("brief.reason-chance", by=by, of=max(1, round(100 * effect.p)))]


def explain_no_range(facts: Facts, key: str = "brief.reason-no-range") -> Text:
    """Return a sentence about why the headline has no range, by the messages of its inference."""
    note = reading.find_words(facts.headline or {}, "inference_note")
    n_draws = dict(note.values).get("draws") if isinstance(note, Text) else None
    why, lost = "inference", 0
    for message in list_records(facts.page.results.messages):
        words = reading.find_words(message, "message")
        if not isinstance(words, Text) or n_draws is None:
            continue
        values = dict(words.values)
        # Event times and periods are named by plain words, averages by texts.
        is_average = isinstance(values.get("effect"), Text) and values["effect"] != Text("estimators.effect-path")
        if words.key == "inference.missing-in-draws" and is_average and values["draws"] == n_draws:
            why, lost = "draws", max(lost, int(str(values["n"])))
    return Text(key, why=why, n=lost, draws=n_draws or 0, period_name=facts.page.period_name)


def list_turning(facts: Facts) -> list[Text]:
    """Return from where to where all estimates run if they point both ways, and whose range has another verdict."""
    effect, changes, (n, low, high) = facts.effect, list_changes(facts), find_spread(facts)
    if effect is None:
        return []
    reasons = []
    if n > 1 and round(low, 1) <= 0 <= round(high, 1):  # as the page prints them
        of_pairs = [one for one in changes if one.group in ("who", "compared")]
        turned = [one for one in of_pairs if round(one.effect.percent, 1) * effect.percent < 0]
        named = [Text("brief.turned", label=one.label, percent=one.effect.percent) for one in turned]
        some = list_some(named, MOST_LEFT_OUT)
        reasons.append(Text("brief.reason-methods", n=n, low=low, high=high, turned=len(named), named=some))
    others = [one.effect for one in changes if not one.is_answer and one.effect.has_interval]
    apart = [other for other in others if other.holds_zero != effect.holds_zero]
    if effect.has_interval and apart:
        sides = {"above" if other.low > 0 else "below" for other in apart}
        side = "none" if not effect.holds_zero else sides.pop() if len(sides) == 1 else "both"
        is_all = len(apart) == len(others)
        reasons.append(Text("brief.reason-verdict", n=len(apart), of=len(others), all=is_all, side=side))
    return reasons


def list_diverted(facts: Facts) -> list[Text]:
    """Return the share of the change that is diverted, where it has one sign over all models."""
    diverted = facts.diverted
    if diverted is None or diverted.state != "stated":
        return []
    low, high = sorted(map(abs, (diverted.low, diverted.high)))
    is_point = numbers.format_percent(low, 0) == numbers.format_percent(high, 0)
    along = diverted.high < 0  # the other partners go with the pairs
    who = {"direction": facts.answer.side, "n": facts.n_treated}
    return [Text("brief.diverted", **who, low=low, high=high, point=is_point, along=along)]
