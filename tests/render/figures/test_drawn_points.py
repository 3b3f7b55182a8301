"""What a figure drew, read back from its marks, is what its frame and the table beside it say."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from drawn_points import read_points
from made_results import make_results
from read_back import ENDS, hold, hold_dodged, read
from test_figure_labels import make_events, make_studies
from test_payload_figures import FRAMES, KINDS, VARIANTS

from twintrade.render import page as page_module
from twintrade.render import reading
from twintrade.render.blocks import Images
from twintrade.render.brief import drawings
from twintrade.render.brief.facts import Effect
from twintrade.render.exhibits import event_study as event_exhibit
from twintrade.render.exhibits.payloads import build_payload
from twintrade.render.figures import counts, forest, percent_paths, points, raw_series
from twintrade.render.figures.theme import open_figure
from twintrade.render.page import Page
from twintrade.render.reading import find_headline
from twintrade.render.style import Theme

OUTER = ["outer_low", "outer_high"]


@pytest.fixture
def drawings_of(monkeypatch):
    """Return the drawings behind what is built while a function runs."""

    def build(function, *arguments):
        drawn = []

        def keep(drawing, *_):
            drawn.append(drawing)
            return Images(b"", b"", b"", 6.5, 4.0)

        monkeypatch.setattr(page_module, "encode", keep)
        function(*arguments)
        return drawn

    return build


# Event studies.


def draw_events(frame):
    with open_figure(Theme(), 4.0) as figure:
        percent_paths.draw_study_in(figure.subplots(), frame.assign(scale="log points"), None, "year", Theme())
    return figure


def test_methods_are_dodged_about_their_event_time_by_less_than_half():
    frame = make_studies("A", "B", "C")
    hold_dodged(read(draw_events(frame)), frame)


@pytest.mark.parametrize("labels", ["A", "AB", "ABCD"])
def test_an_event_study_draws_its_effects_with_both_intervals_and_the_reference_at_zero(labels):
    frame = make_studies(*labels)
    drawn = read(draw_events(frame))
    reference = frame["is_reference"]
    shown = frame.mask(reference)
    hold(drawn, shown.assign(effect=shown["effect"].fillna(0.0)), y="effect")
    hold(drawn, shown, low="low", high="high", outer_low="simultaneous_low", outer_high="simultaneous_high")
    if len(labels) > 1:  # the legend has the first in the colour of the time under the agreement
        under = frame["event_time"].ge(0)
        assert list(drawn["series"][under]) == list(frame["label"][under])


def test_many_event_times_are_named_evenly_and_both_ends_always():
    frame = make_studies("A", n=20)
    frame.loc[0, "event_label"] = "≤ −20"
    drawing = draw_events(frame)
    axis = drawing.axes[0].xaxis
    places = axis.get_ticklocs()
    assert (places[0], places[-1]) == (-20, 20)
    assert set(np.diff(places[1:-1])) == {3}
    assert np.diff(places).min() >= 3
    assert axis.get_ticklabels()[0].get_text().splitlines()[0] == "≤ −20"
    assert axis.get_ticklabels()[-1].get_text().splitlines()[0] == "20"


def test_an_end_that_does_not_exist_is_an_arrow_at_the_edge_of_the_axes():
    frame = make_events(2, "A", 0.3, 0).assign(simultaneous_low=np.nan, simultaneous_high=np.nan)
    frame.loc[0, "high"], frame.loc[4, "low"] = np.inf, -np.inf
    drawing = draw_events(frame)
    arrows = read(drawing, "arrow")
    assert list(arrows["marker"]) == ["^", "v"]
    hold(arrows, frame.loc[[0, 4]], x="event_time")
    assert list(arrows["y"]) == pytest.approx(drawing.axes[0].get_ylim()[::-1])


@pytest.mark.parametrize("ends", [(-0.6, 0.47), (-0.95, 1.7), (-2.2, 2.2), (-0.01, 0.6)])
def test_an_interval_between_the_least_and_the_largest_change_is_drawn_whole(ends):
    frame = make_studies("A").assign(scale="log points", effect=0.1, low=ends[0], high=ends[1])
    changes = VARIANTS.head(4).assign(effect=0.1, low=ends[0], high=ends[1])
    percent = [100 * np.expm1(end) for end in ends]
    figures = (
        percent_paths.draw_path(frame, "year"),
        percent_paths.draw_panels(frame, "year"),
        forest.draw_changes(changes, headline=(0.0, *ends)),
        drawings.draw_methods(
            [(label, Effect(percent=5.0, low=percent[0], high=percent[1]), False) for label in "AB"]
        ),
    )
    for drawing in figures:
        assert read(drawing, "arrow").empty
        drawn = read(drawing).dropna(subset=ENDS)
        assert not drawn.empty
        hold(drawn, drawn, low=[ends[0]] * len(drawn), high=[ends[1]] * len(drawn))


def test_the_figure_of_a_page_holds_the_effects_and_intervals_that_its_bands_hold(drawings_of):
    """From the stored frames to the ink, on the page in full: every method drawn, each beside its own intervals."""
    results = make_results(is_hostile=False)
    drawn = pd.concat(
        [read_points(one) for one in drawings_of(event_exhibit.build_exhibit, Page(results, detail="full"))]
    )
    drawn = drawn[drawn["form"] == "point"]
    keys = ["estimator", "specification"]
    taken = results.bands[results.bands["kind"] == "event"].drop_duplicates([*keys, "event_time"])
    references = results.specifications.set_index(keys)["reference"]
    for key, rows in taken.groupby(keys):
        expected = rows[rows["event_time"].astype(int) != references[key]]
        found = drawn.merge(expected.assign(y=expected["effect"].astype(float)), on="y", suffixes=("", "_of_bands"))
        assert len(found) == len(expected), key
        assert ((found["x"] - found["event_time"].astype(float)).abs() < 0.4).all()
        ends = found[["low_of_bands", "high_of_bands"]].astype(float)
        for name in ENDS:
            inside = np.isfinite(ends[f"{name}_of_bands"])
            hold(found[inside], ends[inside], **{name: f"{name}_of_bands"})
    overall = reading.find_headline_effect(results)
    margin = drawn[(drawn["y"] - overall["effect"]).abs() < 1e-12]
    hold(margin, pd.DataFrame([overall]), y="effect", low="low", high="high")
    assert len(drawn) == len(taken) + len(margin)


# Effects with intervals, a line each.


def test_a_forest_draws_each_effect_in_the_order_of_its_frame():
    drawn = read(forest.draw_forest(VARIANTS))
    hold(drawn, VARIANTS, x="effect", low="low", high="high")
    assert all(one < other for one, other in pairwise(drawn["y"]))


def test_a_pooled_effect_is_a_diamond():
    frame = VARIANTS.head(3).assign(label=["a", "pooled", "b"])
    assert list(read(forest.draw_forest(frame))["marker"]) == ["s", "D", "s"]


def test_differences_stand_beside_their_effects():
    drawing = forest.draw_differences(VARIANTS)
    left, right = read(drawing), read(drawing, panel=1)
    hold(left, VARIANTS, x="effect", low="low", high="high")
    hold(right, VARIANTS, x="difference", low="difference_low", high="difference_high", y=left["y"])


def test_changes_end_in_an_arrow_at_the_edge():
    frame = VARIANTS.head(4).assign(
        effect=[-0.2, 0.0, 0.1, 0.3], low=[-np.inf, -0.3, -0.1, 0.0], high=[0.1, 0.2, 0.3, np.inf]
    )
    drawing = forest.draw_changes(frame, headline=(0.05, -0.1, 0.2))
    edges = drawing.axes[0].get_xlim()
    drawn = read(drawing)
    hold(drawn, frame.assign(**frame[ENDS].clip(*edges)), x="effect", low="low", high="high")
    hold(read(drawing, "arrow"), frame, x=edges, y=drawn["y"].iloc[[0, 3]])
    (band,) = drawing.axes[0].patches
    assert (band.get_x(), band.get_x() + band.get_width()) == pytest.approx((-0.1, 0.2))


def test_intervals_by_size_of_violation():
    frame = FRAMES["honest"]
    drawn = read(forest.draw_sensitivity(frame))
    hold(drawn, frame, x=range(3), y="effect", low="low", high="high")
    assert list(drawn["marker"]) == ["o", "s", "s"]
    far = frame.assign(high=[0.3, 0.4, 50.0])
    drawing = forest.draw_sensitivity(far)
    hold(read(drawing, "arrow"), far, x=[2], y=[forest.find_bounds(far)[1]])
    hold(read(drawing), far, low="low", high=[0.3, 0.4, forest.find_bounds(far)[1]])


def test_a_specification_curve_is_in_ascending_order_over_the_choices_that_made_it():
    frame = FRAMES["specification_curve"]
    drawing = forest.draw_specification_curve(frame, ["estimator", "comparison"])
    drawn = read(drawing).sort_values("x")
    hold(drawn, frame.sort_values("effect"), x=range(3), y="effect", low="low", high="high")
    assert list(drawn["marker"]) == ["o", "o", "D"]
    options = [label.get_text() for label in drawing.axes[1].get_yticklabels()]
    taken = {(options[int(y)].split(": ")[-1], int(x)) for x, y in read(drawing, panel=1)[["x", "y"]].to_numpy()}
    assert taken == {("ppml", 0), ("ppml", 1), ("twfe", 2), ("x", 0), ("y", 1), ("x", 2)}


# Cells, lines, bars and places.


def test_cells_of_a_heat_map_are_sums_by_cohort_and_event_time():
    frame = FRAMES["cells"]
    drawn = read(points.draw_heat_map(frame, {}), "cell")
    assert drawn["value"].tolist() == frame["effect"].tolist()
    assert drawn["x"].tolist() == [0.5, 1.5, 2.5, 3.5] * 2
    assert drawn["y"].tolist() == [0.5] * 4 + [1.5] * 4
    weights = read(points.draw_heat_map(FRAMES["twfe_weights"], {}, "weight"), "cell")["value"]
    np.testing.assert_allclose(weights, [1.2, np.nan, np.nan, -0.2])


def test_placebo_paths_and_ranks():
    frame = FRAMES["placebo_ranks"]
    drawing = points.draw_placebo(frame)
    drawn, bars = read(drawing), read(drawing, "bar")
    assert dict(zip(drawn["x"], drawn["marker"], strict=True)) == {2.0: "D", 1.0: "|", 0.5: "|"}
    assert (bars["low"] == 0).all()
    assert bars["high"].sum() == 2
    paths = pd.DataFrame(
        {
            "unit": list("ttaabb"),
            "event_time": [0, -1] * 3,
            "value": np.arange(6.0),
            "is_treated": [True] * 2 + [False] * 4,
        }
    )
    drawing = points.draw_placebo(paths)
    assert read(drawing, "line")[["x", "y"]].to_numpy().tolist() == [[-1, 1], [0, 0]]
    (others,) = drawing.axes[0].collections
    assert [path.tolist() for path in others.get_segments()] == [[[-1, 3], [0, 2]], [[-1, 5], [0, 4]]]


def test_a_power_curve():
    hold(read(points.draw_power(FRAMES["power"].iloc[::-1]), "line"), FRAMES["power"], x="effect", y="rejection_rate")


def test_a_scatter_names_its_groups():
    drawn = read(points.draw_scatter(FRAMES["bacon"], "weight", "estimate", group="type", x_label="", y_label=""))
    hold(drawn, FRAMES["bacon"], x="weight", y="estimate")
    assert list(drawn["series"]) == ["a", "b"]


SERIES = pd.DataFrame(
    {
        "series": ["treated"] * 4 + ["others"] * 4, "case": "Leeds", "panel": "level", "unit": "US dollars",
        "period": [2003, 2000, 2001, 2002] * 2, "value": [4.0, 1.0, 2.0, 3.0, 8.0, 5.0, 6.0, 7.0],
    }
).assign(period_label=lambda frame: frame["period"].astype(str))  # fmt: skip


@pytest.mark.parametrize("draw", [raw_series.draw_path, raw_series.draw_raw_series])
def test_series_run_over_time_and_keep_their_names(draw):
    drawn = read(draw(SERIES), "line")
    hold(drawn, SERIES.sort_values(["series", "period"], ascending=[False, True]), x="period", y="value")
    assert list(drawn["series"]) == ["treated"] * 4 + ["others"] * 4


@pytest.mark.parametrize(("form", "step"), [("{}", 4), ("{}-01", 6)])
def test_an_axis_names_as_many_periods_as_it_has_room_for(form, step):
    years = range(2000, 2040)
    shown = raw_series.choose_periods({float(year): form.format(year) for year in years}, 12)
    assert shown == ([float(year) for year in years[::step]], [form.format(year) for year in years[::step]])


def test_an_index_is_drawn_in_place_of_values():
    frame = SERIES.assign(index=SERIES["value"] * 10)
    assert read(raw_series.draw_path(frame), "line")["y"].tolist() == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0]


def test_cases_of_a_grid_have_a_panel_each():
    frame = pd.concat([SERIES.assign(case=case, panel="index") for case in ("Leeds", "Lyon")], ignore_index=True)
    frame["value"] *= np.where(frame["case"] == "Lyon", 10, 1)
    drawing = raw_series.draw_grid(frame)
    for panel, (case, rows) in enumerate(frame.groupby("case")):
        drawn = read(drawing, "line", panel)
        assert drawing.axes[panel].get_title(loc="left") == case
        hold(drawn, rows.sort_values(["series", "period"], ascending=[False, True]), x="period", y="value")
        assert list(drawn["series"]) == ["treated"] * 4 + ["others"] * 4


def test_a_case_has_its_paths_above_and_its_gap_below():
    frame = pd.DataFrame(
        {"method": "sdid", "donor_set": "A", "period": [2000, 2001, 2002], "period_label": ["2000", "2001", "2002"],
         "observed": [1.0, 2.0, 4.0], "counterfactual": [1.0, 2.5, 3.0], "gap": [0.0, -0.5, 1.0]}
    )  # fmt: skip
    drawing = raw_series.draw_case(frame, set_names={"A": "Near"}, sets=["A"])
    upper, lower = read(drawing, "line"), read(drawing, "line", panel=1)
    hold(upper, frame, x=[2000, 2001, 2002] * 2, y=[*frame["observed"], *frame["counterfactual"]])
    hold(lower, frame, x="period", y="gap")


def test_bars_are_as_long_as_their_numbers():
    for frame, value in ((FRAMES["shares"], "percent"), (FRAMES["twins_by_country"], "count")):
        drawing = counts.draw_counts(frame, "label", value)
        assert drawing.axes[0].get_xlabel().lower().endswith(value)
        drawn = read(drawing, "bar")
        hold(drawn, frame, low=[0, 0], high=value, x=value, y=range(2))
    drawn = read(counts.draw_years(FRAMES["years_of_signing"]), "bar")
    hold(drawn, FRAMES["years_of_signing"], x=range(11), low=[0] * 11, high="count")


def test_columns_of_pairs_by_status_stand_on_each_other():
    frame = pd.DataFrame(
        {"period": [2000, 2000, 2001, 2001], "status": ["treated", "comparison"] * 2, "n_units": [1, 4, 2, 3]}
    )
    drawn = read(counts.draw_adoption(frame), "bar")
    hold(drawn, frame, x=[2000, 2001] * 2, low=[0, 0, 1, 2], high=[1, 2, 5, 5])
    assert drawn["series"].tolist() == [counts.COLOURS[s].lower() for s in ("treated",) * 2 + ("comparison",) * 2]


def test_pairs_by_status_stand_in_the_order_of_their_agreements():
    frame = pd.DataFrame(
        {"unit": list("aabbcc"), "period": [2000, 2001] * 3,
         "status": ["comparison"] * 2 + ["not yet treated", "treated", "treated", "treated"]}
    )  # fmt: skip
    drawing = counts.draw_adoption(frame)
    assert [label.get_text() for label in drawing.axes[0].get_yticklabels()] == ["c", "b", "a"]
    assert read(drawing, "cell")["value"].tolist() == [2, 2, 1, 2, 0, 0]


def test_places_of_a_map_are_at_their_longitude_and_latitude():
    frame = FRAMES["agreements_map"]
    drawing = counts.draw_world_map(frame)
    ends = [
        (row[f"{end}longitude"], row[f"{end}latitude"]) for _, row in frame.iterrows() for end in ("", "partner_")
    ]
    assert list(read(drawing)[["x", "y"]].itertuples(index=False, name=None)) == list(dict.fromkeys(ends))
    lines = read(drawing, "line")[["x", "y"]].to_numpy().reshape(-1, 2, 2)
    across = [line for line in lines if 180.0 in np.abs(line[:, 0])]
    assert len(lines) == 4
    assert {tuple(place) for line in across for place in line if abs(place[0]) < 180} == {
        (151.2, -33.9),
        (-122.4, 37.8),
    }
    heights = {line[np.abs(line[:, 0]) == 180][0, 1] for line in across}
    share = (180 - 151.2) / (360 - 151.2 - 122.4)
    assert len(heights) == 1
    assert heights.pop() == pytest.approx(-33.9 + share * (37.8 + 33.9))


# The brief.


def test_methods_of_a_brief_are_drawn_in_logs_and_cut_at_the_frame():
    rows = [
        ("A", Effect(percent=20.0, low=-10.0, high=60.0), True),
        ("B", Effect(percent=-30.0, low=-np.inf, high=10.0), False),
    ]
    drawing = drawings.draw_methods(rows, Theme(width=2.32))
    edges = drawing.axes[0].get_xlim()
    drawn = read(drawing)
    assert list(drawn["marker"]) == ["s", "o"]
    hold(drawn, drawn, x=np.log([1.2, 0.7]), low=[np.log(0.9), edges[0]], high=np.log([1.6, 1.1]))
    hold(read(drawing, "arrow"), drawn, x=[edges[0]], y=drawn["y"][1:])
    assert drawn["y"][0] < drawn["y"][1]


def test_totals_of_a_brief_are_drawn_in_the_unit_of_the_axis():
    frame = pd.DataFrame(
        {"period": range(3), "period_label": list("abc"), "observed": [2e9, 3e9, 4e9], "expected": [2e9, 2.5e9, 3e9],
         "low": [np.nan, 2e9, 2.5e9], "high": [np.nan, 3.5e9, 4.4e9], "n_in_force": range(3)}
    )  # fmt: skip
    drawing = drawings.draw_totals(frame, "US dollars", "year", Theme(width=4.09))
    drawn = read(drawing, "line")
    hold(drawn, frame, x=[0, 1, 2] * 2, y=[2, 2.5, 3, 2, 3, 4])
    (band,) = drawing.axes[0].collections
    assert {tuple(place) for place in band.get_paths()[0].vertices} == {(1, 2), (1, 3.5), (2, 2.5), (2, 4.4)}


# Payloads of every kind.


@pytest.mark.parametrize("key", FRAMES)
def test_what_a_reader_is_told_at_a_place_is_drawn_there(key, drawings_of):
    page = Page(replace(make_results(), payload_kinds={key: KINDS[key]}))
    (drawing,) = drawings_of(build_payload, page, key, FRAMES[key])
    drawn = read_points(drawing)
    for panel, axes in enumerate(drawing.axes):
        own = drawn.loc[drawn["panel"] == panel, ["x", "y"]].to_numpy(dtype=float)
        for x, y, text in points._named.get(axes, []):
            assert np.abs(own - (x, y)).sum(axis=1).min() < 1e-9, text


@pytest.mark.parametrize(
    ("scale", "said"), [("percent", "12.3 (1.2 to 23.4)"), ("log points", "12.340 (1.230 to 23.450)")]
)
def test_a_forest_of_percents_prints_one_decimal_and_others_three(scale, said, drawings_of):
    frame = pd.DataFrame({"label": ["a"], "effect": [12.34], "low": [1.23], "high": [23.45], "scale": scale})
    page = Page(replace(make_results(), payload_kinds={"dates": "forest"}))
    (drawing,) = drawings_of(build_payload, page, "dates", frame)
    assert [text.get_text() for text in drawing.axes[0].texts] == [said]


def test_the_headline_stands_out_on_the_page(drawings_of):
    results = make_results(is_hostile=False)
    headline = find_headline(results)
    drawn = read(drawings_of(event_exhibit.build_exhibit, Page(results, detail="full"))[0])
    own = results.effects.merge(pd.DataFrame([headline])[["estimator", "specification"]])
    times = own[own["kind"] == "event"]
    later = times[times["event_time"] >= 0]["effect"].astype(float)
    colours = {series: set(rows["marker"]) for series, rows in drawn.groupby("series")}
    assert drawn[drawn["y"].isin(later)]["marker"].eq("s").all()
    assert len(colours) > 1
