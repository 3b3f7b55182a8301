"""Any bytes and any cells end in a table or in a data error: never a traceback or a number of its own."""

import csv
import io
import itertools
from decimal import Decimal

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from twintrade.data import TradeSource, read_trade
from twintrade.data.registry.reading import read_twinnings
from twintrade.data.schema import TwinningSource
from twintrade.errors import DataError

FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

SOURCE = TradeSource(
    file="trade.csv",
    city="city",
    partner="partner",
    period="year",
    value="value",
    flow="exports",
    reporter="city",
    money_unit="USD",
    absent="missing",
)
TWINS = TwinningSource(
    file="twins.csv", city="city", partner="partner", partner_city="partner_city", date="date", kind="kind"
)

FURTHER = ["trade.json", "trade.dta", "trade.ods", "trade.feather", "trade.sav", "trade.rds"]

names = st.sampled_from(["Lyon", " Lyon", "Nan", "None", "NA", "济南", "St. Étienne", "Ly on", "x", ""])
partners = st.sampled_from(["GBR", "United Kingdom", "英国", "USA", "Namibia", "World", "NA", "Ruritania", ""])
years = st.sampled_from(["2004", "2005", "2006", "2004年", "2004/05", "FY04", "", "38000"])
amounts = st.one_of(
    st.sampled_from(
        ["0", "12", "1.5", "1,234", "1,234.5", "1.234", "12,5", "-", "", "n.a.", "-3", "12%", "1e5", "x"]
    ),
    st.integers(0, 10**13).map(str),
    st.decimals(0, 10**9, places=2).map(str),
)


def written(header, rows, **dialect) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, **dialect)
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


@FIXTURES
@given(
    st.lists(st.tuples(names, partners, years, amounts), min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_rows_that_are_accepted_hold_what_the_file_says(tmp_path, rows, delimiter, quoting):
    header = ["city", "partner", "year", "value"]
    (tmp_path / "trade.csv").write_bytes(written(header, rows, delimiter=delimiter, quoting=quoting))
    try:
        table = read_trade([SOURCE], tmp_path)
    except DataError:
        return
    assert not table.frame.duplicated(["city", "partner", "period"]).any()
    for record in table.frame.to_dict("records"):
        city, _, year, amount = rows[record["row"] - 2]
        assert record["city"] == " ".join(city.split())
        assert str(record["period"]) == year[:4]
        if record["flag"] == "missing":
            assert not any(c.isdigit() for c in amount)
        else:
            swapped = amount.replace(".", "").replace(",", ".")
            readings = {amount, amount.replace(",", ""), swapped, amount.replace(",", ".")}
            assert record["value"] in {float(Decimal(r)) for r in readings if r.count(".") <= 1 and "," not in r}


@FIXTURES
@given(
    st.binary(max_size=200), st.sampled_from(["trade.csv", "trade.xlsx", "trade.parquet", "trade.csv.gz", *FURTHER])
)
@example(b"city,partner,year,value\r\nA,GBR,2004,1\x00\r\n", "trade.csv")
@example(b"[[[]]]", "trade.json")
@example(b'[{"a": 1}, {}]', "trade.json")
@example(b"[1e999999999]", "trade.json")
@example(b"\xff\xfec", "trade.csv")
@example(b"PK\x05\x06" + bytes(18), "trade.xlsx")
@example(b"city,partner,year,value\n" + b'"' * 7, "trade.csv")
def test_any_bytes_end_in_a_data_error(tmp_path, content, name):
    (tmp_path / name).write_bytes(content)
    source = TradeSource(**{f: getattr(SOURCE, f) for f in FIELDS} | {"file": name})
    assert str(tmp_path) not in complaint(source, tmp_path)


def complaint(source, root) -> str:
    try:
        read_trade([source], root)
    except DataError as error:
        return str(error)
    return ""


FIELDS = ("city", "partner", "period", "value", "flow", "reporter", "money_unit", "absent")


@FIXTURES
@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_damaged_clean_file_ends_in_a_data_error_or_the_truth(tmp_path, noise, at):
    rows = [("Lyon", p, y, str(v)) for v, (p, y) in enumerate(itertools.product(["GBR", "USA"], ["2004", "2005"]))]
    clean = written(["city", "partner", "year", "value"], rows)
    (tmp_path / "trade.csv").write_bytes(clean[:at] + noise + clean[at:])
    try:
        table = read_trade([SOURCE], tmp_path)
    except DataError:
        return
    assert set(table.frame["partner"]) <= {"GBR", "USA"} or noise


dates = st.sampled_from(
    ["2004", "2004-09", "2004-09-13", "03/09/2004", "13/09/2004", "Sept 2004", "2004年9月", "1980s", "", "2004-02-30"]
)


@FIXTURES
@given(
    st.lists(
        st.tuples(names, partners, names, dates, st.sampled_from(["sister city", "friendship", "pact"])), max_size=8
    )
)
def test_any_registry_ends_in_twinnings_or_a_data_error(tmp_path, rows):
    header = ["city", "partner", "partner_city", "date", "kind"]
    (tmp_path / "twins.csv").write_bytes(written(header, rows))
    try:
        registry = read_twinnings([TWINS], tmp_path)
    except DataError:
        return
    assert len(registry.frame) == len(rows)
    dated = {row + 2 for row, r in enumerate(rows) if r[3]}
    assert set(registry.candidates["row"]) == dated
    assert set(registry.frame.loc[registry.frame["signed"] == "", "row"]) == set(range(2, len(rows) + 2)) - dated
