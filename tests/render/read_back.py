"""What a drawing holds, read back from its marks, against the frame that it was drawn from."""

import numpy as np
import pytest
from drawn_points import read_points

ENDS = ["low", "high"]


def read(drawing, form="point", panel=0):
    drawn = read_points(drawing)
    return drawn[(drawn["form"] == form) & (drawn["panel"] == panel)].reset_index(drop=True)


def hold(drawn, frame, **columns):
    """Hold columns of what was drawn against those of the frame, row by row."""
    for name, expected in columns.items():
        values = frame[expected] if isinstance(expected, str) else expected
        np.testing.assert_allclose(drawn[name], np.asarray(values, dtype=float), rtol=0, atol=1e-12, err_msg=name)


def hold_dodged(drawn, frame):
    """Hold that three methods stand in their order about each event time, evenly and by less than half of one."""
    assert len(drawn) == len(frame)
    offsets = (drawn["x"] - frame["event_time"]).to_numpy().reshape(3, -1)
    assert np.ptp(offsets, axis=1) == pytest.approx(0, abs=1e-12)
    steps = np.diff(offsets[:, 0])
    assert (steps > 0.1).all()
    assert (np.abs(offsets) < 0.4).all()
    assert offsets.sum() == pytest.approx(0, abs=1e-9)
    assert steps == pytest.approx(steps[0])
