"""Every check in one table: what an estimate becomes when one thing changes, and what the check says of it."""

import math
from dataclasses import dataclass, replace
from itertools import chain

import pandas as pd

from twintrade.render import blocks, reading
from twintrade.render.citing import Sources, build_cell, cite
from twintrade.render.exhibits.payloads import build_payload
from twintrade.render.exhibits.single_case import build_payloads, list_sentences
from twintrade.render.figures import alt_text, forest
from twintrade.render.figures.percent_paths import convert_to_logs, convert_to_percents
from twintrade.render.names import OF_NO_COLUMN, name_check, name_column
from twintrade.render.page import Page
from twintrade.render.reading import TABLED, Record, has_spoken, read_column, read_number, take_text
from twintrade.text import Listed, Text, name_fact, numbers, texts

# The checks that a page tables: of the headline, of other columns, and the variants of each.

VARIANTS = ("variants", "forest")
MOST_VARIANTS = 5
N_LARGEST = 3  # variants of a check that the table names where it has more than ``MOST_VARIANTS``
NUMBERS = ("effect", "low", "high", "difference", "difference_low", "difference_high")
SAME = 1e-9  # difference, over the effect's size, up to which a variant is the headline itself


@dataclass(frozen=True, slots=True)
class Change:
    """A variant of the headline: its name, its row, its effect and ends, and how far it lies from the headline."""

    name: str
    row: Record
    effect: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    p: float


@dataclass(frozen=True, slots=True)
class JudgedCheck:
    """A check with its verdict, the variants it tabled, and those further ones that only their range tells of."""

    name: str
    column: str
    scale: str
    finding: Record
    changes: tuple[Change, ...]
    others: tuple[Change, ...]


def collect_checks(page: Page, findings: list[Record], *, is_whole: bool) -> list[JudgedCheck]:
    """Return the checks of the headline, of other columns those that object, of the rest one of a kind; or all."""
    columns = {read_column(s): s for s in reading.list_specifications(page.results)}
    headline = reading.find_headline(page.results)
    headline_key = read_column(headline or {})
    of_headline = {f["diagnostic"] for f in findings if read_column(f) == headline_key}
    seen: set[str] = set()
    checks = []
    for finding in findings:
        name = take_text(finding["diagnostic"])
        is_own = read_column(finding) == headline_key or name in OF_NO_COLUMN
        is_first = name not in of_headline and name not in seen
        if is_whole or is_own or is_first or take_text(finding["verdict"]) == "objects":
            seen.add(name)
            column = columns.get(read_column(finding), headline)
            checks.append(_read_check(page, finding, column, is_own=is_own, is_whole=is_whole))
    return checks


def _read_check(page: Page, finding: Record, column: Record | None, *, is_own: bool, is_whole: bool) -> JudgedCheck:
    overall = reading.find_overall(page.results, column) if column is not None else None
    changes = _list_changes(page, finding, with_base=not is_own)
    shown = changes
    if len(changes) > MOST_VARIANTS and not is_whole:
        apart = sorted((c for c in changes if abs(c.difference) > 0), key=lambda c: -abs(c.difference))
        shown = [c for c in changes if c not in apart] + apart[:N_LARGEST]
    return JudgedCheck(
        name=name_check(take_text(finding["diagnostic"])),
        column="" if is_own or column is None else reading.format_label(column),
        scale=take_text(overall["scale"]) if overall is not None else "", finding=finding,
        changes=tuple(c for c in changes if c in shown), others=tuple(c for c in changes if c not in shown),
    )  # fmt: skip


def _list_changes(page: Page, finding: Record, *, with_base: bool) -> list[Change]:
    """Return the variants that a check tabled; what differs from nothing only where it is not the headline itself."""
    changes = []
    for key in take_text(finding.get("payloads")).split():
        frame = reading.find_payload(page.results, key)
        if frame is None or page.results.payload_kinds.get(key) not in VARIANTS or "label" not in frame:
            continue
        for row in reading.list_records(frame):
            values = [read_number(row.get(n)) for n in (*NUMBERS, "p")]
            is_base = abs(values[3]) <= SAME * max(1.0, abs(values[0]))
            if values[0] == values[0] and (with_base or not is_base):
                changes.append(Change(reading.read_words(row, "label"), row, *values))
    return changes


