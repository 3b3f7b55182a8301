"""A payload shown by what it holds: paths as lines, effects as a forest, placebos among each other, else a table."""

import pandas as pd

from twintrade.render.blocks import Block
from twintrade.render.figures import alt_text, forest, path, placebo
from twintrade.render.page import Page
from twintrade.render.reading import slug
from twintrade.render.tables.plain import plain_table

_WITHOUT_FIGURE_OF_THEIR_OWN = ("romanized",)
MOST_ROWS = 60


def title_of(page: Page, key: str) -> str:
    """Return a payload's name as a caption."""
    name, _, column = key.removesuffix("_table").partition("-")
    known = f"payload_{name}"
    if known in page.wording.sentences and not key.endswith("_table"):
        return page.say(known) + (f" ({column.replace('-', ', ')})" if column else "")
    key = key.replace("_table", "")
    words = key.replace("_", " ").replace("-", " ").replace(".", ": ").replace("::", ": ")
    return words[:1].upper() + words[1:]


def shown(page: Page, key: str, frame: pd.DataFrame) -> tuple[Block, ...]:
    """Return a payload as a figure where its columns are those of one, else as a table."""
    if key in _WITHOUT_FIGURE_OF_THEIR_OWN or frame.empty:
        return ()
    columns, simulated = set(frame.columns), page.results.is_simulated
    clean, theme, title = page.drawable(frame), page.theme, title_of(page, key)
    if {"label", "effect", "low", "high"} <= columns:
        drawing = forest.draw(clean, theme=theme, is_simulated=simulated)
        alt = alt_text.forest(frame, is_simulated=simulated)
    elif {"unit", "is_treated"} <= columns and columns & {"statistic", "event_time", "period"}:
        if "donor_set" in columns:
            known = {s: page.say(f"set_{s}") for s in ("A", "B", "all")}
            clean["donor_set"] = clean["donor_set"].map(lambda s: known.get(str(s), s))
        drawing = placebo.draw(clean, y_label=title, theme=theme, is_simulated=simulated)
        alt = alt_text.placebo(frame, is_simulated=simulated)
    elif {"series", "value"} <= columns and columns & {"period", "event_time"}:
        drawing = path.draw(clean, theme=theme, is_simulated=simulated)
        alt = alt_text.lines(frame, "Line chart", is_simulated=simulated)
    else:
        return (
            plain_table(frame, slug(key), title, notes=page.simulated_note, most_rows=MOST_ROWS, is_wrapping=True),
        )
    return (page.figure(slug(key), title, drawing, alt, frame),)
