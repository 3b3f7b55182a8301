"""Texts as a typeface can print them."""

import pytest

from twintrade.render.writers.glyphs import Printer, load_charmap


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Leeds", "Leeds"),
        ("Lee\x00ds", "Leeds"),
        ("\x1bLeeds", "Leeds"),
        ("Löwen", "Löwen"),
        ("Lo\u0308wen", "Löwen"),
    ],
)
def test_marks_that_are_no_text_are_left_out(text, printed):
    printer = Printer(load_charmap())
    assert printer(text) == printed
    assert not printer.lost


def test_what_the_typeface_has_not_is_a_question_mark_and_said():
    printer = Printer(frozenset(map(ord, "Leds")))
    assert printer("Leeds 東") == "Leeds??"
    assert printer.lost == {"Leeds 東": "Leeds??"}
