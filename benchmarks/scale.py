"""Microdata at scale: generated rows through DuckDB alone, through the program, and on to the appendix.

``python -m benchmarks.scale generate FOLDER ROWS`` writes the rows once; ``python -m benchmarks.scale FOLDER``
measures whatever sizes stand in the folder, each time in a process of its own: wall and CPU seconds, peak memory.
"""

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.measured import cpu_seconds, in_own_process, peak_megabytes

CASES: tuple[str, ...] = ()
"""Empty: this one needs a folder with room, and is started by its own name."""

TAKEN = "".join(
    (
        "USADEUFRAJPNKORGBRITAESPNLDBELAUSCANBRAMEXINDIDNMYSTHAVNMPHLSGPZAFEGYNGAKEN",
        "TURPOLCZEHUNAUTCHESWENORDNKFINPRTGRCIRLISRSAUARECHLPERCOLARGNZLPAKBGDLKARUS",
    )
)
PARTNERS = [TAKEN[i : i + 3] for i in range(0, len(TAKEN), 3)]
KINDS = {
    "parquet": "(FORMAT parquet, COMPRESSION zstd)",
    "csv": "(FORMAT csv, HEADER)",
    "csv.gz": "(FORMAT csv, HEADER, COMPRESSION gzip)",
}
N_CITIES, FIRST, N_YEARS = 300, 2000, 17
TIED = 20
"""Every so-manieth pair has a tie; it begins in 2004 to 2011 and adds 0.2 to the logarithm of trade."""

SPEC = """title = "Fifty million shipments"
[[data.trade]]
file = "{file}"
city = "city"
partner = "partner"
period = "month"
value = "value"
flow = "exports"
reporter = "city"
money_unit = "USD"
absent = "zero"
frequency = "month"
to_frequency = "year"
microdata = {{ memory = "1GB", weight = "weight"{more} }}
[[data.twinnings]]
file = "twinnings.csv"
city = "city"
partner = "partner"
partner_city = "twin"
date = "date"
kind = "kind"
kinds = {{ "sister city" = "sister city" }}
[design]
fixed_effects = "two_way"
cluster = ["city"]
window = [-4, 5]
[[estimator]]
name = "imputation"
[[estimator]]
name = "callaway_santanna"
[inference]
name = "clustered"
"""


def rows_statement(n_rows: int) -> str:
    """Return the generator: every row from its number alone, skewed over cities, partners and firms."""
    share = "(hash(i, {}) % 1000003) / 1000003.0"
    city = f"CAST(floor({N_CITIES} * pow({share.format(1)}, 1.6)) AS INTEGER)"
    partner = f"CAST(floor({len(PARTNERS)} * pow({share.format(2)}, 1.4)) AS INTEGER)"
    listed = "[" + ", ".join(f"'{p}'" for p in PARTNERS) + "]"
    drawn = (
        f"SELECT {city} AS c, {partner} AS p, CAST(hash(i, 3) % {12 * N_YEARS} AS INTEGER) AS t, "
        f"CAST(floor(20000 * pow({share.format(4)}, 2)) AS INTEGER) AS f, CAST(hash(i, 5) % 4000 AS INTEGER) AS h, "
        f"{share.format(6)} + {share.format(7)} + {share.format(8)} AS s, {share.format(9)} AS w "
        f"FROM range({n_rows}) r(i)"
    )
    tied = f"((c * {len(PARTNERS)} + p) % {TIED} = 0 AND {FIRST} + t // 12 >= {onset('c', 'p')})"
    return (
        f"SELECT 'City ' || lpad(CAST(c AS VARCHAR), 3, '0') AS city, {listed}[p + 1] AS partner, "
        f"CAST({FIRST} + t // 12 AS VARCHAR) || '-' || lpad(CAST(t % 12 + 1 AS VARCHAR), 2, '0') AS month, "
        "'F' || CAST(f AS VARCHAR) AS firm, CAST(100000 + h AS VARCHAR) AS product, "
        f"CAST(exp(6 + 2.5 * (s - 1.5) + CASE WHEN {tied} THEN 0.2 ELSE 0 END) AS DECIMAL(18,2)) AS value, "
        f"CAST(1000 * w AS DECIMAL(12,1)) AS weight FROM ({drawn})"
    )


def onset(city: str, partner: str) -> str:
    """Return the year of a tie, as an expression."""
    return f"(2004 + ({city} * 7 + {partner}) % 8)"


