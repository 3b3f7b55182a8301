"""Microdata added up by an engine: cells as by hand, faults as in small files, and nothing by halves."""

import gzip
import os
import resource
import signal
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from twintrade.data import TradeSource, read_trade
from twintrade.data.calendar import Frequency
from twintrade.data.covariates import complete
from twintrade.data.microdata.cells import collapse
from twintrade.data.microdata.engines import DuckDB, build_engine
from twintrade.data.schema import Microdata
from twintrade.data.sources.faults import Faults, InvalidDataError
from twintrade.errors import DataError
from twintrade.fanout import Workers, use_workers

duckdb = pytest.importorskip("duckdb", reason="the extra microdata is not installed")

CITIES = ("Lyon", "Qingdao", "Curitiba")
PARTNERS = ("USA", "DEU", "JPN", "NAM")
KEY = ["city", "partner", "period"]


def rows(n: int = 4000, seed: int = 0) -> pd.DataFrame:
    """Draw shipments; values in cents, so that no float has rounded them."""
    rng = np.random.default_rng(seed)
    cents = rng.integers(1, 10**9, n)
    return pd.DataFrame(
        {
            "town": rng.choice(CITIES, n),
            "country": rng.choice(PARTNERS, n),
            "month": [
                f"{y}-{m:02d}" for y, m in zip(rng.integers(2001, 2005, n), rng.integers(1, 13, n), strict=True)
            ],
            "firm": [f"F{k}" for k in rng.integers(0, 60, n)],
            "hs": [f"{k:06d}" for k in rng.integers(10100, 10130, n)],
            "usd": [f"{c // 100}.{c % 100:02d}" for c in cents],
            "kg": [f"{k}" for k in rng.integers(0, 5000, n)],
        }
    )


def declared(file: str, **changes) -> TradeSource:
    options = {"weight": "kg", "firm": "firm", "product": "hs"} | changes.pop("microdata", {})
    given = {
        "file": file,
        "city": "town",
        "partner": "country",
        "period": "month",
        "value": "usd",
        "flow": "exports",
        "reporter": "city",
        "money_unit": "USD",
        "absent": "zero",
        "frequency": Frequency.MONTH,
    }
    return TradeSource(**(given | changes), microdata=Microdata(**options))


def by_hand(frame: pd.DataFrame) -> pd.DataFrame:
    cents = frame.assign(units=[int(Decimal(v) * 100) for v in frame["usd"]], weight=frame["kg"].astype(float))
    grouped = cents.groupby(["town", "country", "month"])
    return pd.DataFrame(
        {
            "units": grouped["units"].sum(),
            "n_rows": grouped.size(),
            "n_firms": grouped["firm"].nunique(),
            "n_products": grouped["hs"].nunique(),
            "weight": grouped["weight"].sum(),
        }
    ).reset_index()


