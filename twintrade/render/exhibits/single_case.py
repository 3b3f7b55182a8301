"""The page of a single case: paths and gaps, placebos, weights, p-values with their floors, dates, donors."""

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

import numpy as np
import pandas as pd

from twintrade.render import blocks, reading
from twintrade.render.citing import is_placed
from twintrade.render.exhibits.payloads import build_payload, is_drawn
from twintrade.render.figures import alt_text, points
from twintrade.render.figures import raw_series as case
from twintrade.render.figures.raw_series import list_event_key
from twintrade.render.names import OF_NO_COLUMN, name_check, name_column, name_method
from twintrade.render.page import Page
from twintrade.render.reading import TABLED, Record, find_payload, read_column, take_text
from twintrade.render.tables.plain import build_plain_table
from twintrade.text import Listed, Text, name_fact, numbers, strip_stop

# Exhibits 3, 4 and 8 to 11: each topic gathers the findings and payloads that belong to it.

HALF = 0.55  # width at which a figure is drawn that stands beside another; the page sets it a little smaller


def list_sentences(page: Page, findings: list[Record]) -> blocks.BulletList:
    """Return what findings say, one line each, what objects first; opened by its check and, of several, columns."""
    columns = reading.list_labels(page.results)
    about: dict[tuple[str, str], dict[str, None]] = {}
    for finding in sorted(findings, key=lambda finding: take_text(finding["verdict"]) != "objects"):
        column = columns.get(read_column(finding), "")
        names = about.setdefault((take_text(finding["diagnostic"]), reading.read_words(finding, "sentence")), {})
        if column and len(columns) > 1 and take_text(finding["diagnostic"]) not in OF_NO_COLUMN:
            names[column] = None
    lines = []
    for (check, sentence), named in about.items():
        of = Listed(tuple(named), "semicolon")
        head = page.say("check_of", check=name_check(check), columns=of) if named else name_check(check)
        lines.append(blocks.build_spans(f"{head}: {sentence}"))
    return blocks.BulletList(tuple(lines))


def list_topic_sentences(page: Page, name: str, but: Sequence[str] = ()) -> blocks.BulletList:
    """Return what the checks of a topic say, one line each, but for those that stand elsewhere."""
    findings = reading.list_topic_findings(page.results, name)
    return list_sentences(page, [f for f in findings if take_text(f["diagnostic"]) not in but])


def join_payloads(page: Page, owners: Mapping[str, Record]) -> dict[str, pd.DataFrame]:
    """Return payloads with those that are one table a column, and no figure, put below each other under one name."""
    columns = reading.list_labels(page.results)
    frames: dict[str, list[pd.DataFrame]] = {}
    for key, owner in owners.items():
        frame = page.results.payloads[key]
        if is_drawn(page, key, frame):
            frames[key] = [frame]
        else:
            named = frame.copy()
            named.insert(0, "estimate", columns.get(read_column(owner), page.say("of_headline")))
            frames.setdefault(key.partition("-")[0], []).append(named)
    joined = {}
    for key, (first, *others) in frames.items():
        is_named = not others and first.columns[0] == "estimate"
        alone = first.drop(columns="estimate") if is_named else first
        joined[key] = pd.concat([first, *others], ignore_index=not is_placed(first)) if others else alone
    return joined


