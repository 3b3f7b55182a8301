"""The treatment register as a table: each agreement, all its dates, from when it counts, and who says so."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import pandas as pd

from twintrade.effects import ResultSet
from twintrade.render import reading
from twintrade.render.blocks import Cell, Column, Row, Table, build_row, build_table
from twintrade.render.citing import WHOLE_ROW, WORDS, Sources, build_cell, cite, cite_rows, list_places
from twintrade.render.names import (
    OF_NO_COLUMN,
    capitalize,
    name_check,
    name_column,
    name_inference,
    name_status,
    name_within,
)
from twintrade.render.page import Page
from twintrade.render.reading import Record, list_records, read_words, take_text
from twintrade.render.tables.effect_rows import find_decimals
from twintrade.render.tables.ladder import is_gravity
from twintrade.render.tables.plain import build_plain_table, tabulate, weigh_column
from twintrade.text import Listed, Text, Words, describe_bounds, find_fact, name_fact, numbers, texts
from twintrade.text.numbers import format_count, format_event_time

# Tables of the run: findings, messages, inferences side by side.


def build_findings_table(page: Page, elsewhere: Callable[[Record], str]) -> Table:
    """Return every finding with its verdict and sentence, failures first; others only if not said ``elsewhere``."""
    names = reading.list_labels(page.results)
    rank = {"objects": 0, "cannot tell": 1, "does not object": 2}
    ordered = sorted(list_records(page.results.findings), key=lambda r: rank.get(take_text(r["verdict"]), 3))
    columns: dict[str, Callable[[Record], object]] = {
        "check": lambda r: name_check(take_text(r["diagnostic"])),
        "estimate": lambda r: "" if r["diagnostic"] in OF_NO_COLUMN else names.get(reading.read_column(r), ""),
        "verdict": lambda r: name_fact("labels.verdict-", take_text(r["verdict"]), "–"),
        "sentence": lambda r: (take_text(r["verdict"]) != "objects" and elsewhere(r)) or read_words(r, "sentence"),
    }
    frame = tabulate(ordered, columns)
    weights, caption = {"check": 1.1, "estimate": 1.4, "sentence": 4.0, "verdict": 0.6}, page.say("findings_caption")
    return build_plain_table(frame, "findings", caption, weights=weights, notes=page.simulated_note)


def build_messages_table(page: Page) -> Table:
    """Return the messages of the run, warnings first."""
    rank = {"error": 0, "warning": 1}
    ordered = sorted(list_records(page.results.messages), key=lambda r: rank.get(take_text(r["level"]), 2))
    columns: dict[str, Callable[[Record], object]] = {
        "level": lambda r: name_fact("labels.level-", take_text(r["level"])),
        "code": lambda r: take_text(r["code"]),
        "where": _place,
        "message": lambda r: read_words(r, "message"),
    }
    frame = tabulate(ordered, columns)
    sources = {"where": [cite(r, "*", form="words") for r in ordered]}
    weights = {"level": 0.7, "code": 1.3, "where": 1.2, "message": 4.0}
    return build_plain_table(frame, "messages", page.say("warnings_caption"), weights=weights, sources=sources)


def build_warnings_table(page: Page) -> Table | None:
    """Return the warnings of the run, of each kind the first and how many more there are; None without any."""
    kinds: dict[str, dict[str, Record]] = {}
    for message in list_records(page.results.messages):
        if take_text(message["level"]) in ("error", "warning"):
            kinds.setdefault(take_text(message["code"]), {}).setdefault(read_words(message, "message"), message)
    if not kinds:
        return None
    firsts = [next(iter(sentences.items())) for sentences in kinds.values()]
    further = [len(sentences) - 1 for sentences in kinds.values()]
    shown = {"message": [sentence for sentence, _ in firsts], "further": further}
    frame = pd.DataFrame(shown, index=list_places(record for _, record in firsts))
    sources = {"further": [cite_rows("messages.csv", "message", "more", code=code) for code in kinds]}
    formats: dict[str, Callable[[object], str]] = {"further": lambda n: str(n) if n else ""}
    return build_plain_table(
        frame, "warnings", page.say("warnings_table"), weights={"message": 5.0}, formats=formats,
        notes=[page.say("warnings_note")], sources=sources,
    )  # fmt: skip


def _place(record: Record) -> str:
    row = reading.read_whole(record.get("row"))
    place = "" if row is None else str(Text("data.row", row=row))
    return ", ".join(filter(None, (take_text(record.get("file")), place, take_text(record.get("column")))))


def build_inference_table(page: Page, record: Record) -> Table | None:
    """Return the estimate of one specification under each inference made for it; None where there is only one."""
    names = reading.list_inferences(page.results, record)
    overalls = [(name, reading.find_overall(page.results, record, name)) for name in names]
    rows = [(name, r) for name, r in overalls if r is not None]
    if len(rows) < 2:
        return None
    decimals = max(find_decimals(r) for _, r in rows)
    body: list[Row] = []
    for name, r in rows:
        ends, error = reading.read_ends(r), reading.read_number(r["se"])
        cells = (
            build_cell(numbers.format_fixed(r["effect"], decimals), *cite(r, "effect")),
            build_cell(numbers.format_fixed(error, decimals) if error > 0 else "–", *cite(r, "se")),
            build_cell(reading.format_ends(ends, decimals) or "–", *reading.cite_ends(r, ends, decimals)),
            build_cell(texts.format_p_cell(r["p"]) or "–", *cite(r, "p")),
        )
        label = name_inference(name)
        body.append(build_row(label if body else str(Text("tables.reported", inference=label)), *cells))
    level = reading.find_level([rows[0][1]])
    heads = ("tables.inference", "tables.estimate", "labels.column-se", "tables.interval", "tables.p")
    caption = page.say("inference_caption", label=reading.format_label(record))
    notes = (*page.simulated_note, *([page.say("gravity")] if is_gravity(record) else []))
    return build_table("inference", caption, [str(Text(head, level=level)) for head in heads], [body], notes)


_HEADS = ("pair", "agreement", "kind", "dates", "counts_from", "status", "note", "source")
_STATUS = _HEADS.index("status")
SHARES = {_HEADS.index("note"): 1.6}  # width of notes against that of other texts as long: they alone are sentences
_MOST_HOST = 20
_ADDRESS = re.compile(r"\s*\(?https?://[^\s)]+\)?")  # in a note, of which twinnings.csv has all
_WRAPPING = frozenset(range(len(_HEADS))) - {_HEADS.index("pair"), _HEADS.index("counts_from")}
DATE_COLUMNS = ("candidates", "first_contact", "memorandum", "signed", "ratified", "activated")
BOUNDS = ("not_before", "not_after")
MOST_LISTED = 500  # agreements up to which the page lists each; of more it prints counts
MOST_NAMED = 40


def build_register_table(page: Page) -> Table | None:
    """Return the dated agreements, in short the treated, or counts of more than 500; None where there are none."""
    dated = [r for r in list_records(page.results.twinnings) if not is_undated(r)]
    if not dated:
        return None
    treated = [r for r in dated if take_text(r.get("status")) == "treated"]
    others = len(dated) - len(treated) if not page.is_whole and treated and len(dated) <= MOST_LISTED else 0
    dated = treated if others else dated
    labels = reading.list_period_labels(page.results)
    labels |= {int(r["onset"]): label for r in dated if (label := take_text(r.get("onset_label")))}
    if len(dated) > MOST_LISTED:
        return _summarize(page, dated, labels)
    rows = [_row(r, labels, is_short=not page.is_whole) for r in dated]
    statuses = list(dict.fromkeys(cells[_STATUS].text for cells in rows))
    columns_shown = [j for j in range(len(_HEADS)) if j != _STATUS and any(cells[j].text for cells in rows)]

    weights = {j: SHARES.get(j, 1.0) * weigh_column(cells[j].text for cells in rows) for j in _WRAPPING}

    def group(status: str) -> tuple[Row, ...]:
        head = (Row((Cell((capitalize(status),), span=len(columns_shown)),)),) if status else ()
        return (*head, *(Row(tuple(c[j] for j in columns_shown)) for c in rows if c[_STATUS].text == status))

    heads, notes = [name_column(_HEADS[j]) for j in columns_shown], [page.say("register_others", n=others)]
    groups, columns = map(group, statuses), tuple(Column("left", weights.get(j, 0.0)) for j in columns_shown)
    table = build_table("register", page.say("register_caption"), heads, groups, notes if others else [])
    return replace(table, columns=columns)


def _summarize(page: Page, dated: Sequence[Record], labels: dict[int, str]) -> Table:
    """Return how many agreements count from each period, by status."""
    counts = Counter((reading.read_whole(one.get("onset")), take_text(one.get("status"))) for one in dated)
    statuses = sorted({status for _, status in counts})
    onsets = sorted({onset for onset, _ in counts}, key=lambda onset: math.inf if onset is None else onset)

    def count(name: str, among: Sequence[int | None]) -> Row:
        numbers = [sum(counts[onset, status] for onset in among) for status in statuses]
        start = {"onset": "" if among[0] is None else among[0]} if len(among) == 1 and among is not onsets else {}
        sources = [cite_rows("twinnings.csv", "unit", "count", **start, status=status) for status in statuses]
        sources.append(cite_rows("twinnings.csv", "unit", "count", **start))
        shown = zip((*numbers, sum(numbers)), sources, strict=True)
        return build_row(name, *(build_cell(format_count(n), *source) for n, source in shown))

    every = str(Text("tables.all"))
    names = {o: str(Text("tables.no-period")) if o is None else labels.get(o) or format_event_time(o) for o in onsets}
    named = (name_status(status) if status else str(Text("tables.no-status")) for status in statuses)
    heads = (name_column("counts_from"), *named, every)
    groups = ([count(names[onset], [onset]) for onset in onsets], [count(every, onsets)])
    notes = [page.say("register_counts", n=len(dated))]
    return build_table("register", page.say("register_caption"), heads, groups, notes, align="decimal")


def name_undated_agreements(names: Sequence[str]) -> str:
    """Return names as one text, the first of them where they are many."""
    shown, more = Listed(tuple(names[:MOST_NAMED]), "semicolon"), len(names) - MOST_NAMED
    return str(Text("tables.undated-more", names=shown, n=more) if more > 0 else shown)


def list_undated(results: ResultSet) -> list[str]:
    """Return the agreements whose date nobody knows, by name."""
    return [name_agreement(r) or take_text(r.get("unit")) for r in list_records(results.twinnings) if is_undated(r)]


def is_undated(agreement: Record) -> bool:
    """Whether an agreement has no date at all, and no bounds of one."""
    return not any(take_text(agreement.get(name)) for name in (*DATE_COLUMNS, *BOUNDS, "onset"))


def _row(agreement: Record, labels: dict[int, str], *, is_short: bool) -> tuple[Cell, ...]:
    onset = reading.read_whole(agreement.get("onset"))
    source = take_text(agreement.get("source"))
    host = urlsplit(source).hostname if source.startswith(("https://", "http://")) else None
    site = host.removeprefix("www.") if host else source
    while host and site.count(".") > 1 and len(site) > _MOST_HOST:  # a long name without its first parts
        site = site.partition(".")[2]
    flag = read_words(agreement, "flag")
    further = flag if flag != str(Text("design.flag-before")) else ""  # its status says so
    notes = "; ".join(filter(None, (further, take_text(agreement.get("note")))))
    notes = _ADDRESS.sub("", notes) if is_short else notes
    ends = (take_text(agreement.get("city")), take_text(agreement.get("partner")))
    pair = take_text(agreement.get("unit")) or "-".join(filter(None, ends))
    row = cite(agreement, WHOLE_ROW, form=WORDS)
    start = "" if onset is None else labels.get(onset) or format_event_time(onset)
    return (
        build_cell(pair, *row),
        build_cell(name_agreement(agreement), *row),
        build_cell(take_text(agreement.get("kind")), *row),
        build_cell(_dates(agreement), *row),
        build_cell(start, *_cite_start(agreement, onset, labels)),
        Cell((name_status(take_text(agreement.get("status"))),)),
        build_cell(notes, *row),
        replace(build_cell(site, *row), link=source if host else ""),
    )


def _cite_start(agreement: Record, onset: int | None, labels: dict[int, str]) -> Sources:
    """Return the source of the name of a period: the agreement's own, else the panel's, else the number."""
    if take_text(agreement.get("onset_label")):
        return cite(agreement, "onset_label", form=WORDS)
    named = onset is not None and labels.get(onset) and cite(agreement, "onset")
    return cite_rows("data.csv", "period_label", WORDS, period=onset) if named else cite(agreement, "onset")


def name_agreement(agreement: Record) -> str:
    """Return the two ends of an agreement."""
    ends = (
        take_text(agreement.get("signatory")) or take_text(agreement.get("city")),
        take_text(agreement.get("partner_city")) or take_text(agreement.get("partner")),
    )
    return " – ".join(filter(None, ends))


def name_traded(agreement: Record) -> str:
    """Return the two ends of a pair by its agreement: the state whose trade is counted where it has a name."""
    city, unit = take_text(agreement.get("city")), take_text(agreement.get("unit"))
    if not city or unit.startswith(city) or not take_text(agreement.get("signatory")):
        return name_agreement(agreement)
    twin = take_text(agreement.get("partner_city")) or take_text(agreement.get("partner"))
    return " – ".join(filter(None, (name_within(city, take_text(agreement["signatory"])), twin)))


def name_units(results: ResultSet) -> dict[str, str]:
    """Return what each pair is called by its first agreement."""
    return {take_text(row.get("unit")): name_traded(row) for row in reversed(list_records(results.twinnings))}


def _name_event(event: str) -> Words:
    """Return an event with its date in the language in use where the program names it."""
    name, _, when = event.partition(" ")
    return Text("tables.dated", date=find_fact("labels.date-", name), when=when) if name in DATE_COLUMNS else event


def _dates(agreement: Record) -> str:
    """Return every candidate date with what happened on it unless it is the signature alone, and any end."""
    candidates = take_text(agreement.get("candidates"))
    known = [f"{name} {when}" for name in DATE_COLUMNS[1:] if (when := take_text(agreement.get(name)))]
    events = candidates.split("; ") if candidates else known
    dates = str(Listed(tuple(map(_name_event, events)), "semicolon"))
    if len(events) == 1 and events[0].startswith("signed "):
        dates = events[0].removeprefix("signed ")
    first, last = (take_text(agreement.get(name)) for name in BOUNDS)
    if not events and (first or last):
        dates = str(describe_bounds(first, last))
    ended = take_text(agreement.get("ended"))
    return str(Text("tables.ended", dates=dates, when=ended)) if ended else dates