def check_cells(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    assert found[["city", "partner"]].to_numpy().tolist() == wanted[["town", "country"]].to_numpy().tolist()
    assert [Frequency.MONTH.label(p) for p in found["period"]] == wanted["month"].tolist()
    for name in ("units", "n_rows", "n_firms", "n_products", "weight"):
        assert found[name].tolist() == wanted[name].tolist(), name


def test_cells_of_every_kind_of_file_are_those_by_hand(tmp_path):
    frame = rows()
    wanted = by_hand(frame)
    frame.to_csv(tmp_path / "a.csv", index=False)
    frame.to_csv(tmp_path / "b.csv.gz", index=False)
    typed = frame.assign(usd=[Decimal(v) for v in frame["usd"]], kg=frame["kg"].astype("int64"))
    typed.to_parquet(tmp_path / "c.parquet", index=False)
    floats = frame.assign(usd=frame["usd"].astype("float64"))
    floats.to_parquet(tmp_path / "d.parquet", index=False)
    (tmp_path / "many").mkdir()
    frame[:1500].to_csv(tmp_path / "many" / "1.csv", index=False)
    frame[1500:][["usd", "town", "country", "month", "firm", "hs", "kg"]].to_csv(
        tmp_path / "many" / "2.csv", index=False
    )
    frame.to_csv(tmp_path / "e.csv", index=False, sep=";")
    frame.to_csv(tmp_path / "g.csv", index=False, lineterminator="\r\n", encoding="utf-8-sig")
    with duckdb.connect(str(tmp_path / "f.duckdb")) as made:
        made.register("given", frame)
        made.execute("CREATE TABLE customs AS SELECT * FROM given")
    for file in ("a.csv", "b.csv.gz", "c.parquet", "d.parquet", "many", "e.csv", "f.duckdb", "g.csv"):
        found = collapse(declared(file, microdata={"table": "customs"}), tmp_path, Faults())
        check_cells(found.frame, wanted)
        assert found.record.rows == 4000
        assert len(found.record.sha256) == 64
    assert not (tmp_path / "data").exists() or not any((tmp_path / "data").rglob("*.tmp"))


def test_the_panel_is_that_of_a_small_file(tmp_path):
    frame = rows()
    frame.to_csv(tmp_path / "micro.csv", index=False)
    summed = by_hand(frame)
    summed.assign(usd=[f"{u // 100}.{u % 100:02d}" for u in summed["units"]]).to_csv(
        tmp_path / "small.csv", index=False
    )
    one = complete(read_trade([declared("micro.csv", to_frequency=Frequency.YEAR)], tmp_path))
    small = declared("small.csv", to_frequency=Frequency.YEAR)
    fields = {n: getattr(small, n) for n in TradeSource.__dataclass_fields__ if n != "microdata"}
    other = complete(read_trade([TradeSource(**fields)], tmp_path))
    pd.testing.assert_frame_equal(one.frame[[*KEY, "value", "flag"]], other.frame[[*KEY, "value", "flag"]])
    yearly = frame.assign(year=frame["month"].str[:4].astype(int)).groupby(["town", "country", "year"])
    assert one.counts["firms"].tolist() == yearly["firm"].nunique().tolist()
    assert one.counts["products"].tolist() == yearly["hs"].nunique().tolist()
    assert one.counts["rows"].tolist() == yearly.size().tolist()


def test_firms_enter_and_exit_as_by_hand(tmp_path):
    frame = rows(1500)
    frame.to_csv(tmp_path / "micro.csv", index=False)
    found = collapse(
        declared("micro.csv", to_frequency=Frequency.YEAR, microdata={"margins": True}), tmp_path, Faults()
    ).counts
    frame["year"] = frame["month"].str[:4].astype(int)
    held = frame.groupby(["town", "country", "year"])["firm"].agg(set).to_dict()
    pairs = frame.assign(both=frame["firm"] + frame["hs"]).groupby(["town", "country", "year"])["both"].nunique()
    assert found["firm_products"].tolist() == pairs.tolist()
    for row in found.itertuples():
        here = held[row.city, row.partner, row.period]
        before = held.get((row.city, row.partner, row.period - 1), set())
        after = held.get((row.city, row.partner, row.period + 1), set())
        assert row.firms == len(here)
        assert np.isnan(row.entering_firms) if row.period == 2001 else row.entering_firms == len(here - before)
        assert np.isnan(row.exiting_firms) if row.period == 2004 else row.exiting_firms == len(here - after)


def test_rows_without_a_firm_count_for_the_products(tmp_path):
    frame = rows(1500)
    alone = (frame["town"] == frame["town"][0]) & (frame["country"] == frame["country"][0])
    frame.loc[alone | (np.arange(1500) % 7 == 0), "firm"] = ""
    frame.to_csv(tmp_path / "micro.csv", index=False)
    by_year = declared("micro.csv", to_frequency=Frequency.YEAR)
    plain = collapse(by_year, tmp_path, Faults()).counts
    margins = {"margins": True}
    found = collapse(declared("micro.csv", to_frequency=Frequency.YEAR, microdata=margins), tmp_path, Faults()).counts
    frame["year"] = frame["month"].str[:4].astype(int)
    cells = frame.groupby(["town", "country", "year"])
    named = frame[frame["firm"] != ""].groupby(["town", "country", "year"])["firm"].nunique()
    assert found["products"].tolist() == cells["hs"].nunique().tolist() == plain["products"].tolist()
    assert found["firms"].fillna(0).tolist() == named.reindex(list(cells.groups), fill_value=0).tolist()
    nobody = (found["city"] == frame["town"][0]) & (found["partner"] == frame["country"][0])
    assert nobody.any()
    assert found.loc[nobody, ["firms", "firm_products", "entering_firms", "exiting_firms"]].isna().all(axis=None)


def test_product_groups_are_cells_of_their_own(tmp_path):
    frame = rows(1000)
    frame["hs"] = np.where(np.arange(1000) % 3, frame["hs"], "84" + frame["hs"].str[2:])
    frame.to_csv(tmp_path / "micro.csv", index=False)
    found = collapse(declared("micro.csv", microdata={"product_digits": 2}), tmp_path, Faults()).frame
    wanted = frame.assign(g=frame["hs"].str[:2]).groupby(["town", "country", "month", "g"]).size()
    assert found["n_rows"].tolist() == wanted.tolist()
    assert set(found["product_group"]) == {"01", "84"}


@pytest.mark.parametrize("engine", ["duckdb"])
@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("-5", "is negative"),
        ("1,234", "plain digits"),
        ("1e5", "plain digits"),
        ("0012", "starts with a zero"),
        ("12.345", "has more than 2 decimals"),
        ("12\n", "plain digits"),
        ("1_000", "underscores"),
        ("inf", "infinite"),
        ("$5", "carries a currency"),
        (" 5", "plain digits"),
    ],
)
def test_a_value_that_is_no_plain_number_is_told_with_its_row(tmp_path, engine, cell, reason):
    frame = rows(300)
    frame.loc[[7, 9, 200], "usd"] = cell
    frame.to_csv(tmp_path / "micro.csv", index=False)
    with pytest.raises(InvalidDataError, match=reason) as caught:
        collapse(declared("micro.csv"), tmp_path, Faults())
    message = caught.value.messages[0]
    assert (message.code, message.file, message.column) == ("number", "micro.csv", "usd")
    assert message.row == 9
    assert "(and 2 more rows)" in message.message


