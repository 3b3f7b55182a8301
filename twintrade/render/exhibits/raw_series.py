"""Exhibit 5: the raw event figure of each case, with every candidate date."""

from collections.abc import Sequence

import pandas as pd

from twintrade.render.blocks import Absent, Block, Figure, Heading, build_paragraph
from twintrade.render.exhibits.payloads import build_payload
from twintrade.render.figures import alt_text, raw_series
from twintrade.render.page import Page
from twintrade.render.reading import find_payload, find_payloads, format_slug, take_text
from twintrade.text import Listed

MOST_FULL = 4
PER_GRID = 12
Case = tuple[pd.DataFrame, pd.DataFrame | None]


def build_exhibit(page: Page) -> tuple[Block, ...] | Absent:
    """Return one figure a case (small multiples where there are many), and the double ratio where it was made."""
    cases = _cases(page)
    if not cases:
        return Absent(page.say("no_payload"))
    blocks: list[Block] = [Heading(2, page.say("raw"), "raw-series"), build_paragraph(page.say("raw_intro"))]
    if len(cases) <= MOST_FULL:
        keys: list[str] = []
        for name, (frame, dates) in cases.items():
            keys.append(_find_key(name if "dyad" in frame else "", keys))
            blocks.append(_full(page, keys[-1], name, frame, dates))
    else:
        names = list(cases)
        parts = [names[start : start + PER_GRID] for start in range(0, len(names), PER_GRID)]
        blocks += [_grid(page, {n: cases[n] for n in part}, i) for i, part in enumerate(parts)]
    if find_payload(page.results, "case_paths") is None:
        for key, frame in find_payloads(page.results, "path").items():
            blocks += build_payload(page, key, frame)
    return tuple(blocks)


def _cases(page: Page) -> dict[str, Case]:
    """Return series and dates by the name of the pair."""
    cases: dict[str, Case] = {}
    for key, frame in find_payloads(page.results, "raw_series").items():
        named = take_text(frame["dyad"].iloc[0]) if "dyad" in frame else ""
        name = named or (page.results.title if key == "raw_series" else key.removeprefix("raw_series")[1:])
        cases[name] = (frame, page.results.payloads.get(key.replace("raw_series", "candidate_dates")))
    return cases


def _find_key(pair: str, taken: Sequence[str]) -> str:
    """Return the key of a case's figure; names in other letters may leave the same Latin ones."""
    key = format_slug(f"raw-series-{pair}") if pair else "raw-series"
    return next(free for free in (key, *(f"{key}-{i}" for i in range(2, len(taken) + 2))) if free not in taken)


def _full(page: Page, key: str, name: str, frame: pd.DataFrame, dates: pd.DataFrame | None) -> Figure:
    simulated = page.results.is_simulated
    clean = page.drawable(dates) if dates is not None else None
    shocks = find_payload(page.results, "known_shocks")
    drawing = raw_series.draw(page.drawable(frame), clean, shocks, theme=page.theme, is_simulated=simulated)
    alt = alt_text.describe_lines(frame, is_simulated=simulated, panel="level")
    return page.figure(key, page.say("raw_caption", title=name), drawing, alt, frame)


def _grid(page: Page, cases: dict[str, Case], position: int) -> Figure:
    frame = pd.concat([f.assign(case=n) for n, (f, _) in cases.items()], ignore_index=True)
    known = [d.assign(case=n) for n, (_, d) in cases.items() if d is not None]
    dates = page.drawable(pd.concat(known, ignore_index=True)) if known else None
    simulated = page.results.is_simulated
    drawing = raw_series.draw_grid(page.drawable(frame), dates, theme=page.theme, is_simulated=simulated)
    alt = page.say("raw_grid_alt", n=len(cases), names=Listed(tuple(cases), "comma"))
    caption = page.say("raw_grid_caption", n=len(cases))
    drawn = frame.loc[(frame["panel"] == "index") & (frame["series"] == frame["series"].iloc[0]), "case"]
    unindexed = tuple(n for n in cases if n not in set(drawn))
    notes = [page.say("raw_grid_note")]
    if unindexed:
        notes.append(page.say("raw_grid_unindexed", names=Listed(unindexed), n=len(unindexed)))
    return page.figure(f"raw-series-{position + 1}", caption, drawing, alt, frame, notes=tuple(notes))
