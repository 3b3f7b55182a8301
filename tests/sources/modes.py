"""Ways in which a publisher's server can answer wrongly, and what a fetch has to make of each."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass

from loopback import Asked, Reply
from stages import ITEM, Rows, Stage

REFUSED, EQUAL, MISSING = "refused", "equal", "missing"
ESCAPE, TURNED = "\x1b]0;owned\x07", "\u202egnihc"
DIGITS = "9" * 400
MOST_ASKED = 230  # questions that no honest answer of a stage needs


@dataclass(frozen=True)
class Mode:
    """One wrong way: what becomes of honest rows, what a fetch makes of it, and the roles that a stage must have."""

    name: str
    spoil: Callable[[Stage, Rows, Asked], Rows | Reply]
    expected: str = REFUSED
    needs: tuple[str, ...] = ()
    only: tuple[str, ...] = ()  # stages by name; all where none is named
    kind: str = ""  # "json" or "csv": stages whose answers are such

    def applies(self, stage: Stage) -> bool:
        is_kind = not self.kind or (self.kind == "json") == stage.is_json
        return is_kind and set(self.needs) <= set(stage.parts) and (not self.only or stage.name in self.only)


def send(**reply: object) -> Callable[[Stage, Rows, Asked], Reply]:
    return lambda stage, rows, asked: Reply(**reply)


def change(role: str, cell: object, every: bool = False) -> Callable[[Stage, Rows, Asked], Rows]:
    """Write a cell into the column of a role, of the first row or of every."""

    def changed(stage: Stage, rows: Rows, asked: Asked) -> Rows:
        name = stage.parts[role]
        return [{**row, name: cell} if every or not i else row for i, row in enumerate(rows)]

    return changed


def swap(role: str) -> Callable[[Stage, Rows, Asked], Rows]:
    """Give every row in place of what was asked for what was not."""
    return lambda stage, rows, asked: change(role, stage.other[role], every=True)(stage, rows, asked)


def add(role: str) -> Callable[[Stage, Rows, Asked], Rows]:
    """Add a row that was not asked for."""

    def added(stage: Stage, rows: Rows, asked: Asked) -> Rows:
        key = {name: f"{rows[-1][name]}-x" for part, name in stage.parts.items() if part == "key"}
        return [*rows, {**rows[-1], **key, stage.parts[role]: stage.other[role]}]

    return added


def repeat(changes: dict) -> Callable[[Stage, Rows, Asked], Rows]:
    return lambda stage, rows, asked: [*rows, {**rows[0], **{stage.parts[k]: v for k, v in changes.items()}}]


def rename(stage: Stage, rows: Rows, asked: Asked) -> Rows:
    name = stage.parts.get("value") or stage.parts["key"]
    return [{("x" + k if k == name else k): cell for k, cell in row.items()} for row in rows]


def lose(role: str) -> Callable[[Stage, Rows, Asked], Rows]:
    """Leave a column out of one row."""
    return lambda stage, rows, asked: [
        {k: cell for k, cell in row.items() if i or k != stage.parts[role]} for i, row in enumerate(rows)
    ]


def add_column(name: str) -> Callable[[Stage, Rows, Asked], Rows]:
    return lambda stage, rows, asked: [{**row, name: "1"} for row in rows]


def edit(old: str, new: str) -> Callable[[Stage, Rows, Asked], Reply]:
    def edited(stage: Stage, rows: Rows, asked: Asked) -> Reply:
        body = Reply(stage.encode(rows)).encode().decode()
        assert old in body
        return Reply(body.replace(old, new, 1))

    return edited


def repeat_name(stage: Stage, rows: Rows, asked: Asked) -> Reply:
    """Write the first field of the first record twice, the second time with another value."""
    name, cell = next(iter(rows[0].items()))
    if stage.name == "wikidata":
        cell = {"type": "literal", "value": cell}
    pair = f"{json.dumps(name)}: {json.dumps(cell)}"
    return edit(pair, f"{json.dumps(name)}: 1, {pair}")(stage, rows, asked)


def silence(stage: Stage, rows: Rows, asked: Asked) -> Rows:
    """Leave out the first reporter in its second period."""
    reporter, period = stage.parts["reporter"], stage.parts["period"]
    spot = SILENT[stage.name]
    return [row for row in rows if (str(row[reporter]), str(row[period])) != spot]


SILENT = {
    "census": ("CA", "2017"),
    "comexstat": ("Recife - PE", "2019"),
    "hmrc": ("11", "201904"),
    "eurostat": ("DE", "2024-06"),
    "abs": ("3", "2024-02"),
    "comtrade": ("156", "2006"),
}


def silence_empty(stage: Stage, rows: Rows, asked: Asked) -> Rows | Reply:
    return silence(stage, rows, asked) or Reply(status=204)


def go_on(change: Callable[[Rows, int], Rows]) -> Callable[[Stage, Rows, Asked], Reply]:
    """Say on every page that there is another."""

    def more(stage: Stage, rows: Rows, asked: Asked) -> Reply:
        skip = int(asked.named.get("$skip") or asked.named.get("resultOffset") or 0)
        honest = stage.list_rows(Asked(asked.path, [*asked.params, ("resultOffset", "0")], {}, ""))
        body = stage.encode(change(honest, skip))
        link = f"https://api.uktradeinfo.com/RTS?$filter={asked.named.get('$filter')}&$skip={skip + 5}"
        return Reply({**body, "exceededTransferLimit": True, "@odata.nextLink": link})

    return more


def lead_back(stage: Stage, rows: Rows, asked: Asked) -> Reply:
    """Lead from the first page to the first page."""
    link = f"https://api.uktradeinfo.com/RTS?$filter={asked.named['$filter']}"
    return Reply({**stage.encode(rows), "@odata.nextLink": link})


def pack(n: int, encoding: str, content: bytes) -> Reply:
    for _ in range(n):
        content = gzip.compress(content)
    return Reply(content, headers={"Content-Encoding": encoding})


PAGED = ("hmrc", "arcgis")
TABLES = ("comexstat", "hmrc", "eurostat", "abs", "comtrade", "arcgis")
BAD_DAY, BAD_ZONE = f"Mon, 01 Jan {DIGITS} 00:00:00 GMT", "Mon, 01 Jan 2018 00:00:00 +9999999"
NO_ADDRESS = "https://[::1/x"
TRADE = ("value",)
MODES = [
    # What comes in place of an answer
    Mode("redirect", send(status=302, headers={"Location": "https://elsewhere.example/x"})),
    Mode("redirect that turns text", send(status=302, headers={"Location": "https://e.example/\xe2\x80\xae"})),
    Mode("redirect to no address", send(status=302, headers={"Location": NO_ADDRESS})),
    Mode("web page", send(body="<!DOCTYPE html><p>Sign in")),
    Mode("words", send(body="Service is busy\n")),
    Mode("words with escapes", send(body=f"busy {ESCAPE}{TURNED}")),
    Mode("error with escapes", send(body=f"no {ESCAPE}{TURNED}", status=400)),
    Mode("JSON of another kind", send(body={"status": "ok"})),
    Mode("list in place of a record", send(body=[1, 2])),
    Mode("null", send(body="null")),
    Mode("deep JSON", send(body="[" * 200_000)),
    Mode("UTF-16", send(body="a,b\n1,2\n".encode("utf-16"))),
    Mode("NUL bytes", send(body=b"\0" * 64)),
    Mode("cut connection", lambda s, rows, a: Reply(s.encode(rows), cut=True)),
    Mode("cut answer", lambda s, rows, a: Reply(Reply(s.encode(rows)).encode()[:-9])),
    Mode("status 500 without end", send(body="too large", status=500)),
    Mode("status 206", lambda s, rows, a: Reply(s.encode(rows), 206)),
    # Waits
    Mode("Retry-After of 400 digits", send(status=429, headers={"Retry-After": DIGITS})),
    Mode("Retry-After of a far year", send(status=429, headers={"Retry-After": "Mon, 01 Jan 9999 00:00:00 GMT"})),
    Mode("Retry-After that is no number", send(status=503, headers={"Retry-After": "\xb2"})),
    Mode("Retry-After that is no date", send(status=503, headers={"Retry-After": BAD_DAY})),
    Mode("Retry-After of an hour's zone", send(status=503, headers={"Retry-After": BAD_ZONE})),
    Mode("seconds of 400 digits in words", send(status=429, body=f"try again in {DIGITS} seconds")),
    # Size and time
    Mode("byte by byte", send(drips="body")),
    Mode("head byte by byte", send(drips="head")),
    Mode("larger than the budget", send(body=" " * 3_000_000)),
    Mode("bomb", send(body=gzip.compress(bytes(3_000_000)), headers={"Content-Encoding": "gzip"})),
    Mode("bomb in a bomb", lambda s, rows, a: pack(2, "gzip, gzip", Reply(s.encode(rows)).encode())),
    Mode("unknown coding", lambda s, rows, a: Reply(s.encode(rows), headers={"Content-Encoding": "br"})),
    Mode("packed", lambda s, rows, a: pack(1, "gzip", Reply(s.encode(rows)).encode()), EQUAL),
    Mode("more of the same without end", go_on(lambda rows, skip: rows), only=PAGED),
    Mode("more without rows without end", go_on(lambda rows, skip: rows if not skip else []), only=PAGED),
    Mode(
        "more and new without end",
        go_on(
            lambda rows, skip: [
                {k: (v + skip * 7 if k in ("CommoditySitc2Id", "OBJECTID") else v) for k, v in row.items()}
                for row in rows
            ]
        ),
        only=PAGED,
    ),
    Mode("more that leads back", lead_back, only=("hmrc",)),
    Mode(
        "more at no address",
        lambda s, rows, a: Reply({**s.encode(rows), "@odata.nextLink": NO_ADDRESS}),
        only=("hmrc",),
    ),
    # Rows that were not asked for
    Mode("another period", swap("period"), needs=("period",)),
    Mode("a further period", add("period"), needs=("period",)),
    Mode("another reporter", swap("reporter"), needs=("reporter",)),
    Mode("a further reporter", add("reporter"), needs=("reporter",)),
    Mode("another partner", swap("partner"), needs=("partner",)),
    Mode("a further partner", add("partner"), needs=("partner",)),
    Mode("the other flow", swap("flow"), needs=("flow",)),
    Mode("another product", swap("product"), needs=("product",)),
    Mode("a row twice", lambda s, rows, a: [*rows, rows[0]], only=("census", *TABLES)),
    Mode(
        "an agreement twice with another end", repeat({"label": "x"} | {"reporter": f"{ITEM}Q84"}), only=("wikidata",)
    ),
    Mode("a row twice with another figure", repeat({"value": 7}), needs=TRADE),
    Mode("a reporter silent in a period", silence_empty, MISSING, needs=TRADE),
    Mode("every row gone", lambda s, rows, a: Reply(status=204)),
    # Figures
    Mode("not a number", change("value", "NaN"), needs=TRADE),
    Mode("the constant NaN", change("value", float("nan")), needs=TRADE, kind="json"),
    Mode("infinite", change("value", "1e999"), needs=TRADE),
    Mode("a figure of 400 digits", change("value", DIGITS), needs=TRADE),
    Mode("a figure with a comma", change("value", "1,234"), needs=TRADE),
    Mode("a figure in words", change("value", "many"), needs=TRADE),
    Mode("a formula for a figure", change("value", "=1+1"), needs=TRADE),
    Mode("a list for a figure", change("value", [1, 2]), needs=TRADE, kind="json"),
    Mode("true for a figure", change("value", True), needs=TRADE, kind="json"),
    # Text
    Mode("escape in a label", change("label", f"x{ESCAPE}"), needs=("label",)),
    Mode("turned label", change("label", TURNED), needs=("label",)),
    Mode("NUL in a label", change("label", "x\0y"), needs=("label",)),
    Mode("half a character in a label", change("label", "x\ud800"), needs=("label",), kind="json"),
    Mode("formula in a label", change("label", '=cmd|"/C calc"!A0'), EQUAL, needs=("label",)),
    Mode("formula at the head of a column", add_column("@SUM(A1)"), EQUAL, only=TABLES),
    Mode("escape at the head of a column", add_column(f"x{ESCAPE}"), only=TABLES),
    Mode("a cell of 200,000 characters", add_column("long"), EQUAL, only=("hmrc",)),
    # Columns
    Mode("a column renamed", rename),
    Mode("a figure left out of one row", lose("value"), needs=TRADE, only=("eurostat", "abs", "census")),
    Mode("a reporter left out of one row", lose("reporter"), needs=("reporter",)),
    Mode("a field twice", repeat_name, kind="json", only=("comexstat", "hmrc", "comtrade", "wikidata", "arcgis")),
    Mode("a column twice", edit("OBS_VALUE", "freq"), kind="csv"),
    Mode("an open quote", edit("2024", '"2024'), kind="csv"),
    Mode("a field of 200,000 characters", edit("2024", "2" * 200_000), kind="csv"),
]