def generate(folder: Path, n_rows: int) -> None:
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '2GB'; SET preserve_insertion_order = false")
    for kind in KINDS:
        started, cpu, target = time.perf_counter(), cpu_seconds(), folder / f"rows-{n_rows}.{kind}"
        form = KINDS[kind]
        source = rows_statement(n_rows) if kind == "parquet" else f"SELECT * FROM '{folder}/rows-{n_rows}.parquet'"
        connection.execute(f"COPY ({source}) TO '{target}' {form}")
        wall, size = time.perf_counter() - started, target.stat().st_size / 1e6
        print(f"generate {kind} {n_rows:,} rows: {wall:.0f} s wall, {cpu_seconds() - cpu:.0f} s CPU, {size:,.0f} MB")
    lines = ["city,partner,twin,date,kind"]
    for c in range(N_CITIES):
        for p, code in enumerate(PARTNERS):
            if (c * len(PARTNERS) + p) % TIED == 0:
                lines.append(f"City {c:03d},{code},Twin of {c:03d},{2004 + (c * 7 + p) % 8}-01-15,sister city")
    (folder / "twinnings.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure(what: str, folder: Path, file: str, engine: str, memory: str) -> dict[str, object]:
    """Do one thing once and return its cost."""
    started, cpu = time.perf_counter(), cpu_seconds()
    facts = MEASURED[what](folder, file, engine, memory)
    return {
        "wall": round(time.perf_counter() - started, 1),
        "cpu": round(cpu_seconds() - cpu, 1),
        "peak_mb": round(peak_megabytes()),
        **facts,
    }


def decode(folder: Path, file: str, engine: str, memory: str) -> dict[str, object]:
    """Read every needed column and keep a sum: what any engine must pay (an extreme would come from the footer)."""
    read = "COUNT(*), SUM(strlen(city)), SUM(strlen(partner)), SUM(strlen(month)), SUM(value), SUM(weight)"
    return {"rows": _plain(folder, memory).execute(f"SELECT {read} FROM '{folder / file}'").fetchall()[0][0]}


def plain(folder: Path, file: str, engine: str, memory: str) -> dict[str, object]:
    """Add up in DuckDB alone, as one would by hand, trusting every cell."""
    source = f"SELECT city, partner, month, SUM(value), SUM(weight), COUNT(*) FROM '{folder / file}' GROUP BY ALL"
    return {"cells": _plain(folder, memory).sql(source).to_arrow_table().num_rows}


def plain_counts(folder: Path, file: str, engine: str, memory: str) -> dict[str, object]:
    """Count firms and products too, in DuckDB alone: less than margins, which also follow firms over time."""
    counts = "COUNT(DISTINCT firm), COUNT(DISTINCT product)"
    source = f"SELECT city, partner, month, SUM(value), SUM(weight), COUNT(*), {counts} FROM '{folder / file}'"
    return {"cells": _plain(folder, memory).sql(f"{source} GROUP BY ALL").to_arrow_table().num_rows}


def collapsed(folder: Path, file: str, engine: str, memory: str) -> dict[str, object]:
    return _collapsed(folder, file, engine, memory, weight="weight")


def counted(folder: Path, file: str, engine: str, memory: str) -> dict[str, object]:
    return _collapsed(folder, file, engine, memory, weight="weight", firm="firm", product="product", margins=True)


def many_groups(folder: Path, file: str, engine: str, memory: str) -> dict[str, object]:
    """Millions of groups under a bound on memory: city, partner, month and product."""
    from twintrade.data.microdata.collapse import Reading, build_cells_statement
    from twintrade.data.microdata.engines import build_engine
    from twintrade.data.microdata.files import look_at

    source = _source(file, engine, memory, weight="weight", product="product", product_digits=3)
    roles = {n: n for n in ("city", "partner", "value", "weight", "product")} | {"period": "month"}
    files = look_at(folder / file, file, [*roles.values()], source)
    reading = Reading(source, source.microdata, files, roles, counts=False)
    made = build_engine(source.microdata, folder)
    try:
        made.open(files, roles, None)
        found = made.execute(
            f"SELECT COUNT(*) AS n, SUM(value) AS s FROM ({build_cells_statement(reading)}) AS cells"
        )
    finally:
        made.close()
    return {"cells": found["n"][0].as_py(), "sum": str(found["s"][0].as_py())}


def whole_path(folder: Path, file: str, engine: str, memory: str) -> dict[str, object]:
    """From the rows to the appendix in one command."""
    from twintrade.study.execute import execute

    project = folder / "project"
    shutil.rmtree(project, ignore_errors=True)
    (project / "analyses").mkdir(parents=True)
    (project / "data").mkdir()
    os.link(folder / file, project / "data" / file)
    shutil.copy(folder / "twinnings.csv", project)
    text = SPEC.format(file=f"data/{file}", more="")
    (project / "analyses" / "scale.toml").write_text(text, encoding="utf-8")
    outcome = execute(project, "scale", text)
    if outcome.ending != "done":
        raise RuntimeError(outcome.text)
    pages = sorted(p.name for p in (project / "results" / "scale").glob("appendix.*"))
    return {"headline": outcome.summary, "pages": pages}


def statistics(folder: Path, file: str, engine: str, memory: str) -> dict[str, object]:
    """From the rows to cohort statistics, and an event study with clustered errors from those alone."""
    import pandas as pd

    import twintrade as tt
    from twintrade.data.calendar import Frequency

    ties = pd.read_csv(folder / "twinnings.csv")[["city", "partner", "date"]]
    source = _source(file, engine, memory, to_frequency=Frequency.YEAR)
    made = tt.cohort_statistics(source, ties, root=folder)
    design = tt.Design.from_statistics(made, clusters=("city",))
    bands = tt.infer(tt.fit("imputation", design), "clustered", view="overall")
    held = [made.moments.means, made.moments.scatter, *(c.sums for c in made.clusters.values())]
    kilobytes = sum(array.nbytes for array in held) / 1e3
    return {"effect": float(bands.estimate.effects[0]), "se": float(bands.se[0]), "kilobytes": round(kilobytes)}


MEASURED = {
    "decode": decode,
    "plain": plain,
    "plain-counts": plain_counts,
    "collapse": collapsed,
    "margins": counted,
    "many-groups": many_groups,
    "whole-path": whole_path,
    "statistics": statistics,
}
SMOKE = (
    ("generate", "{folder}", "2000"),
    *(("one", what, "{folder}", "rows-2000.parquet") for what in MEASURED if what != "whole-path"),
)


def _plain(folder: Path, memory: str):
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{memory}'; SET temp_directory = '{folder / 'spill'}'")
    connection.execute("SET preserve_insertion_order = false")
    return connection


def _source(file: str, engine: str, memory: str, to_frequency: Any = None, **columns: Any) -> Any:
    from twintrade.data import TradeSource
    from twintrade.data.calendar import Frequency
    from twintrade.data.schema import Microdata

    return TradeSource(
        file=file,
        city="city",
        partner="partner",
        period="month",
        value="value",
        flow="exports",
        reporter="city",
        money_unit="USD",
        absent="zero",
        frequency=Frequency.MONTH,
        to_frequency=to_frequency,
        microdata=Microdata(engine=engine, memory=memory, spill="spill", answer_within=300, **columns),
    )


def _collapsed(folder: Path, file: str, engine: str, memory: str, **columns: object) -> dict[str, object]:
    import hashlib

    from twintrade.data.microdata.cells import collapse
    from twintrade.data.sources.faults import Faults

    found = collapse(_source(file, engine, memory, **columns), folder, Faults())
    total = hashlib.sha256()
    for name in found.frame:
        column = found.frame[name]
        codes = column.cat.codes if column.dtype == "category" else column
        total.update(codes.to_numpy(dtype="float64" if name == "weight" else "int64").tobytes())
    facts = {"cells": len(found.frame), "units": int(found.frame["units"].sum())}
    return facts | {"sha256": total.hexdigest()[:16]}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("words", nargs="+", help="generate FOLDER ROWS; or one WHAT FOLDER FILE; or FOLDER")
    parser.add_argument("--engine", default="duckdb")
    parser.add_argument("--memory", default="1GB")
    options = parser.parse_args()
    match options.words:
        case ["generate", folder, n_rows]:
            generate(Path(folder), int(float(n_rows)))
        case ["one", what, folder, file]:
            print(
                json.dumps(measure(what, Path(folder).resolve(), file, options.engine, options.memory), default=str)
            )
        case [folder]:
            _all(Path(folder), options.memory)
        case _:
            parser.error("see --help")


def _all(folder: Path, memory: str) -> None:
    sizes = sorted({int(p.stem.split("-")[1]) for p in folder.glob("rows-*.parquet")})
    for n_rows in sizes:
        for kind in KINDS:
            for what in MEASURED if (folder / f"rows-{n_rows}.{kind}").is_file() else ():
                file = f"rows-{n_rows}.{kind}"
                words = [sys.executable, "-m", "benchmarks.scale", "one", what, str(folder), file, "--memory", memory]
                found = in_own_process(words, 1800, 16)
                print(f"{what:12} {kind:8} {n_rows:>12,} {json.dumps(found, default=str)}", flush=True)


if __name__ == "__main__":
    main()
