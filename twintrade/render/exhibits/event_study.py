"""Exhibit 7: the event study: figures and tables of all columns, and the cells of the headline."""

import pandas as pd

from twintrade.effects.regression import POOLED
from twintrade.render import blocks, reading
from twintrade.render.figures import alt_text, percent_paths, points
from twintrade.render.names import capitalize, name_base, name_scale
from twintrade.render.page import Page
from twintrade.render.reading import Record, format_label, take_text
from twintrade.render.tables.effect_rows import Study, build_paths_table, build_whole_tables, convert_record
from twintrade.text import Listed, Text, numbers, texts

# The event study: the headline and at most two other methods in one figure, others in panels, all in tables.

MOST_PATHS = 3


def build_paths(page: Page, studies: list[Study], simulated: tuple[str, ...]) -> tuple[blocks.Block, ...]:
    """Return one figure of at most three paths, in full the others in panels, and all columns in tables."""
    ladder, answer = studies, reading.read_column(reading.find_headline(page.results) or {})
    studies = sorted(studies, key=lambda study: reading.read_column(study[1]) != answer)
    drawn = _choose(studies)
    content: list[blocks.Block] = [
        blocks.Heading(2, page.say("event_study"), "event-study"),
        blocks.build_paragraph(_describe(page, studies[0][1])),
    ]
    if drawn:
        content.append(_draw(page, drawn, is_main=True))
    if page.is_whole:
        places = {study[0] for study in drawn}
        others = [study for study in ladder if study[0] not in places]
        content += [_draw(page, others, is_main=False)] if others else []
        against = ((name_base(take_text(f["base"].iloc[0])), f"({n})") for n, _, f in ladder)
        bases = Listed(tuple(reading.list_headed(against)), "semicolon")
        unlike = (page.say("unlike_bases", bases=bases),) if len(bases.items) > 1 else ()
        return (*content, *build_whole_tables(page, ladder, (*simulated, page.say("paths_whole_note"), *unlike)))
    notes = (*simulated, page.say("paths_note"))
    return (*content, build_paths_table(page, studies, notes))


def _choose(studies: list[Study]) -> list[Study]:
    """Return the first study and two others: of other methods or effects, the simplest and the next."""
    changes = [s for s in studies if take_text(s[2]["scale"].iloc[0]) in percent_paths.CHANGES]
    if not changes or changes[0] is not studies[0]:
        return []
    chosen = [changes[0]]
    for study in changes[1:]:
        if all(study[1]["estimator"] != other[1]["estimator"] for other in chosen):
            chosen.append(study)
    return chosen[:MOST_PATHS]


def _describe(page: Page, spec: Record) -> str:
    """Say what the joint test of the headline's effects before the agreement finds."""
    p = reading.read_number(spec.get("pretrend_p"))
    if p != p:
        return page.say("pretrend_absent")
    checks = reading.list_records(reading.select_matching(page.results.findings, spec))
    smallest = next((reading.read_number(c.get("p")) for c in checks if take_text(c["diagnostic"]) == "pretrends"), p)
    is_adjusted = smallest == smallest and smallest != p
    return page.say("paths_pretrend", p=p, adjusted=is_adjusted, smallest=smallest)


def _draw(page: Page, studies: list[Study], *, is_main: bool) -> blocks.Figure:
    """Draw studies on one axis, or the other ones in panels."""
    frame, effects = (
        pd.concat([f.assign(label=label) for f, label in labelled], ignore_index=True)
        for labelled in (
            [(percent_paths.convert_to_logs(f), f"({n}) {format_label(spec)}") for n, spec, f in studies],
            [(percent_paths.convert_to_percents(f), format_label(spec)) for _, spec, f in studies],
        )
    )
    level = numbers.format_percent(100 * reading.find_level(reading.list_records(frame)), 0)
    note = "paths_figure_note" if is_main else "paths_others_note"
    outcome, drawable = capitalize(page.outcome), page.drawable(frame)
    alt = alt_text.describe_event_study(effects, page.outcome)
    if is_main:
        overall = _list_overall(page, studies[0][1])
        drawn = None if overall is None else percent_paths.convert_to_logs(overall)
        drawing = percent_paths.draw_study(drawable, drawn, page.period_name, page.theme)
        whole, n_first = effects.astype({"event_time": "Int64"}), len(studies[0][2])
        whole_effect = [] if overall is None else [percent_paths.convert_to_percents(overall)]
        rows = [whole.iloc[:n_first], *whole_effect, whole.iloc[n_first:]]
        effects = pd.concat(rows, ignore_index=True).drop(columns="shown", errors="ignore")
    else:
        drawing = percent_paths.draw_panels(drawable, page.period_name, page.theme)
    key, title = ("event-paths", "paths_caption") if is_main else ("event-others", "paths_others_caption")
    caption = page.say(title, outcome=outcome, period_name=page.period_name, n=len(studies))
    notes = (page.say(note, level=level), *(_note_times(page, studies) if is_main else ()))
    return page.figure(key, caption, drawing, alt, effects, notes=notes)


