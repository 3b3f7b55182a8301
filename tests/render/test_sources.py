"""Every number in a table of the page names its cell of the results, and the stand-alone checker proves it."""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from twintrade.study.deposit import verify_appendix
from twintrade.study.deposit.verify_appendix import PageCell, StoredNumbers, check_cell, check_page, read_tables
from twintrade.study.store.replay import build_tidy_files

CHECKER = Path(verify_appendix.__file__)


@pytest.fixture
def folder(tmp_path, made, report):
    files = {**build_tidy_files(made), **{k: v for k, v in report.files.items() if k == "appendix.html"}}
    files["manifest.json"] = json.dumps(made.manifest).encode()
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def test_every_number_of_every_table_equals_its_source(folder):
    n_checked, wrong = check_page(folder)
    assert wrong == []
    assert n_checked > 150
    tables = read_tables((folder / "appendix.html").read_text(encoding="utf-8"))
    assert sum(len(cell.keys) for table in tables for row in table.rows for cell in row) > 350


def change_cell(file: Path, row: int, column: str, value: str) -> None:
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))
    rows[row - 1][rows[0].index(column)] = value
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)


def test_a_changed_source_is_found_wherever_it_is_printed(folder):
    page = (folder / "appendix.html").read_text(encoding="utf-8")
    row = int(re.search(r'data-of="[^"]*\bbands\.csv:(\d+):effect:log', page)[1])
    n_printed = len(re.findall(rf"bands\.csv:{row}:effect(?=[: \"])", page))
    change_cell(folder / "bands.csv", row, "effect", "7.5")
    _, wrong = check_page(folder)
    assert n_printed >= 2
    assert sum(f"bands.csv:{row}:effect" in line for line in wrong) == n_printed


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r'(data-of="bands\.csv:\d+:low bands\.csv:\d+:high"[^>]*>\D*\d\.\d\d)(\d)', r"\g<1>7\2"),
        (r' data-of="bands\.csv:\d+:p"', ""),
        (r'(data-of="bands\.csv:)(\d+)(:p")', r"\g<1>9999\3"),
    ],
    ids=["another number", "no source", "no such row"],
)
def test_a_changed_page_is_found(folder, old, new):
    file = folder / "appendix.html"
    page = file.read_text(encoding="utf-8")
    changed = re.sub(old, new, page, count=1)
    assert changed != page
    file.write_text(changed, encoding="utf-8")
    assert len(check_page(folder)[1]) == 1


@pytest.mark.parametrize(
    ("text", "key", "is_right"),
    [
        ("10.5%", "x.csv:2:effect:log", True),
        ("10.6%", "x.csv:2:effect:log", False),
        ("−0.20", "x.csv:3:effect", True),
        ("0.20", "x.csv:3:effect", False),
        ("0.0", "x.csv:4:effect", True),
        ("< 0.001", "x.csv:4:p", True),
        ("< 0.001", "x.csv:2:p", False),
        ("12,346", "x.csv:2:n", True),
        ("1.2", "x.csv:2:n:/10000", True),
        ("[2.00]", "x.csv:2:effect:t", True),
        ("25%", "x.csv:2:p:share", True),
        ("2", "x.csv:kind=a%20b:effect:count", True),
        ("1", "x.csv:kind=a%20b:kind:distinct", True),
        ("3 of 12 rows", "x.csv:2:said:words", True),
        ("4 of 12 rows", "x.csv:2:said:words", False),
        ("1 to 2", "x.csv:2:effect", False),
    ],
)
def test_a_printed_number_is_read_as_the_page_writes_it(tmp_path, text, key, is_right):
    lines = [
        "effect,se,p,n,kind,said",
        "0.1,0.05,0.25,12345.6,a b,3 of 12",
        "-0.2,,0.5,1,a b,",
        "-0.0000001,,0.0004,1,c,",
    ]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert (list(check_cell(PageCell(text, (key,)), StoredNumbers(tmp_path))) == []) is is_right


def test_the_checker_runs_alone_and_says_what_it_found(folder, tmp_path):
    def run():
        words = [sys.executable, "-I", "-S", str(CHECKER), str(folder)]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)

    done = run()
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "wrong: 0"), done.stdout + done.stderr
    change_cell(folder / "specifications.csv", 2, "n_rows", "1")
    done = run()
    assert done.returncode == 1
    assert "specifications.csv:2:n_rows" in done.stdout
    assert len(CHECKER.read_text(encoding="utf-8").splitlines()) < 200


def test_the_page_says_where_a_number_stands_without_growing_much(folder):
    page = (folder / "appendix.html").read_text(encoding="utf-8")
    without = re.sub(r' data-of="[^"]*"( tabindex="-1")?', "", page)
    assert len(page) < 1.5 * len(without)
    assert 'id="source" role="status"' in page
    assert all(table.number for table in read_tables(page))
