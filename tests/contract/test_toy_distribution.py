"""A distribution that adds an estimator, an inference, a diagnostic and a source is used like what is here.

It lies beside this file as an installer would leave it, on the path of programs of their own: no other test sees it.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

TOYS = Path(__file__).parent / "toy_distribution"
NAMES = ("simple_contrast", "unit_sums", "largest_unit", "toy_office")

ANALYSIS = """title = "Toys"
[[data.trade]]
file = "data/raw/trade.csv"
city = "city"
partner = "partner"
period = "year"
value = "exports"
flow = "exports"
reporter = "city"
money_unit = "USD"
absent = "error"
[[data.twinnings]]
file = "data/raw/twinnings.csv"
city = "city"
partner = "partner"
partner_city = "town"
date = "date"
kind = "kind"
[design]
unit = "dyad"
outcome = "exports"
transform = "log"
fixed_effects = "two_way"
[[estimator]]
name = "simple_contrast"
[[diagnostic]]
name = "largest_unit"
[inference]
name = "unit_sums"
[report]
exhibits = ["summary", "ladder", "sensitivity"]
"""


def start(folder: Path, *words: str, toys: Path = TOYS, **more: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(toys)]), "COLUMNS": "300"} | more
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def run_contract(folder: Path, which: str, *files: str, toys: Path = TOYS) -> tuple[list[str], int]:
    """Return the contract tests that object to the toys, and how many ran."""
    paths = [str(Path(__file__).parent / file) for file in files or ("",)]
    done = start(folder, "-m", "pytest", "-p", "no:cacheprovider", "-k", which, *paths, toys=toys)
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed)", done.stdout)}
    n_dots = sum(len(re.sub(r"[^.F]", "", line)) for line in re.findall(r"^[.FsxE]+ ", done.stdout, re.MULTILINE))
    return re.findall(r"^FAILED .*::(\w+)\[", done.stdout, re.MULTILINE), sum(counts.values()) or n_dots


def test_the_toys_pass_the_contract(tmp_path):
    objecting, n_tests = run_contract(tmp_path, " or ".join(NAMES))
    assert objecting == []
    assert n_tests >= 43  # tests, of which some loop over many cases


def test_a_wrong_one_does_not(tmp_path):
    toys = Path(shutil.copytree(TOYS, tmp_path / "toys"))
    change(toys / "toy_methods" / "simple_contrast.py", "share @ change,", "2 * share @ change,")
    objecting, _ = run_contract(tmp_path, "simple_contrast and recovered", "test_contract.py", toys=toys)
    assert objecting == ["test_a_known_effect_is_recovered"]


class Office(BaseHTTPRequestHandler):
    """The made-up office, on the loopback."""

    def do_GET(self) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query))
        body = (
            f"region,country,year,exports\n{asked['regions']},{asked['countries']},{asked['year']},12.50\n".encode()
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


USING = """
import json, sys
import twintrade as tt
from twintrade import cli
print('simple_contrast' in tt.ESTIMATORS, 'toy_methods' in sys.modules)
print(tt.estimators.simple_contrast.__name__, tt.ESTIMATORS['simple_contrast'].name)
for words in sys.argv[1:]:
    print(end="\\0")
    sys.argv[1:] = words.split()
    try:
        cli.main()
    except SystemExit as ended:
        if ended.code:
            raise
