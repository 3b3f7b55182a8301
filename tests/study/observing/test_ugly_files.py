"""Files as yearbooks and customs offices make them: each is read as its clean twin, or told where it is wrong."""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from made_workbooks import sheet, workbook

from twintrade.errors import DataError, TwintradeError
from twintrade.study import checking, scaffold
from twintrade.study.checking import check_analysis
from twintrade.study.observing.observe import observe
from twintrade.study.plan.designs import build_usual_design
from twintrade.study.scaffold import write_scaffold

CITIES, PARTNERS, YEARS = ("Jinan", "Qingdao", "Yantai"), ("GBR", "USA", "DEU", "JPN"), range(2004, 2013)
CHINESE = {
    **dict(zip(CITIES, ("济南", "青岛", "烟台"), strict=True)),
    **dict(zip(PARTNERS, ("英国", "美国", "德国", "日本"), strict=True)),
}
HEAD = "city,partner,year,exports_usd"
TIES = (
    "city,partner,partner_city,date,kind\n"
    "Jinan,GBR,Coventry,2008-05-01,sister city\n"
    "Qingdao,USA,Long Beach,2007,sister city\n"
    "Yantai,DEU,Angers,2010-03,sister city\n"
)
EXACT = 1e-15
"""Powers of ten are applied to digits; a value differs from its twin by one rounding at most."""


def amount(city: str, partner: str, year: int) -> int:
    i, j = CITIES.index(city) + 1, PARTNERS.index(partner) + 1
    return 1000 + 137 * i + 31 * j + 17 * (year - 2000) + i * j * year % 97


def rows() -> Iterator[list[object]]:
    for city in CITIES:
        for partner in PARTNERS:
            for year in YEARS:
                yield [city, partner, year, amount(city, partner, year)]


def csv(head: str = HEAD, mark: str = ",", **change: Callable[..., object]) -> str:
    """The clean table with some of its parts written in another way."""
    lines = [head.replace(",", mark)]
    for city, partner, year, value in rows():
        parts = {"city": city, "partner": partner, "year": year, "value": value}
        parts |= {name: make(parts[name]) for name, make in change.items()}
        lines.append(mark.join(map(str, parts.values())))
    return "\n".join(lines) + "\n"


def every(n: int, other: Callable[[object], str]) -> Callable[[object], object]:
    return lambda value: other(value) if value % n == 0 else value


def table() -> list[list[object]]:
    return [HEAD.split(","), *rows()]


def wide(*further: str) -> list[list[object]]:
    body = [[c, p, *(amount(c, p, y) for y in YEARS), *(1 for _ in further)] for c in CITIES for p in PARTNERS]
    return [["city", "partner", *map(str, YEARS), *further], *body]


def joined(lines: list[list[object]]) -> str:
    return "\n".join(",".join(map(str, line)) for line in lines) + "\n"


