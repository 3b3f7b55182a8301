"""The page beside a fetched table: where it came from, what it means, and the lines that read it."""

import datetime
import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twintrade.data.sources import locate
from twintrade.errors import DataError
from twintrade.sources.base import CARD_PARTS, Query, Request, Source
from twintrade.study.spec.toml_text import format_toml_line
from twintrade.text import Listed, Text, find_catalogue, find_fact

CHECKSUM = "sha256"
_BLOCK = re.compile(r"^```toml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HASH = re.compile(rf"^- \*\*{CHECKSUM}:\*\* ([0-9a-f]{{64}})$", re.MULTILINE)
_MOST_ADDRESSES = 12


@dataclass(frozen=True, slots=True)
class FetchFacts:
    """How a table was brought."""

    endpoint: str
    requests: Sequence[Request]
    n_empty: int  # requests without rows
    n_rows: int
    columns: Sequence[str]
    # first, last: When the first and the last answer came, in seconds since 1970
    first: float
    last: float


def write_block(source: Source, lines: Mapping[str, Any]) -> str:
    """Return the part of an analysis file that reads a table."""
    head = "[[data.twinnings]]" if source.is_register else "[[data.trade]]"
    return "\n".join([head, *(format_toml_line(key, value) for key, value in lines.items())]) + "\n"


def write_card(name: str, source: Source, query: Query, facts: FetchFacts, table: bytes, block: str) -> str:
    """Return the card of a fetched table as Markdown."""
    addresses = [f"`{request.address}`" for request in facts.requests[:_MOST_ADDRESSES]]
    more = len(facts.requests) - len(addresses)
    facts_of_source = {p: find_fact(f"sources.{p}-", source.name, source.card.get(p, "")) for p in CARD_PARTS}
    document = find_catalogue().read("fetched_card.md")
    return document.format(
        name=name,
        **facts_of_source,
        sharing=Text("sources.may-be-shared" if source.is_shareable else "sources.not-to-be-shared"),
        query=_describe_query(source, query),
        endpoint=facts.endpoint,
        first=_format_time(facts.first),
        last=_format_time(facts.last),
        requests=Text("sources.requests", n=len(facts.requests), empty=facts.n_empty),
        addresses="\n".join(f"  - {address}" for address in addresses),
        more=f"  - {Text('common.more', n=more)}\n" if more > 0 else "",
        rows=Text("sources.rows", n=facts.n_rows, columns=Listed(tuple(facts.columns), "comma")),
        checksum=f"- **{CHECKSUM}:** {hashlib.sha256(table).hexdigest()}",
        block=block,
    )


def find_fetched_lines(root: Path, name: str) -> dict[str, Any]:
    """Return the lines of an analysis file that read a fetched table, as its card says."""
    file, card = f"data/raw/{name}.csv", f"data/raw/{name}.md"
    text = locate(root, card).read_text(encoding="utf-8")
    block, recorded = _BLOCK.search(text), _HASH.search(text)
    if block is None or recorded is None:
        raise DataError(Text("study.no-fetched-card", path=card))
    with locate(root, file).open("rb") as stream:
        if hashlib.file_digest(stream, "sha256").hexdigest() != recorded[1]:
            raise DataError(Text("study.fetched-changed", path=file, card=card))
    tables = tomllib.loads(block[1])["data"]
    if "trade" not in tables:
        raise DataError(Text("study.fetched-register", name=name))
    return dict(tables["trade"][0])


def _describe_query(source: Source, query: Query) -> Text:
    parts = [
        ("cities", Listed(query.cities, "comma") if query.cities else ""),
        ("partners", Listed(query.partners, "comma") if query.partners else ""),
        ("period", f"{query.first}–{query.last}" if query.first else ""),
        ("step", "" if source.is_register else source.get_step(query)),
        ("flow", "" if source.is_register else query.flow),
        ("product", query.product),
        *((key, value) for key, value in query.options.items()),
    ]
    headed = tuple(Text("common.headed", head=head, said=value) for head, value in parts if value)
    return Text("sources.query", source=source.name, parts=Listed(headed, "semicolon"))


def _format_time(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