def test_faults_of_names_and_periods_are_those_of_small_files(tmp_path):
    frame = rows(300, seed=1).drop_duplicates(["town", "country", "month"], ignore_index=True)
    frame.loc[[5, 6], "country"] = "Atlantis"
    frame.loc[[8, 50], "month"] = "2003/04"
    frame.loc[10, "month"] = "03-04"
    frame.loc[[11, 12, 13], "town"] = ""
    frame.to_csv(tmp_path / "micro.csv", index=False)
    small = declared("micro.csv")
    fields = {n: getattr(small, n) for n in TradeSource.__dataclass_fields__ if n != "microdata"}
    with pytest.raises(InvalidDataError) as of_small:
        read_trade([TradeSource(**fields)], tmp_path)
    with pytest.raises(InvalidDataError) as of_micro:
        read_trade([declared("micro.csv")], tmp_path)

    def told(error):
        found = {}
        for m in error.value.messages:
            text = m.message.split(" (and ")[0]
            if m.level == "error":
                found.setdefault((m.code, m.column, text), m.row)
        return found

    assert told(of_micro) == told(of_small)
    assert any("(and 2 more rows)" in m.message for m in of_micro.value.messages)


def test_missing_figures_are_counted_and_never_zero(tmp_path):
    frame = rows(500)
    frame.loc[[3, 4, 5, 6, 7], "usd"] = ["", " – ", "-", "n/a", "X"]
    frame.to_csv(tmp_path / "micro.csv", index=False)
    table = read_trade([declared("micro.csv", missing_tokens=("-",))], tmp_path)
    assert table.frame["value"].isna().sum() == 5
    assert {m.code: m.message for m in table.messages if m.code.endswith("-figures")} == {
        "missing-figures": "no figure in 2 rows: missing, not zero, and so is its cell",
        "unknown-figures": "a mark for a secret or unknown figure in 3 rows: missing, not zero, and so is its cell",
    }


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("counts", [{}, {"firm": None, "product": None}])
def test_blanks_are_zero_by_the_rule_of_small_files(tmp_path, kind, counts):
    """``blank = "zero"`` speaks of blanks and dashes; a secret figure stays missing, declared tokens too."""
    frame = rows(500)
    marks = ["", "–", "-", "n/a", "x", ":", "…"]
    frame.loc[range(3, 10), "usd"] = marks
    frame.to_csv(tmp_path / "x.csv", index=False)
    (frame if kind == "csv" else frame.assign(usd=frame["usd"].where(frame["usd"] != "", None))).to_parquet(
        tmp_path / "x.parquet", index=False
    )
    options = {"blank": "zero", "missing_tokens": ("-",)}
    found = read_trade([declared(f"x.{kind}", microdata=counts, **options)], tmp_path)
    keys = ["town", "country", "month"]
    whole = pd.to_numeric(frame["usd"].replace({"": "0", "–": "0"}), errors="coerce")
    wanted = whole.groupby([frame[key] for key in keys]).agg(lambda v: v.sum(skipna=False))
    np.testing.assert_allclose(found.frame["value"], wanted)
    assert (found.frame["flag"] == "missing").sum() == found.frame["value"].isna().sum() == len(marks) - 2
    assert (found.frame["flag"] == "blank is zero").sum() == 2


