"""Brings a table from a publisher to data/raw: page by page beside its place, then in one step with its card."""

import csv
import io
import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from twintrade.errors import SpecError, StoreError
from twintrade.sources.base import Query, Request, RowsPage, Source
from twintrade.sources.client import Client, Timer
from twintrade.study.fetching.card import FetchFacts, write_block, write_card
from twintrade.study.fetching.pages import PageFolder
from twintrade.study.store.folder import write_new
from twintrade.study.store.locating import check_analysis_name
from twintrade.text import Listed, Text

FOLDER = "data/raw"
_BYTES_A_ROW, _SECONDS_AN_ANSWER = 80, 1.0

Tell = Callable[[str, int, int], None]
"""Takes the label of a request, its number, and how many there are so far."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A table that was brought."""

    paths: Sequence[str]
    block: str  # the part of an analysis file that reads it
    n_rows: int


def describe_fetch(source: Source, query: Query, environment: Mapping[str, str]) -> list[Text]:
    """Return what a fetch will ask and about how much will come, without asking."""
    source.check(query)
    lookups = source.list_lookups(query)
    requests = lookups or source.plan(query, ())
    n_rows = source.estimate_rows(query)
    key = source.key
    lines = [
        Text(
            "study.fetch-plan",
            n=len(requests),
            lists="yes" if lookups else "no",
            endpoint=environment.get(f"TWINTRADE_ENDPOINT_{source.name.upper()}") or source.endpoint,
            rows=n_rows,
            kilobytes=math.ceil(n_rows * _BYTES_A_ROW / 1000),
            seconds=math.ceil(len(requests) * (source.pace + _SECONDS_AN_ANSWER)),
        ),
        Text("study.fetch-first", address=requests[0].address),
    ]
    if key is not None:
        variable = f"TWINTRADE_KEY_{source.name.upper()}"
        is_set = "yes" if environment.get(variable) else "no"
        need = "needed" if key.is_required else "helpful"
        lines.append(Text("study.fetch-key", variable=variable, is_set=is_set, need=need, page=key.page))
    return lines


def fetch_table(
    root: Path,
    name: str,
    source: Source,
    query: Query,
    client: Client,
    clock: Timer,
    *,
    resume: bool = False,
    tell: Tell = lambda label, number, n: None,
) -> Fetched:
    """Fetch a table and write it with its card.

    ``root``: project folder; ``name``: of the table: ``data/raw/NAME.csv`` and ``data/raw/NAME.md`` are written;
    ``resume``: go on with the answers that an interrupted fetch kept; ``tell``: called with each request before it is
    asked.
    """
    source.check(query)
    paths = check_free(root, name)
    pages = PageFolder(root, f"{FOLDER}/.{name}.part")
    if pages.count() and not resume:
        raise StoreError(Text("study.fetch-interrupted", n=pages.count(), name=name, path=f"{FOLDER}/.{name}.part"))
    walk = _Walk(source, client, clock, pages, tell)
    lookups = [walk.ask(request) for request in source.list_lookups(query)]
    n_lookups = len(walk.asked)
    answers = walk.ask_all(source.plan(query, lookups))
    columns, rows = join_pages(source, answers)
    source.check_whole(lookups, len(rows))
    table = write_csv(columns, rows)
    block = write_block(source, {"file": paths[0], **source.describe_table(query, columns, lookups)})
    requests = walk.asked[n_lookups:]
    times = sorted(walk.times)
    n_empty = sum(not page.rows for page in answers)
    facts = FetchFacts(client.endpoint, requests, n_empty, len(rows), columns, times[0], times[-1])
    card = write_card(name, source, query, facts, table, block)
    write_new(root, {paths[0]: table, paths[1]: card.encode("utf-8")})
    pages.remove()
    return Fetched(paths, block, len(rows))


class _Walk:
    """Asks requests one after another, each once, and remembers which."""

    def __init__(self, source: Source, client: Client, clock: Timer, pages: PageFolder, tell: Tell) -> None:
        self._source, self._client, self._clock, self._pages, self._tell = source, client, clock, pages, tell
        self.asked: list[Request] = []
        self.times: list[float] = []

    def ask(self, request: Request, number: int = 1, n: int = 1) -> RowsPage:
        """Return the rows of one answer, kept from an earlier try or asked for; only a good one is kept."""
        kept = self._pages.read(request, self._client.endpoint)
        if kept is not None:
            answer, asked = kept
            page = self._source.parse(request, answer)
        else:
            self._tell(request.label, number, n)
            answer = self._client.ask(request)
            asked = self._clock.now()
            page = self._source.parse(request, answer)
            self._pages.keep(request, self._client.endpoint, answer, asked)
        self.asked.append(request)
        self.times.append(asked)
        return page

    def ask_all(self, requests: Sequence[Request]) -> list[RowsPage]:
        """Return the rows of every answer, those that an answer leads on to among them."""
        if not requests:
            raise SpecError(f"the query asks {self._source.name} for nothing")
        waiting, n = deque(requests), len(requests)
        pages: list[RowsPage] = []
        while waiting:
            page = self.ask(waiting.popleft(), len(pages) + 1, n)
            pages.append(page)
            if page.following is not None:
                waiting.appendleft(page.following)
                n += 1
        return pages


def check_free(root: Path, name: str) -> list[str]:
    """Return the paths of a table and its card, which must not be there yet."""
    check_analysis_name(name)
    paths = [f"{FOLDER}/{name}.csv", f"{FOLDER}/{name}.md"]
    for path in paths:
        if (root / path).exists():
            raise StoreError(f"{path} exists already and is not overwritten: choose another name, or remove it")
    return paths


def join_pages(source: Source, pages: Sequence[RowsPage]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the columns of all pages and their rows, one after another."""
    filled = [page for page in pages if page.rows]
    if not filled:
        raise StoreError(Text("study.fetch-empty", source=source.name))
    columns = filled[0].columns
    rows: list[tuple[str, ...]] = []
    for page in filled:
        if set(page.columns) != set(columns):
            one, other = (Listed(tuple(names), "comma") for names in (columns, page.columns))
            raise StoreError(Text("study.fetch-columns", source=source.name, one=one, other=other))
        places = [page.columns.index(name) for name in columns]
        rows += page.rows if page.columns == columns else [tuple(row[i] for i in places) for row in page.rows]
    return columns, rows


def write_csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Return a table as UTF-8 CSV, every cell as it is."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return stream.getvalue().encode("utf-8")
