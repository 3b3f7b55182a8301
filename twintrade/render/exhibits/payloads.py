"""A payload shown as its kind says: paths as lines, effects as a forest, placebos among each other, else a table."""

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd
from matplotlib.figure import Figure as Drawing
from pandas.api.types import is_numeric_dtype

from twintrade.effects.result_set import PayloadKind
from twintrade.render import reading
from twintrade.render.blocks import Block
from twintrade.render.figures import alt_text, counts, forest, points, raw_series
from twintrade.render.names import name_column, name_scale
from twintrade.render.page import Page
from twintrade.render.tables.plain import build_plain_table
from twintrade.text import Text, name_fact

MOST_ROWS = 60
MOST_FOREST = 45
MOST_BARS = 40
FEW_YEARS = 8

Maker = Callable[[pd.DataFrame, Page], Drawing]


def format_payload_title(page: Page, key: str, frame: pd.DataFrame) -> str:
    """Return a payload's name as a caption; effects by one kind of group are named by it."""
    groups = reading.list_names(frame, "group") if "group" in frame else []
    if key.partition("-")[0] == "forest" and len(groups) == 1 and groups[0]:
        return page.say("payload_forest_by", group=name_fact("labels.grouped-", groups[0]))
    name, _, column = key.removesuffix("_table").partition("-")
    known = f"payload_{name}"
    title = page.say(known) if page.wording.knows(known) else name_column(name.replace(".", ": "))
    labels = {"-".join(of): label for of, label in reading.list_labels(page.results).items()}
    of = labels.get(column, column.replace("-", ", "))
    return page.say("payload_of", title=title, column=of) if column else title


def build_payload(page: Page, key: str, frame: pd.DataFrame) -> tuple[Block, ...]:
    """Return a payload as the figure of its kind, else as a table."""
    if frame.empty:
        return ()
    title, slug = format_payload_title(page, key, frame), reading.format_slug(key)
    drawer = _find_drawing(page, key, frame)
    if drawer is None:
        notes = page.simulated_note
        if {"label", "effect", "reason"} <= set(frame) and frame["effect"].notna().all():
            explained = [row for row in reading.list_records(frame) if reading.take_text(row["reason"])]
            words = [{name: reading.read_words(row, name) for name in ("label", "reason")} for row in explained]
            notes += tuple(str(Text("checks.policies-refused", known="yes", **both)) for both in words)
            frame = frame.drop(columns=["group", "reason", "reason_text"], errors="ignore")
        return (build_plain_table(frame, slug, title, notes=notes, most_rows=MOST_ROWS, is_wrapping=True),)
    maker, describe = drawer
    scales = _list_scales(page, frame)
    known = frame.assign(scale=scales[0]) if len(scales) == 1 else frame
    drawing, alt = maker(page.drawable(frame), page), describe(reading.write_columns(known))
    has_effects = page.results.payload_kinds.get(key) in ("forest", "variants")
    is_bare = has_effects and bool((frame["effect"].notna() & frame[["low", "high"]].isna().any(axis=1)).any())
    return (page.figure(slug, title, drawing, alt, frame, notes=(page.say("forest_bare"),) if is_bare else ()),)


def _list_scales(page: Page, frame: pd.DataFrame) -> list[str]:
    """Return the scales of a payload's effects: those it names, else those of the results."""
    return list(dict.fromkeys(map(reading.take_text, frame.get("scale", page.results.effects.get("scale", ())))))


def _effect_axis(page: Page, frame: pd.DataFrame) -> str:
    """Return what an axis of effects says: with the scale where the results know only one."""
    scale, *others = _list_scales(page, frame) or [""]
    is_known = scale and not others
    return page.say("effect_axis", scale=name_scale(scale)) if is_known else page.say("effect_plain")


def is_drawn(page: Page, key: str, frame: pd.DataFrame) -> bool:
    """Whether a payload is shown as a figure."""
    return _find_drawing(page, key, frame) is not None


def _find_drawing(page: Page, key: str, frame: pd.DataFrame) -> tuple[Maker, Callable[..., str]] | None:
    """Return what draws a payload and what puts it into words, None where a table is the better picture."""
    kind = page.results.payload_kinds.get(key, "table")
    if kind in ("forest", "variants") and not 0 < frame["effect"].notna().sum() <= MOST_FOREST:
        return None
    if kind == "years" and len(frame) <= FEW_YEARS:
        kind = "counts"
    return None if kind in ("counts", "weights") and len(frame) > MOST_BARS else _DRAWN.get(kind)