def _list_overall(page: Page, spec: Record) -> pd.DataFrame | None:
    """Return the overall effect of a column with its words; none where it is no change."""
    effect = reading.find_overall(page.results, spec)
    if effect is None or take_text(effect["scale"]) not in percent_paths.CHANGES:
        return None
    shown = convert_record(effect)
    spread = reading.format_ends(reading.read_ends(shown), 1, "%")
    words = "\n".join(filter(None, (numbers.format_percent(shown["effect"]), spread)))
    kept = ("estimator", "specification", "scale", "inference", "level", "effect", "se", "low", "high", "p")
    row = {name: effect.get(name) for name in kept}
    named = {"shown": words, "label": format_label(spec), "event_label": str(Text("figures.overall"))}
    return pd.DataFrame([row | named])


def _note_times(page: Page, studies: list[Study]) -> tuple[str, ...]:
    """Say which yardsticks differ, which times are pooled, which rows have no time of their own, and what is grey."""
    _, spec, frame = studies[0]
    after = frame[frame["event_time"].astype(int) >= 0]
    n_rows, n_shown = reading.read_whole(spec.get("n_treated_rows")) or 0, int(after["n_units"].astype(float).sum())
    is_pooled = any(reading.read_truth(spec.get(name)) for name in ("binned_low", "binned_high"))
    notes = {
        "paths_apart_note": take_text(frame["base"].iloc[0]) in percent_paths.APART,
        "paths_pooled_note": is_pooled,
        "paths_missing_note": not is_pooled and n_rows > n_shown,
        "paths_small_note": len(studies) > 1,
    }
    return tuple(page.say(key, n=n_rows - n_shown, of=n_rows) for key, is_so in notes.items() if is_so)


def build_exhibit(page: Page) -> tuple[blocks.Block, ...] | blocks.Absent:
    """Return figures and tables of all columns, in full the headline's cells; of a single case, why not."""
    if reading.find_payload(page.results, "case_paths") is not None:
        return blocks.Absent(page.say("event_of_case"))
    columns = enumerate(reading.list_specifications(page.results), 1)
    studies = [(n, spec, reading.select_events(page.results, spec)) for n, spec in columns]
    studies = [study for study in studies if len(study[2]) > 1]
    if not studies:
        why = reading.read_words(dict(page.results.sections), "no_effect")
        return blocks.Absent(why or page.say("no_specification"))
    content = build_paths(page, studies, page.simulated_note)
    if not page.is_whole:
        return content
    means = _describe_means(page, [spec for _, spec, _ in studies])
    cells = [figure for _, spec, _ in studies for figure in _cells(page, spec)]
    return (*content, *([blocks.BulletList(means)] if means else []), *cells)


def _describe_means(page: Page, specs: list[Record]) -> tuple[tuple[blocks.Span, ...], ...]:
    """Return the mean of treated pairs before the agreement, once for all columns that have it in common."""
    means = []
    for spec in specs:
        mean = reading.read_number(spec.get("baseline_mean"))
        if mean == mean:
            value = texts.format_quantity(mean, take_text(spec.get("outcome_unit")))
            outcome = take_text(spec.get("outcome")) or page.outcome
            means.append((page.say("baseline", outcome=outcome, value=value), format_label(spec)))
    return tuple(map(blocks.build_spans, reading.list_headed(means, "semicolon")))


def _cells(page: Page, spec: Record) -> tuple[blocks.Figure, ...]:
    """Return the headline's effects by cohort and event time, where it has several cohorts."""
    frame = reading.select_kind(reading.select_matching(page.results.effects, spec), "cell")
    frame = frame[frame["cohort"].astype(float) > POOLED]
    key, headline = _name_cells(spec), reading.find_headline(page.results)
    if headline is None or key != _name_cells(headline) or frame["cohort"].nunique() < 2:
        return ()
    scale = take_text(frame["scale"].iloc[0])
    unit = reading.read_words(spec, "effect_unit") if scale in ("level", "share", "index") else ""
    outcome = take_text(spec.get("outcome")) or page.outcome
    since = str(Text("figures.since-onset", period_name=page.period_name))
    label = page.printer(str(Text("figures.effect-on", outcome=outcome, scale=unit or name_scale(scale))))
    cells, periods = page.drawable(frame), reading.list_period_labels(page.results)
    drawing = points.draw_heat_map(cells, periods, x_label=since, value_label=label, theme=page.theme)
    caption = page.say("cells_caption", period_name=page.period_name, label=format_label(spec))
    return (page.figure(key, caption, drawing, alt_text.describe_heat_map(frame), frame),)


def _name_cells(spec: Record) -> str:
    return reading.format_slug(f"cells-{take_text(spec['estimator'])}-{take_text(spec['specification'])}")
