"""Exhibit 1: the data card: files, fingerprints, counts, rows left out."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from twintrade.render.blocks import Absent, Block, Figure, Heading, build_paragraph
from twintrade.render.exhibits.payloads import build_payload
from twintrade.render.figures import alt_text, counts, raw_series
from twintrade.render.page import Page
from twintrade.render.reading import find_payload, find_payloads, format_slug, read_words, split_parts, take_text
from twintrade.render.tables import plain
from twintrade.render.tables.register import build_register_table, list_undated, name_undated_agreements
from twintrade.text import Listed, Text, name_fact

# Exhibit 2: the treatment register and who is treated when.


def build_register(page: Page) -> tuple[Block, ...] | Absent:
    """Return the register, and the adoption figure where its data exist."""
    table = build_register_table(page)
    frame = find_payload(page.results, "adoption")
    if page.results.twinnings.empty and frame is None:
        return Absent(page.say("no_twinnings"))
    scope = "panel" if find_payload(page.results, "case_paths") is None else "case"
    intro = build_paragraph(page.say("register_intro", of=scope))
    blocks: list[Block] = [Heading(2, page.say("register"), "register-of-ties"), intro]
    further: list[str] = []
    undated = list_undated(page.results)
    if undated:
        named = {"names": name_undated_agreements(undated)} if page.is_whole else {}
        further.append(page.say("undated" if named else "undated_counted", n=len(undated), **named))
    outside = find_payload(page.results, "agreements_outside_panel")
    if outside is not None:
        further.append(page.say("outside", n=len(outside)))
    if table is not None and not page.is_whole:
        blocks.append(replace(table, notes=(*table.notes, *further)))
    else:
        blocks += [*([] if table is None else [table]), *map(build_paragraph, further)]
    if frame is not None and (page.is_whole or table is None):
        drawing = counts.draw_adoption(page.drawable(frame), theme=page.theme)
        alt = alt_text.describe_adoption(frame)
        blocks.append(page.figure("adoption", page.say("adoption_caption"), drawing, alt, frame))
    return tuple(blocks)


# What a page says of its analysis's registration: when it was made, and every deviation from it.

DEVIATIONS = "deviations"


def build_registration(page: Page) -> tuple[Block, ...]:
    """Return what a technical note says of a registration: when, and the deviations; empty where there is none."""
    sections = dict(page.results.sections)
    status = read_words(sections, "registered")
    if not status:
        return ()
    intro = Text("registration.file", sha256=sections.get("registered_sha256", ""), at=sections["registered_on"])
    opening = (Heading(2, _put("heading"), "registration"), build_paragraph(status, " ", str(intro)))
    frame = find_payload(page.results, DEVIATIONS)
    if frame is None:
        return opening
    words = {name: [name_fact(f"registration.{name}-", v) for v in frame[name]] for name in ("about", "kind")}
    shown = frame[["about", "key", "kind", "registered", "now", "since", "in_force"]].assign(**words)
    weights, caption = {"key": 1.6, "registered": 1.5, "now": 1.5}, _put("table-deviations")
    return (*opening, plain.build_plain_table(shown, DEVIATIONS, caption, weights=weights, notes=[_put("note")]))


def _put(key: str) -> str:
    return str(Text(f"registration.{key}"))


def build_status(page: Page) -> list[Block]:
    """Return when the analysis was registered and with how many deviations; empty where it was not."""
    status = read_words(dict(page.results.sections), "registered")
    return [build_paragraph(status)] if status else []


# Exhibit 5: the raw event figure of each case, with every candidate date.

MOST_FULL = 4
PER_GRID = 12
Case = tuple[pd.DataFrame, pd.DataFrame | None]


def build_raw_series(page: Page) -> tuple[Block, ...] | Absent:
    """Return one figure a case (small multiples where there are many), and the double ratio where it was made."""
    cases: dict[str, Case] = {}  # series and dates by the name of the pair
    for key, frame in find_payloads(page.results, "raw_series").items():
        named = take_text(frame["dyad"].iloc[0]) if "dyad" in frame else ""
        name = named or (page.results.title if key == "raw_series" else key.removeprefix("raw_series")[1:])
        cases[name] = (frame, page.results.payloads.get(key.replace("raw_series", "candidate_dates")))
    if not cases:
        return Absent(page.say("no_payload"))
    blocks: list[Block] = [Heading(2, page.say("raw"), "raw-series"), build_paragraph(page.say("raw_intro"))]
    if len(cases) <= MOST_FULL:
        keys: list[str] = []
        for name, (frame, dates) in cases.items():
            keys.append(_find_key(name if "dyad" in frame else "", keys))
            clean = page.drawable(dates) if dates is not None else None
            shocks = find_payload(page.results, "known_shocks")
            drawing = raw_series.draw_raw_series(page.drawable(frame), clean, shocks, theme=page.theme)
            alt = alt_text.describe_lines(frame, panel="level")
            blocks.append(page.figure(keys[-1], page.say("raw_caption", title=name), drawing, alt, frame))
    else:
        parts = split_parts(list(cases), PER_GRID)
        blocks += [_grid(page, {n: cases[n] for n in part}, i) for i, part in enumerate(parts)]
    if find_payload(page.results, "case_paths") is None:
        for key, frame in find_payloads(page.results, "path").items():
            blocks += build_payload(page, key, frame)
    return tuple(blocks)


def _find_key(pair: str, taken: Sequence[str]) -> str:
    """Return the key of a case's figure; names in other letters may leave the same Latin ones."""
    key = format_slug(f"raw-series-{pair}") if pair else "raw-series"
    return next(free for free in (key, *(f"{key}-{i}" for i in range(2, len(taken) + 2))) if free not in taken)


