"""What a publisher may answer besides data: each is waited for, handled, or a clear error that holds no key."""

import email.utils
import logging

import pytest
from loopback import Reply

from twintrade.errors import SourceError, SpecError
from twintrade.sources.base import NO_ROWS, Query

KEY = "c0ffee" * 6
HEADER = ["STATE", "CTY_CODE", "CTY_NAME", "ALL_VAL_YR", "STATE", "YEAR", "MONTH", "CTY_CODE"]
ROWS = [HEADER, ["CA", "4631", "ARMENIA", "8213001", "CA", "2016", "12", "4631"]]


@pytest.fixture
def ask(connect, query):
    """Give a function that asks the Census Bureau for California's exports to Armenia in 2016."""
    source, client = connect("census", TWINTRADE_KEY_CENSUS=KEY)
    request = source.plan(query, ())[0]
    return lambda: source.parse(request, client.ask(request))


def refuse(ask) -> str:
    with pytest.raises(SourceError) as caught:
        ask()
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_a_good_answer_is_a_table_and_the_key_is_sent_last(ask, publisher):
    publisher.answer = lambda asked: Reply(ROWS)
    page = ask()
    assert page.columns == ("STATE", "CTY_CODE", "CTY_NAME", "ALL_VAL_YR", "YEAR", "MONTH")
    assert page.rows == (("CA", "4631", "ARMENIA", "8213001", "2016", "12"),)
    [asked] = publisher.asked
    assert asked.path == "/data/timeseries/intltrade/exports/statehs"
    assert asked.params[-1] == ("key", KEY)
    assert asked.headers["User-Agent"].startswith("twintrade/0.1.0 (")


def test_no_content_is_no_rows(ask, publisher):
    publisher.answer = lambda asked: Reply(status=204)
    assert ask() == NO_ROWS


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("error: unknown variable 'STATE_NAME'", 400), "status 400: error: unknown variable 'STATE_NAME'"),
        (Reply("key " + KEY + " is bad", 401), "TWINTRADE_KEY_CENSUS"),
        (Reply(status=302, headers={"Location": f"https://api.census.gov/invalid_key.html?key={KEY}"}), "key_signup"),
        (Reply(status=302, headers={"Location": "https://elsewhere.example/x"}), "elsewhere.example/x"),
        (Reply("<html>Missing Key</html>"), "a web page came in place of data"),
        (Reply('[["STATE","CTY_CODE"'), "no complete JSON"),
        (Reply(b"\xff\xfe\x00"), "not UTF-8"),
        (Reply({"error": "no"}), "holds no records"),
        (Reply([HEADER, ["CA"]]), "holds no records"),
        (Reply([["STATE", "CTY", "YEAR", "MONTH"], ["CA", "1", "2016", "12"]]), "no column CTY_CODE, CTY_NAME"),
        (Reply([HEADER, [*ROWS[1][:4], "TX", "2016", "12", "4631"]]), "STATE appears twice"),
        (Reply("<html>gone</html>", 404), "status 404 (asked"),
    ],
)
def test_what_is_no_data_is_refused_at_once(ask, publisher, waits, reply, words):
    publisher.answer = lambda asked: reply
    assert words in refuse(ask)
    assert len(publisher.asked) == 1


def test_what_passes_is_asked_again_after_ever_longer_waits(ask, publisher, waits):
    publisher.first = [Reply(status=500), Reply(ROWS, cut=True), Reply(status=503), Reply(slow=True)]
    publisher.answer = lambda asked: Reply(ROWS)
    assert len(ask().rows) == 1
    assert len(publisher.asked) == 5
    assert waits.waited == [2.0, 4.0, 8.0, 16.0]


def test_what_does_not_pass_is_given_up(ask, publisher, waits):
    publisher.answer = lambda asked: Reply("too large", 500)
    assert "status 500: too large" in refuse(ask)
    assert len(publisher.asked) == 6
    publisher.answer = lambda asked: Reply(ROWS, cut=True)
    assert "no whole answer in 6 tries" in refuse(ask)


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({"Retry-After": "37"}, "", 37.0),
        ({"Retry-After": email.utils.formatdate(1_800_000_041, usegmt=True)}, "", 41.0),
        ({"Retry-After": "soon"}, "", 2.0),
        ({}, "Por favor, tente novamente em 10 segundos.", 10.0),
        ({}, "Rate limit is exceeded. Try again in 3 seconds.", 3.0),
        ({}, "", 2.0),
    ],
)
def test_too_many_requests_waits_as_long_as_the_publisher_asks(ask, publisher, waits, headers, body, seconds):
    publisher.first = [Reply(body, 429, headers)]
    publisher.answer = lambda asked: Reply(ROWS)
    ask()
    assert waits.waited[0] == pytest.approx(seconds)


def test_a_wait_of_hours_is_left_to_the_user(ask, publisher, waits):
    publisher.answer = lambda asked: Reply(status=429, headers={"Retry-After": "7200"})
    assert "120 minutes; go on then with --resume" in refuse(ask)
    assert waits.waited == []


def test_questions_keep_the_pace_of_the_publisher(ask, publisher, waits):
    publisher.answer = lambda asked: Reply(ROWS)
    ask()
    ask()
    assert waits.waited == [1.0]


def test_the_key_is_in_no_log_and_not_in_what_is_kept(ask, publisher, caplog):
    publisher.answer = lambda asked: Reply([HEADER, [*ROWS[1][:2], KEY, *ROWS[1][3:]]])
    with caplog.at_level(logging.DEBUG):
        page = ask()
    assert KEY not in caplog.text
    assert KEY not in str(page)


def test_a_key_or_a_contact_that_is_needed_is_asked_for_before_anything(connect, publisher):
    with pytest.raises(SourceError, match=r"key_signup.html, then set TWINTRADE_KEY_CENSUS"):
        connect("census")
    assert publisher.asked == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cities": ()}, "--cities"),
        ({"first": ""}, "--from, --to"),
        ({"step": "quarter"}, "--by year or month"),
        ({"last": "2015"}, "is later than --to"),
        ({"first": "x16"}, "is no year or month"),
    ],
)
def test_a_query_that_a_source_cannot_answer_is_refused(connect, change, words):
    source, _ = connect("census", TWINTRADE_KEY_CENSUS=KEY)
    given = {"cities": ("CA",), "partners": ("ARM",), "first": "2016", "last": "2016"} | change
    with pytest.raises(SpecError, match=words):
        source.check(Query(**given))