def uneven(frame: pd.DataFrame) -> pd.DataFrame:
    """Take values and weights away, so that one cell has rows with both, either and neither."""
    rng = np.random.default_rng(5)
    return frame.assign(
        usd=frame["usd"].where(rng.random(len(frame)) > 0.2, ""),
        kg=(frame["kg"] + ".125").where(rng.random(len(frame)) > 0.2, ""),
    )


@pytest.mark.parametrize("kind", ["csv", "text", "fitting decimals", "wide decimals", "floats"])
@pytest.mark.parametrize("counts", [{}, {"firm": None, "product": None}])
def test_rows_of_unlike_quality_make_one_cell(tmp_path, kind, counts):
    frame = uneven(rows(2500))
    if kind == "csv":
        frame.to_csv(tmp_path / "x.csv", index=False)
    elif kind == "text":
        frame.to_parquet(tmp_path / "x.parquet", index=False)
    else:
        made = {"fitting decimals": ((18, 2), (12, 3)), "wide decimals": ((30, 2), (30, 3))}.get(kind)
        types = [pa.decimal128(*size) for size in made] if made else [pa.float64(), pa.float64()]
        table = pa.table({name: frame[name].tolist() for name in frame})
        for name, numbers in zip(("usd", "kg"), types, strict=True):
            cells = [Decimal(cell) if cell else None for cell in frame[name]]
            column = pa.array(cells, numbers) if made else pa.array([c and float(c) for c in cells], numbers)
            table = table.set_column(table.column_names.index(name), name, column)
        pq.write_table(table, tmp_path / "x.parquet")
    file = "x.csv" if kind == "csv" else "x.parquet"
    faults = Faults()
    found = collapse(declared(file, microdata=counts), tmp_path, faults).frame
    cents = frame.assign(
        units=[int(Decimal(v) * 100) if v else 0 for v in frame["usd"]],
        grams=[int(Decimal(v) * 1000) if v else 0 for v in frame["kg"]],
        n_missing=(frame["usd"] == "").astype(int),
    )
    wanted = cents.groupby(["town", "country", "month"])[["units", "grams", "n_missing"]].sum().reset_index()
    assert found[["city", "partner"]].to_numpy().tolist() == wanted[["town", "country"]].to_numpy().tolist()
    assert found["units"].tolist() == wanted["units"].tolist()
    assert found["n_missing"].tolist() == wanted["n_missing"].tolist()
    assert found["weight"].tolist() == (wanted["grams"] / 1000).tolist()
    assert found["n_rows"].sum() == 2500
    told = [m.message for m in faults.messages if m.code == "missing-weights"]
    assert told[0].startswith(f"no weight stands in {(frame['kg'] == '').sum()} rows")


@pytest.mark.parametrize("size", [(18, 2), (18, 3), (20, 2)])
def test_a_typed_value_that_is_none_is_refused_whatever_its_type_holds(tmp_path, size):
    bad = {(18, 2): "-5.00", (18, 3): "7.125", (20, 2): "123456789012345678.00"}[size]
    cells = [Decimal(v) for v in rows(50)["usd"]]
    cells[7] = cells[9] = Decimal(bad)
    table = pa.Table.from_pandas(rows(50)).set_column(5, "usd", pa.array(cells, pa.decimal128(*size)))
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(InvalidDataError) as caught:
        collapse(declared("x.parquet", microdata={"firm": None, "product": None}), tmp_path, Faults())
    (message,) = caught.value.messages
    assert (message.row, message.column) == (9, "usd")
    assert f"“{bad}”" in message.message
    assert message.message.endswith("(and 1 more row)")


def test_rules_of_rows_and_gb18030(tmp_path):
    frame = rows(600)
    frame["town"] = frame["town"].map({"Lyon": "里昂", "Qingdao": "青岛", "Curitiba": "库里蒂巴"})
    frame["kind"] = np.where(np.arange(600) % 4, "export", "re-export's")
    frame.to_csv(tmp_path / "micro.csv", index=False, encoding="gb18030")
    source = declared("micro.csv", encoding="gbk", where={"kind": "re-export's"})
    found = collapse(source, tmp_path, Faults())
    assert found.frame["n_rows"].sum() == 150
    assert set(found.frame["city"]) == {"里昂", "青岛", "库里蒂巴"}
    assert [(str(rule), n) for rule, n in found.record.dropped] == [("other than kind = re-export's", 450)]
    several = {"where": {"kind": ("re-export's", "export")}, "drop": {"kind": "export"}}
    assert collapse(declared("micro.csv", encoding="gbk", **several), tmp_path, Faults()).frame.equals(found.frame)
    with pytest.raises(DataError, match="cannot be read whole"):
        collapse(declared("micro.csv"), tmp_path, Faults())


