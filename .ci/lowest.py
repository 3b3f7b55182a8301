"""Writes the oldest versions that the package says it works with: python .ci/lowest.py."""

import re
import tomllib
from pathlib import Path

EXTRAS = ("report", "word", "parquet", "microdata", "build", "test")
BOUND = re.compile(r"^([\w.-]+)(?:\[.+\])?>=([\w.]+)")


def list_lowest(project: dict) -> list[str]:
    """Return one line a library: its lower bound as a version."""
    extras = project["optional-dependencies"]
    needed = [*project["dependencies"], *(line for extra in EXTRAS for line in extras[extra])]
    found = (BOUND.match(line) for line in needed)
    return sorted({f"{bound[1]}=={bound[2]}" for bound in found if bound}, key=str.lower)


def render_lowest(root: Path) -> str:
    """Return the constraints, one a line."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return "\n".join(["# python .ci/lowest.py writes this from pyproject.toml.", *list_lowest(project), ""])


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[1]
    (here / "requirements-lowest.txt").write_text(render_lowest(here), encoding="utf-8")
