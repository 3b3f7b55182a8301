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
    return faults + find_untranslated(root)


def find_untranslated(root: Path) -> list[str]:
    """Return the messages and documents that another language has and one has not; names need none in English."""
    texts, faults = root / "twintrade" / "text", []
    folders = sorted(f for f in texts.glob("*/") if any(f.glob("*.ftl")))
    wanted = {
        (file.name, key): None
        for folder in folders
        for file in sorted(folder.glob("*.ftl"))
        for key in list_keys(file)
    }
    for language in (f for f in folders if f.name != "en"):
        missing = [
            f"{file.removesuffix('.ftl')}.{key}" for file, key in wanted if key not in list_keys(language / file)
        ]
        documents = sorted((texts / "en" / "documents").glob("*"))
        missing += [file.name for file in documents if not (language / "documents" / file.name).exists()]
        if missing:
            faults.append(f"{language.name} has no words yet for {', '.join(missing)}")
    return faults


def list_keys(file: Path) -> list[str]:
    """Return the messages of a file of texts; none where there is no such file."""
    return re.findall(r"(?m)^(-?[a-zA-Z][\w-]*) *=", file.read_text(encoding="utf-8")) if file.exists() else []


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