def folder_of_two(tmp_path: Path, kind: str) -> Path:
    folder = tmp_path / "many"
    folder.mkdir()
    for i, part in enumerate((rows(200, 1), rows(200, 2))):
        path = folder / f"{i}.{kind}"
        part.to_parquet(path, index=False) if kind == "parquet" else part.to_csv(path, index=False)
    return folder


def test_a_column_missing_in_one_of_many_files(tmp_path):
    folder = folder_of_two(tmp_path, "csv")
    rows(200).drop(columns="usd").to_csv(folder / "1.csv", index=False)
    with pytest.raises(DataError, match=r"many/1\.csv row 1: no column “usd”"):
        collapse(declared("many"), tmp_path, Faults())


def test_types_that_differ_between_files(tmp_path):
    folder = folder_of_two(tmp_path, "parquet")
    frame = rows(200)
    frame.assign(usd=frame["usd"].astype(float)).to_parquet(folder / "1.parquet", index=False)
    with pytest.raises(DataError, match=r"usd is .*string in many/0\.parquet and double in many/1\.parquet"):
        collapse(declared("many"), tmp_path, Faults())


def test_a_broken_parquet_footer(tmp_path):
    folder = folder_of_two(tmp_path, "parquet")
    whole = (folder / "1.parquet").read_bytes()
    (folder / "1.parquet").write_bytes(whole[:-20] + b"\0" * 20)
    with pytest.raises(DataError, match=r"many/1\.parquet is not a whole Parquet file"):
        collapse(declared("many"), tmp_path, Faults())


def test_a_truncated_gzip(tmp_path):
    rows(20_000).to_csv(tmp_path / "x.csv", index=False)
    packed = gzip.compress((tmp_path / "x.csv").read_bytes())
    (tmp_path / "x.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError, match=r"x\.csv\.gz cannot be read whole"):
        collapse(declared("x.csv.gz"), tmp_path, Faults())


def test_a_ragged_row(tmp_path):
    rows(200).to_csv(tmp_path / "x.csv", index=False)
    with (tmp_path / "x.csv").open("a") as stream:
        stream.write("Lyon,USA,2003-01\n")
    with pytest.raises(DataError, match=r"x\.csv cannot be read whole: .*Line: 202"):
        collapse(declared("x.csv"), tmp_path, Faults())


def too_large(tmp_path: Path) -> TradeSource:
    """Write rows whose firms and products do not fit into the memory that the source declares."""
    frame = pd.concat([rows(30_000, s) for s in range(4)])
    frame["firm"] = [f"firm number {i}" for i in range(len(frame))]
    pd.concat([frame.assign(firm=frame["firm"] + f"/{k}") for k in range(8)]).to_parquet(tmp_path / "x.parquet")
    return declared("x.parquet", microdata={"memory": "60MB", "margins": True})


def test_what_does_not_fit_into_memory_is_spilled_and_the_folder_removed(tmp_path):
    found = collapse(too_large(tmp_path), tmp_path, Faults())
    assert found.counts["firms"].sum() == 8 * 120_000
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / "x.parquet"]


@pytest.mark.parametrize(
    ("given", "held", "left"), [("1GB", 300, 700), ("1GB", 900, 400), ("2GB", 300, 1700), ("60MB", 300, 60)]
)
def test_the_program_takes_its_share_of_the_memory_that_was_given(tmp_path, given, held, left):
    """Megabytes; a statement keeps 400 of what was given."""
    engine = build_engine(Microdata(memory=given), tmp_path)
    engine.make_room(held * 1_000_000)
    number, unit = engine._connection.execute("SELECT current_setting('memory_limit')").fetchone()[0].split()
    engine.close()
    assert float(number) * {"MiB": 2**20, "GiB": 2**30}[unit] == pytest.approx(left * 1e6, rel=0.06)


