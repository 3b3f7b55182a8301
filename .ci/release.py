"""Prints the changelog of a release, or ends with what does not name its version: python .ci/release.py v0.2.0."""

import re
import sys
import tomllib
from pathlib import Path


def find_faults(root: Path, tag: str) -> list[str]:
    """Return the files that name another version than a tag does, and what its owner has still to fill in."""
    version = tag.removeprefix("v")
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = re.search(r"^version: (\S+)$", (root / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    named = {"pyproject.toml": project["version"], "CITATION.cff": citation[1] if citation else "none"}
    faults = [f"{file} says {said}, the tag {version}" for file, said in named.items() if said != version]
    if not take_notes(root, version):
        faults.append(f"CHANGELOG.md has no section {version}")
    if "OWNER_" in (root / "SECURITY.md").read_text(encoding="utf-8"):
        faults.append("the owner is not filled in: .ci/owner.toml, then python .ci/owner.py")
    return faults


def take_notes(root: Path, version: str) -> str:
    """Return the section of a version in the changelog."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(version)}\b[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


if __name__ == "__main__":
    here, wanted = Path(__file__).resolve().parents[1], sys.argv[1]
    if found := find_faults(here, wanted):
        sys.exit("\n".join(found))
    print(take_notes(here, wanted.removeprefix("v")))
