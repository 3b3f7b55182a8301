"""Every kind of payload finds its figure, a sentence for it, and the same bytes twice."""

from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from case_tables import loop_over
from made_results import make_results

from twintrade.diagnostics.base import DIAGNOSTICS
from twintrade.effects.result_set import PayloadKind, read_payload_kinds
from twintrade.render.blocks import Figure, Table
from twintrade.render.exhibits import event_study, payloads
from twintrade.render.exhibits.payloads import build_payload
from twintrade.render.figures import alt_text, counts, encode, forest, percent_paths
from twintrade.render.figures import points as heat_map
from twintrade.render.page import Page
from twintrade.render.reading import find_headline, format_label, list_specifications
from twintrade.study.store.replay import build_tidy_files, from_bytes

RNG = np.random.default_rng(5)

QUICK = ("svg",)
"""A figure drawn alike is saved alike, see ``test_embedding``; its other encodings are compared on the slow side."""

VARIANTS = pd.DataFrame(
    {
        "group": ["dates"] * 2 + ["one out"] * 14, "label": [f"v{i}" for i in range(16)],
        "effect": np.linspace(0, 1, 16), "low": -1.0, "high": 2.0, "p": 0.4,
        "difference": np.linspace(-0.3, 0.3, 16), "difference_low": -0.5, "difference_high": 0.5, "difference_p": 0.2,
        "reason": "", "estimate": "TWFE",
    }
)  # fmt: skip

FRAMES = {
    "honest": pd.DataFrame(
        {
            "restriction": "relative_magnitudes", "kind": ["original", "robust", "robust"],
            "size": [np.nan, 0.5, 1.0],
            "low": [0.1, 0.0, -0.2], "high": [0.3, 0.4, 0.6], "effect": 0.2,
        }
    ),
    "dates": pd.DataFrame(
        {"label": ["a", "b"], "group": "dates", "effect": [0.1, np.nan], "low": [0.0, np.nan], "high": [0.2, np.nan]}
    ),
    "leave_one_out": VARIANTS,
    "cells": pd.DataFrame(
        {"cohort": np.repeat([2001, 2002], 4), "event_time": np.tile(range(-2, 2), 2), "effect": RNG.normal(0, 1, 8)}
    ),
    "bacon": pd.DataFrame({"type": ["a", "b"], "weight": [0.4, 0.6], "estimate": [0.1, -0.2]}),
    "weights": pd.DataFrame({"unit": ["$x$", "B"], "weight": [0.7, 0.3]}),
    "specification_curve": pd.DataFrame(
        {
            "effect": [0.1, 0.3, 0.2], "low": [0.0, 0.1, 0.1], "high": [0.2, 0.5, 0.3],
            "is_headline": [False, True, False], "estimator": ["ppml", "twfe", "ppml"], "comparison": ["x", "x", "y"],
        }
    ),
    "twfe_weights": pd.DataFrame(
        {"cohort": [2001, 2001, 2002], "event_time": [0, 0, 1], "weight": [0.4, 0.8, -0.2], "unit": ["a", "b", "c"]}
    ),
    "twins_by_size": pd.DataFrame(
        {"city": ["A", "B"], "population": [1e6, 2e7], "twins": [7, 47], "country": ["x", "y"]}
    ),
    "agreements_map": pd.DataFrame(
        {
            "city": ["Leeds", "Sydney", "Sydney"], "latitude": [53.8, -33.9, -33.9],
            "longitude": [-1.5, 151.2, 151.2],
            "partner_city": ["Hangzhou", "San Francisco", "Nagoya"], "partner_latitude": [30.3, 37.8, 35.2],
            "partner_longitude": [120.2, -122.4, 136.9],
        }
    ),
    "shares": pd.DataFrame({"label": ["x", "y"], "percent": [46.0, 36.0]}),
    "twins_by_country": pd.DataFrame({"label": ["x", "y"], "count": [7, 47]}),
    "placebo_ranks": pd.DataFrame(
        {"unit": ["t", "a", "b"], "donor_set": "A", "statistic": [2.0, 1.0, 0.5], "is_treated": [True, False, False]}
    ),
    "power": pd.DataFrame({"effect": [0.0, 0.1, 0.2], "rejection_rate": [0.05, 0.4, 0.9]}),
    "years_of_signing": pd.DataFrame({"label": [*map(str, range(1990, 2000)), "undated"], "count": range(11)}),
    "pretrend_power": pd.DataFrame(
        {"series": "slope found with 80 % power", "event_time": [-2, -1, 0], "value": [0.1, 0.05, 0.0]}
    ),
}  # fmt: skip


KINDS = {
    "honest": "sensitivity", "dates": "forest", "leave_one_out": "variants", "cells": "heat_map",
    "twfe_weights": "cell_weights", "agreements_map": "map", "shares": "counts",
    "bacon": "bacon", "weights": "weights",
    "specification_curve": "specification_curve", "twins_by_size": "size", "twins_by_country": "counts",
    "placebo_ranks": "placebo", "power": "power", "years_of_signing": "years", "pretrend_power": "path",
}  # fmt: skip


