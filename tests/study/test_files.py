"""Only regular files of a bearable size are read, whatever a path leads to, and memory that fails ends in words."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from twintrade import files
from twintrade.data.sources.provenance import read_data_card
from twintrade.errors import DataError, TwintradeError
from twintrade.files import check_memory, explain_memory, open_file, read_file
from twintrade.study.spec.report_options import read_style
from twintrade.study.store import fingerprint
from twintrade.study.store.freshness import read_manifest
from twintrade.study.store.locating import Analysis, find_analyses

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices have no place in a folder there")


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.mark.parametrize("place", ["/dev/zero", "/dev/null", "/dev/tty", "/", "pipe"])
def test_what_is_no_regular_file_is_refused_at_once(place, pipe):
    if place == "/dev/tty":
        pytest.importorskip("pty")
        _master, slave = os.openpty()
        place = os.ttyname(slave)
        os.close(slave)
    path = pipe if place == "pipe" else Path(place)
    for read in (open_file, read_file, fingerprint.hash_file):
        with pytest.raises((DataError, OSError)) as caught:
            read(path)
        assert isinstance(caught.value, OSError) or "no regular file" in str(caught.value)


def test_a_file_has_as_many_bytes_as_may_be_and_no_more(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"12345")
    assert read_file(file, most=5) == b"12345"
    with pytest.raises(DataError, match=r"data/x has more than 4 bytes"):
        read_file(file, "data/x", most=4)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "y")


STYLES = ["/dev/zero", "pipe", "link"]


@pytest.mark.parametrize("style", STYLES)
def test_a_style_that_never_ends_is_refused_and_asked_for_no_language(style, pipe):
    root = pipe.parent
    (root / "link").symlink_to("/dev/zero")
    analysis = Analysis(root, "x", f'[report]\nstyle = "{style}"\n')
    assert analysis.language == ""
    with pytest.raises(TwintradeError, match=r"no regular file|outside the project"):
        read_style(root, style)


def test_pipes_in_the_place_of_cards_manifests_and_analyses_are_refused(pipe, tmp_path):
    for folder, name in (("data/raw", "trade.md"), ("data/raw", "sources.csv"), ("results/x", "manifest.json")):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        os.mkfifo(tmp_path / folder / name)
    (tmp_path / "analyses").mkdir()
    os.mkfifo(tmp_path / "analyses/x.toml")
    assert read_data_card(tmp_path, "data/raw/trade.csv").text == ""
    with pytest.raises(DataError, match="no regular file"):
        read_manifest(tmp_path / "results/x")
    with pytest.raises(DataError, match="no regular file"):
        find_analyses(tmp_path, ["x"])


def test_memory_that_fails_is_said_in_words(monkeypatch):
    with pytest.raises(DataError, match=r"Memory does not suffice for x\.csv"), explain_memory("x.csv"):
        raise MemoryError
    monkeypatch.setattr(files, "_list_free_memory", lambda: iter([2000, 1000]))
    check_memory(1000, "x.csv")
    with pytest.raises(DataError, match=r"Memory does not suffice for x\.csv"):
        check_memory(1001, "x.csv")
    monkeypatch.setattr(files, "_list_free_memory", lambda: iter([]))
    check_memory(10**18, "x.csv")


READ = """
import os, resource, sys
from pathlib import Path
from twintrade.data import TradeSource, read_trade
from twintrade.errors import DataError
import pyarrow.parquet, pyarrow.feather
parts = dict(city="city", partner="partner", period="year", value="value", flow="exports", reporter="city")
for case in sys.argv[1:]:
    name, free = case.split(":")
    if os.fork():
        os.wait()
        continue
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + int(free) * 2**20,) * 2)
    try:
        read_trade([TradeSource(file=name, money_unit="USD", absent="zero", **parts)], Path.cwd())
    except DataError as error:
        print(case, error, flush=True)
    os._exit(0)
"""
"""Every case begins from the same process, which has imported everything and read nothing."""

LARGE = ("t.csv", "t.parquet", "t.feather")
FREE = (20, 120)


@pytest.fixture(scope="module")
def told_of_large_tables(tmp_path_factory: pytest.TempPathFactory) -> str:
    pa = pytest.importorskip("pyarrow")
    feather, parquet = pytest.importorskip("pyarrow.feather"), pytest.importorskip("pyarrow.parquet")
    folder = tmp_path_factory.mktemp("large")
    n = 800_000
    rng = np.random.default_rng(3)
    city, year, value = np.arange(n) % 997, 2000 + np.arange(n) % 20, rng.integers(0, 10**9, n)
    names = np.array([f"City {c}" for c in range(997)], dtype=object)
    table = pa.table({"city": names[city], "partner": ["GBR"] * n, "year": year, "value": value})
    table.to_pandas().to_csv(folder / "t.csv", index=False)
    parquet.write_table(table, folder / "t.parquet")
    feather.write_feather(table, folder / "t.feather")
    words = [sys.executable, "-c", READ, *(f"{name}:{free}" for name in LARGE for free in FREE)]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limit counts from what the process has")
@pytest.mark.parametrize("free", FREE)
@pytest.mark.parametrize("name", LARGE)
def test_a_table_that_memory_does_not_hold_ends_in_words(name, free, told_of_large_tables):
    said = f"{name}:{free} Memory does not suffice for {name}"
    assert [line for line in told_of_large_tables.splitlines() if line.startswith(said)], told_of_large_tables


@pytest.mark.parametrize("name", ["t.parquet", "t.feather"])
def test_a_small_file_of_millions_of_rows_is_refused_by_what_it_says_of_itself(name, tmp_path, monkeypatch):
    pa = pytest.importorskip("pyarrow")
    feather, parquet = pytest.importorskip("pyarrow.feather"), pytest.importorskip("pyarrow.parquet")
    from twintrade.data.formats import arrow_files

    n = 6_000_000
    codes = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int8)), ["Lyon"])
    table = pa.table({"city": codes, "value": np.ones(n)})
    file = tmp_path / name
    if name == "t.parquet":
        parquet.write_table(table, file)
    else:
        feather.write_feather(table, file, compression="zstd")
    assert file.stat().st_size < 200_000
    monkeypatch.setattr(arrow_files, "_build_table", lambda *_: pytest.fail("the rows were made text"))
    with pytest.raises(DataError, match=r"expands to .* rows of 2 columns"):
        arrow_files.parse_arrow(name[2:], file.read_bytes(), ["city", "value"], True, name)


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="the limit is read there")
@pytest.mark.parametrize("megabytes", [420, 700, 990])
@pytest.mark.parametrize("command", ["run", "check"])
def test_a_process_without_room_for_the_libraries_says_so_at_once(command, megabytes, project):
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({megabytes} * 2**20,) * 2)\n"
        f"import sys; sys.argv[:] = ['twintrade', '{command}', 'tiny']\nfrom twintrade.cli import main; main()"
    )
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3, done.stderr
    assert f"may use {megabytes} MB of memory and needs 1,000 MB" in done.stderr