def test_short_memory_means_more_passes_and_the_same_cells(tmp_path, monkeypatch):
    """DuckDB gives up now and then although it may spill; the groups are then taken part by part."""
    rows(3000).to_parquet(tmp_path / "x.parquet", index=False)
    source = declared("x.parquet", microdata={"margins": True}, to_frequency=Frequency.YEAR)
    wanted = collapse(source, tmp_path, Faults())
    seen, whole = [], DuckDB._returned

    def short(engine, statement):
        seen.append(statement)
        if len(seen) == 2:
            raise duckdb.OutOfMemoryException("could not allocate block")
        return whole(engine, statement)

    monkeypatch.setattr(DuckDB, "_returned", short)
    lines = []
    with use_workers(Workers(progress=lines.append)):
        found = collapse(source, tmp_path, Faults())
    assert lines == ["memory is short: once more in 8 passes"]
    assert seen[1:10] == [seen[1]] * 9
    pd.testing.assert_frame_equal(found.frame, wanted.frame)
    pd.testing.assert_frame_equal(found.counts, wanted.counts)
    assert found.record == wanted.record


def test_a_disk_that_fills_while_spilling(tmp_path):
    """No file may grow beyond a mebibyte: what is spilled then cannot be written, as on a full disk."""
    source = too_large(tmp_path)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, before[1]))
    try:
        with pytest.raises(DataError) as caught:
            collapse(source, tmp_path, Faults())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    told = str(caught.value)
    assert told.startswith("the microdata need more than memory = '60MB' and the disk under data/processed/.spill")
    assert "free disk space" in told
    assert str(tmp_path) not in told
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / "x.parquet"]


def test_a_spill_folder_that_cannot_be_made(tmp_path):
    rows(20).to_csv(tmp_path / "x.csv", index=False)
    (tmp_path / "data").write_text("a file where the spill folder should be")
    with pytest.raises(DataError, match=r"the spill folder data/processed/\.spill cannot be made"):
        collapse(declared("x.csv"), tmp_path, Faults())


def test_a_declared_token_for_no_figure_is_never_a_figure(tmp_path):
    frame = rows(500)
    frame.loc[[3, 4], "usd"] = "9999"
    frame.loc[[8, 9, 10], "kg"] = ["9999", "", "n/a"]
    frame.to_csv(tmp_path / "micro.csv", index=False)
    faults = Faults()
    found = collapse(declared("micro.csv", missing_tokens=("9999",)), tmp_path, faults).frame
    kept = frame[frame["usd"] != "9999"]
    assert found["units"].sum() == sum(int(Decimal(v) * 100) for v in kept["usd"])
    assert found["n_missing"].sum() == 2
    assert found["weight"].sum() == pd.to_numeric(frame["kg"].drop([8, 9, 10])).sum()
    assert [m.message for m in faults.messages if m.code == "missing-weights"] == [
        "no weight stands in 3 rows: the weight of their cells is that of the other rows"
    ]


def test_a_weight_that_is_no_number_is_told_with_its_row(tmp_path):
    frame = rows(300)
    frame.loc[[7, 9], "kg"] = "12kg"
    frame.loc[20, "kg"] = "1.23456"
    frame.to_csv(tmp_path / "micro.csv", index=False)
    with pytest.raises(InvalidDataError) as caught:
        collapse(declared("micro.csv"), tmp_path, Faults())
    told = {m.row: (m.column, m.message) for m in caught.value.messages}
    assert told[9][0] == "kg"
    assert "12kg" in told[9][1]
    assert "(and 1 more row)" in told[9][1]
    assert "has more than 3 decimals: round the column" in told[22][1]


def test_what_small_files_have_and_microdata_do_not_is_refused(tmp_path):
    rows(20).to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(DataError, match="layout is for small files"):
        collapse(declared("x.csv", layout="wide"), tmp_path, Faults())
    with pytest.raises(ValueError, match="margins needs the column of the firm"):
        Microdata(margins=True)


def test_sums_beyond_64_bits_are_refused(tmp_path):
    frame = rows(2000).assign(town="Lyon", country="USA", month="2003-01", usd="99999999999999.99")
    frame.to_csv(tmp_path / "x.csv", index=False)
    with pytest.raises(DataError, match="larger than 9e18"):
        collapse(declared("x.csv"), tmp_path, Faults())


def test_nothing_is_left_in_the_spill_folder(tmp_path):
    rows(50).to_csv(tmp_path / "x.csv", index=False, encoding="utf-16")
    collapse(declared("x.csv", encoding="utf-16"), tmp_path, Faults())
    assert sorted(os.listdir(tmp_path)) in (["data", "x.csv"], ["x.csv"])
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [tmp_path / "x.csv"]
