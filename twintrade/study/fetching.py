"""Brings a table from a publisher to data/raw: page by page to a temporary file, then in one step with its card."""

import csv
import datetime
import hashlib
import io
import json
import math
import re
import shutil
import sys
import time
import tomllib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twintrade.data.sources import locate
from twintrade.errors import DataError, SpecError, StoreError
from twintrade.files import open_file, read_file
from twintrade.sources import base
from twintrade.sources.client import Client, Timer
from twintrade.study.spec.spec_text import format_toml_line
from twintrade.study.store.folder import has_content, write_beside, write_new
from twintrade.study.store.locating import check_analysis_name
from twintrade.text import Listed, Text, Value, find_catalogue, find_fact

# The page beside a fetched table: where it came from, what it means, and the lines that read it.

CHECKSUM = "sha256"
_BLOCK = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HASH = re.compile(rf"^- \*\*{CHECKSUM}:\*\* ([0-9a-f]{{64}})$", re.MULTILINE)
_MOST_ADDRESSES = 12


def write_card(
    name: str, source: base.Source, query: base.Query, asked: Sequence[base.Request], table: bytes, **facts: Value
) -> str:
    """Return the card of a fetched table as Markdown; ``facts`` say how it was brought."""
    addresses = [f"`{request.address}`" for request in asked[:_MOST_ADDRESSES]]
    more = len(asked) - len(addresses)
    facts_of_source = {p: find_fact(f"sources.{p}-", source.name, source.card.get(p, "")) for p in base.CARD_PARTS}
    parts = [
        ("cities", Listed(query.cities, "comma") if query.cities else ""),
        ("partners", Listed(query.partners, "comma") if query.partners else ""),
        ("period", f"{query.first}–{query.last}" if query.first else ""),
        ("step", "" if source.is_register else source.get_step(query)),
        ("flow", "" if source.is_register else query.flow),
        ("product", query.product),
        *query.options.items(),
    ]
    headed = tuple(Text("common.headed", head=head, said=value) for head, value in parts if value)
    document = find_catalogue().read("fetched_card.md")
    return document.format(
        name=name,
        **facts_of_source,
        **facts,
        sharing=Text("sources.may-be-shared" if source.is_shareable else "sources.not-to-be-shared"),
        query=Text("common.headed", head=source.name, said=Listed(headed, "semicolon")),
        addresses="\n".join(f"  - {address}" for address in addresses),
        more=f"  - {Text('common.more', n=more)}\n" if more > 0 else "",
        checksum=f"- **{CHECKSUM}:** {hashlib.sha256(table).hexdigest()}",
    )


def find_fetched_lines(root: Path, name: str) -> dict[str, Any]:
    """Return the lines of an analysis file that read a fetched table, as its card says."""
    tables = _read_card(root, name)
    if "trade" not in tables:
        raise DataError(Text("study.fetched-register", name=name))
    return dict(tables["trade"][0])


def _read_card(root: Path, name: str) -> dict[str, Any]:
    """Return the tables of a card whose table is as it was fetched."""
    file, card = f"data/raw/{name}.csv", f"data/raw/{name}.md"
    text = read_file(locate(root, card), card).decode("utf-8", "replace")
    block, recorded = _BLOCK.search(text), _HASH.search(text)
    if block is None or recorded is None:
        raise DataError(Text("study.no-fetched-card", path=card))
    with open_file(locate(root, file), file) as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != recorded[1]:
            raise DataError(Text("study.fetched-changed", path=file, card=card))
    return dict(tomllib.loads(block[1])["data"])


def _format_time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")


# Answers kept on disk while a table is fetched, so that an interrupted fetch asks nothing twice.


class PageFolder:
    """The answers of one fetch, each in a file named after its question."""

    def __init__(self, root: Path, path: str) -> None:
        self._root, self._path = root, path
        self._folder = root / path

    def count(self) -> int:
        """Return how many answers are kept."""
        return len(list(self._folder.glob("*.page")))

    def read(self, request: base.Request, endpoint: str) -> tuple[base.RawAnswer, float] | None:
        """Return a kept answer and the second it was given, None if none is kept or if its bytes have changed."""
        try:
            name = self._name(request, endpoint)
            head, _, content = read_file(self._root / name, name, _MOST_BYTES).partition(b"\n")
        except FileNotFoundError:
            return None
        try:
            facts = json.loads(head)
            is_same = facts["sha256"] == hashlib.sha256(content).hexdigest()
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return (base.RawAnswer(content, facts["kind"], facts["status"]), facts["asked"]) if is_same else None

    def keep(self, request: base.Request, endpoint: str, answer: base.RawAnswer, asked: float) -> None:
        """Keep an answer that was read without a fault."""
        facts = {"address": request.address, "kind": answer.kind, "status": answer.status, "asked": asked}
        facts["sha256"] = hashlib.sha256(answer.content).hexdigest()
        head = json.dumps(facts).encode("utf-8")
        write_beside(self._root, self._name(request, endpoint), head + b"\n" + answer.content)

    def remove(self) -> None:
        """Remove every kept answer."""
        try:
            shutil.rmtree(self._folder, ignore_errors=False)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StoreError(Text("study.pages-left", path=self._path, why=str(error.strerror))) from None

    def _name(self, request: base.Request, endpoint: str) -> str:
        asked = json.dumps([endpoint, request.path, request.params, request.body, request.accept])
        return f"{self._path}/{hashlib.sha256(asked.encode('utf-8')).hexdigest()[:32]}.page"


