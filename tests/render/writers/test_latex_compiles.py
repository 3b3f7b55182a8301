"""Plain pdflatex compiles every fragment and the whole appendix, where TeX is installed."""

import shutil
import subprocess

import pytest

HEAD = r"""\documentclass{article}
\usepackage[T1]{fontenc}\usepackage[utf8]{inputenc}\usepackage{textcomp}
\usepackage{booktabs,siunitx,threeparttable,array}\usepackage{hyperref}
\begin{document}
"""


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


def test_every_fragment_compiles(report, folder):
    names = [name for name in report.files if name.startswith("tables/") and name.endswith(".tex")]
    assert len(names) > 10
    inputs = "".join(f"\\input{{{name}}}\\clearpage\n" for name in names)
    (folder / "all.tex").write_text(HEAD + inputs + "\\end{document}\n", encoding="utf-8")
    done = _compile(folder, "all.tex")
    assert done.returncode == 0, done.stdout[-2000:]


def test_the_appendix_compiles(folder):
    (folder / "whole.tex").write_bytes((folder / "appendix.tex").read_bytes())
    done = _compile(folder, "whole.tex")
    assert done.returncode == 0, done.stdout[-2000:]
