"""Exhibit 7: the event study, estimator by estimator, all on one axis, as tables, and to explore."""

from dataclasses import replace

import pandas as pd

from twintrade.effects.labels import POOLED
from twintrade.render.blocks import Absent, Block, EventView, Figure, Heading, build_paragraph
from twintrade.render.exhibits.event_paths import build_paths
from twintrade.render.figures import alt_text, heat_map
from twintrade.render.figures.event_study import EventAxis, draw
from twintrade.render.names import name_base, name_scale, name_statistic
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    find_headline,
    find_payload,
    format_label,
    list_period_labels,
    list_records,
    list_specifications,
    read_number,
    read_truth,
    read_whole,
    read_words,
    select_events,
    select_kind,
    select_matching,
    take_text,
)
from twintrade.render.tables.event_study import build_event_table, format_event_key
from twintrade.render.tables.ladder import is_gravity
from twintrade.text import Listed, Text, amounts, complete_sentence, numbers

LEVELLING = "levelling_off"


def build_exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return one figure and one table an estimator, the combined figure, and the interactive view.

    A single case has its paths and gaps by donor set in their place.
    """
    if find_payload(page.results, "case_paths") is not None:
        return Absent(page.say("event_of_case"))
    studies = [(s, select_events(page.results, s)) for s in list_specifications(page.results)]
    studies = [(s, frame) for s, frame in studies if len(frame) > 1]
    if not studies:
        return Absent(read_words(dict(page.results.sections), "no_effect") or page.say("no_specification"))
    if page.detail == "short":
        places = {format_event_key(s): n for n, s in enumerate(list_specifications(page.results), 1)}
        short = build_paths(page, [(places[format_event_key(s)], s, f) for s, f in studies], page.simulated_note)
        return (*short, _view(page, studies))
    blocks: list[Block] = [
        Heading(2, page.say("event_study"), "event-study"),
        build_paragraph(page.say("event_intro", period_name=page.period_name)),
        _view(page, studies),
    ]
    combined = _combined(page, studies)
    if combined is not None:
        blocks.append(combined)
    for spec, frame in studies:
        blocks.append(Heading(3, page.say("event_title", label=format_label(spec))))
        blocks.append(_figure(page, spec, frame))
        table = build_event_table(frame, spec, page.wording, page.simulated_note)
        blocks.append(replace(table, notes_alone=_table_notes(page, spec)))
        blocks.extend(_cells(page, spec))
    return tuple(blocks)


def _axis(page: Page, spec: Record, frame: pd.DataFrame, *, is_combined: bool = False) -> EventAxis:
    scale = take_text(frame["scale"].iloc[0])
    unit = read_words(spec, "effect_unit") if scale in ("level", "share", "index") else ""
    outcome = take_text(spec.get("outcome")) or page.outcome
    base = take_text(frame["base"].iloc[0])
    return EventAxis(
        y_label=page.printer(str(Text("figures.effect-on", outcome=outcome, scale=unit or name_scale(scale)))),
        x_label=str(Text("figures.since-onset", period_name=page.period_name)),
        is_log=scale == "log points",
        binned=(read_truth(spec.get("binned_low")), read_truth(spec.get("binned_high"))),
        base_note="" if is_combined or base in {"", "none"} else name_base(base),
    )


def _figure(page: Page, spec: Record, frame: pd.DataFrame) -> Figure:
    simulated = page.results.is_simulated
    drawing = draw(page.drawable(frame), _axis(page, spec, frame), theme=page.theme, is_simulated=simulated)
    return page.figure(
        format_event_key(spec),
        page.say("event_caption", period_name=page.period_name, label=format_label(spec)),
        drawing,
        alt_text.describe_event_study(frame, take_text(spec.get("outcome")) or page.outcome, is_simulated=simulated),
        frame,
        details=_details(page, spec),
        notes=_notes(page, spec, frame),
    )


def _details(page: Page, spec: Record) -> str:
    """Return what the caption states beside its title: pre-trend, levelling off, baseline."""
    p = read_number(spec.get("pretrend_p"))
    df = take_text(spec.get("pretrend_df"))
    df = numbers.format_compact(df) if df.replace(".", "", 1).isdigit() else df
    test = name_statistic(take_text(spec.get("pretrend_test")) or "test")
    sentences = [page.say("pretrend", p=p, test=test, df=df or "none") if p == p else page.say("pretrend_absent")]
    sentences += [
        page.say("levelling", sentence=read_words(f, "sentence"))
        for f in list_records(select_matching(page.results.findings, spec))
        if take_text(f["diagnostic"]) == LEVELLING
    ]
    mean = read_number(spec.get("baseline_mean"))
    if mean == mean:
        value = amounts.format_quantity(mean, take_text(spec.get("outcome_unit")))
        sentences.append(page.say("baseline", outcome=take_text(spec.get("outcome")) or page.outcome, value=value))
    return str(Listed(tuple(sentences), "sentences"))


def _notes(page: Page, spec: Record, frame: pd.DataFrame) -> tuple[str, ...]:
    has_interval = frame["low"].notna().any()
    critical = read_number(spec.get("critical_value"))
    is_binned = read_truth(spec.get("binned_low")) or read_truth(spec.get("binned_high"))
    notes = [
        page.say("equation", equation=read_words(spec, "equation")) if take_text(spec.get("equation")) else "",
        read_words(spec, "inference_note"),
        "" if has_interval else page.say("no_interval"),
        page.say("critical", value=numbers.format_fixed(critical, 3))
        if critical == critical
        else page.say("no_simultaneous"),
        page.say("binned" if is_binned else "not_binned"),
        read_words(spec, "base_sentence"),
        take_text(spec.get("citation_text")),
    ]
    return tuple(complete_sentence(n) for n in notes if n)


def _table_notes(page: Page, spec: Record) -> tuple[str, ...]:
    """Return what the table needs when it stands alone; in the document it stands below figure and ladder."""
    notes = [read_words(spec, key) for key in ("inference_note", "estimand", "assumption")]
    gravity = page.say("gravity") if is_gravity(spec) else ""
    return tuple(complete_sentence(n) for n in (*notes, gravity) if n)


def _cells(page: Page, spec: Record) -> tuple[Figure, ...]:
    """Return the headline's effects by cohort and event time, where it has several cohorts."""
    frame = select_kind(select_matching(page.results.effects, spec), "cell")
    frame = frame[frame["cohort"].astype(float) > POOLED]
    key, headline = format_event_key(spec), find_headline(page.results)
    if headline is None or key != format_event_key(headline) or frame["cohort"].nunique() < 2:
        return ()
    simulated, axis = page.results.is_simulated, _axis(page, spec, frame)
    drawing = heat_map.draw(
        page.drawable(frame),
        list_period_labels(page.results),
        x_label=axis.x_label,
        value_label=axis.y_label,
        theme=page.theme,
        is_simulated=simulated,
    )
    return (
        page.figure(
            key.replace("event", "cells", 1),
            page.say("cells_caption", period_name=page.period_name, label=format_label(spec)),
            drawing,
            alt_text.describe_heat_map(frame, is_simulated=simulated),
            frame,
        ),
    )