def zipped(members: dict[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in members.items():
            container.writestr(name, content)
    return out.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ugly:
    """A file, and how it must end: read as the clean twin, or refused by init or check with a text."""

    content: str | bytes
    ending: str
    text: str = ""
    scale: float = 1.0
    ties: str = TIES
    name: str = "trade.csv"
    names: tuple[tuple[str, str], ...] = ()


def read(content: str | bytes, text: str = "", **more: object) -> Ugly:
    return Ugly(content=content, ending="read", text=text, **more)


def refused(content: str | bytes, text: str, **more: object) -> Ugly:
    return Ugly(content=content, ending="check", text=text, **more)


def unread(content: str | bytes, text: str, **more: object) -> Ugly:
    return Ugly(content=content, ending="init", text=text, **more)


TO_CHINESE = {"city": CHINESE.get, "partner": CHINESE.get}
CHINESE_TABLE = csv("城市,国家,年份,出口额（万美元）", **TO_CHINESE)
CHINESE_TIES = TIES.replace("Jinan", "济南").replace("Qingdao", "青岛").replace("Yantai", "烟台")
IN_CHINESE = {"scale": 1e4, "ties": CHINESE_TIES, "names": tuple(CHINESE.items())}

FILES: dict[str, Ugly] = {
    "chinese": read(CHINESE_TABLE, "万美元", **IN_CHINESE),
    "gbk": read(CHINESE_TABLE.encode("gbk"), "gb18030", **IN_CHINESE),
    "utf-16": read(CHINESE_TABLE.encode("utf-16"), "utf-16, as its mark proves", **IN_CHINESE),
    "crlf and bom": read(b"\xef\xbb\xbf" + csv().replace("\n", "\r\n").encode()),
    "semicolons": read(csv(mark=";", value=lambda v: f"{v},0")),
    "grouped": read(csv(value=lambda v: f'"{v:,}.00"')),
    "full width": read(csv(value=lambda v: str(v).translate({48 + d: 0xFF10 + d for d in range(10)}))),
    "title rows": read("Exports\nUnit: 1000 USD\n\n" + csv(), "1,000 USD", scale=1e3),
    "title rows in excel": read(
        workbook({"S": sheet([["Exports"], ["Unit: 1,000 USD"], [], *table()])}), scale=1e3, name="trade.xlsx"
    ),
    "merged title": read(
        workbook({"S": sheet([["Exports", None, None, None], *table()], merged=("A1:D1",))}), name="trade.xlsx"
    ),
    "notes below": read(csv() + "Source: customs, 2013\nNote: preliminary\n"),
    "padded notes below": read(csv() + "Source: customs,,,\n"),
    "sheets by year": read(
        workbook({"S": sheet(table()), "T": sheet([*table()[:1], *table()[5:9]])}),
        "only the sheet S is read; the sheet T has the same columns and is not", name="trade.xlsx",
    ),
    "two sheets": read(workbook({"S": sheet(table()), "notes": sheet([["a"], ["b"]])}), "sheet S", name="trade.xlsx"),
    "hidden rows": read(
        workbook({"S": sheet(table(), hidden_rows=(5, 6))}), "2 rows are hidden", name="trade.xlsx"
    ),
    "wide": read(joined(wide())),
    "wide in excel": read(workbook({"S": sheet(wide())}), name="trade.xlsx"),
    "wide with a total": read(joined(wide("Total"))),
    "world rows": read(
        csv() + "".join(f"{c},World,{y},99999\n" for c in CITIES for y in YEARS), "27 rows are about groups"
    ),
    "no-break space": read(csv().replace("Jinan,USA", "Jinan\u00a0,USA")),
    "bidirectional mark": read(csv().replace("Jinan", "Ji\u202enan")),
    "two-letter codes": read(csv(partner={"GBR": "GB", "USA": "US", "DEU": "DE", "JPN": "JP"}.get)),
    "names of countries": read(
        csv(partner={"GBR": "UK", "USA": "Estados Unidos", "DEU": "Alemanha", "JPN": "日本"}.get)
    ),
    "gzip": read(gzip.compress(csv().encode()), name="trade.csv.gz"),
    "zip": read(zipped({"t.csv": csv()}), name="trade.zip"),
    "zip of a mac": read(
        zipped({"in/t.csv": csv(), "__MACOSX/in/._t.csv": "x", "readme.pdf": b"%PDF"}), name="trade.zip"
    ),
    "zip of two": read(zipped({"README.txt": "x", "t.csv": csv()}), name="trade.zip"),
    "city called Nan": read(csv(city=lambda c: {"Jinan": "Nan"}.get(c, c)),
                            ties=TIES.replace("Jinan", "Nan"), names=(("Jinan", "Nan"),)),
    "formula as a city": read(csv(city=lambda c: {"Jinan": "=1+1"}.get(c, c)), ties=TIES.replace("Jinan", "=1+1"),
                              names=(("Jinan", "=1+1"),)),
    "latin-1": read(csv(city=lambda c: {"Jinan": "São Paulo"}.get(c, c)).encode("latin-1"), "cp1252",
                    ties=TIES.replace("Jinan", "São Paulo"), names=(("Jinan", "São Paulo"),)),
    "unit by row": read(
        HEAD.replace("exports_usd", "exports,unit") + "\n"
        + "".join(f"{c},{p},{y},{v if y < 2008 else v * 10000},{'万美元' if y < 2008 else 'USD'}\n"
                  for c, p, y, v in rows()), "by row, column unit", scale=1e4),
    "products": read(
        HEAD.replace(",exports", ",hs,exports") + "\n"
        + "".join(f"{c},{p},{y},01,{v - 500}\n{c},{p},{y},02,500\n" for c, p, y, v in rows()),
        "were added up"),
    "footnote marks": refused(csv(value=every(5, "{}①".format)), 'flags = { "①" = "what the mark means" }'),
    "totals": refused(csv() + "".join(f"合计,{p},{y},9\n" for p in PARTNERS for y in YEARS), "“合计” is a total"),
    "negative": refused(csv(value=every(7, lambda _: "-5")), "“-5” is negative"),
    "parentheses": refused(csv(value=every(7, lambda _: "(500)")), "in parentheses"),
    "1e300": refused(csv(value=every(7, lambda _: "1e300")), "larger than any trade figure"),
    "truth values": refused(csv(value=every(7, lambda _: "TRUE")), "is a truth value"),
    "hexadecimal": refused(csv(value=every(7, lambda _: "0x1F")), "is hexadecimal"),
    "percent": refused(csv(value="{}%".format), "is a percentage, not a value"),
    "dollars in cells": refused(csv(value="${}".format), "carries a currency"),
    "fiscal years": refused(csv(year="FY{}".format), "“FY2004” is a fiscal year"),
    "split years": read(csv(year=lambda y: f"{y}/{(y + 1) % 100:02d}")),
    "two-digit years": refused(csv(year=lambda y: f"'{y % 100:02d}"), "is a two-digit year"),
    "years of the republic": read(csv(year=lambda y: f"民国{y - 1911}年")),
    "years of the republic without their sign": refused(csv(year=lambda y: f"民国{y - 1911}"), "Republic calendar"),
    "serials": refused(csv(year=lambda y: 38000 + y), "spreadsheet's day number"),
    "preliminary year": refused(csv(year=lambda y: f"{y}(p)" if y == 2012 else y), "carries a mark"),
    "part-year": refused(csv() + "Jinan,GBR,2013年1-6月,5\n", "is a part of a year"),
    "quarter in years": refused(csv() + "Jinan,GBR,2013Q1,5\n", 'frequency = "quarter"'),
    "unknown partner": refused(csv(partner=lambda p: {"GBR": "Untied Kingdom"}.get(p, p)),
                               'partner_names = { "Untied Kingdom" = "CODE" }'),
    "one city in two cases": refused(csv().replace("Jinan,USA", "JINAN,USA"), 'name = "JINAN", city = "Jinan"'),
    "duplicates": refused(csv() + "Jinan,GBR,2004," + str(amount("Jinan", "GBR", 2004)) + "\n",
                          "stands here and in row 2 (the same figure)"),
    "conflict": refused(csv() + "Jinan,GBR,2004,7\n", "stands here and in row 2 (1,300 and 7)"),
    "grouped blanks": refused(csv(city=lambda c: "" if c != "Jinan" else c), "rows 38 to 109, city: the city is"),
    "grouped by commas alone": read(csv(value=lambda v: f'"{v:,}"')),
    "odd date": refused(csv(), "“c. 2010” is approximate", ties=TIES.replace("2010-03", "c. 2010")),
    "future agreement": refused(csv(), "lies in the future", ties=TIES.replace("2010-03", "2095-03")),
    "ambiguous dates": refused(csv(), "day_first = true", ties=TIES.replace("2008-05-01", "05/01/2008")),
    "date by its year in months": refused(
        HEAD + "\n" + "".join(f"{c},{p},{y}-{m:02d},{v}\n" for c, p, y, v in rows() for m in (1, 2)),
        "known only as 2007 in a panel of months"),
    "nul": unread(csv().replace("Jinan", "Ji\0nan", 1), "a NUL byte"),
    "merged cells": unread(workbook({"S": sheet(table(), merged=("A2:A4",))}), "merged cells", name="trade.xlsx"),
    "header of two rows": unread("city,partner,exports,exports\n,,2004,2005\nJinan,GBR,1,2\n", "stands twice"),
    "header again": unread(csv() + HEAD + "\nYantai,GBR,2013,5\n", "last_row = 109"),
    "excel under another name": unread(workbook({"S": sheet(table())}), "is a zip container"),
    "empty": unread("", "is empty"),
    "header alone": unread(HEAD + "\n", "has a header and no rows"),
    "ragged": unread(csv().replace("Jinan,USA,2005,", "Jinan,USA,2005,1,"), "quote the cell"),
    "unbalanced quote": unread(csv().replace("Jinan,USA", '"Jinan,USA', 1), "opens here and is not closed"),
    "old excel": unread(b"\xd0\xcf\x11\xe0" + bytes(500), "save it as .xlsx", name="trade.xls"),
    "zip of no table": unread(zipped({"a.pdf": b"%PDF"}), "holds 0 tables", name="trade.zip"),
    "zip bomb": unread(zipped({"t.csv": b"0" * 40_000_000}), "expands to more than", name="trade.zip"),
    "partners across": unread("city,year,France,Germany,Japan,Total\nJinan,2004,1,2,3,6\nJinan,2005,1,2,3,6\n",
                              "one column a partner is not read: lay it out with one row a city, partner and period"),
    "sheet with a header of two rows": refused(
        workbook({"S": sheet([["Trade"], ["town", "partner", 2004, None, 2005, None, 2006, None],
                              [None, None, *["Exports", "Imports"] * 3], ["Jinan", "GBR", *range(6)]])}),
        "column 4 has cells but no name: so have 2 more", name="trade.xlsx"),
    "no table": unread("a,b\nx,y\nz,w\n", "no column looks like years"),
}  # fmt: skip


@pytest.fixture
def begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Ugly], str]:
    """Start an analysis on a file; return its text, with what init leaves to write written.

    The first design is the usual one: to choose it init reads the files as the check does that follows.
    """
    monkeypatch.setattr(scaffold, "choose_first_design", lambda *_: ("", build_usual_design("exports")))

    def start(ugly: Ugly) -> str:
        folder = tmp_path / "data" / "raw"
        folder.mkdir(parents=True)
        content = ugly.content if isinstance(ugly.content, bytes) else ugly.content.encode()
        (folder / ugly.name).write_bytes(content)
        (folder / "ties.csv").write_text(ugly.ties, encoding="utf-8")
        write_scaffold(tmp_path, "ugly", f"data/raw/{ugly.name}", "data/raw/ties.csv")
        text = (tmp_path / "analyses" / "ugly.toml").read_text(encoding="utf-8")
        return text.replace('"UNKNOWN"', '"USD"')

    return start


