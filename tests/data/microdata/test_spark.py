"""The statement that DuckDB runs, run by Spark: the same cells to the bit, the same faults, no endless waiting."""

import os
import re
import shutil
import socket
import subprocess
import sys
from decimal import Decimal

import pytest
from test_microdata import by_hand, check_cells, declared, rows, uneven

from twintrade.data.calendar import Frequency
from twintrade.data.microdata.cells import collapse
from twintrade.data.sources.faults import Faults, InvalidDataError
from twintrade.errors import DataError

pytest.importorskip("pyspark", reason="the extra spark is not installed")
pytest.importorskip("duckdb", reason="the extra microdata is not installed")
pytestmark = pytest.mark.skipif(
    shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="there is no Java for Spark"
)

SPARK = {"engine": "spark", "master": "local[2]", "answer_within": 240}


def both(tmp_path, file, **changes):
    options = changes.pop("microdata", {})
    return [
        collapse(declared(file, microdata=options | engine, **changes), tmp_path, Faults()) for engine in (SPARK, {})
    ]


def test_cells_are_the_same_to_the_bit(tmp_path):
    frame = rows()
    (tmp_path / "many").mkdir()
    frame[:1500].to_csv(tmp_path / "many" / "1.csv", index=False)
    frame[1500:][["usd", "town", "country", "month", "firm", "hs", "kg"]].to_csv(
        tmp_path / "many" / "2.csv", index=False
    )
    spark, duck = both(tmp_path, "many")
    check_cells(spark.frame, by_hand(frame))
    assert spark.frame.equals(duck.frame)
    assert spark.counts.equals(duck.counts)
    typed = frame.assign(usd=[Decimal(v) for v in frame["usd"]], kg=frame["kg"].astype("float64"))
    typed.to_parquet(tmp_path / "c.parquet", index=False)
    uneven(typed.assign(kg=frame["kg"], usd=frame["usd"])).to_csv(tmp_path / "u.csv", index=False)
    spark, duck = both(tmp_path, "u.csv", microdata={"firm": None, "product": None})
    assert spark.frame.equals(duck.frame)
    assert spark.frame["n_missing"].sum() > 0
    options = {"margins": True, "product_digits": 5}
    spark, duck = both(tmp_path, "c.parquet", to_frequency=Frequency.YEAR, microdata=options)
    assert spark.frame.equals(duck.frame)
    assert spark.counts.equals(duck.counts)


def test_faults_are_the_same_with_the_file_in_place_of_the_row(tmp_path):
    frame = rows(300)
    frame["usd"] = frame["usd"].where(frame.index % 100 != 7, "1e5")
    frame.loc[[5, 6], "country"] = "back\\slash"
    (tmp_path / "many").mkdir()
    frame.to_csv(tmp_path / "many" / "1.csv", index=False)
    told = []
    for engine in (SPARK, {}):
        with pytest.raises(InvalidDataError) as caught:
            collapse(declared("many", microdata=engine), tmp_path, Faults())
        told.append([(m.code, m.file, m.column, m.message) for m in caught.value.messages])
    assert told[0] == told[1]
    assert len(told[0]) == 2


def test_a_truncated_file_gives_no_panel(tmp_path):
    rows(5000).to_csv(tmp_path / "x.csv.gz", index=False)
    whole = (tmp_path / "x.csv.gz").read_bytes()
    (tmp_path / "x.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"x\.csv\.gz cannot be read whole"):
        collapse(declared("x.csv.gz", microdata=SPARK), tmp_path, Faults())


def test_a_master_that_is_not_there(tmp_path):
    rows(20).to_csv(tmp_path / "x.csv", index=False)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(DataError, match=rf"the Spark master spark://127\.0\.0\.1:{port} does not answer"):
        collapse(
            declared("x.csv", microdata=SPARK | {"master": f"spark://127.0.0.1:{port}", "answer_within": 2}),
            tmp_path,
            Faults(),
        )


SILENT = """
import socket
from pathlib import Path
from twintrade.data.microdata.engines import build_engine
from twintrade.data.schema import Microdata
from twintrade.errors import DataError
with socket.create_server(("127.0.0.1", 0)) as silent:
    master = f"spark://127.0.0.1:{silent.getsockname()[1]}"
    try:
        build_engine(Microdata(engine="spark", master=master, answer_within=5), Path.cwd())
    except DataError as error:
        print(error)
"""


def test_a_master_that_listens_and_says_nothing(tmp_path):
    """In a process of its own: Spark goes on asking in the background."""
    command = [sys.executable, "-W", "ignore", "-c", SILENT]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(
        r"the Spark master spark://127\.0\.0\.1:\d+ gave no worker within 5 seconds: start workers, or raise "
        r"answer_within\n",
        done.stdout,
    )


def test_quoted_blanks_and_tokens_read_the_same(tmp_path):
    """Quotes and blanks are where readers of delimited files differ."""
    lines = ["town,country,month,firm,hs,usd,kg"]
    lines += ['"Lyon",USA,2003-01,F1,0101,"12.50",1', 'Lyon,USA,2003-01,"",0101,"",2', "Lyon,USA,2003-01,,0102,,3"]
    lines += ['"Lyon, Rhône",USA,2003-01,F1,"0101",9999,""', '"Ly""on",USA,2003-02,F2,0101,7,4']
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    spark, duck = both(tmp_path, "x.csv", missing_tokens=("9999",), blank="zero")
    assert spark.frame.equals(duck.frame)
    assert spark.counts.equals(duck.counts)
    assert duck.frame["units"].tolist() == [700, 1250, 0]