HEADS = ("check", "change-short", "interval-short", "difference", "p", "bound", "power-short")
EDGES, WEIGHTS = ("check", "verdict"), {"check": 2.0, "difference": 1.5, "verdict": 1.0}
LEAST_DRAWN = 3
MOST_DRAWN = 5  # variants of a check that the figure shows: those farthest from the headline
PAIRED = ("path", "sensitivity", "power", "cell_weights", "heat_map", "bacon")
"""Kinds of payloads whose figures stand side by side."""


def build_exhibit(page: Page) -> tuple[blocks.Block, ...] | blocks.Absent:
    """Return what objects in words, a figure of the variants and, in full, the table and sentence of every check."""
    findings = [f for f in reading.list_records(page.results.findings) if take_text(f.get("verdict")) in TABLED]
    spoken, is_whole = [f for f in findings if has_spoken(f)], page.is_whole
    checks = collect_checks(page, spoken, is_whole=is_whole)
    tabled_keys = {key for check in checks for key in take_text(check.finding.get("payloads")).split()}
    kinds, owners = page.results.payload_kinds, reading.list_topic_payloads(page.results, "sensitivity")
    untabled = {key: of for key, of in owners.items() if key not in tabled_keys or kinds.get(key) not in VARIANTS}
    owners = untabled if is_whole else {}
    lines = _list_spoken(page, spoken) if is_whole else _list_objecting(page, findings)
    if not (checks or owners or (is_whole and lines.items)):
        return blocks.Absent(page.say("absent_sensitivity"))
    n_object, n_cannot, n_silent = counts = reading.count_verdicts(page.results)
    intro = page.say("robustness_intro", n=sum(counts), n_object=n_object, n_cannot=n_cannot, n_silent=n_silent)
    if "summary" in page.exhibits and not reading.list_findings(page.results, reading.CASE_VERDICT):
        intro = page.say("robustness_unseen")  # the summary counts them
    opening = (blocks.Heading(2, page.say("sensitivity"), "sensitivity"), blocks.build_paragraph(intro))
    bullets: list[blocks.Block] = [lines] if lines.items else []
    drawn = _draw(page, checks, findings) if checks else ()
    tabled = [*([_build_table(page, checks, findings)] if checks and (is_whole or not drawn) else []), *drawn]
    if not is_whole:
        rates = {key: reading.find_payload(page.results, key) for key in reading.CALIBRATED}
        judged = (build_payload(page, key, frame) for key, frame in rates.items() if frame is not None)
        return (*opening, *bullets, *tabled, *chain.from_iterable(judged))
    return (*opening, *tabled, *bullets, *build_payloads(page, owners, PAIRED))


def _list_spoken(page: Page, spoken: list[Record]) -> blocks.BulletList:
    """Return what the checks of the topic say, what objects first, of one made for several columns the first."""
    of_topic = [f for f in reading.list_topic_findings(page.results, "sensitivity") if has_spoken(f)]
    judged = [check.finding for check in collect_checks(page, spoken, is_whole=False)]
    informing = [f for f in of_topic if take_text(f.get("verdict")) not in TABLED]
    return list_sentences(page, [*(f for f in judged if f in of_topic), *informing])


def _list_objecting(page: Page, findings: list[Record]) -> blocks.BulletList:
    """Return what objects, of each check the first, unless the page of a single case says it."""
    elsewhere = "single_case" if "single_case" in page.exhibits else None
    objecting: dict[str, Record] = {}
    for finding in findings:
        if take_text(finding["verdict"]) == "objects" and take_text(finding.get("topic")) != elsewhere:
            objecting.setdefault(take_text(finding["diagnostic"]), finding)
    return list_sentences(page, list(objecting.values()))


def _build_table(page: Page, checks: list[JudgedCheck], findings: list[Record]) -> blocks.Table:
    heads = [*(str(Text(f"tables.{key}")) for key in HEADS), name_column("verdict")]
    columns = [blocks.Column("left" if n in EDGES else "right", WEIGHTS.get(n, 0.0)) for n in (*HEADS, EDGES[1])]
    groups = filter(None, (_head_rows(page), *(_check_rows(check) for check in checks)))
    notes = (*page.simulated_note, page.say("robustness_note"), *_list_notes(page, checks, findings))
    table = blocks.build_table("robustness", page.say("robustness_caption"), heads, groups, notes)
    return replace(table, columns=tuple(columns), is_ordered=True)


