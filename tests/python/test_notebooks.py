"""The notebooks of the documentation run from top to bottom."""

import json
import runpy

import pytest
from matplotlib import pyplot

NOTEBOOKS = ("to_the_brief",)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs(name, root, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where a notebook writes files
    notebook = json.loads((root / "docs" / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 5
    file = tmp_path / f"{name}.py"
    file.write_text("\n".join(cells), encoding="utf-8")
    names = runpy.run_path(str(file))
    assert "tt" in names
    if name == "to_the_brief":
        assert (tmp_path / "project" / "results" / "ports" / "brief.pdf").stat().st_size > 10_000
        assert names["results"].tidy()["estimate"].between(0.1, 0.3).any()
    pyplot.close("all")


def test_every_notebook_is_tried(root):
    assert {file.stem for file in (root / "docs" / "notebooks").glob("*.ipynb")} == set(NOTEBOOKS)
