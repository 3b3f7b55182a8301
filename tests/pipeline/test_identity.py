"""The same analysis gives the same bytes wherever, whenever and in whatever order its inputs come."""

import io
import os
import random
import re
import socket
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from getpass import getuser
from pathlib import Path

import pytest
from black_box import command, environment, hashes, write_project

from twintrade.study.scaffold import build_simulated_pair

OF_INPUTS = re.compile(r"manifest\.json|appendix\..*|tables/tab-(inputs|machine|messages).*|tables/tables\.xlsx")
"""What prints the hash of an input, and so differs when its rows come in another order."""

PRINTED = re.compile(r"tables/.*\.(csv|tex|html)|appendix\.(html|tex|docx|pdf)")
"""Where a number is rounded once, so that ten digits of agreement make it the same text."""

ACROSS_THREADS = 1e-10
"""Sums in another order differ in the last digits; this is far above them and far below any printed digit."""

FACTORS = {
    "locale": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0"},
    "another locale": {"LC_ALL": "C.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "zh"},
    "time zone": {"TZ": "Asia/Kathmandu"},
    "hash seed": {"PYTHONHASHSEED": "4711"},
    "clock": {"SOURCE_DATE_EPOCH": "1"},
    "style": {"MPLBACKEND": "pdf", "COLUMNS": "40", "NO_COLOR": "1", "TERM": "dumb"},
}


def run(project: Path, *, umask: int = 0o022, inside: str = "", **env: str) -> Path:
    done = subprocess.run(
        [sys.executable, "-m", "twintrade.cli", "run", *(["--jobs", "4"] if inside else [])],
        cwd=project / inside,
        env=environment(**env),
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return project / "results" / "tiny"


def run_here(project: Path) -> Path:
    done = command(project, "run")
    assert done.returncode == 0, done.stderr + done.stdout
    return project / "results" / "tiny"


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(path for path in {*one, *other} if one.get(path) != other.get(path))


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Results made with everything about the surroundings changed, the threads of the linear algebra among it."""
    place = tmp_path_factory.mktemp("elsewhere")
    project = write_project(place / "another place, ü $HOME" / "deep")
    env = {k: v for name in [*FACTORS, "locale"] for k, v in FACTORS[name].items()}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "2")
    return run(project, umask=0o077, inside="data/raw", HOME=str(place), **env, **threads)


def test_everything_about_the_surroundings_changed_at_once_changes_no_byte(finished, elsewhere):
    assert differing(hashes(elsewhere), hashes(finished / "results" / "tiny")) == []
    everything = b"".join(p.read_bytes() for p in elsewhere.rglob("*") if p.suffix in (".csv", ".json", ".html"))
    assert str(elsewhere.parents[1]).encode() not in everything


@pytest.mark.slow
@pytest.mark.parametrize("factor", FACTORS)
def test_one_thing_about_the_surroundings_changes_no_byte(finished, tmp_path, factor):
    other = run(write_project(tmp_path / "project"), **FACTORS[factor])
    assert differing(hashes(other), hashes(finished / "results" / "tiny")) == []


def test_the_order_of_rows_files_and_declarations_moves_no_number(finished, tmp_path):
    project = write_project(tmp_path)
    generator = random.Random(3)
    for path in (project / "data" / "raw").iterdir():
        header, *rows = path.read_text().splitlines()
        generator.shuffle(rows)
        path.write_text("\n".join([header, *rows]) + "\n")
    other, own = hashes(run_here(project)), hashes(finished / "results" / "tiny")
    assert [path for path in differing(other, own) if not OF_INPUTS.fullmatch(path)] == []


def test_a_table_in_several_files_is_the_table(finished, tmp_path):
    project = write_project(tmp_path)
    trade = project / "data" / "raw" / "tiny_trade.csv"
    header, *rows = trade.read_text().splitlines()
    for name, part in (("b", rows[: len(rows) // 2]), ("a", rows[len(rows) // 2 :])):
        (trade.parent / f"{name}.csv").write_text("\n".join([header, *part]) + "\n")
    spec = project / "analyses" / "tiny.toml"
    text = spec.read_text()
    table = text[text.index("[[data.trade]]") : text.index("[[data.twinnings]]")]
    both = "".join(table.replace("tiny_trade.csv", f"{name}.csv") for name in "ab")
    spec.write_text(text.replace(table, both))
    other, own = hashes(run_here(project)), hashes(finished / "results" / "tiny")
    assert [path for path in differing(other, own) if not OF_INPUTS.fullmatch(path)] == []


def test_threads_of_the_linear_algebra_change_no_printed_number(finished, elsewhere):
    found = differing(hashes(elsewhere), hashes(finished / "results" / "tiny"))
    assert [path for path in found if PRINTED.fullmatch(path)] == []


def contents(content: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """A file and everything packed inside it."""
    yield name, content
    if name.endswith((".docx", ".xlsx")):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                yield f"{name}/{member.filename}", archive.read(member)
    if name.endswith(".pdf"):
        for i, packed in enumerate(re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)):
            try:
                yield f"{name}/{i}", zlib.decompressobj().decompress(packed)
            except zlib.error:
                continue


def test_no_output_names_this_machine_its_user_or_its_folders(finished):
    own = [str(finished), str(finished.parent), str(Path.home()), sys.prefix, str(Path(__file__).parents[2])]
    words = {*own, *(w.rstrip("/") for w in (os.environ.get("TMPDIR", "/tmp"),))}
    words |= {w for w in (socket.gethostname(), getuser()) if len(w) > 4}
    found = [
        f"{name}: {word}"
        for path in (finished / "results").rglob("*")
        if path.is_file()
        for name, content in contents(path.read_bytes(), path.name)
        for word in words
        if len(word) > 1 and word.encode() in content
    ]
    assert found == []


def test_packed_files_carry_no_time_of_day(finished):
    for path in (finished / "results").rglob("*"):
        if path.suffix in (".docx", ".xlsx"):
            with zipfile.ZipFile(path) as archive:
                assert {m.date_time for m in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}, path.name
        if path.suffix == ".pdf" and "figures" in path.parts:
            assert b"CreationDate" not in path.read_bytes(), path.name
        if path.suffix == ".svg":
            assert b"<dc:date>" not in path.read_bytes(), path.name


def test_no_number_is_printed_as_negative_zero(finished):
    for path in (finished / "results" / "tiny" / "tables").glob("*.csv"):
        assert not re.search(r"(^|,)[-−]0(\.0*)?(,|$)", path.read_text(), re.MULTILINE), path.name


@pytest.mark.slow
def test_a_ladder_with_resampling_is_the_same_on_other_threads_and_in_other_surroundings(tmp_path):
    folders = []
    for name, env in (
        ("one", {}),
        ("other", FACTORS["hash seed"] | FACTORS["locale"]),
        ("threads", {"OMP_NUM_THREADS": "2"}),
    ):
        project = tmp_path / name
        for path, content in build_simulated_pair("tiny").items():
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            (project / path).write_bytes(content)
        folders.append(run(project, **env))
    one, other, threads = map(hashes, folders)
    assert differing(one, other) == []
    printed = [path for path in differing(one, threads) if PRINTED.fullmatch(path)]
    assert set(printed) <= {"appendix.html"}
    (page, numbers), (second_page, second_numbers) = (apart(f / "appendix.html") for f in (folders[0], folders[2]))
    assert page == second_page
    assert numbers == pytest.approx(second_numbers, rel=ACROSS_THREADS, abs=ACROSS_THREADS)


def apart(file: Path) -> tuple[str, list[float]]:
    """A page without what holds more digits than it prints, pictures and the data of its view; and that data."""
    data = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)
    text = file.read_text(encoding="utf-8")
    printed = re.sub(r'src="data:[^"]*"', "", data.sub("", text))
    return printed, [float(n) for part in data.findall(text) for n in re.findall(r"-?\d+\.\d+(?:e-?\d+)?", part)]
