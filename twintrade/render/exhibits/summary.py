"""What was found, how sure it is, what it cannot say, and what it means for all trade, made from the numbers."""

import math

import pandas as pd

from twintrade.effects import Money
from twintrade.render import blocks, reading
from twintrade.render.brief.document import describe_found
from twintrade.render.brief.facts import collect_facts, read_graded
from twintrade.render.citing import build_cell, cite
from twintrade.render.exhibits.data_card import build_status
from twintrade.render.figures import alt_text, forest
from twintrade.render.names import list_check_names, name_scale
from twintrade.render.page import Page, name_objecting
from twintrade.render.reading import End, Record, find_overall, read_number, read_whole, read_words, take_text
from twintrade.render.tables.effect_rows import convert_to_percent, describe_reference, find_decimals
from twintrade.render.tables.ladder import is_size_unknown
from twintrade.text import Listed, Text, Value, complete_sentence, find_fact, join_sentences, numbers, texts

# Below the headline: the rows and pairs it rests on, and what the ladder says for each question that is asked.

TARGETS = ("total", "average unit", "average cell", "path")


def describe_support(page: Page, spec: Record) -> list[blocks.Block]:
    """Say how many treated rows and pairs the headline rests on, where it imputes them."""
    sentences: list[str] = []
    left, without = read_whole(spec.get("n_treated_rows_left_out")), read_whole(spec.get("n_without_outcome_before"))
    n = read_whole(spec.get("n_treated_rows"))
    if n is not None and left is not None and without is not None:
        has_logs = take_text(spec.get("target")) == "average unit" and bool(take_text(spec.get("overall_note")))
        counts = {"n": n, "of": n + left, "left": left, "without": without, "logs": has_logs}
        sentences.append(page.say("imputed_rows" if left or without else "imputed_all", **counts))
    findings = reading.list_findings(page.results, "concentration")
    sentences += [read_words(finding, "sentence") for finding in findings if reading.has_spoken(finding)]
    return [blocks.build_paragraph(str(Listed(tuple(sentences), "sentences")))] if sentences else []


def spread(page: Page, spec: Record) -> list[blocks.Block]:
    """Say how far the columns lie apart in percent, by target, and that their signs differ where they do."""
    columns = reading.list_specifications(page.results)
    ranges = {} if read_whole(spec.get("n_treated_units")) == 1 else _by_target(page, columns)
    if sum(map(len, ranges.values())) < 2:
        return _on_one_scale(page, spec, columns)
    sentences = []
    for target, values in ranges.items():
        low, high = numbers.format_percent(values[0]), numbers.format_percent(values[-1])
        key, n = "target_range" if len(values) > 1 else "target_one", len(values)
        sentences.append(page.say(key, target=_name(page, target), low=low, high=high, n=n))
    targets = Listed(tuple(sentences), "semicolon")
    before, after = page.say("range_by_target", table="\0", targets=targets).split("\0")
    if len({value > 0 for values in ranges.values() for value in values}) > 1:
        after += " " + page.say("signs_differ", target=_name(page, take_text(spec.get("target"))))
    return [blocks.build_paragraph(before, *_tables(page, columns), after)]


def _by_target(page: Page, columns: list[Record]) -> dict[str, list[float]]:
    by_target: dict[str, list[float]] = {target: [] for target in TARGETS}
    for column in columns:
        for target, kind in ((take_text(column.get("target")), "overall"), ("path", "path")):
            value = convert_to_percent(find_overall(page.results, column, kind=kind))
            if value == value and target in by_target:
                by_target[target].append(value)
    return {target: sorted(values) for target, values in by_target.items() if values}


def _name(page: Page, target: str) -> str:
    key = f"target_{target.replace(' ', '_')}"
    columns = reading.list_specifications(page.results)
    with_path = (c for c in columns if find_overall(page.results, c, kind="path") is not None)
    references = [read_whole(c.get("reference")) for c in with_path]
    return page.say(key, what=describe_reference(page, references[0] if references else None))