def build_payloads(page: Page, owners: Mapping[str, Record], paired: Sequence[str] = ()) -> list[blocks.Block]:
    """Return payloads as figures or else tables; kinds that are ``paired`` are drawn half as wide, two in a row."""
    half = page.widen(page.theme.width * HALF)
    kinds = page.results.payload_kinds
    frames = {
        key: frame
        for key, frame in join_payloads(page, owners).items()
        if not (key.endswith("_table") and is_drawn(page, key, frame) and key.removesuffix("_table") in owners)
    }
    paths = [key for key, frame in frames.items() if kinds.get(key) in paired and is_drawn(page, key, frame)]
    narrow = [key for key in paths if kinds[key] != "counts" or len(frames[key]) >= LONG]
    narrow = narrow[: len(narrow) // 2 * 2]
    drawn = [b for key in narrow for b in build_payload(half, key, frames[key]) if isinstance(b, blocks.Figure)]
    pairs = (blocks.FigureRow(tuple(pair)) for pair in reading.split_parts(drawn, 2))
    others = (build_payload(page, key, frame) for key, frame in frames.items() if key not in narrow)
    return [*pairs, *chain.from_iterable(others)]


BARS, LONG = ("counts",), 9
"""Kinds of payloads whose figures stand side by side, and from how many bars on."""
REPEATED = ("percent_effects", "case_verdicts")
"""Payloads whose every number stands in the check's sentence or in the brief."""


def build_topic_exhibit(name: str) -> Callable[[Page], tuple[blocks.Block, ...] | blocks.Absent]:
    """Return the exhibit of one topic."""

    def exhibit(page: Page) -> tuple[blocks.Block, ...] | blocks.Absent:
        findings = reading.list_topic_findings(page.results, name)
        owners = reading.list_topic_payloads(page.results, name)
        if not owners and not any(reading.has_spoken(r) for r in findings):
            sentences = [reading.read_words(r, "sentence") for r in findings]
            return blocks.Absent(sentences[0] if sentences else page.say(f"absent_{name}"))
        if not page.is_whole:
            owners = {key: owner for key, owner in owners.items() if key not in REPEATED}
        content: list[blocks.Block] = [blocks.Heading(2, page.say(name), name.replace("_", "-"))]
        if findings:
            content.append(list_topic_sentences(page, name))
        return (*content, *build_payloads(page, owners, BARS))

    return exhibit


def _put_in_percent(page: Page, owner: Record, frame: pd.DataFrame) -> pd.DataFrame:
    """Return effects in log points, with their ends, in percent, as sentences say them; others as they are."""
    spec = next((s for s in reading.list_specifications(page.results) if read_column(s) == read_column(owner)), None)
    overall = reading.find_overall(page.results, spec) if spec is not None else None
    if "scale" in frame or overall is None or take_text(overall["scale"]) != "log points":
        return frame
    ends = {name: 100 * np.expm1(frame[name].astype(float)) for name in ("effect", "low", "high")}
    return frame.assign(scale="percent", **ends)


def build_effects_topic(name: str) -> Callable[[Page], tuple[blocks.Block, ...] | blocks.Absent]:
    """Return the exhibit of a topic, its effects in one figure unless the table of checks has them."""
    whole = build_topic_exhibit(name)

    def exhibit(page: Page) -> tuple[blocks.Block, ...] | blocks.Absent:
        owners = reading.list_topic_payloads(page.results, name)
        frames = [page.results.payloads[key] for key in owners if page.results.payload_kinds.get(key) == "forest"]
        if len(frames) < len(owners) or not owners:
            return whole(page)
        head = (blocks.Heading(2, page.say(name), name.replace("_", "-")), list_topic_sentences(page, name))
        if any(take_text(owner["verdict"]) in TABLED for owner in owners.values()):
            return head
        parts = [_put_in_percent(page, owners[key], page.results.payloads[key]) for key in owners]
        return (*head, *build_payload(page, next(iter(owners)), pd.concat(parts, ignore_index=True)))

    return exhibit


SETS = ("A", "B", "all")
MOST_ROWS = 60
MOST_FALSE_DATES = 12
INTERVALS = ("prediction_low", "prediction_high", "conformal_low", "conformal_high")
TABLES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("case_tests", "case_tests_caption", "case_tests_note",
     ("method", "donor_set", "n_donors", "percent", "effect", "p", "floor", "p_rmspe_ratio", "p_conformal",
      "conformal_floor")),
    ("case_tests", "case_intervals_caption", "", ("method", "donor_set", "effect", *INTERVALS)),
    ("donor_weights_table", "case_weights_caption", "", ("donor", "weight_A", "weight_B", "weight_all")),
    ("date_sets_table", "case_dates_caption", "case_dates_note",
     ("date", "onset_label", "method", "effect_A", "p_A", "effect_B", "p_B", "effect_all", "p_all")),
    ("placebo_time_table", "case_false_dates_caption", "", ("onset_label", "effect", "p", "floor", "reason")),
    ("leave_one_donor_out_table", "case_without_caption", "", ("left_out", "effect", "reason")),
    ("known_shocks", "case_shocks_caption", "",
     ("label", "first_label", "last_label", "is_rival", "effect_without", "reason")),
    ("donor_sets", "case_donors_caption", "", ("donor_set", "unit", "status", "reason")),
)  # fmt: skip
"""Payload, caption, note and the columns shown, in the order of the page."""
SHORT = ("case_tests", "date_sets_table")  # tables of a short appendix
NAMED_BY = {"case_tests": ("method", "donor_set"), "date_sets_table": ("date",)}
"""Tables whose rows without numbers, and reasons, stand in the note, with the columns that name a row there."""
WEIGHTS = {f"weight_{s}": numbers.format_fixed for s in SETS}


