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