"""
FETCH = "fetch toy_office fetched --cities A --partners CHN --from 2019 --to 2020"


def write_project(folder: Path) -> None:
    pairs = [(f"c{i}", partner) for i in range(8) for partner in ("ARM", "GHA")]
    rows = [
        f"{c},{p},{year},{1000 + 13 * i + 7 * (year % 3) + 200 * (i < 5 and year >= 2010)}"
        for i, (c, p) in enumerate(pairs)
        for year in range(2004, 2016)
    ]
    (folder / "data" / "raw").mkdir(parents=True)
    (folder / "analyses").mkdir()
    (folder / "data" / "raw" / "trade.csv").write_text("\n".join(["city,partner,year,exports", *rows]) + "\n")
    register = [f"{c},{p},x,2010-01-01,sister city" for c, p in pairs[:5]]
    (folder / "data/raw/twinnings.csv").write_text("\n".join(["city,partner,town,date,kind", *register]) + "\n")
    (folder / "analyses" / "toys.toml").write_text(ANALYSIS, encoding="utf-8")


@pytest.fixture(scope="module")
def used(tmp_path_factory) -> tuple[Path, list[str]]:
    """A project on which one program has used the toys, and what it said in Python and of every command."""
    folder = tmp_path_factory.mktemp("used")
    write_project(folder)
    office = ThreadingHTTPServer(("127.0.0.1", 0), Office)
    threading.Thread(target=office.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{office.server_port}"
    done = start(folder, "-c", USING, "run toys", FETCH, "list", TWINTRADE_ENDPOINT_TOY_OFFICE=address)
    office.shutdown()
    assert done.returncode == 0, done.stderr + done.stdout
    return folder, done.stdout.split("\0")


def test_the_toys_are_in_the_lists_and_in_python(used):
    in_python, _, _, listed = used[1]
    assert [name for name in NAMES if f"\n  {name}\n      " not in listed] == []
    assert "options: level" in listed.partition("  unit_sums\n")[2].partition("\n  weidner")[0]
    assert in_python.split() == ["True", "False", "SimpleContrast", "simple_contrast"]


def test_the_toys_run_from_an_analysis_file(used):
    results = used[0] / "results" / "toys"
    assert "simple_contrast" in (results / "effects.csv").read_text()
    assert ",unit_sums," in (results / "bands.csv").read_text()
    assert "largest_unit" in (results / "findings.csv").read_text()
    page = (results / "appendix.html").read_text(encoding="utf-8")
    assert "Simple contrast" in page
    assert "Largest unit" in page
    assert '"toy-methods": "1.0"' in (results / "manifest.json").read_text(encoding="utf-8")


def test_data_are_fetched_from_the_office_of_the_toys(used):
    table = (used[0] / "data" / "raw" / "fetched.csv").read_text(encoding="utf-8")
    assert table.splitlines() == ["region,country,year,exports", "A,CHN,2019,12.50", "A,CHN,2020,12.50"]
    assert 'city = "region"' in used[1][2]


FAULTS = (
    (
        "toy_methods/simple_contrast.py",
        '"simple_contrast"',
        '"other"',
        "tt.ESTIMATORS['simple_contrast']",
        "is registered as the estimator 'simple_contrast' and is none called so",
    ),
    (
        "toy_methods/unit_sums.py",
        "import numpy as np",
        "import nothing_of_this_name as np",
        "tt.INFERENCES['unit_sums']",
        "'unit_sums' in twintrade.inferences cannot be imported from toy-methods 1.0",
    ),
    (
        "toy_methods-1.0.dist-info/entry_points.txt",
        "largest_unit =",
        "honest =",
        "tt.DIAGNOSTICS['largest_unit']",
        "a method called 'honest' in twintrade.diagnostics: twintrade and toy-methods 1.0; rename the second",
    ),
    (
        "toy_methods/__init__.py",
        "",
        "",
        "type('Mine', (Estimator,), {'name': 'twfe'})",
        "two estimators are called 'twfe': give Mine another name",
    ),
)
"""File of the toys, what is written in it in place of what, what then is asked, and what is said."""

ASKING = """
import sys, twintrade as tt
from twintrade.estimators.base import Estimator
for asked in sys.argv[1:]:
    try:
        eval(asked)
    except tt.TwintradeError as error:
        print(str(error).replace("\\n", " "))
    else:
        print("nothing is said")
"""


def test_what_cannot_be_registered_is_said_in_words(tmp_path):
    """One program meets all faults, each in another room but the last, which no file of the toys has."""
    toys = Path(shutil.copytree(TOYS, tmp_path / "toys"))
    for file, old, new, *_ in FAULTS:
        change(toys / file, old, new)
    said = start(tmp_path, "-c", ASKING, *(asked for *_, asked, _ in FAULTS), toys=toys)
    lines = said.stdout.splitlines()
    assert len(lines) == len(FAULTS), said.stderr
    assert [words for (*_, words), line in zip(FAULTS, lines, strict=True) if words not in line] == [], lines
