"""The bundle of an analysis: unpacked in a bare folder, one command gives the same bytes."""

import hashlib
import io
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from black_box import SHORT, command, environment, write_project

from twintrade.errors import StoreError
from twintrade.study.deposit.bundle import build_bundle
from twintrade.study.store.locating import find_analyses

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="the script for a POSIX shell")
CARD = "# {name}\n\n- **What:** a table.\n- **Publisher:** An office.\n- **Rights:** free.\n{sharing}"
YES, NO = "- **Passing on:** yes\n", "- **Passing on:** no: it stays here\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A project whose two tables count as observed, each with its card."""
    folder = write_project(tmp_path_factory.mktemp("deposited"), SHORT)
    spec = folder / "analyses" / "tiny.toml"
    spec.write_text(re.sub(r"simulated = true.*\n", "\n", spec.read_text(encoding="utf-8")), encoding="utf-8")
    for table in ("tiny_trade", "tiny_twinnings"):
        write_card(folder, table, YES)
    done = command(folder, "run")
    assert done.returncode == 0, done.stderr + done.stdout
    return folder


def write_card(project: Path, table: str, sharing: str) -> None:
    (project / "data/raw" / f"{table}.md").write_text(CARD.format(name=table, sharing=sharing), encoding="utf-8")


def bundle(project: Path) -> dict[str, bytes]:
    content, _ = build_bundle(find_analyses(project, ["tiny"])[0])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name.removeprefix("tiny/"): archive.read(name) for name in archive.namelist()}


def unpack(project: Path, folder: Path) -> Path:
    folder.mkdir()
    done = command(project, "bundle", "tiny", "--out", str(folder / "tiny.zip"))
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(folder / "tiny.zip") as archive:
        archive.extractall(folder)
    return folder / "tiny"


def run_script(place: Path, python: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in environment(PYTHON=python).items() if k != "PYTHONPATH" and (k != "PYTHON" or python)}
    words = ["sh", "run.sh"]
    return subprocess.run(words, cwd=place, env=env, capture_output=True, text=True, check=False, timeout=540)


def test_the_same_project_gives_the_same_zip_with_fixed_times_and_modes(project):
    analysis = find_analyses(project, ["tiny"])[0]
    first, withheld = build_bundle(analysis)
    assert (build_bundle(analysis)[0], withheld) == (first, ())
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        entries = archive.infolist()
    names = [e.filename for e in entries]
    assert names == sorted(names)
    assert {e.date_time for e in entries} == {(1980, 1, 1, 0, 0, 0)}
    modes = {e.filename: oct(e.external_attr >> 16) for e in entries}
    assert modes.pop("tiny/run.sh") == "0o100755"
    assert set(modes.values()) == {"0o100644"}


def test_every_file_of_it_has_its_checksum_and_the_code_is_whole(project):
    files = bundle(project)
    sums = dict(reversed(line.split("  ", 1)) for line in files.pop("SHA256SUMS").decode().splitlines())
    assert sums == {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    assert {"analyses/tiny.toml", "data/raw/tiny_trade.csv", "requirements.lock", "run.ps1"} <= set(files)
    assert "code/twintrade/text/en/bundle.ftl" in files
    assert not [path for path in files if "__pycache__" in path or path.endswith(".pyc")]
    assert re.search(r"^numpy==\d", files["requirements.lock"].decode(), re.MULTILINE)


def test_the_readme_is_filled(project):
    files = bundle(project)
    readme = files["README.md"].decode()
    assert "- [x] All data are in this package." in readme
    assert re.search(r"^\| Table 1 \| .* \| `analyses/tiny.toml:\d+` \|", readme, re.MULTILINE)
    assert "An office. Data set, `data/raw/tiny_trade.csv`." in readme
    line = int(re.search(r"`analyses/tiny.toml:(\d+)` \| `tables/tab-ladder", readme)[1])
    assert files["analyses/tiny.toml"].decode().splitlines()[line - 1] == "[[estimator]]"


@posix_only
def test_one_command_in_a_bare_folder_gives_the_same_bytes(project, tmp_path):
    place = unpack(project, tmp_path / "bare")
    kept = (place / "results/tiny/appendix.html").read_bytes()
    done = run_script(place, sys.executable)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "tiny: every byte is as recorded in results.sha256" in done.stdout
    assert done.stdout.splitlines()[-1] == "wrong: 0"
    assert (place / "results/tiny/appendix.html").read_bytes() == kept
    effects = place / "results/tiny/effects.csv"
    effects.write_bytes(effects.read_bytes() + b"\n")
    done = command(place, "verify", "tiny", "--against", "results.sha256")
    assert done.returncode == 4
    assert "results/tiny/effects.csv" in done.stdout


@posix_only
def test_what_no_card_lets_pass_on_stays_out_with_every_row_of_the_data(project, tmp_path):
    analysis = find_analyses(project, ["tiny"])[0]
    try:
        write_card(project, "tiny_twinnings", NO)
        write_card(project, "tiny_trade", "")
        withheld = build_bundle(analysis)[1]
        files, place = bundle(project), unpack(project, tmp_path / "bare")
    finally:
        write_card(project, "tiny_twinnings", YES)
        write_card(project, "tiny_trade", YES)
    assert withheld == ("data/raw/tiny_trade.csv", "data/raw/tiny_twinnings.csv")
    summed = re.compile(
        r"code/.*|results/tiny/((effects|bands|findings|messages|specifications|payloads).csv|tables/.*)"
    )
    assert [path for path in files if path.endswith(".csv") and not summed.fullmatch(path)] == []
    readme = files["README.md"].decode()
    sha = hashlib.sha256((project / "data/raw/tiny_trade.csv").read_bytes()).hexdigest()
    assert f"- `data/raw/tiny_trade.csv` (sha256 `{sha}`): its card does not say that it may be passed on" in readme
    assert "its card says that it is not to be passed on" in readme
    assert "- [x] No data are in this package." in readme
    done = run_script(place, sys.executable)
    assert done.returncode == 3
    assert "data/raw/tiny_trade.csv is not in this package" in done.stdout


def test_stale_results_are_not_deposited(tmp_path):
    project = write_project(tmp_path / "new")
    with pytest.raises(StoreError, match="no fresh results to deposit"):
        build_bundle(find_analyses(project, ["tiny"])[0])


@posix_only
@pytest.mark.slow
def test_a_fresh_environment_gives_the_same_bytes(project, tmp_path):
    place = unpack(project, tmp_path / "bare")
    venv.create(place / ".venv", with_pip=True)
    words = [str(place / ".venv/bin/python"), "-m", "pip", "install", "--quiet", "-r", "requirements.lock"]
    if subprocess.run(words, cwd=place, check=False, timeout=1800).returncode:
        pytest.skip("the libraries cannot be installed here")
    done = run_script(place, "")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "wrong: 0"