@pytest.mark.parametrize("name", FILES)
def test_an_ugly_file_is_its_clean_twin_or_told_where_it_is_wrong(begun, tmp_path, name, monkeypatch):
    ugly = FILES[name]
    if ugly.ending == "init":
        with pytest.raises(DataError) as told:
            begun(ugly)
        assert ugly.text in str(told.value)
        assert ugly.name in str(told.value)
        return
    text = begun(ugly)
    if ugly.ending == "check":
        with pytest.raises(TwintradeError) as refusal:
            check_analysis(tmp_path, "ugly", text)
        assert ugly.text in str(refusal.value)
        return
    seen = []
    monkeypatch.setattr(checking, "try_columns", lambda *_: ([], False))  # of the same numbers for every file
    monkeypatch.setattr(checking, "observe", lambda *given: seen.append(observe(*given)) or seen[-1])
    assert ugly.text in check_analysis(tmp_path, "ugly", text)
    panel = seen[0].panel
    names = dict(ugly.names)
    codes = {other: own for own, other in CHINESE.items()} if set(names) & set(PARTNERS) else {}
    own = {other: city for city, other in names.items() if city in CITIES}
    cities = [own.get(str(c), str(c)) for c in panel.cities[panel.unit_city[panel.unit]]]
    partners = [codes.get(str(p), str(p)) for p in panel.partners[panel.unit_partner[panel.unit]]]
    expected = [ugly.scale * amount(c, p, y) for c, p, y in zip(cities, partners, panel.period, strict=True)]
    assert len(expected) == len(CITIES) * len(PARTNERS) * len(YEARS)
    np.testing.assert_allclose(panel.values("exports"), expected, rtol=EXACT)


def test_a_doubt_about_a_guess_stands_beside_it(begun):
    text = begun(FILES["preliminary year"])
    line = next(line for line in text.splitlines() if line.startswith("period ="))
    assert "12 of the first 500 do not, as “2012(p)”" in line


def test_a_misspelt_city_of_a_tie_is_no_control(begun, tmp_path):
    text = begun(Ugly(content=csv(), ending="read", ties=TIES.replace("Jinan", "Jiann")))
    told = check_analysis(tmp_path, "ugly", text)
    assert "1 with an agreement under another spelling" in told
    assert "is Jinan meant? Until it is clear, the pair of that name takes no part" in told