def make_page(**kinds):
    return Page(replace(make_results(), payload_kinds=kinds))


def draw(key):
    (figure,) = build_payload(make_page(**{key: KINDS[key]}), key, FRAMES[key])
    return figure


@cache
def draw_once(key, encodings):
    """Draw a payload, in some of its encodings alone."""
    saved = encode._saved
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            encode, "_saved", lambda drawing, kind, _: saved(drawing, kind, _) if kind in encodings else b""
        )
        return draw(key)


def test_every_kind_is_tried():
    assert {*KINDS.values(), "table"} == set(get_args(PayloadKind))


def test_every_check_declares_kinds_that_a_page_knows():
    declared = [kind for name in DIAGNOSTICS for kind in DIAGNOSTICS[name].payload_kinds.values()]
    assert len(declared) > 20
    assert set(declared) <= set(KINDS.values())


@loop_over("key", FRAMES)
def test_the_kind_decides_and_not_the_columns(key):
    (shown,) = build_payload(make_page(), key, FRAMES[key])
    assert isinstance(shown, Table)


def test_every_payload_of_a_result_set_is_listed_with_its_kind():
    results = replace(make_results(), payload_kinds={"forest": "forest", "absent": "years"})
    listed = read_payload_kinds(from_bytes(build_tidy_files(results)["payloads.csv"]))
    assert listed == dict.fromkeys(results.payloads, "table") | {"forest": "forest"}


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="unknown kind 'pie'"):
        read_payload_kinds(pd.DataFrame({"payload": ["a"], "kind": ["pie"]}))


def test_more_effects_than_a_forest_holds_are_a_table():
    frame = pd.concat([FRAMES["dates"]] * 46, ignore_index=True)
    (shown,) = build_payload(make_page(dates="forest"), "dates", frame)
    assert isinstance(shown, Table)


@pytest.mark.parametrize("encodings", [QUICK, pytest.param(("svg", "pdf", "png"), marks=pytest.mark.slow)])
@loop_over("key", FRAMES)
def test_a_payload_is_drawn(key, encodings):
    figure, again = draw_once(key, encodings), draw_once.__wrapped__(key, encodings)
    assert isinstance(figure, Figure)
    assert figure.alt.endswith(".")
    assert "simulated" in figure.alt
    for kind in encodings:
        assert len(getattr(figure.images, kind)) > 1000
        assert getattr(figure.images, kind) == getattr(again.images, kind)


SAYS = {
    "honest": ["original: 0.200, interval 0.100 to 0.300", "0.5: 0.200, interval 0.000 to 0.400"],
    "dates": ["dates, a: 0.100, interval 0.000 to 0.200"],
    "leave_one_out": ["dates, v0: 0.000, interval −1.000 to 2.000"],
    "bacon": ["Weight 0.4, Two-by-two estimate: 0.1"],
    "specification_curve": ["estimator: ppml, comparison: x: 0.100, interval 0.000 to 0.200"],
    "twfe_weights": ["2001, Event time 0: 1.20"],
    "twins_by_size": ["A, Population (log scale) 1 m, Number of twins: 7"],
    "agreements_map": ["Leeds: 1", "Hangzhou: 1", "Sydney: 2"],
    "shares": ["x: 46"],
    "placebo_ranks": ["t: 2.000"],
    "power": ["0: 5%"],
    "years_of_signing": ["1990: 0"],
    "pretrend_power": ["slope found with 80 % power, Event time −2: 0.100"],
}


@loop_over("key", SAYS)
def test_points_say_their_name_value_and_interval(key):
    points = draw_once(key, QUICK).images.points
    assert [point.text for point in points][: len(SAYS[key])] == SAYS[key]
    assert all(0 <= share <= 1 for point in points for share in (point.x, point.y))


def test_any_other_frame_is_a_table():
    (table,) = build_payload(
        Page(make_results()), "leverage", pd.DataFrame({"unit": ["=1"], "period": [2001], "share": [0.25]})
    )
    assert isinstance(table, Table)
    assert [c.text for c in table.rows[0].cells] == ["=1", "2001", "0.250"]


@loop_over(("by", "head"), [("era", "time of the agreement"), ("kind", "kind of agreement")])
def test_groups_are_headed_by_what_they_are_called(by, head):
    frame = pd.DataFrame({"label": ["a", "b"], "group": by, "effect": [0.1, 0.2], "low": 0.0, "high": 0.3})
    (figure,) = build_payload(make_page(forest="forest"), "forest", frame)
    assert figure.caption == f"Effects by {head}"
    drawn = payloads._forest(frame, make_page(forest="forest"))
    said = [t.get_text() for axes in drawn.axes for t in (*axes.texts, *axes.get_yticklabels())]
    assert head in said
    assert by not in said


def test_a_table_says_in_its_notes_why_an_effect_has_no_interval():
    ends = {"effect": [1.0, 2.0], "low": [0.5, np.nan], "high": [1.5, np.nan]}
    said = {"label": ["office", "flight"], "reason": ["", "two cities"], "reason_text": ["", ""]}
    (table,) = build_payload(Page(make_results()), "policy_effects", pd.DataFrame(ends | said))
    assert table.notes[-1] == "No closed interval, flight: two cities."
    assert "two cities" not in [cell.text for row in table.rows for cell in row.cells]


