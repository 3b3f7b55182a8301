"""Writes what .ci/owner.toml says into every file that waits for it: python .ci/owner.py."""

import re
import sys
import tomllib
from pathlib import Path

FILES = (
    "pyproject.toml",
    "CITATION.cff",
    ".zenodo.json",
    "SECURITY.md",
    "CODE_OF_CONDUCT.md",
    "Dockerfile",
    "paper/paper.md",
    ".ci/conda/recipe.yaml",
    "README.md",
    "docs/index.md",
)
WAITS, GOES = re.compile(r"^([ ]*)# OWNER: ", re.MULTILINE), "# until OWNER"
HIDDEN, ADDRESS = re.compile(r"<!-- OWNER:\n(.*?)\n-->", re.DOTALL), "<address of this repository>"
LINK = re.compile(r"(?<=\]\()(?!https?:|#)([^)\s]+)(?=\))")


def fill_text(text: str, owner: dict[str, str], *, is_readme: bool = False) -> str:
    """Return a file's text with its waiting lines in force, the lines they replace gone, and the values in place."""
    kept = "\n".join(line for line in text.split("\n") if not line.endswith(GOES))
    text = HIDDEN.sub(r"\1", WAITS.sub(r"\1", kept)).replace(ADDRESS, owner["repository"])
    for key, value in owner.items():
        text = text.replace(f"OWNER_{key.upper()}", value)
    return LINK.sub(lambda link: make_absolute(link[1], owner["repository"]), text) if is_readme else text


def make_absolute(link: str, repository: str) -> str:
    """Return where a file of the repository is read; an image is shown."""
    return f"{repository}/{'raw' if link.endswith(('.svg', '.png')) else 'blob'}/main/{link}"


def main(root: Path) -> None:
    """Fill in every file, or say what is still empty."""
    owner = tomllib.loads((root / ".ci" / "owner.toml").read_text(encoding="utf-8"))
    empty = [key for key, value in owner.items() if not value]
    if empty:
        sys.exit(f".ci/owner.toml has no {', '.join(empty)}")
    for name in FILES:
        file = root / name
        if file.is_file():
            text = fill_text(file.read_text(encoding="utf-8"), owner, is_readme=name == "README.md")
            file.write_text(text, encoding="utf-8", newline="")


if __name__ == "__main__":
    main(Path(__file__).resolve().parents[1])
