"""Paths of effects in percent, read back from their marks."""

import numpy as np
import pandas as pd
import pytest
from read_back import ENDS, hold, hold_dodged, read
from test_figure_labels import make_studies

from twintrade.render.figures import percent_paths


def test_methods_are_dodged_about_their_event_time_by_less_than_half():
    frame = make_studies("A", "B", "C")
    hold_dodged(read(percent_paths.draw_path(frame, "year")), frame)


def test_the_numbers_below_a_path_are_the_treated_pairs_of_the_first_method():
    frame = make_studies("A", "B").assign(n_units=range(14))
    labels = percent_paths.draw_path(frame, "year").axes[0].get_xticklabels()
    assert [label.get_text().split("\n") for label in labels] == [
        [time, str(n)] for time, n in zip(frame["event_label"][:7], range(7), strict=True)
    ]


def test_a_percent_path_draws_what_its_frame_holds_and_cuts_the_rest():
    frame = make_studies("A", "B", n=2)
    frame.loc[0, ["effect", "low", "high"]] = [0.2, -9.0, 9.0]
    drawing = percent_paths.draw_path(frame, "year")
    bounds = drawing.axes[0].get_ylim()
    hold(read(drawing, "arrow"), frame, x=[-2.11] * 2, y=bounds)
    drawn, shown = read(drawing), frame.mask(frame["is_reference"])
    hold(drawn, shown.assign(effect=shown["effect"].fillna(0.0)), y="effect")
    hold(drawn, shown.assign(**shown[ENDS].clip(*bounds)), low="low", high="high")
    later = frame["event_time"] >= 0
    assert list(drawn["series"][later]) == list(frame["label"][later])


def test_panels_draw_each_method_on_its_own():
    frame = make_studies("A", "B").assign(scale="log points")
    drawing = percent_paths.draw_panels(frame, "year")
    for panel, label in enumerate("AB"):
        own = frame[frame["label"] == label]
        shown = own.mask(own["is_reference"])
        hold(read(drawing, panel=panel), own, x="event_time")
        ends = shown[ENDS].clip(*drawing.axes[panel].get_ylim())
        hold(
            read(drawing, panel=panel),
            shown.assign(**ends, effect=shown["effect"].fillna(0)),
            y="effect",
            low="low",
            high="high",
        )


def test_panels_of_small_changes_cut_no_effect():
    """An axis that names few changes still reaches as far as the effects."""
    frame = make_studies("A").assign(scale="log points")
    small = frame.assign(**frame[["effect", *ENDS]].mul(0.3))
    drawing = percent_paths.draw_panels(small, "year")
    assert read(drawing, "arrow").empty
    hold(read(drawing), small.mask(small["is_reference"]), low="low", high="high")
    assert [label.get_text() for label in drawing.axes[0].get_yticklabels()] == ["−25", "0", "+50"]


def test_percent_is_drawn_in_logs():
    frame = pd.DataFrame(
        {"scale": "percent", "effect": [-100.0, 0.0, 100.0], "low": -150.0, "high": [0.0, 50.0, 300.0]}
    )
    logs = percent_paths.convert_to_logs(frame)
    assert logs["effect"].tolist() == [-np.inf, 0.0, np.log(2)]
    assert (logs["low"] == -np.inf).all()
    assert logs["high"].tolist() == pytest.approx([0.0, np.log(1.5), np.log(4)])


def test_a_study_has_its_overall_effect_in_the_margin_and_other_methods_below():
    frame = make_studies("A", "B", "C").assign(scale="log points", base="universal")
    overall = pd.DataFrame([{"label": "A", "effect": 0.1, "low": -0.2, "high": 0.4, "shown": "10.5%\n−18% to 49%"}])
    drawing = percent_paths.draw_study(frame, overall, "year")
    main, margin, *panels = drawing.axes
    assert main.get_ylim() == margin.get_ylim()
    assert [t.get_text() for t in margin.texts][:2] == ["10.5%", "−18% to 49%"]
    hold(read(drawing, panel=1), overall, y="effect", low="low", high="high")
    for place, label in ((0, "A"), (2, "B"), (3, "C")):
        own = frame[frame["label"] == label]
        drawn = read(drawing, panel=place)
        assert set(own["event_time"]) <= set(drawn["x"])
    assert [axes.get_title(loc="left") for axes in panels] == ["B", "C"]


@pytest.mark.parametrize(
    ("base", "n_pieces"), [("universal", 1), ("imputation leads", 2), ("first-stage residuals", 2)]
)
def test_no_line_joins_halves_that_are_measured_against_different_things(base, n_pieces):
    frame = make_studies("A", "B").assign(scale="log points", base=base)
    drawing = percent_paths.draw_study(frame, None, "year")
    lines = [line for line in drawing.axes[1].get_lines() if len(line.get_xdata()) > 2]
    assert len(lines) == n_pieces
    heads = [text.get_text() for text in drawing.axes[0].texts]
    assert ("against the expected" in heads[1]) == (n_pieces == 2)
    marks = {line.get_marker() for line in drawing.axes[0].get_lines() if len(line.get_xdata()) == 1}
    assert ("o" in marks) == (n_pieces == 2)


def test_a_method_on_another_scale_has_a_panel_of_its_own():
    frame = pd.concat([make_studies("A").assign(scale="log points"), make_studies("B").assign(scale="level")])
    drawing = percent_paths.draw_study(frame.assign(base="universal"), None, "year")
    first, second = drawing.axes
    assert any("%" in label.get_text() for label in first.get_yticklabels())
    assert not any(label.get_text().startswith("+") for label in second.get_yticklabels())