FOLDER = "data/raw"
_BYTES_A_ROW, _SECONDS_AN_ANSWER = 80, 1.0
# What all answers of a table may come to, and the pages that one question may lead on to
_MOST_BYTES, _MOST_FOLLOWING, _MOST_WITHOUT_ROWS = 2_000_000_000, 200, 3

Tell = Callable[[str, int, int], None]  # takes the label of a request, its number, and how many there are so far


@dataclass(frozen=True, slots=True)
class Fetched:
    """A table that was brought."""

    paths: Sequence[str]
    block: str  # the part of an analysis file that reads it
    n_rows: int
    silent: Sequence[str]  # reporters and periods that were asked for and have no row


def describe_fetch(source: base.Source, query: base.Query, environment: Mapping[str, str]) -> list[Text]:
    """Return what a fetch will ask and about how much will come, without asking."""
    source.check(query)
    lookups = source.list_lookups(query)
    requests = lookups or source.plan(query, ())
    n_rows = source.estimate_rows(query)
    costs = {"rows": n_rows, "kilobytes": math.ceil(n_rows * _BYTES_A_ROW / 1000)}
    costs["seconds"] = math.ceil(len(requests) * (source.pace + _SECONDS_AN_ANSWER))
    endpoint = environment.get(f"TWINTRADE_ENDPOINT_{source.name.upper()}") or source.endpoint
    lines = [Text("study.fetch-plan", n=len(requests), endpoint=endpoint, lists=bool(lookups), **costs)]
    lines.append(Text("study.fetch-first", address=requests[0].address))
    if (key := source.key) is not None:
        variable = f"TWINTRADE_KEY_{source.name.upper()}"
        is_set, need = bool(environment.get(variable)), "needed" if key.is_required else "helpful"
        lines.append(Text("study.fetch-key", variable=variable, is_set=is_set, need=need, page=key.page))
    return lines


def fetch_table(
    root: Path,
    name: str,
    source: base.Source,
    query: base.Query,
    client: Client,
    clock: Timer,
    *,
    resume: bool = False,
    tell: Tell = lambda label, number, n: None,
) -> Fetched:
    """Fetch ``data/raw/NAME.csv`` with its card; ``resume`` goes on with answers that an interrupted fetch kept."""
    source.check(query)
    pages = PageFolder(root, f"{FOLDER}/.{name}.part")
    paths = check_free(root, name, pages, is_resumed=resume)
    if pages.count() and not resume:
        raise StoreError(Text("study.fetch-interrupted", n=pages.count(), name=name, path=f"{FOLDER}/.{name}.part"))
    walk = _Walk(source, client, clock, pages, tell)
    lookups = [walk.ask(request) for request in source.list_lookups(query)]
    n_lookups = len(walk.asked)
    plan = source.plan(query, lookups)
    contract = base.Contract(source, lambda columns: source.describe_table(query, columns, lookups))
    answers = walk.ask_all(plan, contract)
    columns, rows = join_pages(source, answers)
    source.check_whole(lookups, len(rows))
    lines = {"file": paths[0], **source.describe_table(query, columns, lookups)}
    silent = base.list_silent(lines, plan, columns, rows)
    missing = base.list_missing(lines, silent, columns, rows) if lines.get("absent") == "zero" and silent else []
    if missing is None:
        lines["absent"] = "missing"
    table = write_csv(columns, [*rows, *(missing or ())])
    head = "[[data.twinnings]]" if source.is_register else "[[data.trade]]"
    block = "\n".join([head, *(format_toml_line(key, value) for key, value in lines.items())]) + "\n"
    requests = walk.asked[n_lookups:]
    times = sorted(walk.times)
    named = Listed(tuple(columns), "comma")
    facts: dict[str, Value] = {
        "endpoint": client.endpoint, "first": _format_time(times[0]), "last": _format_time(times[-1]), "block": block,
        "requests": Text("sources.requests", n=len(requests), empty=sum(not page.rows for page in answers)),
        "rows": Text("sources.rows", n=len(rows), silent=len(silent), columns=named),
    }  # fmt: skip
    card = write_card(name, source, query, requests, table, **facts)
    files = {paths[1]: card.encode("utf-8"), paths[0]: table}
    write_new(root, {path: content for path, content in files.items() if not has_content(root / path, content)})
    pages.remove()
    return Fetched(paths, block, len(rows), [" ".join(spot) for spot in silent])