def _combined(page: Page, studies: list[tuple[Record, pd.DataFrame]]) -> Figure | None:
    """Return all estimators of the first one's scale on one axis; None where there is only one."""
    scale = take_text(studies[0][1]["scale"].iloc[0])
    same = [(s, f) for s, f in studies if take_text(f["scale"].iloc[0]) == scale]
    if len(same) < 2:
        return None
    spec = same[0][0]
    frame = pd.concat([f for _, f in same], ignore_index=True)
    axis = _axis(page, spec, same[0][1], is_combined=True)
    low, high = int(frame["event_time"].min()), int(frame["event_time"].max())
    binned = tuple(
        all(read_truth(s.get(key)) for s, f in same if read_whole(f["event_time"].iloc[i]) == end)
        for key, i, end in (("binned_low", 0, low), ("binned_high", -1, high))
    )
    axis = EventAxis(axis.y_label, axis.x_label, axis.is_log, (binned[0], binned[1]))
    bases = list(dict.fromkeys(f"{format_label(s)}: {name_base(take_text(f['base'].iloc[0]))}" for s, f in same))
    ends = [format_label(s) for s, _ in same if read_truth(s.get("binned_low")) or read_truth(s.get("binned_high"))]
    unlike = len({take_text(f["base"].iloc[0]) for _, f in same}) > 1
    simulated = page.results.is_simulated
    drawing = draw(page.drawable(frame), axis, theme=page.theme, is_simulated=simulated)
    return page.figure(
        "event-combined",
        page.say("event_combined_caption", period_name=page.period_name),
        drawing,
        alt_text.describe_event_study(frame, page.outcome, is_simulated=simulated),
        frame,
        notes=(
            *((page.say("unlike_bases", bases=Listed(tuple(bases), "semicolon")),) if unlike else ()),
            *((page.say("binned_in", labels=Listed(tuple(ends), "semicolon")),) if ends else ()),
        ),
    )


def _view(page: Page, studies: list[tuple[Record, pd.DataFrame]]) -> EventView:
    frame = pd.concat([f for _, f in studies], ignore_index=True)
    levels = [read_number(v) for v in frame["level"] if read_number(v) > 0]
    return EventView(
        "explore",
        page.say("view_title"),
        frame,
        levels[0] if levels else 0.95,
        x_label=str(Text("figures.since-onset", period_name=page.period_name)),
        is_simulated=page.results.is_simulated,
    )
