"""The event study: the headline and at most two other methods in one figure, others in panels, all in tables."""

import pandas as pd

from twintrade.render.blocks import Block, Figure, Heading, build_paragraph
from twintrade.render.figures import alt_text
from twintrade.render.figures.percent_paths import CHANGES, convert_to_logs, draw_panels, draw_path
from twintrade.render.names import capitalize, name_base
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    find_headline,
    format_label,
    list_records,
    read_number,
    select_matching,
    take_text,
)
from twintrade.render.tables.event_paths import Study, build_paths_table, build_whole_tables
from twintrade.text import Listed, Text, numbers

MOST_PATHS = 3


def build_paths(page: Page, studies: list[Study], simulated: tuple[str, ...]) -> tuple[Block, ...]:
    """Return one figure of at most three paths, in full the others in panels, and all columns in tables.

    ``studies``: in the order of the ladder.
    """
    headline = find_headline(page.results)
    key = ("estimator", "specification")
    ladder = studies
    studies = sorted(studies, key=lambda s: headline is None or any(s[1][k] != headline[k] for k in key))
    drawn = _choose(studies)
    blocks: list[Block] = [
        Heading(2, page.say("event_study"), "event-study"),
        build_paragraph(_describe(page, studies[0][1])),
    ]
    if drawn:
        blocks.append(_draw(page, drawn))
    if page.detail == "full":
        places = {study[0] for study in drawn}
        others = [study for study in ladder if study[0] not in places]
        blocks += [_draw_others(page, others)] if others else []
        notes = (*simulated, page.say("paths_whole_note"), *_say_bases(studies, page))
        return (*blocks, *build_whole_tables(ladder, page.wording, notes))
    notes = (*simulated, page.say("paths_note"))
    return (*blocks, build_paths_table(studies, page.wording, notes))


def _say_bases(studies: list[Study], page: Page) -> tuple[str, ...]:
    """Say what each column's effects before the agreement are measured against, where that differs."""
    bases: dict[str, list[str]] = {}
    for n, _, frame in sorted(studies, key=lambda study: study[0]):
        bases.setdefault(name_base(take_text(frame["base"].iloc[0])), []).append(f"({n})")
    named = (Text("common.headed", head=Listed(tuple(names), "comma"), said=base) for base, names in bases.items())
    return (page.say("unlike_bases", bases=Listed(tuple(named), "semicolon")),) if len(bases) > 1 else ()


def _choose(studies: list[Study]) -> list[Study]:
    """Return the first study and two others: of other methods or effects, the simplest and the next."""
    changes = [s for s in studies if take_text(s[2]["scale"].iloc[0]) in CHANGES]
    if not changes or changes[0] is not studies[0]:
        return []
    chosen = [changes[0]]
    for study in changes[1:]:
        if all(study[1]["estimator"] != other[1]["estimator"] for other in chosen):
            chosen.append(study)
    return chosen[:MOST_PATHS]


def _describe(page: Page, spec: Record) -> str:
    """Say what the joint test of the headline's effects before the agreement finds."""
    p = read_number(spec.get("pretrend_p"))
    if p != p:
        return page.say("pretrend_absent")
    checks = list_records(select_matching(page.results.findings, spec))
    smallest = next((read_number(c.get("p")) for c in checks if take_text(c["diagnostic"]) == "pretrends"), p)
    is_adjusted = smallest == smallest and smallest != p
    return page.say("paths_pretrend", p=p, adjusted="yes" if is_adjusted else "no", smallest=smallest)


def _draw_others(page: Page, studies: list[Study]) -> Figure:
    labels = [f"({n}) {format_label(spec)}" for n, spec, _ in studies]
    frame = pd.concat(
        [convert_to_logs(f).assign(label=label) for label, (_, _, f) in zip(labels, studies, strict=True)],
        ignore_index=True,
    )
    simulated = page.results.is_simulated
    effects = pd.concat([f.assign(label=format_label(spec)) for _, spec, f in studies], ignore_index=True)
    return page.figure(
        "event-others",
        page.say("paths_others_caption", outcome=capitalize(page.outcome), period_name=page.period_name),
        draw_panels(page.drawable(frame), page.period_name, page.theme, simulated),
        alt_text.describe_event_study(effects, page.outcome, is_simulated=simulated),
        effects,
        notes=(page.say("paths_others_note"),),
    )


def _draw(page: Page, studies: list[Study]) -> Figure:
    frame = pd.concat(
        [convert_to_logs(f).assign(label=f"({n}) {format_label(spec)}") for n, spec, f in studies], ignore_index=True
    )
    simulated = page.results.is_simulated
    drawing = draw_path(page.drawable(frame), page.period_name, page.theme, simulated)
    level = next((read_number(v) for v in frame["level"] if read_number(v) > 0), 0.95)
    effects = pd.concat([f.assign(label=format_label(spec)) for _, spec, f in studies], ignore_index=True)
    return page.figure(
        "event-paths",
        page.say("paths_caption", outcome=capitalize(page.outcome), period_name=page.period_name, n=len(studies)),
        drawing,
        alt_text.describe_event_study(effects, page.outcome, is_simulated=simulated),
        effects,
        notes=(page.say("paths_figure_note", level=numbers.format_percent(100 * level, 0)),),
    )