def _list_notes(page: Page, checks: list[JudgedCheck], findings: list[Record]) -> list[str]:
    """Return what would overturn the headline, how many checks are shown of how many, and which could not be made."""
    notes = _say_overturned(page)
    n_judged, n_shown = count_judged(page, checks)
    if n_shown < n_judged:
        notes.append(page.say("robustness_counted", n=n_judged, n_shown=n_shown))
    absent = dict.fromkeys(name_check(take_text(f["diagnostic"])) for f in findings if not has_spoken(f))
    tabled = {check.name for check in checks}
    if missing := [name for name in absent if name not in tabled]:
        notes.append(page.say("robustness_absent", names=Listed(tuple(missing), "comma")))
    return notes


def count_judged(page: Page, checks: list[JudgedCheck]) -> tuple[int, int]:
    """Return how many checks have a verdict, as the summary counts them, and how many of those are tabled."""
    shown = [check for check in checks if take_text(check.finding["verdict"]) in reading.VERDICTS]
    return sum(reading.count_verdicts(page.results)), len(shown)


def _head_rows(page: Page) -> tuple[blocks.Row, ...]:
    overall = reading.find_headline_effect(page.results)
    if overall is None:
        return ()
    scale = take_text(overall["scale"])
    ends, decimals = reading.read_shown_ends(overall), 1 if scale in ("log points", "percent") else 3
    name = page.say("robustness_headline", label=reading.format_label(reading.find_headline(page.results) or {}))
    p = build_cell(texts.format_p_cell(overall.get("p")), *cite(overall, "p"))
    effect = build_cell(_write(read_number(overall.get("effect")), scale), *_cite(overall, scale, "effect"))
    form = "log" if scale == "log points" else ""
    spread = build_cell(reading.format_ends(ends, decimals), *reading.cite_ends(overall, ends, decimals, form))
    return (blocks.build_row(name, effect, spread, "", p, "", "", ""),)


def _say_overturned(page: Page) -> list[str]:
    """Return how large a bias would overturn the headline: the interval's nearer end, or half of one with zero."""
    overall = reading.find_headline_effect(page.results) or {}
    low, high = read_number(overall.get("low")), read_number(overall.get("high"))
    is_clear = low * high > 0
    size = min(abs(low), abs(high)) if is_clear else (high - low) / 2
    if not math.isfinite(size):
        return []
    shown = Text("common.effect", value=size, scale=take_text(overall["scale"]).replace(" ", "-"))
    return [page.say("robustness_overturn", size=shown, clear=is_clear)]


def _check_rows(check: JudgedCheck) -> tuple[blocks.Row, ...]:
    name = f"{check.name} ({check.column})" if check.column else check.name
    finding, scale = check.finding, check.scale
    verdict = name_fact("labels.verdict-", take_text(finding["verdict"]))
    p = "" if check.changes else texts.format_p_cell(read_number(finding.get("p")))
    size = read_number(finding.get("bound"))
    known = {0.0: "tables.no-bound", math.inf: "tables.open-end"}
    shown = str(Text(known[size])) if size in known else _write(size, scale)
    bound = build_cell(shown, *_cite(finding, scale, "bound"))
    share = read_number(finding.get("power"))
    power = build_cell(f"{100 * share:.0f}" if share == share else "", *cite(finding, "power", form="share"))
    rows = [blocks.build_row(name, "", "", "", build_cell(p, *cite(finding, "p")), bound, power, verdict)]
    for change in check.changes:
        effect = build_cell(_write(change.effect, scale), *_cite(change.row, scale, "effect"))
        ends = build_cell(_write_interval(change.low, change.high, scale), *_cite(change.row, scale, "low", "high"))
        p_cell = build_cell(texts.format_p_cell(change.p), *cite(change.row, "p"))
        label = str(Text("tables.variant", name=change.name))
        rows.append(blocks.build_row(label, effect, ends, _compare(change, scale), p_cell, "", "", ""))
    if check.others:
        others, spread, extremes = _say_others(check)
        sources = [source for end in extremes for source in _cite(end.row, scale, "effect")]
        rows.append(blocks.build_row(others, build_cell(spread, *sources), "", "", "", "", "", ""))
    return tuple(rows)


