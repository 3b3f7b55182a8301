"""What every registered source must do, whichever it is; a new one is tested by being registered."""

from urllib.parse import urlsplit

import pytest
from case_tables import loop_over

from twintrade.errors import SourceError, SpecError
from twintrade.sources.base import CARD_PARTS, SOURCES, Query, RawAnswer, Request
from twintrade.text import name_fact

LAYER = {"layer": "x/0", "city": "a", "partner": "b", "date": "c"}
QUERY = Query(cities=("DEU",), partners=("CHN",), first="2020", last="2021", options=LAYER)


def asked_by(name: str) -> list[Request]:
    """The requests of a query: those for lists of codes where the source needs such, else those for the table."""
    source = SOURCES[name]()
    return list(source.list_lookups(QUERY) or source.plan(QUERY, []))


@pytest.mark.parametrize("name", list(SOURCES))
def test_a_source_says_what_it_is(name):
    source = SOURCES[name]()
    assert source.name == name
    assert SOURCES[name].__doc__.splitlines()[0].endswith(".")
    assert urlsplit(source.endpoint).scheme in ("https", "")
    assert source.pace >= 0
    assert set(source.steps) <= {"year", "quarter", "month"}
    assert [part for part in CARD_PARTS if not name_fact(f"sources.{part}-", name, source.card.get(part, ""))] == []
    if source.needs:
        with pytest.raises(SpecError, match=name):
            source.check(Query())


@pytest.mark.parametrize("name", list(SOURCES))
def test_requests_are_a_list_that_repeats(name):
    requests = asked_by(name)
    assert requests == asked_by(name)
    assert len({request.label for request in requests}) == len(requests) > 0
    assert all(request.path.startswith("/") or not request.path for request in requests)
    assert SOURCES[name]().estimate_rows(QUERY) > 0


@loop_over("content", [b"<html>Sign in</html>", b"\xff\xfe\x00", b"a,b\n1\n"])
@pytest.mark.parametrize("name", list(SOURCES))
def test_what_is_not_the_documented_answer_is_refused_in_words(name, content):
    with pytest.raises(SourceError, match=name):
        SOURCES[name]().parse(asked_by(name)[0], RawAnswer(content))
