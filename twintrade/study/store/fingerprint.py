"""What a result depends on, as hashes: analysis file, inputs, own source, versions; cheap to ask."""

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from twintrade.files import open_file
from twintrade.text import find_choice

PACKAGES = (
    *("numpy", "scipy", "pandas", "python-calamine", "statsmodels", "linearmodels", "highspy", "matplotlib"),
    *("seaborn", "XlsxWriter", "pydantic", "joblib", "threadpoolctl"),
)
"""Libraries of every install that can move a number or a page."""

OF_PAGES = {"typst": "typst", "python-docx": "docx"}
"""Libraries of extras that print pages and move no number, each with its module."""

OF_THE_PAGE = ("report", "claim")  # tables of an analysis file from which pages are drawn and nothing is estimated

_SOURCE = (
    *(".py", ".ftl", ".md", ".bib", ".typ", ".css", ".js", ".html", ".csv", ".toml", ".json", ".otf", ".R"),
    *(".do", ".txt"),
)
_PACKAGE = Path(__file__).resolve().parents[2]
_OUTSIDE = "TWINTRADE_DATA"
ABSENT = "absent"


def hash_bytes(content: bytes) -> str:
    """Return the sha256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def hash_json(facts: Any) -> str:
    """Return the sha256 of plain data, whatever the order of its keys."""
    return hash_bytes(json.dumps(facts, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8"))


def hash_file(path: Path) -> str:
    """Return the sha256 of a file."""
    with open_file(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hash_spec(raw: Mapping[str, Any]) -> str:
    """Return the hash of a parsed analysis file without the page's tables, comments and the order of keys."""
    return hash_json({k: v for k, v in raw.items() if k not in OF_THE_PAGE})


def _list_translations() -> list[Path]:
    """Return the folders of texts in languages of pages alone: results keep English words beside their numbers."""
    return sorted(p for p in (_PACKAGE / "text").iterdir() if p.is_dir() and p.name not in ("en", "__pycache__"))


def hash_page(root: Path, name: str, raw: Mapping[str, Any]) -> str:
    """Return the hash of what only the page needs: [report], its files, claims, texts, language, what is on file."""
    report = raw.get("report", {})
    files = [report[key] for key in ("style", "word_template") if isinstance(report, Mapping) and report.get(key)]
    content = [hash_file(root / f) if (root / f).is_file() else "absent" for f in files if isinstance(f, str)]
    texts = (p for folder in _list_translations() for p in folder.rglob("*") if p.is_file())
    content += [hash_file(path) for path in sorted(texts)]
    shown = {key: raw[key] for key in OF_THE_PAGE if key in raw}
    calibration = get_calibration_path(root, name)
    on_file = [hash_file(calibration)] if calibration.is_file() else []
    return hash_json([shown, content, hash_registration(root, name), *filter(None, [find_choice()]), *on_file])


@cache
def hash_source() -> str:
    """Return the hash of the package's own files."""
    total = hashlib.sha256()
    for path in list_source_files():
        total.update(path.relative_to(_PACKAGE).as_posix().encode())
        total.update(hash_file(path).encode())
    return total.hexdigest()


def list_package_files() -> dict[str, Path]:
    """Return every file of the package by its path, without the bundled data and what Python caches."""
    files = (p for p in _PACKAGE.rglob("*") if p.is_file() and p.suffix != ".pyc")
    named = {p.relative_to(_PACKAGE).as_posix(): p for p in files}
    return {path: named[path] for path in sorted(named) if not path.startswith("demo/")}


def list_source_files() -> list[Path]:
    """Return the package's own files that can move a number or a word of the results, without the bundled data."""
    apart = (_PACKAGE / "demo", *_list_translations())
    files = (p for p in _PACKAGE.rglob("*") if p.suffix in _SOURCE and p.is_file())
    return sorted(p for p in files if not any(folder in p.parents for folder in apart))


@cache
def _find_version(package: str) -> str:
    if package == "python":
        return platform.python_version()
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ABSENT


def list_versions(used: Iterable[str] = ()) -> dict[str, str]:
    """Return the versions that results depend on: of Python, of every install's libraries, and of others in use."""
    names = ("python", *PACKAGES, *OF_PAGES, *sorted(used))
    return {name: version for name in names if (version := _find_version(name)) != ABSENT}


def list_changed_versions(recorded: Mapping[str, str]) -> dict[str, str]:
    """Return what became of the recorded versions that are others now, and of pages that can be printed only now."""
    pairs = {name: (recorded.get(name, ABSENT), _find_version(name)) for name in sorted({*recorded, *OF_PAGES})}
    return {name: f"{name} {before} → {now}" for name, (before, now) in pairs.items() if before != now}


def find_input(root: Path, declared: str) -> Path | None:
    """Return where a declared input lies, None where its folder is not known on this machine."""
    if declared.split("/")[0] != _OUTSIDE:
        return root / declared
    outside = os.environ.get(_OUTSIDE, "")
    return Path(outside, *declared.split("/")[1:]) if outside else None


def hash_inputs(root: Path, declared: list[str]) -> dict[str, str]:
    """Return the hash of each declared input, "absent" where it is not there."""
    hashes = {}
    for name in sorted(set(declared)):
        path = find_input(root, name)
        if path is not None and path.is_dir():
            from twintrade.data.microdata import hash_content

            hashes[name] = hash_content(path)
        else:
            hashes[name] = hash_file(path) if path is not None and path.is_file() else "absent"
    return hashes


# Where registrations and calibrations stand: not among results, for no run may move them.

FOLDER = "registrations"
REGISTRATION, DEVIATIONS = "registration.json", "deviations.json"


def get_registration_path(root: Path, name: str) -> Path:
    """Return the registration of an analysis."""
    return root / FOLDER / name / REGISTRATION


def hash_registration(root: Path, name: str) -> str:
    """Return the sha256 of the registration's file, "absent" where there is none."""
    path = get_registration_path(root, name)
    return hash_file(path) if path.is_file() else ABSENT


def get_calibration_path(root: Path, name: str) -> Path:
    """Return the calibration of an analysis."""
    return root / "calibrations" / f"{name}.csv"