def _say_others(check: JudgedCheck) -> tuple[str, str, list[Change]]:
    """Return how many variants only their range tells of, that range, and the variants at its ends."""
    ends = [pick(check.others, key=lambda change: change.effect) for pick in (min, max)]
    low, high = (_write(end.effect, check.scale) for end in ends)
    spread = str(Text("numbers.interval", low=low, high=high))
    return str(Text("tables.other-variants", n=len(check.others))), spread, ends


def _cite(record: Record, scale: str, *columns: str) -> Sources:
    return cite(record, *columns, form="log" if scale == "log points" else "")


def _write(value: float, scale: str) -> str:
    """Return an effect or a difference: in percent where it is a change, else as it is."""
    if value != value:
        return ""
    if scale == "log points":
        value = numbers.convert_log_to_percent(value)
    return numbers.format_fixed(value, 1) if scale in ("log points", "percent") else numbers.format_compact(value, 3)


def _write_interval(low: float, high: float, scale: str) -> str:
    if low != low or high != high:
        return ""
    if scale == "log points":
        low, high = numbers.convert_log_to_percent(low), numbers.convert_log_to_percent(high)
    return texts.format_interval(low, high, 1 if scale in ("log points", "percent") else 3)


def _compare(change: Change, scale: str) -> blocks.Cell:
    """Return how far a variant lies from the headline, with the interval of that difference where it has one."""
    interval = _write_interval(change.difference_low, change.difference_high, scale)
    columns = NUMBERS[3:] if interval else NUMBERS[3:4]
    shown = _write(change.difference, scale) + (f" ({interval})" if interval else "")
    return build_cell(shown, *_cite(change.row, scale, *columns))


def _draw(page: Page, checks: list[JudgedCheck], findings: list[Record]) -> tuple[blocks.Block, ...]:
    """Return the variants before the headline's interval, in short below a line a check; nothing if there are few."""
    overall = reading.find_headline_effect(page.results)
    if overall is None or take_text(overall["scale"]) not in ("log points", "percent"):
        return ()
    scale, is_whole = take_text(overall["scale"]), page.is_whole
    rows: list[Record] = []
    for check in checks:
        changes = check.changes if check.scale == scale and not check.column else ()
        apart = sorted(changes, key=lambda c: -abs(c.difference) if c.difference == c.difference else 0.0)
        shown = [c for c in changes if c in apart[:MOST_DRAWN]]
        name = f"{check.name} ({check.column})" if check.column else check.name
        verdict = name_fact("labels.verdict-", take_text(check.finding["verdict"]))
        p = math.nan if shown else read_number(check.finding.get("p"))  # a check's own where no variant has one
        line = dict.fromkeys(("group", "label", *NUMBERS[:3], "p"), math.nan) | {"group": check.name}
        line |= {"verdict": "", "is_head": False}
        rows += [] if is_whole else [line | {"label": name, "p": p, "verdict": verdict, "is_head": True}]
        rows += [line | {"label": c.name, "effect": c.effect, "low": c.low, "high": c.high, "p": c.p} for c in shown]
        if shown and check.others and not is_whole:
            others, spread, _ = _say_others(check)
            rows.append(line | {"label": str(Text("common.headed", head=others.strip(), said=spread))})
    if sum(row["effect"] == row["effect"] for row in rows) < LEAST_DRAWN:
        return ()
    frame = pd.DataFrame(rows).drop(columns=["p", "verdict", "is_head"] if is_whole else []).assign(scale=scale)
    ends = {name: read_number(overall.get(name)) for name in ("effect", "low", "high")}
    logs = convert_to_logs(pd.concat([frame, pd.DataFrame([ends])]).assign(scale=scale))
    headline = logs.iloc[-1]
    drawing = forest.draw_changes(
        page.drawable(logs.iloc[:-1]), page.theme,
        headline=(headline["effect"], headline["low"], headline["high"]),
    )  # fmt: skip
    percents = convert_to_percents(frame)
    alt = alt_text.describe_forest(percents[percents["effect"].notna()])
    notes = () if is_whole else (page.say("robustness_judged_note"), *_list_notes(page, checks, findings))
    return (
        page.figure(
            "robustness-forest", page.say("robustness_figure" if is_whole else "robustness_caption"), drawing, alt,
            percents, notes=(page.say("robustness_figure_note"), *notes),
        ),
    )  # fmt: skip
