"""Names in the picture of totals stand where nothing is drawn, with a margin on every side."""

import numpy as np
import pytest

from twintrade.render.brief.drawings import CLEAR, EDGE, Field, Rectangle

BOX = Rectangle(left=100.0, bottom=40.0, width=30.0, height=10.0)


def make_field(spike: float) -> Field:
    """Return a field 200 points wide with a line along its floor but for a spike at some points from the left."""
    width = 200.0
    x = np.array([0.0, spike - 0.6, spike, spike + 0.6, width]) / width
    share = np.clip((x - EDGE) / (1 - 2 * EDGE), 0.0, 1.0)
    return Field(share, (np.array([0.0, 0.0, 1.0, 0.0, 0.0]),), roof=1.0, width=width, height=100.0)


@pytest.mark.parametrize("beyond", [0.0, CLEAR])
def test_a_line_within_the_margin_of_a_name_is_in_its_way(beyond):
    for edge, outward in ((BOX.left, -1), (BOX.left + BOX.width, 1)):
        assert not make_field(edge + outward * beyond).is_free(BOX, [])
        assert make_field(edge + outward * (CLEAR + 2)).is_free(BOX, [])


def test_a_name_stands_within_the_frame_and_touches_no_other():
    field = make_field(20.0)
    assert field.is_free(BOX, [Rectangle(130.0, 40.0, 30.0, 10.0)])
    assert not field.is_free(BOX, [Rectangle(129.0, 45.0, 30.0, 10.0)])
    for left, bottom in ((171.0, 40.0), (-1.0, 40.0), (100.0, 1.0), (100.0, 91.0)):
        assert not field.is_free(Rectangle(left, bottom, 30.0, 10.0), [])


def test_the_corner_of_a_field_in_units_of_the_data_is_where_the_data_are_drawn():
    field = Field(np.array([2000.0, 2010.0]), (), roof=4.0, width=200.0, height=100.0)
    for x, y in ((2000.0, 0.0), (2003.0, 1.0), (2010.0, 4.0)):
        corner = Rectangle(float(field.across(np.array(x))), float(field.up(np.array(y))), 30.0, 10.0)
        assert field.convert(corner) == pytest.approx((x, y))
