"""Sources connected to a publisher on the loopback."""

import ssl
from collections.abc import Iterator
from functools import cache

import pytest
from loopback import Publisher, Waits

from twintrade.sources.base import SOURCES, Query
from twintrade.sources.client import Client


@pytest.fixture(scope="package", autouse=True)
def certificates_are_read_once() -> Iterator[None]:
    """A client reads those of all authorities, and a publisher on the loopback needs none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    server = Publisher()
    yield server
    server.close()


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def connect(publisher, waits):
    """Give a source with a client of the loopback publisher."""
    opened = []

    def give_up(request) -> None:
        """Wait long for every answer but for the one that will not come."""
        if publisher.first and publisher.first[0].slow:
            request.extensions["timeout"] |= {"read": 0.1}

    def connected(name: str, **environment: str):
        source = SOURCES[name]()
        given = {f"TWINTRADE_ENDPOINT_{name.upper()}": publisher.address, **environment}
        client = Client(source, given, waits.clock, "0.1.0")
        client._http.event_hooks = {"request": [give_up]}
        opened.append(client)
        return source, client

    yield connected
    for client in opened:
        client.close()


@pytest.fixture
def query() -> Query:
    return Query(cities=("CA",), partners=("ARM",), first="2016", last="2016")
