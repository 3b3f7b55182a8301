"""Exhibit 7: the event study, estimator by estimator, all on one axis, as tables, and to explore."""

from dataclasses import replace

import pandas as pd

from twintrade.render import numbers
from twintrade.render.blocks import Absent, Block, EventView, Figure, Heading, prose
from twintrade.render.figures import alt_text
from twintrade.render.figures.event_study import EventAxis, draw
from twintrade.render.page import Page
from twintrade.render.reading import (
    Record,
    event_frame,
    findings_of,
    label,
    matching,
    number,
    payload,
    specifications,
    text,
    truth,
    whole,
)
from twintrade.render.tables.event_study import event_key, event_table
from twintrade.render.tables.ladder import is_gravity

LEVELLING = ("levelling_off", "leveling_off")


def exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return one figure and one table an estimator, the combined figure, and the interactive view.

    A single case has its paths and gaps by donor set in their place.
    """
    if payload(page.results, "case_paths") is not None:
        return Absent(page.say("event_of_case"))
    made = [(s, event_frame(page.results, s)) for s in specifications(page.results)]
    made = [(s, frame) for s, frame in made if len(frame) > 1]
    if not made:
        return Absent(page.results.sections.get("no_effect") or page.say("no_specification"))
    blocks: list[Block] = [
        Heading(2, page.say("event_study"), "event-study"),
        prose(page.say("event_intro", period_name=page.period_name)),
        _view(page, made),
    ]
    combined = _combined(page, made)
    if combined is not None:
        blocks.append(combined)
    for spec, frame in made:
        blocks.append(Heading(3, page.say("event_title", label=label(spec))))
        blocks.append(_figure(page, spec, frame))
        table = event_table(frame, spec, page.wording, page.simulated_note)
        blocks.append(replace(table, own_notes=_table_notes(page, spec)))
    return tuple(blocks)


def _axis(page: Page, spec: Record, frame: pd.DataFrame, *, is_combined: bool = False) -> EventAxis:
    scale = text(frame["scale"].iloc[0])
    unit = text(spec.get("effect_unit")) if scale in ("level", "share", "index") else scale
    base = text(frame["base"].iloc[0])
    return EventAxis(
        y_label=page.printer(f"Effect on {text(spec.get('outcome')) or page.outcome}, {unit or scale}"),
        x_label=f"{page.period_name.capitalize()}s since onset",
        is_log=scale == "log points",
        binned=(truth(spec.get("binned_low")), truth(spec.get("binned_high"))),
        base_note="" if is_combined or base in {"", "none"} else base,
    )


def _figure(page: Page, spec: Record, frame: pd.DataFrame) -> Figure:
    simulated = page.results.is_simulated
    drawing = draw(page.drawable(frame), _axis(page, spec, frame), theme=page.theme, is_simulated=simulated)
    return page.figure(
        event_key(spec),
        page.say("event_caption", period_name=page.period_name, label=label(spec)) + ".",
        drawing,
        alt_text.event_study(frame, text(spec.get("outcome")) or page.outcome, is_simulated=simulated),
        frame,
        details=_details(page, spec),
        notes=_notes(page, spec, frame),
    )


def _details(page: Page, spec: Record) -> str:
    """Return what the caption states beside its title: pre-trend, levelling off, baseline."""
    p = numbers.p_value(spec.get("pretrend_p"))
    df = text(spec.get("pretrend_df"))
    df = numbers.compact(df) if df.replace(".", "", 1).isdigit() else df
    test = text(spec.get("pretrend_test"))
    sentences = [
        page.say("pretrend", p=p, test=test or "test", df=f", df {df}" if df else "")
        if p
        else page.say("pretrend_absent")
    ]
    mine = set(matching(page.results.findings, spec)["sentence"].map(text))
    levelling = [text(f["sentence"]) for name in LEVELLING for f in findings_of(page.results, name)]
    sentences += [page.say("levelling", sentence=sentence) for sentence in levelling if sentence in mine]
    mean = number(spec.get("baseline_mean"))
    if mean == mean:
        value = numbers.quantity(mean, text(spec.get("outcome_unit")))
        sentences.append(page.say("baseline", outcome=text(spec.get("outcome")) or page.outcome, value=value))
    return " ".join(sentences)


def _notes(page: Page, spec: Record, frame: pd.DataFrame) -> tuple[str, ...]:
    has_interval = frame["low"].notna().any()
    critical = number(spec.get("critical_value"))
    is_binned = truth(spec.get("binned_low")) or truth(spec.get("binned_high"))
    notes = [
        page.say("equation", equation=text(spec["equation"])) if text(spec.get("equation")) else "",
        text(spec.get("inference_note")),
        "" if has_interval else page.say("no_interval"),
        page.say("critical", value=numbers.fixed(critical, 3))
        if critical == critical
        else page.say("no_simultaneous"),
        page.say("binned" if is_binned else "not_binned"),
        text(spec.get("base_sentence")),
        text(spec.get("citation_text")),
    ]
    return tuple(n if n.endswith((".", "!", "?")) else n + "." for n in notes if n)


def _table_notes(page: Page, spec: Record) -> tuple[str, ...]:
    """Return what the table needs when it stands alone; in the document it stands below figure and ladder."""
    notes = [text(spec.get(key)) for key in ("inference_note", "estimand", "assumption")]
    gravity = page.say("gravity") if is_gravity(spec) else ""
    return tuple(n if n.endswith(".") else f"{n}." for n in (*notes, gravity) if n)


def _combined(page: Page, made: list[tuple[Record, pd.DataFrame]]) -> Figure | None:
    """Return all estimators of the first one's scale on one axis; None where there is only one."""
    scale = text(made[0][1]["scale"].iloc[0])
    same = [(s, f) for s, f in made if text(f["scale"].iloc[0]) == scale]
    if len(same) < 2:
        return None
    spec = same[0][0]
    frame = pd.concat([f for _, f in same], ignore_index=True)
    axis = _axis(page, spec, same[0][1], is_combined=True)
    low, high = int(frame["event_time"].min()), int(frame["event_time"].max())
    binned = tuple(
        all(truth(s.get(key)) for s, f in same if whole(f["event_time"].iloc[i]) == end)
        for key, i, end in (("binned_low", 0, low), ("binned_high", -1, high))
    )
    axis = EventAxis(axis.y_label, axis.x_label, axis.is_log, (binned[0], binned[1]))
    bases = list(dict.fromkeys(f"{label(s)}: {text(f['base'].iloc[0])}" for s, f in same))
    ends = [label(s) for s, _ in same if truth(s.get("binned_low")) or truth(s.get("binned_high"))]
    unlike = len({text(f["base"].iloc[0]) for _, f in same}) > 1
    simulated = page.results.is_simulated
    drawing = draw(page.drawable(frame), axis, theme=page.theme, is_simulated=simulated)
    return page.figure(
        "event-combined",
        page.say("event_combined_caption", period_name=page.period_name) + ".",
        drawing,
        alt_text.event_study(frame, page.outcome, is_simulated=simulated),
        frame,
        notes=(
            *((page.say("unlike_bases", bases="; ".join(bases)),) if unlike else ()),
            *((page.say("binned_in", labels="; ".join(ends)),) if ends else ()),
        ),
    )


def _view(page: Page, made: list[tuple[Record, pd.DataFrame]]) -> EventView:
    frame = pd.concat([f for _, f in made], ignore_index=True)
    levels = [number(v) for v in frame["level"] if number(v) > 0]
    return EventView(
        "explore",
        page.say("view_title"),
        frame,
        levels[0] if levels else 0.95,
        x_label=f"{page.period_name.capitalize()}s since onset",
        is_simulated=page.results.is_simulated,
    )