def test_a_point_without_an_interval_says_its_p() -> None:
    frame = pd.DataFrame(
        {
            "label": ["a", "b"],
            "group": ["a", "rest"],
            "effect": [0.1, 0.2],
            "low": [0.0, np.nan],
            "high": [0.3, np.nan],
        }
    ).assign(p=[0.2, 0.035])
    drawn = forest.draw_forest(frame)
    said = [t.get_text() for t in drawn.axes[0].texts]
    assert said == ["0.100 (0.000 to 0.300)", "0.200 (p = 0.035)"]
    assert [t.get_text() for t in drawn.axes[0].get_yticklabels()] == ["a", "b", "rest"]


def test_weights_of_units_in_one_cell_are_added_up():
    frame = FRAMES["twfe_weights"]
    axes = heat_map.draw_heat_map(frame, {}, "weight").axes[0]
    assert [text.get_text() for text in axes.texts if text.get_text()] == ["1.20", "−0.200"]
    assert "2 cells by cohort and event time; one is negative, −0.200." in alt_text.describe_cell_weights(frame)


@pytest.mark.usefixtures("unencoded")
@pytest.mark.parametrize("cohorts", [1, 2])
def test_the_headline_shows_its_cells_where_there_are_several_cohorts(cohorts):
    results = make_results()
    headline = find_headline(results)
    cells = pd.DataFrame(
        {"kind": "cell", "cohort": range(2001, 2001 + cohorts), "event_time": 0, "effect": 0.5, "base": "none"}
    )
    cells = cells.assign(scale="log points", estimator=headline["estimator"], specification=headline["specification"])
    page = Page(replace(results, effects=pd.concat([results.effects, cells])), detail="full")
    blocks = event_study.build_exhibit(page)
    keys = [block.key for block in blocks if isinstance(block, Figure) and block.key.startswith("cells-")]
    assert len(keys) == (cohorts == 2)


def test_units_that_are_never_observed_in_a_period_stand_blank():
    frame = pd.DataFrame(
        {"unit": ["a", "a", "b"], "period": [2001, 2003, 2001], "status": ["comparison", "treated", "undated"]}
    )
    mesh = counts.draw_adoption(frame).axes[0].collections[0]
    assert mesh.get_array().tolist() == [[0.0, None, 1.0], [2.0, None, None]]


def test_a_heat_map_writes_each_value_once_and_nothing_in_empty_cells():
    frame = pd.DataFrame({"cohort": [2001, 2001, 2002], "event_time": [-1, 0, 0], "effect": [0.25, -1.5, 0.0]})
    axes = heat_map.draw_heat_map(frame, {2002: "two"}).axes[0]
    assert [text.get_text() for text in axes.texts if text.get_text()] == ["0.250", "−1.50", "0"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["−1", "0"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["2001", "two"]


def test_variants_are_drawn_beside_their_differences():
    drawing = forest.draw_differences(VARIANTS)
    left, right = drawing.axes
    assert [len(axes.lines) for axes in (left, right)] == [33, 33]  # a point and a line each, and zero
    drawing.canvas.draw()
    inside = drawing.get_window_extent()
    assert right.xaxis.label.get_window_extent().x1 <= inside.x1


def test_panels_share_one_axis_where_columns_measure_changes_and_no_other():
    rows = {
        "event_time": [-1, 0, 1],
        "event_label": ["−1", "0", "1"],
        "n_units": 5,
        "is_reference": [True, False, False],
    }
    frame = pd.concat(
        pd.DataFrame({**rows, "label": label, "scale": scale, "effect": size, "low": -2 * size, "high": 2 * size})
        for label, scale, size in (("a", "log points", 0.1), ("b", "percent", 0.3), ("c", "level", 40.0))
    )
    panels = [axes for axes in percent_paths.draw_panels(frame, "year").axes if axes.get_visible()]
    assert [axes.get_title(loc="left") for axes in panels] == ["a", "b", "c"]
    limits = [axes.get_ylim() for axes in panels]
    assert limits[0] == limits[1]
    assert limits[2][0] < -80 < 80 < limits[2][1]
    assert "+100" in [label.get_text() for label in panels[0].get_yticklabels()]


def test_a_payload_of_a_column_is_captioned_by_its_label():
    page = make_page(**{"estimators-ppml-gravity": "path", "estimators-other": "path"})
    frame = pd.DataFrame({"series": ["x"] * 2, "period": [1, 2], "value": [1.0, 2.0]})
    captions = [build_payload(page, f"estimators-{key}", frame)[0].caption for key in ("ppml-gravity", "other")]
    labels = {
        s["specification"]: format_label(s) for s in list_specifications(page.results) if s["estimator"] == "ppml"
    }
    assert captions == [f"Estimators ({labels['gravity']})", "Estimators (other)"]
