"""Ticks and titles are looked for once in a figure's encodings, and stand where each encoding would put them."""

import pytest
from matplotlib.figure import Figure

from twintrade.render.figures import encode, theme
from twintrade.render.style import Theme


def draw_plain(axes) -> None:
    axes.plot([2000, 2010], [0.1, 0.9])


def draw_named_axes(axes) -> None:
    axes.plot([2000, 2010], [0.1, 0.9])
    axes.set_xlabel("Year")
    axes.set_ylabel("Trade")


def draw_offset(axes) -> None:
    axes.plot([0, 1], [1e9, 1e9 + 1])


def draw_ticks_above(axes) -> None:
    axes.plot([0, 1], [0, 1])
    axes.xaxis.tick_top()


KINDS = [draw_plain, draw_named_axes, draw_offset, draw_ticks_above]


def save(draw):
    with theme.open_figure(Theme(), 2.0) as figure:
        for axes in figure.subplots(1, 2):
            draw(axes)
            axes.set_title("A title", loc="left")
    return encode.encode(figure, Theme())


@pytest.mark.parametrize("draw", KINDS)
def test_places_that_are_kept_are_those_that_each_encoding_finds(draw, monkeypatch):
    kept = save(draw)
    monkeypatch.setattr(encode, "_keep_places", lambda axes: None)
    assert save(draw) == kept


def test_ticks_are_looked_for_once(monkeypatch):
    figure = Figure()
    axes = figure.subplots()
    looked = []
    axes.yaxis.set_major_formatter(lambda value, _: looked.append(value) or str(value))
    encode._settle(figure)
    looked.clear()
    encode._saved(figure, "svg", {"Date": None})
    assert looked == []
