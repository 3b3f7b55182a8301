"""Exhibit 7: the event study: figures and tables of all columns, the cells of the headline, and a view to explore."""

import pandas as pd

from twintrade.effects.labels import POOLED
from twintrade.render.blocks import Absent, Block, BulletList, EventView, Figure, Span, build_spans
from twintrade.render.exhibits.event_paths import build_paths
from twintrade.render.figures import alt_text, heat_map
from twintrade.render.names import name_scale
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    find_headline,
    find_payload,
    format_label,
    format_slug,
    list_period_labels,
    list_specifications,
    read_number,
    read_words,
    select_events,
    select_kind,
    select_matching,
    take_text,
)
from twintrade.text import Listed, Text, amounts


def build_exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return figures and tables of all columns, and the interactive view; in full the cells of the headline too.

    A single case has its paths and gaps by donor set in their place.
    """
    if find_payload(page.results, "case_paths") is not None:
        return Absent(page.say("event_of_case"))
    studies = [
        (n, s, frame)
        for n, s in enumerate(list_specifications(page.results), 1)
        for frame in (select_events(page.results, s),)
        if len(frame) > 1
    ]
    if not studies:
        return Absent(read_words(dict(page.results.sections), "no_effect") or page.say("no_specification"))
    blocks = (*build_paths(page, studies, page.simulated_note), _view(page, [(s, f) for _, s, f in studies]))
    if page.detail == "short":
        return blocks
    means = _describe_means(page, [spec for _, spec, _ in studies])
    cells = [figure for _, spec, _ in studies for figure in _cells(page, spec)]
    return (*blocks, *([BulletList(means)] if means else []), *cells)


def _describe_means(page: Page, specs: list[Record]) -> tuple[tuple[Span, ...], ...]:
    """Return the mean of treated pairs before the agreement, once for all columns that have it in common."""
    columns: dict[str, list[str]] = {}
    for spec in specs:
        mean = read_number(spec.get("baseline_mean"))
        if mean == mean:
            value = amounts.format_quantity(mean, take_text(spec.get("outcome_unit")))
            outcome = take_text(spec.get("outcome")) or page.outcome
            columns.setdefault(page.say("baseline", outcome=outcome, value=value), []).append(format_label(spec))
    return tuple(
        build_spans(str(Text("common.headed", head=Listed(tuple(names), "semicolon"), said=sentence)))
        for sentence, names in columns.items()
    )


def _cells(page: Page, spec: Record) -> tuple[Figure, ...]:
    """Return the headline's effects by cohort and event time, where it has several cohorts."""
    frame = select_kind(select_matching(page.results.effects, spec), "cell")
    frame = frame[frame["cohort"].astype(float) > POOLED]
    key, headline = _name_cells(spec), find_headline(page.results)
    if headline is None or key != _name_cells(headline) or frame["cohort"].nunique() < 2:
        return ()
    simulated, scale = page.results.is_simulated, take_text(frame["scale"].iloc[0])
    unit = read_words(spec, "effect_unit") if scale in ("level", "share", "index") else ""
    outcome = take_text(spec.get("outcome")) or page.outcome
    drawing = heat_map.draw(
        page.drawable(frame),
        list_period_labels(page.results),
        x_label=str(Text("figures.since-onset", period_name=page.period_name)),
        value_label=page.printer(str(Text("figures.effect-on", outcome=outcome, scale=unit or name_scale(scale)))),
        theme=page.theme,
        is_simulated=simulated,
    )
    return (
        page.figure(
            key,
            page.say("cells_caption", period_name=page.period_name, label=format_label(spec)),
            drawing,
            alt_text.describe_heat_map(frame, is_simulated=simulated),
            frame,
        ),
    )


def _name_cells(spec: Record) -> str:
    return format_slug(f"cells-{take_text(spec['estimator'])}-{take_text(spec['specification'])}")


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
