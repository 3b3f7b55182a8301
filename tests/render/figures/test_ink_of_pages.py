"""What the figures of a page draw is what the frame and the table beside them hold, from stored results to ink."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from drawn_points import read_points
from made_results import make_results
from test_drawn_points import OUTER
from test_payload_figures import FRAMES, KINDS

from twintrade.render import page as page_module
from twintrade.render.appendix import build_appendix, open_page
from twintrade.render.blocks import Images
from twintrade.render.exhibits import event_study
from twintrade.render.exhibits.payloads import build_payload
from twintrade.render.page import Page
from twintrade.render.style import AppendixOptions

LEVEL = ("brief-range", "brief-methods", "forest")
"""Figures whose values run from left to right."""
VALUES = ("effect", "value", "observed", "expected", "counterfactual", "gap")
IN_MILLIONS = "brief-totals"
NOT_DRAWN = ("brief-case", "gap")
"""A column of numbers that only the figure of another page draws."""

TOTALS = pd.DataFrame(
    {"period": range(3), "period_label": list("abc"), "observed": [4e6, 6e6, 9e6], "expected": [4e6, 5e6, 7e6],
     "low": [np.nan, 4.5e6, 5e6], "high": [np.nan, 7e6, 8e6], "n_in_force": range(3), "unit": "US dollars"}
)  # fmt: skip
CASE = pd.DataFrame(
    {"method": "sdid", "donor_set": "A", "period": [2000, 2001, 2002], "period_label": ["2000", "2001", "2002"],
     "event_time": [-2, -1, 0], "observed": [101.0, 100.0, 104.0], "counterfactual": [101.5, 100.0, 103.0],
     "gap": [-0.5, 0.0, 1.0]}
)  # fmt: skip


@pytest.fixture
def figures_of(monkeypatch):
    """Return key, ink, edges and frame of each figure that is made while a function runs."""

    whole = Page.figure

    def build(function, *arguments):
        inked, made = [], []

        def keep(drawing, *_):
            edges = [edge for axes in drawing.axes for edge in (*axes.get_xlim(), *axes.get_ylim())]
            inked.append((read_points(drawing), edges))
            return Images(b"", b"", b"", 6.5, 4.0)

        def list_figure(page, key, caption, drawing, alt, frame, **options):
            block = whole(page, key, caption, drawing, alt, frame, **options)
            made.append((key, *inked[-1], frame))
            return block

        monkeypatch.setattr(page_module, "encode", keep)
        monkeypatch.setattr(Page, "figure", list_figure)
        return function(*arguments), made

    return build


def list_numbers(columns):
    """Return the finite numbers of columns, and what those in percent are in logs."""
    numeric = [pd.to_numeric(columns[name], errors="coerce").to_numpy(dtype=float) for name in columns]
    values = np.concatenate(numeric)
    values = values[np.isfinite(values)]
    return values, np.log1p(values[values > -100] / 100)


def find_strange(values, known):
    """Return the values that are none of the known ones."""
    return [v for v in values if not np.isclose(v, known, rtol=1e-9, atol=1e-12).any()]


def test_every_number_drawn_on_a_page_is_in_the_frame_beside_it_and_every_effect_there_is_drawn(figures_of):
    made = make_results(is_hostile=False)
    drawn = []
    placebo = made.payloads["placebo"].assign(donor_set="A")
    for further in ({"treated_periods": TOTALS}, {"case_paths": CASE, "placebo": placebo}):
        results = replace(made, payloads={**made.payloads, **further})
        drawn += figures_of(build_appendix, open_page(results, AppendixOptions(detail="full")))[1]
    keys = {key for key, *_ in drawn}
    assert {"brief-totals", "brief-methods", "brief-case", "case-paths", "event-paths", "event-others"} <= keys
    assert {"forest", "raw-series", "path", "placebo"} <= keys
    for key, ink, edges, frame in drawn:
        marks = ink[ink["form"].isin(["point", "line"])]
        values, logs = list_numbers(frame)
        known = np.concatenate([values, logs, edges])
        scale = 1e6 if key == IN_MILLIONS else 1.0
        axis = "x" if key in LEVEL else "y"
        columns = marks[[axis, "low", "high", *OUTER]].to_numpy(dtype=float).ravel() * scale
        assert find_strange(columns[np.isfinite(columns)], known) == [], key
        if key == "adoption":
            continue
        shown = frame[frame["is_treated"]] if "is_treated" in frame else frame
        inked = marks[axis].to_numpy(dtype=float) * scale
        effects, in_logs = list_numbers(
            shown[[name for name in VALUES if name in shown and (key, name) != NOT_DRAWN]]
        )
        assert len(effects), key
        assert find_strange(effects, inked) == [] or find_strange(in_logs, inked) == [], key


def test_the_table_of_an_event_study_prints_the_changes_that_its_figures_draw(figures_of):
    results = make_results(is_hostile=False)
    blocks, drawn = figures_of(event_study.build_exhibit, Page(results, detail="full"))
    (table,) = (block for block in blocks if getattr(block, "key", "") == "event-paths-table")
    labels = [cell.text for cell in table.header[1]]
    assert len(drawn) == 2
    printed = 0
    for _, ink, _, frame in drawn:
        marks = ink[ink["form"] == "point"].reset_index(drop=True)
        assert len(marks) == len(frame)
        frame = frame.assign(height=marks["y"].to_numpy(dtype=float)).dropna(subset="event_time")
        for label, rows in frame.groupby("label"):
            heights = rows.sort_values("event_time")["height"]
            told = [row.cells[labels.index(label)].lines[0].split(" ")[0] for row in table.rows[: len(rows)]]
            assert [float(text.replace("−", "-")) for text in told] == pytest.approx(
                100 * np.expm1(heights.to_numpy()), abs=0.0501
            )
            printed += len(told)
    assert printed == 4 * 11


BARS = ("counts", "weights", "years")
ENDS = {"low": "low", "high": "high"}
DRAWN = {
    "sensitivity": {"y": "effect", **ENDS},
    "specification_curve": {"y": "effect", **ENDS},
    "forest": {"x": "effect", **ENDS},
    "variants": {"x": "effect", **ENDS},
    "heat_map": {"value": "effect"},
    "cell_weights": {"value": "weight"},
    "map": {"x": "longitude", "y": "latitude"},
    "counts": {"x": "count"},
    "bacon": {"x": "weight", "y": "estimate"},
    "weights": {"x": "weight"},
    "size": {"x": "population", "y": "twins"},
    "placebo": {"x": "statistic"},
    "power": {"x": "effect", "y": "rejection_rate"},
    "years": {"y": "count"},
    "path": {"x": "event_time", "y": "value"},
}
"""By kind the columns of a payload that its figure is about, by what is read back of them."""


def test_each_kind_of_payload_draws_the_columns_that_it_is_about(figures_of):
    """By the payload's own column: no number is left out, and none of another column is drawn in its place."""
    assert set(DRAWN) == set(KINDS.values())
    for key, frame in FRAMES.items():
        page = Page(replace(make_results(), payload_kinds={key: KINDS[key]}))
        _, [(_, ink, _, beside)] = figures_of(build_payload, page, key, frame)
        is_bar = (ink["form"] == "bar") == (KINDS[key] in BARS)
        marks = ink[(ink["panel"] == 0) & (ink["form"] != "arrow") & is_bar]
        for axis, column in DRAWN[KINDS[key]].items():
            column = column if column in frame else "percent"
            expected = pd.concat([frame[c] for c in (column, f"partner_{column}") if c in frame])
            if KINDS[key] == "cell_weights":
                expected = frame.groupby(["cohort", "event_time"])[column].sum()
            inked = marks[axis].astype(float).dropna().to_numpy()
            expected = expected.astype(float).dropna().to_numpy()
            assert find_strange(expected, inked) == [], (key, axis)
            if KINDS[key] != "map":  # a line across the date line ends at its edge
                assert find_strange(inked, expected) == [], (key, axis)
            assert {*frame.columns} <= {*beside.columns}
