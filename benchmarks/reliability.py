"""Counts for docs/lab/reliability.md: cases passed, faults survived, surroundings that change no byte, messages.

    python -m benchmarks.reliability cases|faults|identity|messages

Each writes a file beside the page, which is measured and not typed.
``--least`` prints one family, the first step of a run and one change of surroundings, and writes none.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from benchmarks.size_of_auto import convert_table

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "lab" / "reliability.md"
PIPELINE = ROOT / "tests" / "pipeline"
FAMILIES = {
    "numbers": ("tests/data/figures/test_number_parser.py",),
    "periods and frequencies": ("tests/data/calendar/test_periods.py", "tests/data/test_frequency.py"),
    "dates of agreements": ("tests/data/calendar/test_dates.py",),
    "units, rates and deflators": (
        "tests/data/figures/test_money.py",
        "tests/data/figures/test_conversions.py",
        "tests/study/observing/test_ingest_through_a_file.py",
    ),
    "places": ("tests/data/geography/test_places.py",),
    "registries": ("tests/data/registry/test_registry.py", "tests/data/registry/test_registry_facts.py"),
    "tables, encodings, dialects": ("tests/data/formats/test_tables.py", "tests/data/test_trade.py"),
    "workbooks": ("tests/data/formats/test_workbook.py",),
    "limits, on both sides": ("tests/data/sources/test_limits.py", "tests/data/sources/test_locations.py"),
    "guesses of init": ("tests/data/looks/test_looks.py", "tests/study/test_first_design.py"),
    "whole files, as offices make them": ("tests/study/observing/test_ugly_files.py",),
    "fuzz of readers": ("tests/data/formats/test_readers_fuzzed.py",),
    "fuzz of analysis files": ("tests/pipeline/test_fuzz_specs.py",),
    "hostile text and paths": ("tests/pipeline/test_hostile.py",),
    "faults of the disk and the machine": ("tests/pipeline/test_faults.py", "tests/pipeline/test_endings.py"),
    "same bytes": ("tests/pipeline/test_identity.py", "tests/pipeline/test_run_twice.py"),
    "replication README": ("tests/pipeline/test_replication_readme.py",),
}
TOLD = (
    *("negative", "footnote marks", "fiscal years", "unknown partner", "conflict"),
    *("ambiguous dates", "future agreement", "unbalanced quote", "excel under another name", "zip bomb"),
)
SMOKE = (("--least", "cases", "faults", "messages"),)
FORMATS = ("csv", "html", "tex", "pdf", "docx", "xlsx", "svg", "png", "json")


def table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(map(str, row))} |" for row in rows)])


def cases(is_least: bool) -> str:
    """Run every family and count."""
    rows: list[tuple[object, ...]] = []
    for family, files in list(FAMILIES.items())[: 1 if is_least else None]:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *files]
            subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
            suite = ElementTree.parse(report).getroot()[0]
        n, bad, skipped = (int(suite.get(k, 0)) for k in ("tests", "failures", "skipped"))
        bad += int(suite.get("errors", 0))
        assert n, f"no test of {family} was found"
        rows.append((family, n, n - bad - skipped, bad, skipped))
        print(rows[-1], flush=True)
    rows.append(("**all**", *(sum(int(str(row[i])) for row in rows) for i in range(1, 5))))
    return table(("family", "cases", "passed", "failed", "skipped"), rows)


def faults(is_least: bool) -> str:
    """Inflict every fault at every step, over old results and over none, and count how it ended."""
    rows: list[tuple[object, ...]] = []
    titles = {"nothing": "without results"} if is_least else {"old": "over old results", "nothing": "without results"}
    with ThreadPoolExecutor() as side_by_side:
        both = list(side_by_side.map(lambda begins: _inflict(begins, is_least), titles))
    for title, records in zip(titles.values(), both, strict=True):
        for fault in dict.fromkeys(r["fault"] for r in records):
            mine = [r for r in records if r["fault"] == fault]
            old, new = sum(r["is_old"] for r in mine), sum(r["is_new"] and not r["is_old"] for r in mine)
            clean = sum("Traceback" not in r["told"] for r in mine)
            rows.append(
                (title, fault, len(mine), old, new, len(mine) - old - new, clean, sum(r["recovered"] for r in mine))
            )
    rows.append(("**all**", "", *(sum(int(str(row[i])) for row in rows) for i in range(2, 8))))
    head = (
        "a run",
        "fault",
        "injected",
        "old results intact",
        "new results whole",
        "neither",
        "no traceback",
        "next run mends",
    )
    return table(head, rows)


def _inflict(begins: str, is_least: bool) -> list[dict[str, object]]:
    from black_box import SHORT, TWO_EXHIBITS, environment, write_project

    with tempfile.TemporaryDirectory() as folder:
        project = write_project(Path(folder) / "project", SHORT if is_least else TWO_EXHIBITS)
        scratch = Path(folder) / "scratch"
        scratch.mkdir()
        steps = f"{begins}:{1000 if is_least else 1}"
        words = [sys.executable, str(PIPELINE / "fault_harness.py"), str(project), str(scratch), "few", steps]
        env = environment(PYTHONPATH=os.pathsep.join((str(PIPELINE), str(ROOT))))
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()[1:]]


def identity(is_least: bool) -> str:
    """Run the small project in other surroundings and count the files whose bytes are the same, by format."""
    from black_box import SHORT, hashes, write_project
    from test_identity import FACTORS, run

    def make(place: Path, **how: Any) -> Path:
        return run(write_project(place, SHORT if is_least else ""), **how)

    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as folder:
        own = hashes(make(Path(folder) / "own"))
        ways: dict[str, Callable[[Path], Path]] = {
            **{name: lambda place, env=env: make(place, **env) for name, env in FACTORS.items()},
            "umask 077": lambda place: make(place, umask=0o077),
            "another folder": lambda place: make(place / "ü $x" / "deep"),
            "4 jobs, from a subfolder": lambda place: make(place, inside="data/raw"),
        }
        for i, (name, way) in enumerate(list(ways.items())[: 1 if is_least else None]):
            other = hashes(way(Path(folder) / str(i)))
            counts = []
            for ending in FORMATS:
                mine = [p for p in {*own, *other} if p.endswith(f".{ending}")]
                counts.append(f"{sum(own.get(p) == other.get(p) for p in mine)}/{len(mine)}")
            rows.append((name, *counts))
            print(rows[-1], flush=True)
    return table(("changed", *FORMATS), rows)


def messages(is_least: bool) -> str:
    """What a user sees of ten faulty files."""
    from test_ugly_files import FILES

    from twintrade.errors import TwintradeError
    from twintrade.study.checking import check_analysis
    from twintrade.study.scaffold import write_scaffold

    told, names = [], TOLD[: 1 if is_least else None]
    for name in names:
        ugly = FILES[name]
        with tempfile.TemporaryDirectory() as folder:
            raw = Path(folder) / "data" / "raw"
            raw.mkdir(parents=True)
            (raw / ugly.name).write_bytes(ugly.content if isinstance(ugly.content, bytes) else ugly.content.encode())
            (raw / "agreements.csv").write_text(ugly.ties, encoding="utf-8")
            try:
                write_scaffold(Path(folder), "mine", f"data/raw/{ugly.name}", "data/raw/agreements.csv")
                text = (Path(folder) / "analyses" / "mine.toml").read_text(encoding="utf-8")
                check_analysis(Path(folder), "mine", text.replace('"UNKNOWN"', '"USD"'))
            except TwintradeError as error:
                told.append((name, _first(str(error))))
    assert len(told) == len(names)
    return "\n\n".join(f"{name}:\n\n{text}" for name, text in told)


def _first(text: str) -> str:
    """The first fault with its file, and the line that answers it, of a report that lists all."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.startswith("Errors (")), None)
    if start is None:
        return text
    kept = lines[start : start + 3]
    if "Lines to change" in text:
        kept += ["", *lines[next(i for i, line in enumerate(lines) if line.startswith("Lines to change")) :][:3]]
    return "\n".join(kept)


BLOCKS: dict[str, Callable[[bool], str]] = {
    "cases": cases,
    "faults": faults,
    "identity": identity,
    "messages": messages,
}


def main() -> None:
    """Measure the blocks that are named, and write each into a file beside the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reliability", description=__doc__)
    parser.add_argument("which", nargs="*", metavar="BLOCK", help=f"of {', '.join(BLOCKS)}; all by default")
    parser.add_argument("--least", action="store_true", help="the smallest size, printed")
    options = parser.parse_args()
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "study" / "observing"), str(PIPELINE)]
    for name in options.which or BLOCKS:
        block = BLOCKS[name](options.least)
        if options.least:
            print(block, flush=True)
            continue
        if name == "messages":
            PAGE.with_name(f"reliability_{name}.txt").write_text(f"{block}\n", encoding="utf-8")
        else:
            PAGE.with_name(f"reliability_{name}.csv").write_text(convert_table(block), encoding="utf-8", newline="")


if __name__ == "__main__":
    main()