def _on_one_scale(page: Page, spec: Record, columns: list[Record]) -> list[blocks.Block]:
    """Say how far the columns on the headline's scale lie apart."""
    headline = find_overall(page.results, spec)
    overalls = [e for e in (find_overall(page.results, c) for c in columns) if e is not None]
    same = [e for e in overalls if headline is not None and take_text(e["scale"]) == take_text(headline["scale"])]
    if len(same) < 2:
        return []
    ordered = sorted(same, key=lambda e: read_number(e["effect"]))
    percents = [convert_to_percent(e) for e in (ordered[0], ordered[-1])]
    if percents[0] == percents[0]:
        low, high = (str(Text("brief.signed", percent=percent)) for percent in percents)
    else:
        low, high = (numbers.format_fixed(e["effect"], find_decimals(e)) for e in (ordered[0], ordered[-1]))
        high = f"{high} {name_scale(take_text(ordered[0]['scale']))}"
    before, after = page.say("ladder_range", n=len(same), table="\0", low=low, high=high).split("\0")
    return [blocks.build_paragraph(before, *_tables(page, columns), after)]


def _tables(page: Page, columns: list[Record]) -> tuple[blocks.Span | str, ...]:
    """Return references to the tables that the ladder takes."""
    n = -(-len(columns) // page.tables.count_columns())
    parts = [blocks.build_reference("ladder" if n == 1 else f"ladder-{i}") for i in range(1, n + 1)]
    return (parts[0], *(piece for part in parts[1:] for piece in (", ", part)))


def describe_bounds(page: Page, spec: Record) -> list[blocks.Block]:
    """Say that the headline has no bounds under violations of its assumption where another column's path has them."""
    about = {reading.read_column(f) for f in reading.list_findings(page.results, "honest") if reading.has_spoken(f)}
    columns = reading.list_specifications(page.results)
    others = [reading.format_label(column) for column in columns if reading.read_column(column) in about]
    if not others or reading.read_column(spec) in about:
        return []
    return [blocks.build_paragraph(page.say("no_bounds", label=Listed(tuple(others), "comma")))]


# What the page says about the headline in money, put together in one place.


def describe_money(page: Page, money: Money) -> str:
    """Return what is said about the headline in money, or how far that can be said."""
    shared: dict[str, Value] = {"outcome": page.outcome, "period_name": page.period_name, "level": money.level}
    shared |= {"first": money.first, "last": money.last}
    shared["who"] = money.unit_name or page.say("money_who", n=money.n_units)
    if money.state == "stated":
        low, high = _write(money, money.low, money.low_error), _write(money, money.high, money.high_error)
        if money.total < 0:  # so much lower: every end changes sign
            low, high = high, low
        return page.say(
            "money_single" if money.unit_name else "money", **shared,
            direction=page.say("lower" if money.total < 0 else "higher"), value=_write(money, money.total),
            total=texts.format_quantity(abs(money.total), money.unit), low=low, high=high,
        )  # fmt: skip
    checks = Listed(tuple(list_check_names(money.objecting)), "comma")
    objecting: dict[str, Value] = {"n": len(money.objecting), "names": checks}
    reason = Listed(tuple(page.say(f"money_{reason}", **objecting, detail=money.detail) for reason in money.reasons))
    if money.state == "unavailable":
        return page.say("money_absent", reason=reason)
    sentences = [page.say("money_bounded", reason=reason)]
    if money.low == money.low and math.isfinite(max(money.low, -money.high)):
        ends = {name: _end(page, money, name) for name in ("low", "high")}
        sentences.append(page.say("money_not_excluded", **shared, **ends, graded=_find_dealt(page) is not None))
    if math.isfinite(money.detectable):
        size = texts.format_quantity(money.average(money.detectable), money.unit)
        how = find_fact("labels.detected-by-", money.detected_by)
        sentences.append(page.say("money_detectable", **shared, size=size, how=how))
    return join_sentences(sentences)


def _find_dealt(page: Page) -> Record | None:
    """Return the graded change of the first page, whose interval then is not the headline's own; none of a case."""
    graded = reading.find_graded(page.results)
    return None if graded is None or take_text(graded.get("inference")) == "placebo" else graded


def _end(page: Page, money: Money, name: str) -> str:
    """Return one end of what cannot be excluded: so much lower, so much higher, or that there is no end."""
    total = money.low if name == "low" else money.high
    if math.isinf(total):
        return page.say("no_lower_end" if name == "low" else "no_end")
    size = _write(money, total, money.low_error if name == "low" else money.high_error)
    return f"{size} {page.say('lower' if total < 0 else 'higher')}"


def _write(money: Money, end: float, error: float = math.nan) -> str:
    """Return the size of a total or its end on average a period, to the digits that other draws would leave."""
    return texts.format_quantity(abs(money.average(end)), money.unit, money.average(error))


def build_exhibit(page: Page) -> tuple[blocks.Block, ...] | blocks.Absent:
    """Return the summary."""
    results = page.results
    question = results.sections.get("question") or page.say("question", outcome=page.outcome)
    opens_brief = reading.find_headline(results) is not None
    content: list[blocks.Block] = [blocks.Heading(2, page.say("summary"), "summary"), *build_status(page)]
    if not opens_brief:
        content.append(blocks.build_paragraph(question))
    verdicts = reading.list_findings(results, reading.CASE_VERDICT)
    case = [blocks.Note("note", blocks.build_spans(read_words(verdict, "sentence"))) for verdict in verdicts]
    content += case
    spec = reading.find_headline(results)
    effect = find_overall(results, spec) if spec is not None else None
    if spec is None or effect is None:
        reason = read_words(dict(results.sections), "no_effect") or page.say("finding_absent_reason")
        if answer := read_words(dict(results.sections), "answer"):
            content.append(blocks.build_paragraph(answer))
        content.append(blocks.Note("note", blocks.build_spans(page.say("case_descriptive"))))
        content.append(blocks.build_paragraph(page.say("finding_absent", reason=texts.strip_stop(reason))))
    else:
        content.append(blocks.build_paragraph(_finding(page, spec, effect)))
        content += [*describe_support(page, spec), *_other_method(page, spec)]
        if (money := reading.find_payload(results, "money")) is not None:
            content.append(blocks.build_paragraph(describe_money(page, Money.from_frame(money))))
        content += [*spread(page, spec), *describe_bounds(page, spec)]
        note = read_words(spec, "inference_note")
        if note:
            content.append(blocks.build_paragraph(page.say("how_sure", note=complete_sentence(note))))
        if not case:
            content.append(_checks(page, spec))
    if opens_brief:
        return tuple(content)
    content += [blocks.Note("warning", blocks.build_spans(sentence)) for sentence in page.list_first_warnings()]
    limits = [line for line in results.sections.get("limits", "").splitlines() if line.strip()]
    if limits:
        content.append(blocks.build_paragraph(page.say("limits")))
        content.append(blocks.BulletList(tuple(blocks.build_spans(line) for line in limits)))
    return tuple(content)


def describe_estimate(page: Page, spec: Record, effect: Record) -> str:
    """Return the sentence that states one estimate: size, direction, interval, never a cause."""
    scale, value = take_text(effect.get("scale")), read_number(effect["effect"])
    is_log = scale == "log points"
    ends = reading.read_ends(effect)
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
            return texts.format_quantity(amount, unit, error)
        percent = numbers.format_percent(shown.value, shown.choose_decimals(1))
        return f"{percent} {unit}" if scale == "share" else percent

    shown = size(value).removeprefix(numbers.MINUS)
    if scale == "level":
        shown = page.say("mean_size", size=shown, period_name=page.period_name)

    def end(shown: End, unbounded: str) -> str:
        return page.say(unbounded) if math.isinf(shown.value) else size(shown.value, shown.error)

    p = read_number(effect.get("p"))
    outcome = take_text(spec.get("outcome")) or page.outcome
    is_total = scale == "percent" and take_text(spec.get("target")) == "total"
    if is_total and read_whole(spec.get("n_treated_units")) != 1:
        outcome = page.say("outcome_of_total", outcome=outcome)
    return page.say(
        f"finding_{'percent' if is_log else 'level'}{ending}", outcome=outcome, size=shown,
        direction=page.say("lower" if value < 0 else "higher"), level=read_number(effect.get("level")),
        low=end(ends[0], "no_lower_end") if has_interval else "", high=end(ends[1], "no_end") if has_interval else "",
        effect=numbers.format_fixed(value, find_decimals(effect)), label=reading.format_label(spec), p=p,
        has_p=p == p,
    )  # fmt: skip


def _finding(page: Page, spec: Record, effect: Record) -> str:
    low, high = read_number(effect.get("low")), read_number(effect.get("high"))
    sentences = [describe_estimate(page, spec, effect)]
    has_interval = low == low and high == high
    if has_interval:
        key = "interval_above_zero" if low > 0 else "interval_below_zero" if high < 0 else "interval_holds_zero"
        sentences.append(page.say(key))
    if (graded := _find_dealt(page)) is not None:
        first = {name: read_number(graded[name]) for name in ("percent", "ordinary")}
        sentences.append(page.say("finding_of_first_page", **first))
    if is_size_unknown(spec):
        sentences.append(page.say("size_not_studied"))
    known = [r for r in reading.list_records(page.results.findings) if read_number(r.get("detectable")) > 0]
    grades = read_graded(page.results)
    if grades and grades[0].rise_found == grades[0].rise_found:
        sentences += map(str, describe_found(grades[0]))
    elif known:
        sentences.append(page.say("detectable", sentence=read_words(known[0], "sentence")))
    elif not (low > 0 or high < 0):
        sentences.append(page.say("detectable_absent", has_interval=has_interval))
    return str(Listed(tuple(sentences), "sentences"))


def _other_method(page: Page, spec: Record) -> list[blocks.Block]:
    """Say what the mean of the single cases is, and that the headline is the answer, where both were made."""
    frames = reading.find_payloads(page.results, "cases_forest").values()
    rows = (row for frame in frames for row in reading.list_records(frame))
    mean = next((row for row in rows if take_text(row.get("method"))), None)
    if mean is None:
        return []
    write = numbers.format_log_percent if take_text(mean["scale"]) == "log points" else texts.format_quantity
    low, high, effect = (write(read_number(mean[key])) for key in ("low", "high", "effect"))
    sentence = page.say(
        "other_method", method=read_words(mean, "method"), size=effect, level=read_number(mean["level"]), low=low,
        high=high, how=read_words(mean, "interval_method"), label=reading.format_label(spec),
    )  # fmt: skip
    return [blocks.build_paragraph(sentence)]


def _checks(page: Page, spec: Record) -> blocks.Note | blocks.Paragraph:
    """Return how many checks object, cannot tell or do not object, and what follows for the estimate."""
    n_object, n_cannot, n_silent = counts = reading.count_verdicts(page.results)
    if not any(counts):
        return blocks.Note("note", blocks.build_spans(page.say("checks_absent")))
    objecting = name_objecting(page)
    verdicts = {"n_checks": sum(counts), "n_object": n_object, "n_cannot": n_cannot, "n_silent": n_silent}
    counted = page.say("checks_counted", **verdicts, names=Listed(tuple(objecting), "comma"))
    if objecting:
        return blocks.Note("warning", blocks.build_spans(f"{counted} {page.say('checks_object')}"))
    if read_whole(spec.get("n_treated_units")) == 1:
        return blocks.build_paragraph(f"{counted} {page.say('checks_single')}")
    effect = find_overall(page.results, spec)
    if effect is not None and read_number(effect.get("low")) * read_number(effect.get("high")) > 0:
        counted += f" {page.say('checks_assumption', assumption=read_words(spec, 'assumption'))}"
    return blocks.build_paragraph(counted)


# What the change of the pairs means for all trade of their cities: a table and a figure over the declared models.

PAYLOAD = "translation"
SHOWN = {"pairs": 1, "exports": 2, "other_exports": 2, "third_exports": 3, "real_income": 3, "diverted": 0}
"""Outcomes and the decimals of their percent."""
DRAWN = ("exports", "other_exports", "third_exports", "real_income")
VARIED = ("elasticity", "supply", "home_share")


def build_translation(page: Page) -> tuple[blocks.Block, ...] | blocks.Absent:
    """Return the exhibit; nothing where no world is declared, and the reason where the change has no translation."""
    frame, diverted = reading.find_payload(page.results, PAYLOAD), collect_facts(page).diverted
    if frame is None or diverted is None:
        return ()
    rows = reading.list_records(frame)
    if diverted.state == "reason":
        return blocks.Absent(reading.read_words(rows[0], "reason"))
    pushed = {name: read_number(rows[0][name]) for name in ("effect", "effect_low", "effect_high")}
    counts = {name: reading.read_whole(rows[0][name]) or 0 for name in ("n_pairs", "n_places")}
    why = page.say(f"translation_{diverted.state}", low=diverted.low, high=diverted.high)
    effects = find_fact("labels.column-effects-", take_text(rows[0]["again_effects"]))
    again = page.say("translation_again", again=read_number(rows[0]["again"]), effects=effects)
    opening = join_sentences((page.say("translation_opening", **pushed, **counts), why, again))
    exhibits = (_build_translation_table(page, rows), _draw_models(page, frame))
    return (blocks.Heading(2, page.say(PAYLOAD), PAYLOAD), blocks.build_paragraph(opening), *exhibits)


def _build_translation_table(page: Page, rows: list[Record]) -> blocks.Table:
    def write(row: Record) -> blocks.Cell:
        shown = numbers.format_fixed(read_number(row["estimate"]), SHOWN[row["outcome"]])
        return build_cell(shown, *cite(row, "estimate"))

    varied = [name for name in VARIED if any(take_text(row["varied"]) == name for row in rows)]
    heads = ["outcome", "change", "ends", *varied, "conditional"]
    lines = []
    for outcome, decimals in SHOWN.items():
        mine = [row for row in rows if row["outcome"] == outcome]
        by = {name: [row for row in mine if row["varied"] == name] for name in (*heads, "centre")}
        if not by["centre"]:
            continue
        centre = by["centre"][0]
        ends = texts.format_interval(centre["low"], centre["high"], decimals)
        cells = [write(centre), build_cell(ends, *cite(centre, "low", "high"))]
        for name in varied:
            low, *_, high = sorted((centre, *by[name], centre), key=lambda row: read_number(row["estimate"]))
            shown = texts.format_interval(low["estimate"], high["estimate"], decimals)
            cells.append(build_cell(shown, *cite(low, "estimate"), *cite(high, "estimate")))
        cells += map(write, by["conditional"]) if by["conditional"] else [build_cell("")]
        lines.append(blocks.build_row(page.say(f"translation_{outcome}"), *cells))
    columns = (blocks.Column("left", 1.0), *(blocks.Column("right") for _ in heads[1:]))
    header = blocks.build_row(*(page.say(f"translation_{name}_head") for name in heads)).cells
    central = next(row for row in rows if take_text(row["varied"]) == "centre")
    notes = (*page.simulated_note, page.say("translation_note", centre=_name_model(page, central)))
    return blocks.Table(PAYLOAD, page.say("translation_table"), columns, (header,), (tuple(lines),), notes)


def _name_model(page: Page, row: Record) -> str:
    """Return what sets a model apart: its kind, elasticities and home share."""
    known = {name: read_number(row[name]) for name in VARIED if read_number(row[name]) == read_number(row[name])}
    kind = page.say(f"translation_{take_text(row['model'])}")
    parts = (page.say(f"translation_of_{name}", value=value) for name, value in known.items())
    return str(Listed((kind, *parts), "comma"))


def _draw_models(page: Page, frame: pd.DataFrame) -> blocks.Figure:
    """Draw each outcome in the central model and in those that differ from it in one thing."""
    shown = frame[(frame["varied"].map(take_text) != "several") & frame["outcome"].isin(DRAWN)]
    labels = [_name_model(page, row) for row in reading.list_records(shown)]
    shown = shown.assign(label=labels, group="", effect=shown["estimate"], scale="percent")
    names = {name: page.say(f"translation_{name}") for name in DRAWN if name in set(shown["outcome"])}
    drawing = forest.draw_panels(page.drawable(shown), names, x_label=str(Text("brief.percent")), theme=page.theme)
    caption = page.say("translation_figure")
    return page.figure(PAYLOAD, caption, drawing, alt_text.describe_forest(shown), shown)