def _draw_on(draw: Callable[..., Drawing], axis: str) -> Maker:
    """Return what draws a payload by a function whose axis of effects is one of its options."""
    return lambda frame, page: draw(frame, **{axis: _effect_axis(page, frame)}, theme=page.theme)


def _forest(frame: pd.DataFrame, page: Page) -> Drawing:
    is_percent = set(frame.get("scale", ())) == {"percent"}
    if "group" in frame:
        frame = frame.assign(group=[name_fact("labels.grouped-", reading.take_text(one)) for one in frame["group"]])
    label, decimals = _effect_axis(page, frame), 1 if is_percent else 3
    return forest.draw_forest(frame, x_label=label, decimals=decimals, theme=page.theme)


def _placebo(frame: pd.DataFrame, page: Page) -> Drawing:
    if "donor_set" in frame:
        known = {s: page.say(f"set_{s}") for s in ("A", "B", "all")}
        frame = frame.assign(donor_set=frame["donor_set"].map(lambda s: known.get(str(s), s)))
    return points.draw_placebo(frame, y_label=name_column("gap"), theme=page.theme)


def _heat_map(frame: pd.DataFrame, page: Page) -> Drawing:
    value = "weight" if "weight" in frame else "effect"
    since = str(Text("figures.since-onset", period_name=page.period_name))
    label = name_column("weight") if value == "weight" else _effect_axis(page, frame)
    periods = reading.list_period_labels(page.results)
    return points.draw_heat_map(frame, periods, value, x_label=since, value_label=label, theme=page.theme)


def _path(frame: pd.DataFrame, page: Page) -> Drawing:
    units = reading.list_names(frame, "unit") if {"unit", "event_time"} <= set(frame.columns) else []
    label = page.say("effect_axis", scale=name_scale(units[0])) if len(units) == 1 else ""
    return raw_series.draw_path(frame, y_label=label, theme=page.theme)


def _bacon(frame: pd.DataFrame, page: Page) -> Drawing:
    x, y = name_column("weight"), str(Text("figures.two-by-two"))
    return points.draw_scatter(frame, "weight", "estimate", group="type", x_label=x, y_label=y, theme=page.theme)


def _curve(frame: pd.DataFrame, page: Page) -> Drawing:
    numbers = {"effect", "se", "low", "high", "p", "is_headline"}
    choices = [str(c) for c in frame.columns if c not in numbers and not is_numeric_dtype(frame[c])]
    return forest.draw_specification_curve(frame, choices, y_label=_effect_axis(page, frame), theme=page.theme)


def _twins(frame: pd.DataFrame, page: Page) -> Drawing:
    return points.draw_scatter(
        frame, "population", "twins", group="country" if "country" in frame else "", label="city", is_log_x=True,
        x_label=str(Text("figures.population")), y_label=str(Text("figures.twins")), theme=page.theme,
    )  # fmt: skip


def _bars(frame: pd.DataFrame, page: Page) -> Drawing:
    if "weight" in frame:
        return counts.draw_counts(frame, "unit", "weight", theme=page.theme)
    value = "percent" if "percent" in frame else "count"
    return counts.draw_counts(_name_labels(frame), "label", value, theme=page.theme)


def _name_labels(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(label=[name_fact("labels.label-", reading.take_text(v)) for v in frame["label"]])


_DRAWN: Mapping[PayloadKind, tuple[Maker, Callable[..., str]]] = {
    "sensitivity": (_draw_on(forest.draw_sensitivity, "y_label"), alt_text.describe_sensitivity),
    "forest": (_forest, alt_text.describe_forest),
    "variants": (_draw_on(forest.draw_differences, "x_label"), alt_text.describe_variants),
    "placebo": (_placebo, alt_text.describe_placebo), "heat_map": (_heat_map, alt_text.describe_heat_map),
    "cell_weights": (_heat_map, alt_text.describe_cell_weights), "path": (_path, alt_text.describe_lines),
    "bacon": (_bacon, partial(alt_text.describe_forest, key="bacon", column="estimate")),
    "specification_curve": (_curve, lambda frame: alt_text.describe_forest(frame[frame["effect"].notna()], "curve")),
    "power": (_draw_on(points.draw_power, "x_label"), alt_text.describe_power),
    "size": (_twins, partial(alt_text.describe_forest, key="twins", column="twins")),
    "years": (lambda frame, page: counts.draw_years(_name_labels(frame), theme=page.theme), alt_text.describe_bars),
    "map": (lambda frame, page: counts.draw_world_map(frame, theme=page.theme), alt_text.describe_map),
    "counts": (_bars, alt_text.describe_bars), "weights": (_bars, alt_text.describe_weights),
}  # fmt: skip