def _grid(page: Page, cases: dict[str, Case], position: int) -> Figure:
    frame = pd.concat([f.assign(case=n) for n, (f, _) in cases.items()], ignore_index=True)
    known = [d.assign(case=n) for n, (_, d) in cases.items() if d is not None]
    dates = page.drawable(pd.concat(known, ignore_index=True)) if known else None
    drawing = raw_series.draw_grid(page.drawable(frame), dates, theme=page.theme)
    alt = page.say("raw_grid_alt", n=len(cases), names=Listed(tuple(cases), "comma"))
    caption = page.say("raw_grid_caption", n=len(cases))
    drawn = frame.loc[(frame["panel"] == "index") & (frame["series"] == frame["series"].iloc[0]), "case"]
    unindexed = tuple(n for n in cases if n not in set(drawn))
    notes = [page.say("raw_grid_note")]
    if unindexed:
        notes.append(page.say("raw_grid_unindexed", names=Listed(unindexed), n=len(unindexed)))
    return page.figure(f"raw-series-{position + 1}", caption, drawing, alt, frame, notes=tuple(notes))


def build_data_card(page: Page) -> tuple[Block, ...] | Absent:
    """Return the data card."""
    results = page.results
    blocks: list[Block] = [Heading(2, page.say("data_card"), "data-card")]
    if results.sections.get("data_card"):
        blocks.append(build_paragraph(read_words(dict(results.sections), "data_card")))
    data = results.data
    is_told = bool(results.sections.get("data_card")) and not page.is_whole
    if not (data.empty or is_told) and {"unit", "period"} <= set(data.columns):
        names = data.sort_values("period", kind="stable")["period_label" if "period_label" in data else "period"]
        ends = {"first": take_text(names.iloc[0]), "last": take_text(names.iloc[-1])}
        counted = {"rows": len(data), "units": data["unit"].nunique(), "periods": data["period"].nunique()}
        blocks.append(build_paragraph(page.say("counts", **counted, **ends)))
    tables = [plain.build_inputs_table(page), plain.build_conversions_table(page)]
    tables += [] if is_told else [plain.build_status_table(page)]
    blocks += [table for table in tables if table is not None]
    blocks += plain.build_dropped_tables(page)[: None if page.is_whole else 1]
    return tuple(blocks) if len(blocks) > 1 else Absent(page.say("no_manifest"))
