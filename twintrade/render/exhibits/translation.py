"""What the change of the pairs means for all trade of their cities: a table and a figure over the declared models."""

import pandas as pd

from twintrade.render import blocks, reading
from twintrade.render.brief.facts import collect_facts
from twintrade.render.citing import build_cell, cite
from twintrade.render.figures import alt_text, forest
from twintrade.render.page import Page
from twintrade.render.reading import Record, read_number, take_text
from twintrade.text import Listed, Text, find_fact, join_sentences, numbers, texts

PAYLOAD = "translation"
SHOWN = {"pairs": 1, "exports": 2, "other_exports": 2, "third_exports": 3, "real_income": 3, "diverted": 0}
"""Outcomes and the decimals of their percent."""
DRAWN = ("exports", "other_exports", "third_exports", "real_income")
VARIED = ("elasticity", "supply", "home_share")


def build_exhibit(page: Page) -> tuple[blocks.Block, ...] | blocks.Absent:
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
    opening = blocks.build_paragraph(
        join_sentences((page.say("translation_opening", **pushed, **counts), why, again))
    )
    return blocks.Heading(2, page.say(PAYLOAD), PAYLOAD), opening, _build_table(page, rows), _draw_models(page, frame)


def _build_table(page: Page, rows: list[Record]) -> blocks.Table:
    varied = [name for name in VARIED if any(take_text(row["varied"]) == name for row in rows)]
    heads = ["outcome", "change", "ends", *varied, "conditional"]
    lines = []
    for outcome, decimals in SHOWN.items():
        mine = [row for row in rows if row["outcome"] == outcome]
        by = {name: [row for row in mine if row["varied"] == name] for name in (*heads, "centre")}
        if not by["centre"]:
            continue
        centre = by["centre"][0]
        cells = [
            build_cell(numbers.format_fixed(read_number(centre["estimate"]), decimals), *cite(centre, "estimate"))
        ]
        ends = texts.format_interval(centre["low"], centre["high"], decimals)
        cells.append(build_cell(ends, *cite(centre, "low", "high")))
        for name in varied:
            low, *_, high = sorted((centre, *by[name], centre), key=lambda row: read_number(row["estimate"]))
            shown = texts.format_interval(low["estimate"], high["estimate"], decimals)
            cells.append(build_cell(shown, *cite(low, "estimate"), *cite(high, "estimate")))
        values = [build_cell(numbers.format_fixed(read_number(r["estimate"]), decimals), *cite(r, "estimate"))
                  for r in by["conditional"]]  # fmt: skip
        lines.append(blocks.build_row(page.say(f"translation_{outcome}"), *cells, *(values or [build_cell("")])))
    columns = (blocks.Column("left", 1.0), *(blocks.Column("right") for _ in heads[1:]))
    header = blocks.build_row(*(page.say(f"translation_{name}_head") for name in heads)).cells
    central = next(row for row in rows if take_text(row["varied"]) == "centre")
    notes = (*page.simulated_note, page.say("translation_note", centre=_name_model(page, central)))
    return blocks.Table(PAYLOAD, page.say("translation_table"), columns, (header,), (tuple(lines),), notes)


def _name_model(page: Page, row: Record) -> str:
    """Return what sets a model apart: its kind, elasticities and home share."""
    known = {name: read_number(row[name]) for name in VARIED if read_number(row[name]) == read_number(row[name])}
    kind = page.say(f"translation_{take_text(row['model'])}")
    return str(
        Listed((kind, *(page.say(f"translation_of_{name}", value=value) for name, value in known.items())), "comma")
    )


def _draw_models(page: Page, frame: pd.DataFrame) -> blocks.Figure:
    """Draw each outcome in the central model and in those that differ from it in one thing."""
    shown = frame[(frame["varied"].map(take_text) != "several") & frame["outcome"].isin(DRAWN)]
    labels = [_name_model(page, row) for row in reading.list_records(shown)]
    shown = shown.assign(label=labels, group="", effect=shown["estimate"], scale="percent")
    names = {name: page.say(f"translation_{name}") for name in DRAWN if name in set(shown["outcome"])}
    drawing = forest.draw_panels(page.drawable(shown), names, x_label=str(Text("brief.percent")), theme=page.theme)
    caption = page.say("translation_figure")
    return page.figure(PAYLOAD, caption, drawing, alt_text.describe_forest(shown), shown)