class _Walk:
    """Asks requests one after another, each once, and remembers which."""

    def __init__(self, source: base.Source, client: Client, clock: Timer, pages: PageFolder, tell: Tell) -> None:
        self._source, self._client, self._clock, self._pages, self._tell = source, client, clock, pages, tell
        self._n_bytes = 0
        self.asked: list[base.Request] = []
        self.times: list[float] = []

    def ask(self, request: base.Request, number: int = 1, n: int = 1) -> base.RowsPage:
        """Return the rows of one answer, kept from an earlier try or asked for; only a good one is kept."""
        if (kept := self._pages.read(request, self._client.endpoint)) is None:
            self._tell(request.label, number, n)
        answer, asked = kept or (self._client.ask(request), self._clock.now())
        self._n_bytes += len(answer.content)
        if self._n_bytes > _MOST_BYTES:
            too_large = Text("sources.too-large", megabytes=_MOST_BYTES // 1_000_000)
            raise base.refuse_answer(self._source, request, too_large)
        page = self._source.parse(request, answer)
        base.check_page(self._source, request, page)
        if kept is None:
            self._pages.keep(request, self._client.endpoint, answer, asked)
        self.asked.append(request)
        self.times.append(asked)
        return page

    def ask_all(self, requests: Sequence[base.Request], contract: base.Contract) -> list[base.RowsPage]:
        """Return the rows of every answer, those that an answer leads on to among them."""
        if not requests:
            raise SpecError(f"the query asks {self._source.name} for nothing")
        waiting, n = deque(requests), len(requests)
        pages: list[base.RowsPage] = []
        n_following = n_without = 0
        while waiting:
            request = waiting.popleft()
            page = self.ask(request, len(pages) + 1, n)
            contract.take(request, page)
            pages.append(page)
            if page.following is None:
                n_following = n_without = 0
                continue
            n_following, n_without = n_following + 1, n_without + (not page.rows)
            if n_following > _MOST_FOLLOWING or n_without > _MOST_WITHOUT_ROWS:
                raise base.refuse_answer(self._source, request, Text("sources.no-end", n=n_following))
            waiting.appendleft(page.following)
            n += 1
        return pages


def check_free(root: Path, name: str, pages: PageFolder, *, is_resumed: bool) -> list[str]:
    """Return the paths of a table and its card, not there yet but for a fetch that ended between its last steps."""
    check_analysis_name(name)
    paths = [f"{FOLDER}/{name}.csv", f"{FOLDER}/{name}.md"]
    if is_resumed and pages.count():
        return paths
    with suppress(DataError, OSError):
        _read_card(root, name)
        pages.remove()
    for path in paths:
        if (root / path).exists():
            raise StoreError(f"{path} exists already and is not overwritten: choose another name, or remove it")
    return paths


def join_pages(source: base.Source, pages: Sequence[base.RowsPage]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
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
    """Return a table as UTF-8 CSV, every cell as it is, but for an apostrophe before a formula."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(_disarm, columns))
    writer.writerows([_disarm(cell) for cell in row] for row in rows)
    return stream.getvalue().encode("utf-8")


def _disarm(cell: str) -> str:
    """Return a cell that is no formula; a number and a dash alone are none."""
    from twintrade.render.writers import escape_formula, is_number  # which imports every writer

    return cell if is_number(cell) or not cell.strip("-") else escape_formula(cell)


# Tells how far a fetch has come, on standard error: a bar on a terminal, else a line now and then.

_LINE_EVERY = 30.0


@contextmanager
def report_requests(name: str) -> Iterator[Tell]:
    """Give a function that takes each request before it is asked."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = BarColumn(20), TextColumn("{task.description}", markup=False), TimeRemainingColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task(name, total=None)

            def move(label: str, number: int, n: int) -> None:
                text = Text("study.fetch-step", number=number, n=n, label=label)
                shown.update(task, description=f"{name}: {text}", total=n, completed=number - 1)

            yield move
        return
    last = time.monotonic()

    def say(label: str, number: int, n: int) -> None:
        nonlocal last
        if (now := time.monotonic()) - last >= _LINE_EVERY:
            last = now
            text = Text("study.fetch-step", number=number, n=n, label=label)
            print(f"{name}: {text}", file=sys.stderr, flush=True)

    yield say