def build_exhibit(page: Page) -> tuple[blocks.Block, ...] | blocks.Absent:
    """Return the exhibits of one treated unit; findings and payloads of the topic where there are no paths of it."""
    frame = find_payload(page.results, "case_paths")
    if frame is None:
        return build_topic_exhibit("single_case")(page)
    content: list[blocks.Block] = [
        blocks.Heading(2, page.say("single_case"), "single-case"),
        list_topic_sentences(page, "single_case", but=("case_verdict",)),
        _paths(page, frame),
    ]
    is_short = not page.is_whole
    methods = {"placebo": take_text(frame["method"].iloc[0]), "placebo_control": "synthetic-control"}
    drawn = [key for key in methods if find_payload(page.results, key) is not None]
    for key in drawn[-1:] if is_short else drawn:
        placebo = page.results.payloads[key]
        named = placebo.assign(donor_set=[page.say(f"set_{take_text(s)}") for s in placebo["donor_set"]])
        drawing = points.draw_placebo(page.drawable(named), y_label=_gap_label(page), theme=page.theme)
        caption = page.say("case_placebo_caption", unit=_unit(page), method=name_method(methods[key]))
        alt = alt_text.describe_placebo(placebo)
        content.append(page.figure(key.replace("_", "-"), caption, drawing, alt, placebo))
    for key, caption, note, columns in TABLES:
        table = find_payload(page.results, key)
        if table is not None and not (is_short and key not in SHORT):
            if caption == "case_intervals_caption":
                table = table[table[[c for c in INTERVALS if c in table]].notna().any(axis=1)]
            content += [] if table.empty else [_table(page, key, table, caption, note, columns)]
    return (*content, blocks.build_paragraph(page.say("case_more")))


def _unit(page: Page) -> str:
    frame = find_payload(page.results, "placebo")
    if frame is None:
        return page.results.title
    treated = frame["unit"][frame["is_treated"].map(reading.read_truth).astype(bool)]
    return next(iter(treated.map(take_text)), "")


def _paths(page: Page, frame: pd.DataFrame) -> blocks.Figure:
    dates, shocks = (find_payload(page.results, name) for name in ("candidate_dates", "known_shocks"))
    present = set(frame["donor_set"].map(take_text))
    shown = [s for s in SETS[:2] if s in present] or sorted(present)
    drawing = case.draw_case(
        page.drawable(frame), None if dates is None else page.drawable(dates),
        None if shocks is None else page.drawable(shocks), set_names={s: page.say(f"set_{s}") for s in SETS},
        sets=shown, gap_label=_gap_label(page), theme=page.theme,
    )  # fmt: skip
    events = list_event_key(dates, shocks, frame)
    listed = Listed(tuple(events), "semicolon") if events else page.say("case_no_date")
    seasons = () if page.period_name == "year" else (page.say("case_seasons_note"),)
    caption, alt = page.say("case_paths_caption", unit=_unit(page)), alt_text.describe_case(frame, shown)
    notes = (page.say("case_paths_note", events=listed), *seasons)
    return page.figure("case-paths", caption, drawing, alt, frame, notes=notes)


def _gap_label(page: Page) -> str:
    tests = find_payload(page.results, "case_tests")
    is_relative = tests is not None and "percent" in tests and bool(tests["percent"].notna().any())
    return str(Text("figures.gap-log")) if is_relative else name_column("gap")


def _table(
    page: Page, key: str, frame: pd.DataFrame, caption: str, note: str, columns: Sequence[str]
) -> blocks.Table:
    table_name = "case_intervals" if caption == "case_intervals_caption" else key
    present = [c for name in columns for c in (name, f"{name}_text") if c in frame]
    notes = (*page.simulated_note, *((page.say(note),) if note else ()))
    if table_name in NAMED_BY and "reason" in frame:
        numbered, lacking = _with_numbers(frame, NAMED_BY[table_name])
        if numbered.empty:
            present.append("reason")
        else:
            frame = numbered
            rows = tuple(
                page.say("case_lacking_row", rows=Listed(tuple(names), "semicolon"), reason=strip_stop(reason))
                for reason, names in lacking.items()
            )
            notes += (page.say("case_lacking", rows=Listed(rows, "sentences")),) if rows else ()
    name = table_name.removesuffix("_table").replace("_", "-")
    most = MOST_FALSE_DATES if key == "placebo_time_table" else MOST_ROWS
    shown, title = frame[present], page.say(caption)
    return build_plain_table(shown, name, title, formats=WEIGHTS, notes=notes, most_rows=most, is_wrapping=True)


def _with_numbers(frame: pd.DataFrame, named_by: Sequence[str]) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Return the rows that have an effect, and every reason with the rows it is about."""
    effects = [c for c in frame if str(c).partition("_")[0] == "effect"]
    about: dict[str, dict[str, None]] = {}
    for row in reading.list_records(frame[frame["reason"].map(take_text) != ""]):
        named = str(Listed(tuple(name_fact(f"labels.{c}-", take_text(row[c])) for c in named_by), "comma"))
        about.setdefault(reading.read_words(row, "reason"), {})[named] = None
    return frame[frame[effects].notna().any(axis=1)], {reason: list(rows) for reason, rows in about.items()}
