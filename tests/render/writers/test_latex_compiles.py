"""Plain pdflatex compiles every fragment and the whole appendix, where TeX is installed."""

import re
import shutil
import subprocess

import pytest

HEAD = r"""\documentclass{article}
\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\usepackage{textcomp}
\usepackage{booktabs,siunitx,threeparttable,array,longtable}\usepackage{hyperref}
\usepackage[textwidth=%spt,textheight=650pt]{geometry}
\begin{document}
"""
WIDTHS = (345, 390, 455)  # points of the line: of an article, and of wider ones
MOST_OVER = 5.0  # points by which a box may pass the edge


def _compile(folder, name):
    command = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)


@pytest.fixture
def folder(report, tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    kpse = shutil.which("kpsewhich")
    if kpse and not subprocess.run([kpse, "siunitx.sty"], capture_output=True, text=True, check=False).stdout.strip():
        pytest.skip("the LaTeX package siunitx is not installed")
    for name, content in report.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path


def _list_too_wide(folder, names, width):
    """Compile fragments in a line of so many points, and return by how many each passes it."""
    inputs = "".join(f"\\typeout{{NOW {name}}}\\input{{{name}}}\\clearpage\n" for name in names)
    (folder / "all.tex").write_text(HEAD % width + inputs + "\\end{document}\n", encoding="utf-8")
    done = _compile(folder, "all.tex")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Float too large" not in done.stdout
    found, now = {}, ""
    for line in done.stdout.splitlines():
        now = line.removeprefix("NOW ") if line.startswith("NOW ") else now
        over = re.match(r"Overfull \\hbox \(([\d.]+)pt", line)
        found |= {now: max(float(over[1]), found.get(now, 0.0))} if over and float(over[1]) > MOST_OVER else {}
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_the_ladder_and_the_event_studies_fit_the_line(folder, width):
    names = [f"tables/tab-{key}{kind}.tex" for key in ("ladder", "event-paths-table") for kind in ("", "-float")]
    assert _list_too_wide(folder, names, width) == {}


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_every_fragment_fits_the_line(report, folder, width):
    names = [name for name in report.files if name.startswith("tables/") and name.endswith(".tex")]
    assert len(names) > 10
    assert _list_too_wide(folder, names, width) == {}


def test_the_appendix_compiles(folder):
    (folder / "whole.tex").write_bytes((folder / "appendix.tex").read_bytes())
    done = _compile(folder, "whole.tex")
    assert done.returncode == 0, done.stdout[-2000:]
