"""A text is a key with values until somebody reads it; numbers, lists and plurals are the language's."""

import pickle

import pytest

from twintrade.errors import EstimationError
from twintrade.text import Catalogue, Listed, Text, find_catalogue, pack_text, parse_text, use_catalogue
from twintrade.text.texts import describe_span

FEW = {"compared": 2}


def shout(source: str) -> str:
    return source.replace(" are compared", " ARE COMPARED")


def test_a_plural_follows_its_number():
    assert str(Text("checks.levelling-off-few", n=1, **FEW)).startswith("there is one effect after")
    assert str(Text("checks.levelling-off-few", n=1200, **FEW)).startswith("there are 1,200 effects after")


def test_numbers_have_a_true_minus_and_a_sign_where_asked():
    assert "−3.0%" in str(Text("checks.concentration-one", change=-2.96, name="TX-PHL"))
    assert "+3.0%" in str(Text("checks.concentration-one", change=2.96, name="TX-PHL"))


def test_a_text_in_a_text_and_a_list_are_put_into_words():
    because = Listed(("a", Text("checks.levelling-off-few", n=0, **FEW)), "or")
    assert str(Text("checks.unavailable", because=because)) == (
        "Not available because a or there are 0 effects after the agreement and 2 are compared."
    )
    assert [str(Listed(("a", "b", "c"), how)) for how in ("and", "comma", "semicolon")] == [
        "a, b and c",
        "a, b, c",
        "a; b; c",
    ]
    assert str(Listed((), "and")) == ""


def test_a_text_comes_back_from_the_results_as_it_was():
    inner = Text("checks.levelling-off-few", n=3, **FEW)
    text = Text("checks.unavailable", because=Listed((inner, "x"), "sentences"))
    assert parse_text(pack_text(text)) == text
    assert pack_text("plain words") == ""
    with pytest.raises(ValueError, match="not a packed text"):
        parse_text("[1]")


def test_another_catalogue_says_the_same_text_in_its_words():
    text = Text("checks.levelling-off-few", n=3, **FEW)
    with use_catalogue(Catalogue(transform=shout)):
        assert str(text).endswith("2 ARE COMPARED")
    assert str(text).endswith("2 are compared")
    assert find_catalogue().language == "en-GB"


def test_a_message_that_lacks_a_value_or_a_key_is_an_error():
    with pytest.raises(KeyError, match="compared"):
        str(Text("checks.levelling-off-few", n=1))
    with pytest.raises(KeyError, match="no message"):
        str(Text("checks.is-not-there"))


def test_an_error_keeps_its_text_across_a_process():
    error = pickle.loads(pickle.dumps(EstimationError(Text("checks.levelling-off-few", n=1, **FEW))))
    assert error.text == Text("checks.levelling-off-few", n=1, **FEW)
    assert str(error).startswith("there is one effect")


@pytest.mark.parametrize(
    ("seconds", "said"), [(89, "about 89 s"), (90, "about 2 min"), (5399, "about 90 min"), (5400, "about 1.5 h")]
)
def test_a_span_is_said_in_seconds_minutes_or_hours(seconds, said):
    assert str(describe_span(seconds)) == said
