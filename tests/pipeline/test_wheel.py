"""The wheel, installed where neither the repository nor a network is: the bundled analysis and one's own run."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from black_box import REST, SHORT, TWO_EXHIBITS, environment, hashes, lend_bytecode

pytest.importorskip("hatchling", reason="the wheel is built with the extra build")


def execute(*words: str | Path, cwd: Path) -> str:
    kept = {k: v for k, v in environment().items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [*map(str, words)], cwd=cwd, env=kept, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    execute(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder, cwd=root)
    (built,) = folder.glob("twintrade-*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a fresh environment that sees the libraries installed here, and this package as a wheel."""
    folder = tmp_path_factory.mktemp("bare") / "env"
    builder = venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt")
    python = Path(builder.ensure_directories(folder).env_exe)
    builder.create(folder)
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index")
    execute(*pip, "--no-compile", wheel, cwd=folder)
    site = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    lend_bytecode(Path(site) / "twintrade")
    (Path(site) / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    where = execute(python, "-c", "import twintrade; print(twintrade.__file__)", cwd=folder)
    assert Path(where.strip()).is_relative_to(folder)
    return python.with_name("twintrade.exe" if os.name == "nt" else "twintrade")


def shorten(project: Path, name: str, pages: str) -> None:
    """Leave one quick column of an analysis, and few exhibits."""
    file = project / "analyses" / f"{name}.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.index("# The ladder")] + REST + pages, encoding="utf-8")


def test_the_wheel_runs_the_bundled_analysis_and_a_new_one_anywhere(program, tmp_path, root):
    wrote = execute(program, "demo", "--no-run", cwd=tmp_path).splitlines()
    assert "wrote analyses/us-states.toml" in wrote
    assert len(wrote) == 9
    for line in wrote:
        path = line.removeprefix("wrote ")
        assert (tmp_path / path).read_bytes() == (root / path).read_bytes()
    assert execute(program, "demo", "--no-run", cwd=tmp_path) == "", "written once"
    execute(program, "init", "pair", cwd=tmp_path)
    for name, pages in (("us-states", TWO_EXHIBITS), ("pair", SHORT)):
        shorten(tmp_path, name, pages)
    summary = execute(program, "run", "--jobs", "1", cwd=tmp_path)
    assert summary.count("done in") == 2
    assert execute(program, "verify", cwd=tmp_path).count("as recorded") == 2
    assert hashes(tmp_path / "results" / "us-states").keys() >= {"effects.csv", "appendix.html", "appendix.pdf"}


def test_the_wheel_holds_the_package_and_the_bundled_analysis_alone(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"twintrade"}
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name]
    assert sum(name.startswith("twintrade/demo/") for name in names) == 9 + 6
    assert wheel.stat().st_size < 5_000_000


def test_the_page_of_replications_runs_on_the_wheel(program, tmp_path, root):
    page = (root / "docs" / "tutorials" / "replication.md").read_text(encoding="utf-8")
    cells = re.findall(r"^```\{code-cell\} python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "page.py").write_text("\n".join([*cells, "print(len(table))"]), encoding="utf-8")
    python = program.with_name("python.exe" if os.name == "nt" else "python")
    assert int(execute(python, "page.py", cwd=tmp_path)) > 10


def test_a_demo_does_not_write_over_other_files(program, tmp_path):
    (tmp_path / "analyses").mkdir()
    (tmp_path / "analyses" / "us-states.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"analyses/us-states\.toml exists already"):
        execute(program, "demo", "--no-run", cwd=tmp_path)
    assert (tmp_path / "analyses" / "us-states.toml").read_text(encoding="utf-8") == "mine"
