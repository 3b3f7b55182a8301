"""Names in the picture of totals stand where nothing is drawn, with a margin on every side."""

from typing import NamedTuple

import numpy as np
import pytest

from twintrade.render.brief.drawings import CLEAR, EDGE, Field


class Place(NamedTuple):
    """A field by its edges; its size is worked out."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self):
        return self.right - self.left

    @property
    def height(self):
        return self.top - self.bottom


NAME = Place(100.0, 40.0, 130.0, 50.0)


def make_field(spike: float) -> Field:
    """Return a field 200 points wide with a line along its floor but for a spike at some points from the left."""
    width = 200.0
    x = np.array([0.0, spike - 0.6, spike, spike + 0.6, width]) / width
    share = np.clip((x - EDGE) / (1 - 2 * EDGE), 0.0, 1.0)
    return Field(share, (np.array([0.0, 0.0, 1.0, 0.0, 0.0]),), roof=1.0, width=width, height=100.0)


def test_a_line_within_the_margin_of_a_name_is_in_its_way():
    for edge, outward in ((NAME.left, -1), (NAME.right, 1)):
        for beyond in (0.0, CLEAR):
            assert not make_field(edge + outward * beyond).is_free(NAME, [])
        assert make_field(edge + outward * (CLEAR + 2)).is_free(NAME, [])


def test_a_name_stands_within_the_frame():
    field = make_field(20.0)
    assert field.is_free(NAME, [])
    for left, bottom in ((171.0, 40.0), (-1.0, 40.0), (100.0, 1.0), (100.0, 91.0)):
        assert not field.is_free(Place(left, bottom, left + 30.0, bottom + 10.0), [])


def test_the_corner_of_a_field_in_units_of_the_data_is_where_the_data_are_drawn():
    field = Field(np.array([2000.0, 2010.0]), (), roof=4.0, width=200.0, height=100.0)
    for x, y in ((2000.0, 0.0), (2003.0, 1.0), (2010.0, 4.0)):
        left, bottom = float(field.across(np.array(x))), float(field.up(np.array(y)))
        assert field.convert(Place(left, bottom, left + 30.0, bottom + 10.0)) == pytest.approx((x, y))
